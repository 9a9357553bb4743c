#include "nginx/request/documents/recommendations.h"

#include <algorithm>
#include <utility>

#include "base/text/copy.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

// Items of one page that are on their way at the same time: look-ups of other requests need room on
// the connection, too. What is left out now comes with a later page, when these are in the cache.
constexpr std::size_t most_pending = 400;

// A key of the catalogue asks for the item that is looked for, and for what is known of the
// request.
class IdFacts final : public Facts {
 public:
  IdFacts(Facts& request, const AttributeTable& attributes, std::string_view id)
      : request_(request), attributes_(attributes), id_(id) {}

  Value get(AttributeId id) noexcept override {
    return attributes_[id].root == Root::item ? Value::string(id_) : request_.get(id);
  }

 private:
  Facts& request_;
  const AttributeTable& attributes_;
  std::string_view id_;
};

}  // namespace

Recommendations::Recommendations(const Site& site, Facts& facts, Decision& decision, double now_s,
                                 ListListener& listener, std::pmr::memory_resource* memory)
    : site_(site),
      facts_(facts),
      decision_(decision),
      now_s_(now_s),
      listener_(listener),
      memory_(memory),
      held_(memory),
      runs_(memory),
      lookups_(memory),
      table_(memory),
      wanted_(memory),
      shown_(memory) {}

Recommendations::~Recommendations() {
  for (ItemLookup* lookup : lookups_) {
    Lookups::leave(*lookup);
  }
}

template <class Runs>
auto Recommendations::find(Runs& runs, std::uint32_t source) noexcept {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [&](const Run& run) { return run.chain.source == source; });
  return found == runs.end() ? nullptr : &*found;
}

bool Recommendations::start(const Chain& chain) {
  Run& run = runs_.emplace_back(chain, site_.attributes, memory_);
  run.candidates.gather(facts_);
  fill(run, Late::are_awaited);
  return run.is_judged;
}

// Judges candidates until the list is full. If one is to be awaited, all others are looked up as
// well, so that none of them has to wait for its answer first.
void Recommendations::fill(Run& run, Late late) {
  Candidates& candidates = run.candidates;
  for (;;) {
    const bool has_more = candidates.has_more();
    const bool is_full = (!keeps_outcomes_ || !has_more) && candidates.choose(shown_);
    if (is_full || !has_more) {
      break;
    }
    while (run.looked_up <= candidates.judged()) {
      look_up_next(run);
    }
    if (late == Late::are_awaited && !run.pending.empty()) {
      candidates.gather_all();
      while (run.looked_up < candidates.parts().size()) {
        look_up_next(run);
      }
      return;
    }
    candidates.judge_next(decision_, now_s_);
  }
  run.is_judged = true;
  run.chosen = shown_.size();
  count_left_out(run);
}

// Counts those that were judged since it was called last; none of an explanation, which looks at
// all.
void Recommendations::count_left_out(Run& run) noexcept {
  const Candidates::LeftOut now = run.candidates.left_out();
  const Candidates::LeftOut before = std::exchange(run.counted, now);
  if (!keeps_outcomes_) {
    count(Counter::item_unknown, now.unknown - before.unknown);
    count(Counter::item_incomplete, now.incomplete - before.incomplete);
    count(Counter::item_unavailable, now.unavailable - before.unavailable);
  }
}

// Memory is loaded for all of them before any of it is read.
void Recommendations::look_up_next(Run& run) {
  const Candidates::Part part = run.candidates.parts()[run.looked_up++];
  if (!run.chain.items) {
    return;
  }
  const Source& items = *run.chain.items;
  auto& all = run.candidates.all();
  Lookups& lookups = worker().lookups;
  KeptDocuments& documents = lookups.kept();
  wanted_.clear();
  for (std::size_t i = part.begin; i < part.end; ++i) {
    if (all[i].outcome == Candidate::Outcome::listed && all[i].item.is_missing() && want(run, i)) {
      documents.warm(wanted_.back().hash);
    }
  }
  for (const Wanted& wanted : wanted_) {
    documents.warm_document(wanted.hash);
  }
  for (Wanted& wanted : wanted_) {
    wanted.kept = lookups.find_kept(items, wanted.key, wanted.hash, held_);
    if (wanted.kept != nullptr) {
      wanted.kept->warm_note(&run.chain);
    }
  }
  for (const Wanted& wanted : wanted_) {
    if (wanted.kept != nullptr) {
      run.candidates.take(all[wanted.number], documents, *wanted.kept, decision_);
    } else {
      look_up_late(run, wanted);
    }
  }
}

