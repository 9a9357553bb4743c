#include "personalize/recommend/candidates.h"

#include <algorithm>

#include "base/numbers/date.h"
#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "base/values/exact_number.h"
#include "base/values/item.h"
#include "base/values/member.h"

namespace personalize {

namespace {

using Outcome = Candidate::Outcome;

bool has_text(const Value& item, std::string_view field) {
  const Value value = item_field(item, field);
  return value.kind() == Kind::string && !value.as_string().empty();
}

bool is_over(const Value& until_field, double now_s) {
  const auto until = read_instant(until_field);
  return until && *until <= now_s;
}

// Calls visit(element, place, count) for each element of a list: of an array, or of a text, which
// is a list of ids with commas between them, as cookies and fields of hashes have it.
template <class Visit>
void for_each_element(const Value& list, Visit visit) {
  if (list.kind() == Kind::string) {
    const auto text = list.as_string();
    const auto count = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), ',')) + 1;
    std::uint32_t place = 0;
    for (auto rest = text; !rest.empty();) {
      visit(Value::string(ascii::trim(ascii::take_until(rest, ','))), place++, count);
    }
  } else if (list.kind() == Kind::array) {
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      visit(list.at(i), i, list.size());
    }
  }
}

}  // namespace

// What is known of one item, and of the request: conditions of a chain ask for both. Values of the
// request are asked for once, not for each item.
class ItemFacts final : public Facts {
 public:
  ItemFacts(const Chain& chain, const AttributeTable& attributes, Facts& request,
            std::pmr::memory_resource* memory)
      : chain_(chain),
        attributes_(attributes),
        request_(request),
        fields_(chain.fields.size(), memory),
        values_(attributes.size(), memory),
        is_read_(attributes.size(), 0, memory) {}

  void set_item(const Value& item) noexcept {
    item_ = item;
    chain_.fields.read(item, fields_.data());
  }
  // By their numbers in Chain::fields.
  const Value* fields() const noexcept { return fields_.data(); }

  Value get(AttributeId id) noexcept override {
    const Attribute& attribute = attributes_[id];
    if (attribute.root == Root::item) {
      return of_item(id, attribute);
    }
    if (is_read_[id] == 0) {
      values_[id] = request_.get(id);
      is_read_[id] = 1;
    }
    return values_[id];
  }

 private:
  Value of_item(AttributeId id, const Attribute& attribute) const noexcept {
    if (attribute.path.size() > 1) {
      return find_member(item_, attribute.path);
    }
    const Chain::ItemField& field = chain_.item_fields[id];
    return field.is_amount ? amount_of(fields_[field.number]) : fields_[field.number];
  }

  const Chain& chain_;
  const AttributeTable& attributes_;
  Facts& request_;
  Value item_;
  std::pmr::vector<Value> fields_;
  std::pmr::vector<Value> values_;
  std::pmr::vector<char> is_read_;
};

std::string_view to_string(Candidate::Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::listed:
      return "listed";
    case Outcome::duplicate:
      return "duplicate";
    case Outcome::excluded:
      return "excluded";
    case Outcome::unknown:
      return "unknown";
    case Outcome::incomplete:
      return "incomplete";
    case Outcome::unavailable:
      return "unavailable";
    case Outcome::not_met:
      return "not_met";
    case Outcome::shown:
      return "shown";
    case Outcome::crowded:
      return "crowded";
    case Outcome::surplus:
      return "surplus";
  }
  return "";
}

Candidates::Candidates(const Chain& chain, const AttributeTable& attributes,
                       std::pmr::memory_resource* memory)
    : chain_(chain),
      attributes_(attributes),
      memory_(memory),
      all_(memory),
      ids_(memory),
      excluded_(memory),
      parts_(memory),
      order_(memory),
      pinned_(memory),
      chosen_(memory) {
  for (const auto& boost : chain.boosts) {
    highest_boost_ *= std::max(boost.factor, 1.0);
  }
}

void Candidates::gather(Facts& facts) {
  facts_ = &facts;
  all_.reserve(most_candidates + chain_.pins.size());
  for (const AttributeId attribute : chain_.excluded) {
    const Value value = facts.get(attribute);
    exclude(value);
    if (attribute == chain_.cart && value.kind() == Kind::object) {
      exclude(value.find("lines"));
      exclude(value.find("items"));
    }
  }
  for (const auto& pin : chain_.pins) {
    Candidate& candidate = all_.emplace_back();
    candidate.id = pin.id;
    candidate.hash = hash_of_item(pin.id);
    candidate.step = Candidate::no_step;
    candidate.place = pin.place;
    ids_.insert(candidate.id, candidate.hash);
  }
  if (!all_.empty()) {
    parts_.push_back({0, all_.size()});
  }
}

