#include "nginx/request/documents/recommendations.h"

#include <algorithm>

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
      runs_(memory),
      lookups_(memory),
      shown_(memory) {}

Recommendations::~Recommendations() {
  for (auto& [key, lookup] : lookups_) {
    Lookups::leave(lookup);
  }
}

Recommendations::Run* Recommendations::find(std::uint32_t source) noexcept {
  const auto found = std::find_if(runs_.begin(), runs_.end(),
                                  [&](const Run& run) { return run.chain.source == source; });
  return found == runs_.end() ? nullptr : &*found;
}

bool Recommendations::start(const Chain& chain) {
  Run& run = runs_.emplace_back(chain, site_.attributes, memory_);
  run.candidates.gather(facts_);
  bool is_complete = true;
  for (const auto& candidate : run.candidates.all()) {
    const bool is_looked_up = chain.items && candidate.outcome == Candidate::Outcome::listed &&
                              candidate.item.is_missing();
    run.lookups.push_back(is_looked_up ? look_up(*chain.items, candidate.id) : nullptr);
    is_complete = is_complete && (!is_looked_up || run.lookups.back() == nullptr ||
                                  run.lookups.back()->state != Lookup::pending);
  }
  if (is_complete) {
    judge(run);
  }
  return is_complete;
}

// Returns nullptr if there is no key for it, or too many are on their way.
const Recommendations::ItemLookup* Recommendations::look_up(const Source& items,
                                                            std::string_view id) {
  std::pmr::string key(memory_);
  key.append(reinterpret_cast<const char*>(&items.id), sizeof(items.id));
  IdFacts facts(facts_, site_.attributes, id);
  if (!items.key.expand(facts, key)) {
    return nullptr;
  }
  if (pending_ >= most_pending && lookups_.find(key) == lookups_.end()) {
    return nullptr;
  }
  const auto [entry, is_new] = lookups_.try_emplace(std::move(key));
  ItemLookup& lookup = entry->second;
  if (is_new) {
    lookup.owner = this;
    lookup.state = Lookup::pending;
    std::string_view bytes;
    const auto redis_key = std::string_view(entry->first).substr(sizeof(items.id));
    const Lookup outcome = worker().lookups.find(items, redis_key, lookup, memory_, bytes);
    if (outcome == Lookup::pending) {
      ++pending_;
    } else {
      lookup.state = outcome;
      lookup.item = Value::document(bytes);
    }
  }
  return &lookup;
}

void Recommendations::judge(Run& run) {
  auto& candidates = run.candidates.all();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (run.lookups[i] != nullptr) {
      candidates[i].item = run.lookups[i]->item;
    }
  }
  run.candidates.judge(facts_, decision_, now_s_);
  run.is_judged = true;
}

// All lists are made once the last item has come: they come together.
void Recommendations::take(ItemLookup& lookup, Lookup outcome, std::string_view bytes) noexcept {
  try {
    lookup.state = outcome;
    lookup.item = bytes.empty() ? Value() : Value::document(keep(bytes));
  } catch (const std::bad_alloc&) {
    lookup.state = Lookup::error;
  }
  if (--pending_ == 0) {
    finish();
  }
}

void Recommendations::give_up() noexcept {
  for (auto& [key, lookup] : lookups_) {
    if (lookup.state == Lookup::pending) {
      Lookups::leave(lookup);
      lookup.state = Lookup::timeout;
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
      judge(run);
    } catch (const std::bad_alloc&) {
      run.is_judged = true;  // without a list the widget has nothing to show
    }
    listener_.on_list(run.chain.source);
  }
}

Value Recommendations::list(std::uint32_t source) noexcept {
  Run* run = find(source);
  if (run == nullptr || !run->is_judged) {
    return {};
  }
  try {
    if (!run->is_made || run->shown != shown_.size()) {
      run->list = run->candidates.list(shown_, run->documents.emplace_back(memory_));
      run->shown = shown_.size();
      run->is_made = true;
    }
    return run->list;
  } catch (const std::bad_alloc&) {
    return {};
  }
}

// What the visitor has seen before may stand in the page again, elsewhere.
void Recommendations::note_shown(std::uint32_t source) {
  Run* run = find(source);
  if (run == nullptr || !run->is_made) {
    return;
  }
  for (const auto& candidate : run->candidates.all()) {
    const bool repeats =
        candidate.step != Candidate::no_step && run->chain.steps[candidate.step].repeats;
    if (candidate.outcome == Candidate::Outcome::listed && !repeats && !candidate.id.empty()) {
      shown_.insert(candidate.id);
    }
  }
}

const Candidates* Recommendations::candidates(std::uint32_t source) const noexcept {
  const auto found = std::find_if(runs_.begin(), runs_.end(),
                                  [&](const Run& run) { return run.chain.source == source; });
  return found == runs_.end() ? nullptr : &found->candidates;
}

std::string_view Recommendations::keep(std::string_view bytes) {
  auto* copy = static_cast<char*>(memory_->allocate(bytes.size(), 1));
  std::copy(bytes.begin(), bytes.end(), copy);
  return {copy, bytes.size()};
}

}  // namespace personalize