// Returns false if there is no key for that candidate.
bool Recommendations::want(const Run& run, std::size_t number) {
  constexpr std::size_t surely_short = 256;
  const Candidate& candidate = run.candidates.all()[number];
  const std::uint32_t source = run.chain.items->id;
  if (run.chain.item_key && !candidate.id.empty() && candidate.id.size() <= surely_short) {
    wanted_.push_back({number,
                       {run.chain.item_key->before, candidate.id, run.chain.item_key->after},
                       KeptDocuments::hash_of_id(source, candidate.hash)});
    return true;
  }
  IdFacts facts(facts_, site_.attributes, candidate.id);
  std::pmr::string key(memory_);
  if (!run.chain.items->key.expand(facts, key)) {
    return false;
  }
  const std::string_view whole = copy_text(key, memory_);
  wanted_.push_back({number, {{}, whole, {}}, KeptDocuments::hash_of(source, whole)});
  return true;
}

// Looks up what the worker does not keep, in the shared cache or in Redis.
void Recommendations::look_up_late(Run& run, const Wanted& wanted) {
  Candidate& candidate = run.candidates.all()[wanted.number];
  const ItemLookup* lookup = look_up(*run.chain.items, candidate, wanted);
  if (lookup == nullptr) {
    return;
  }
  if (lookup->state == Lookup::pending) {
    run.pending.emplace_back(wanted.number, lookup);
  } else if (lookup->kept != nullptr) {
    run.candidates.take(candidate, worker().lookups.kept(), *lookup->kept, decision_);
  } else {
    candidate.item = lookup->item;
  }
}

// Returns where the look-up of the item is, or would be.
Recommendations::ItemLookup*& Recommendations::entry_of(std::uint32_t source,
                                                        const Candidate& candidate) {
  constexpr std::size_t least = 128;
  if (2 * lookups_.size() >= table_.size()) {
    table_.assign(table_.empty() ? least : 4 * table_.size(), nullptr);
    for (ItemLookup* lookup : lookups_) {
      std::size_t at = lookup->hash & (table_.size() - 1);
      while (table_[at] != nullptr) {
        at = (at + 1) & (table_.size() - 1);
      }
      table_[at] = lookup;
    }
  }
  std::size_t at = candidate.hash & (table_.size() - 1);
  while (table_[at] != nullptr &&
         !(table_[at]->hash == candidate.hash && table_[at]->source == source &&
           table_[at]->id == candidate.id)) {
    at = (at + 1) & (table_.size() - 1);
  }
  return table_[at];
}

// Returns nullptr if too many are on their way.
const Recommendations::ItemLookup* Recommendations::look_up(const Source& items,
                                                            const Candidate& candidate,
                                                            const Wanted& wanted) {
  ItemLookup*& entry = entry_of(items.id, candidate);
  if (entry != nullptr) {
    return entry;
  }
  if (pending_ >= most_pending) {
    return nullptr;
  }
  std::pmr::polymorphic_allocator<ItemLookup> allocator(memory_);
  auto* lookup = new (allocator.allocate(1)) ItemLookup;
  lookup->owner = this;
  lookup->id = candidate.id;
  lookup->source = items.id;
  lookup->hash = candidate.hash;
  lookup->state = Lookup::pending;
  lookups_.push_back(lookup);
  entry = lookup;
  std::pmr::string key(wanted.key.before, memory_);
  key.append(wanted.key.id).append(wanted.key.after);
  const Lookups::Found found =
      worker().lookups.find(items, key, wanted.hash, *lookup, held_, memory_);
  if (found.outcome == Lookup::pending) {
    ++pending_;
  } else {
    lookup->state = found.outcome;
    lookup->item = Value::document(found.bytes);
    lookup->kept = found.kept;
  }
  return lookup;
}