bool Candidates::has_more() {
  while (judged_ == parts_.size() && gathered_ < chain_.steps.size()) {
    gather_next();
  }
  return judged_ < parts_.size();
}

void Candidates::gather_all() {
  while (gathered_ < chain_.steps.size()) {
    gather_next();
  }
}

void Candidates::gather_next() {
  const std::size_t begin = all_.size();
  add(facts_->get(chain_.steps[gathered_].list), gathered_);
  ++gathered_;
  divide(begin);
}

// What is excluded is a list of ids or of items, or one of them.
void Candidates::exclude(const Value& value) {
  const bool is_list = value.kind() == Kind::array || value.kind() == Kind::string;
  if (is_list) {
    for_each_element(value, [&](const Value& element, std::uint32_t, std::uint32_t) {
      excluded_.insert(id_of(element));
    });
  } else {
    excluded_.insert(id_of(value));
  }
}

void Candidates::add(const Value& list, std::uint32_t step) {
  for_each_element(list, [&](const Value& element, std::uint32_t place, std::uint32_t count) {
    if (all_.size() < most_candidates) {
      add_one(element, step, place, count);
    }
  });
}

void Candidates::add_one(const Value& element, std::uint32_t step, std::uint32_t place,
                         std::uint32_t count) {
  const bool is_item = element.kind() == Kind::object && has_text(element, "item_name");
  const auto id = id_of(element);
  if (id.empty() && !is_item) {
    return;
  }
  Candidate& candidate = all_.emplace_back();
  candidate.id = id;
  candidate.hash = hash_of_item(id);
  candidate.item = is_item ? element : Value();
  candidate.step = step;
  candidate.place = place;
  candidate.weight = static_cast<double>(count - place) / count;
  if (!id.empty() && !ids_.insert(id, candidate.hash)) {
    candidate.outcome = Outcome::duplicate;
  } else if (excluded_.contains(id, candidate.hash)) {
    candidate.outcome = Outcome::excluded;
  }
}

std::string_view Candidates::id_of(const Value& element) {
  if (element.kind() == Kind::string) {
    return element.as_string();
  }
  const Value id = item_id(element);
  if (id.kind() == Kind::number) {
    NumberBuffer buffer;
    return copy_text(number_text(id, buffer), memory_);
  }
  return id.kind() == Kind::string ? id.as_string() : std::string_view();
}

// Cuts a step into parts that fill the list where nothing is left out, and those that follow them.
void Candidates::divide(std::size_t begin) {
  while (begin < all_.size()) {
    std::size_t end = begin;
    for (std::size_t alive = 0; end < all_.size() && alive < chain_.limit; ++end) {
      alive += all_[end].outcome == Outcome::listed ? 1 : 0;
    }
    parts_.push_back({begin, end});
    begin = end;
  }
}

void Candidates::judge_next(Decision& decision, double now_s) {
  if (item_facts_ == nullptr) {
    std::pmr::polymorphic_allocator<ItemFacts> allocator(memory_);
    item_facts_ = new (allocator.allocate(1)) ItemFacts(chain_, attributes_, *facts_, memory_);
  }
  const Part part = parts_[judged_++];
  if (all_[part.begin].step != last_step_) {
    last_step_ = all_[part.begin].step;
    step_in_order_ = order_.size();
  }
  for (std::size_t i = part.begin; i < part.end; ++i) {
    Candidate& candidate = all_[i];
    if (candidate.outcome != Outcome::listed) {
      continue;
    }
    judge(candidate, *item_facts_, decision, now_s);
    if (candidate.outcome != Outcome::listed) {
      continue;
    }
    if (candidate.step == Candidate::no_step) {
      pinned_.push_back(&candidate);
    } else {
      order_.push_back(static_cast<std::uint32_t>(i));
    }
  }
  if (!chain_.boosts.empty()) {
    // Those of one weight stay in their order, without the heap that std::stable_sort takes.
    std::sort(order_.begin() + static_cast<std::ptrdiff_t>(step_in_order_), order_.end(),
              [&](std::uint32_t a, std::uint32_t b) {
                return all_[a].weight != all_[b].weight ? all_[a].weight > all_[b].weight : a < b;
              });
  }
}