// Goes on with the items that have come, and without the others.
void Recommendations::take_late(Run& run) {
  for (const auto& [number, lookup] : run.pending) {
    run.candidates.all()[number].item = lookup->item;
  }
  run.pending.clear();
  fill(run, Late::are_left_out);
}

// All lists are made once the last item has come: they come together.
void Recommendations::take(ItemLookup& lookup, Lookup outcome, std::string_view bytes) noexcept {
  try {
    lookup.state = outcome;
    lookup.item = bytes.empty() ? Value() : Value::document(copy_text(bytes, memory_));
  } catch (const std::bad_alloc&) {
    lookup.state = Lookup::error;
  }
  if (--pending_ == 0) {
    finish();
  }
}

void Recommendations::give_up() noexcept {
  for (ItemLookup* lookup : lookups_) {
    if (lookup->state == Lookup::pending) {
      Lookups::leave(*lookup);
      lookup->state = Lookup::timeout;
    }
  }
  pending_ = 0;
  finish();
}

// A listener may start another chain.
void Recommendations::finish() noexcept {
  for (auto& run : runs_) {
    if (run.is_judged || pending_ != 0) {
      continue;
    }
    try {
      take_late(run);
    } catch (const std::bad_alloc&) {
      run.is_judged = true;  // without a list the widget has nothing to show
    }
    listener_.on_list(run.chain.source);
  }
}

// What stands in the page by now may have taken items from the list: then it is filled up with
// those that come after them, as far as they are at hand.
Value Recommendations::list(std::uint32_t source) noexcept {
  Run* run = find(runs_, source);
  if (run == nullptr || !run->is_judged) {
    return {};
  }
  try {
    if (run->chosen != shown_.size()) {
      fill(*run, Late::are_left_out);
    }
    if (run->made != run->chosen) {
      run->list = run->candidates.list();
      run->made = run->chosen;
    }
    return run->list;
  } catch (const std::bad_alloc&) {
    return {};
  }
}

// What the visitor has seen before may stand in the page again, elsewhere.
void Recommendations::note_shown(std::uint32_t source) {
  const Run* run = find(runs_, source);
  if (run == nullptr || run->made == Run::not_yet) {
    return;
  }
  for (const std::uint32_t number : run->candidates.chosen()) {
    const Candidate& candidate = run->candidates.all()[number];
    const bool repeats =
        candidate.step != Candidate::no_step && run->chain.steps[candidate.step].repeats;
    if (!repeats && !candidate.id.empty()) {
      shown_.insert(candidate.id, candidate.hash);
    }
  }
}

// Returns the document that an element of a list is; nullptr if the worker does not keep it.
KeptDocument* Recommendations::kept(const Value& list, std::uint32_t number) const noexcept {
  for (const Run& run : runs_) {
    if (run.list.is_same(list) && number < run.candidates.chosen().size()) {
      const Candidate& candidate = run.candidates.all()[run.candidates.chosen()[number]];
      return list.at(number).is_same(candidate.item) ? candidate.kept : nullptr;
    }
  }
  return nullptr;
}

bool Recommendations::has(const Value& list) noexcept {
  return std::any_of(runs_.begin(), runs_.end(),
                     [&](const Run& run) { return run.list.is_same(list); });
}

const KeptText* Recommendations::find(const Value& list, std::uint32_t number, const void* part,
                                      const Locale& locale) noexcept {
  const KeptDocument* document = kept(list, number);
  return document == nullptr ? nullptr
                             : static_cast<const KeptText*>(document->note(part, &locale));
}

void Recommendations::keep(const Value& list, std::uint32_t number, const void* part,
                           const Locale& locale, const KeptText& text) noexcept {
  if (KeptDocument* document = kept(list, number)) {
    void* room = worker().lookups.kept().add_note(*document, part, text.size_of_copy(), &locale);
    if (room != nullptr) {
      text.copy_to(room);
    }
  }
}

const Candidates* Recommendations::candidates(std::uint32_t source) const noexcept {
  const Run* run = find(runs_, source);
  return run == nullptr ? nullptr : &run->candidates;
}

}  // namespace personalize