// Returns whether one of a part that was not judged can come before the last one that was chosen:
// it is of the same step, and boosts can lift it so high. Candidates that were not judged have the
// weight of their place.
bool Candidates::can_change(const Part& next) const {
  const Candidate& first = all_[next.begin];
  return first.step == Candidate::no_step ||
         (!chosen_.empty() && first.step == chosen_.back()->step &&
          first.weight * highest_boost_ > chosen_.back()->weight);
}

// A pin stands whatever the conditions say, but nobody wants to see what cannot be bought.
void Candidates::judge(Candidate& candidate, ItemFacts& facts, Decision& decision, double now_s) {
  const Value& item = candidate.item;
  if (item.kind() != Kind::object) {
    candidate.outcome = Outcome::unknown;
    return;
  }
  facts.set_item(item);
  const Value* fields = facts.fields();
  const auto is_given = [&](ItemFields::Known field) {
    return fields[field].kind() == Kind::string && !fields[field].as_string().empty();
  };
  if (!is_given(ItemFields::name) || !is_given(ItemFields::url)) {
    candidate.outcome = Outcome::incomplete;
  } else if (!is_available(fields[ItemFields::available], fields[ItemFields::in_stock],
                           fields[ItemFields::sold_out], fields[ItemFields::availability]) ||
             is_over(fields[ItemFields::until], now_s)) {
    candidate.outcome = Outcome::unavailable;
  } else if (candidate.step != Candidate::no_step) {
    if (!decision.all_hold(chain_.conditions, facts)) {
      candidate.outcome = Outcome::not_met;
      return;
    }
    for (const auto& boost : chain_.boosts) {
      if (decision.holds(boost.condition, facts)) {
        candidate.weight *= boost.factor;
      }
    }
    note_shares(candidate, fields);
  }
}

void Candidates::note_shares(Candidate& candidate, const Value* fields) {
  if (chain_.shares.empty()) {
    return;
  }
  std::pmr::polymorphic_allocator<std::string_view> allocator(memory_);
  auto* texts = allocator.allocate(chain_.shares.size());
  for (std::size_t i = 0; i < chain_.shares.size(); ++i) {
    const Value& value = fields[chain_.shares[i].number];
    const bool is_text = value.kind() == Kind::string;
    new (texts + i) std::string_view(is_text ? value.as_string() : std::string_view());
  }
  candidate.shares = texts;
}

bool Candidates::is_crowded(const Candidate& candidate) const {
  for (std::size_t i = 0; i < chain_.shares.size(); ++i) {
    const auto mine = candidate.shares[i];
    if (mine.data() == nullptr) {
      continue;
    }
    const auto same = std::count_if(chosen_.begin(), chosen_.end(), [&](const Candidate* other) {
      return other->shares[i].data() != nullptr && other->shares[i] == mine;
    });
    if (same >= static_cast<std::ptrdiff_t>(chain_.shares[i].most)) {
      return true;
    }
  }
  return false;
}

bool Candidates::choose(const ItemIds& shown) {
  chosen_.clear();
  const std::size_t room = chain_.limit - std::min<std::size_t>(pinned_.size(), chain_.limit);
  for (const std::uint32_t i : order_) {
    Candidate& candidate = all_[i];
    if (!chain_.steps[candidate.step].repeats && shown.contains(candidate.id, candidate.hash)) {
      candidate.outcome = Outcome::shown;
    } else if (chosen_.size() >= room) {
      candidate.outcome = Outcome::surplus;
    } else if (is_crowded(candidate)) {
      candidate.outcome = Outcome::crowded;
    } else {
      candidate.outcome = Outcome::listed;
      chosen_.push_back(&candidate);
    }
  }
  const bool is_full =
      chosen_.size() >= room && (judged_ == parts_.size() || !can_change(parts_[judged_]));
  for (const Candidate* pin : pinned_) {
    const auto place = std::min<std::size_t>(pin->place, chosen_.size());
    chosen_.insert(chosen_.begin() + static_cast<std::ptrdiff_t>(place), pin);
  }
  if (chosen_.size() < chain_.min) {
    chosen_.clear();
  }
  return is_full;
}

Value Candidates::list(DocumentBuilder& builder) const {
  builder.clear();
  builder.begin_array();
  for (const Candidate* candidate : chosen_) {
    const Value& item = candidate->item;
    builder.begin_object();
    for (std::uint32_t member = 0; member < item.size(); ++member) {
      builder.key(item.key_at(member));
      builder.copy(item.at(member));
    }
    if (!candidate->id.empty() && item.find("item_id").is_absent()) {
      builder.key("item_id");
      builder.string(candidate->id);
    }
    builder.end();
  }
  builder.end();
  return Value::document(builder.finish());
}

}  // namespace personalize
