#include "personalize/recommend/candidates.h"

#include <algorithm>

#include "base/numbers/date.h"
#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/values/exact_number.h"
#include "base/values/item.h"
#include "base/values/member.h"

namespace personalize {

namespace {

using Outcome = Candidate::Outcome;

std::string_view copy(std::string_view text, std::pmr::memory_resource* memory) {
  auto* bytes = static_cast<char*>(memory->allocate(text.size(), 1));
  std::copy(text.begin(), text.end(), bytes);
  return {bytes, text.size()};
}

bool has_text(const Value& item, std::string_view field) {
  const Value value = item_field(item, field);
  return value.kind() == Kind::string && !value.as_string().empty();
}

bool is_over(const Value& item, double now_s) {
  const auto until = read_instant(item.find("until"));
  return until && *until <= now_s;
}

// What is known of one item, and of the request: conditions of a chain ask for both. Values of the
// request are asked for once, not for each item.
class ItemFacts final : public Facts {
 public:
  ItemFacts(Facts& request, const AttributeTable& attributes, std::pmr::memory_resource* memory)
      : request_(request),
        attributes_(attributes),
        values_(attributes.size(), memory),
        is_read_(attributes.size(), false, memory) {}

  void set_item(const Value& item) noexcept { item_ = item; }

  Value get(AttributeId id) noexcept override {
    const Attribute& attribute = attributes_[id];
    if (attribute.root == Root::item) {
      return of_item(attribute);
    }
    if (!is_read_[id]) {
      values_[id] = request_.get(id);
      is_read_[id] = true;
    }
    return values_[id];
  }

 private:
  Value of_item(const Attribute& attribute) const noexcept {
    const std::string& name = attribute.path.front();
    if (attribute.path.size() > 1) {
      return find_member(item_, attribute.path);
    }
    const Value value = item_field(item_, name);
    const bool is_amount = name == "price" || name == "old_price" || name == "sale_price";
    return is_amount ? amount_of(value) : value;
  }

  Facts& request_;
  const AttributeTable& attributes_;
  Value item_;
  std::pmr::vector<Value> values_;
  std::pmr::vector<bool> is_read_;
};

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
    : chain_(chain), attributes_(attributes), memory_(memory), all_(memory), ids_(memory) {}

void Candidates::gather(Facts& facts) {
  for (const auto& pin : chain_.pins) {
    Candidate& candidate = all_.emplace_back();
    candidate.id = pin.id;
    candidate.step = Candidate::no_step;
    candidate.place = pin.place;
    ids_.insert(candidate.id);
  }
  for (std::uint32_t step = 0; step < chain_.steps.size(); ++step) {
    add(facts.get(chain_.steps[step].list), step);
  }
  drop_excluded(facts);
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
  candidate.item = is_item ? element : Value();
  candidate.step = step;
  candidate.place = place;
  candidate.weight = static_cast<double>(count - place) / count;
  if (!id.empty() && !ids_.insert(id).second) {
    candidate.outcome = Outcome::duplicate;
  }
}

std::string_view Candidates::id_of(const Value& element) {
  const Value id = item_id(element);
  if (id.kind() == Kind::number) {
    NumberBuffer buffer;
    return copy(number_text(id, buffer), memory_);
  }
  return id.kind() == Kind::string ? id.as_string() : std::string_view();
}

// What is excluded is a list of ids or of items, or one of them.
void Candidates::drop_excluded(Facts& facts) {
  if (chain_.excluded.empty()) {
    return;
  }
  ItemIds excluded(memory_);
  const auto exclude = [&](const Value& value) {
    const bool is_list = value.kind() == Kind::array || value.kind() == Kind::string;
    if (is_list) {
      for_each_element(value, [&](const Value& element, std::uint32_t, std::uint32_t) {
        excluded.insert(id_of(element));
      });
    } else {
      excluded.insert(id_of(value));
    }
  };
  for (const AttributeId attribute : chain_.excluded) {
    const Value value = facts.get(attribute);
    exclude(value);
    if (attribute == chain_.cart && value.kind() == Kind::object) {
      exclude(value.find("lines"));
      exclude(value.find("items"));
    }
  }
  for (auto& candidate : all_) {
    const bool is_pinned = candidate.step == Candidate::no_step;
    if (!is_pinned && candidate.outcome == Outcome::listed && !candidate.id.empty() &&
        excluded.count(candidate.id) != 0) {
      candidate.outcome = Outcome::excluded;
    }
  }
}

void Candidates::judge(Facts& facts, Decision& decision, double now_s) {
  ItemFacts item_facts(facts, attributes_, memory_);
  for (auto& candidate : all_) {
    if (candidate.outcome != Outcome::listed) {
      continue;
    }
    item_facts.set_item(candidate.item);
    judge(candidate, item_facts, decision, now_s);
  }
  sort();
}

// A pin stands whatever the conditions say, but nobody wants to see what cannot be bought.
void Candidates::judge(Candidate& candidate, Facts& facts, Decision& decision, double now_s) {
  const Value& item = candidate.item;
  if (item.kind() != Kind::object) {
    candidate.outcome = Outcome::unknown;
  } else if (!has_text(item, "item_name") || !has_text(item, "url")) {
    candidate.outcome = Outcome::incomplete;
  } else if (!is_available(item) || is_over(item, now_s)) {
    candidate.outcome = Outcome::unavailable;
  } else if (candidate.step != Candidate::no_step) {
    const bool passes =
        std::all_of(chain_.conditions.begin(), chain_.conditions.end(),
                    [&](std::uint32_t condition) { return decision.holds(condition, facts); });
    candidate.outcome = passes ? Outcome::listed : Outcome::not_met;
    for (const auto& boost : chain_.boosts) {
      if (passes && decision.holds(boost.condition, facts)) {
        candidate.weight *= boost.factor;
      }
    }
  }
}

// Steps stay in their order; in each, what weighs more comes first.
void Candidates::sort() {
  std::stable_sort(all_.begin(), all_.end(), [](const Candidate& a, const Candidate& b) {
    return a.step != b.step ? a.step < b.step : a.weight > b.weight;
  });
}

bool Candidates::is_crowded(const Candidate& candidate,
                            const std::pmr::vector<const Candidate*>& chosen) {
  return std::any_of(chain_.shares.begin(), chain_.shares.end(), [&](const Chain::Share& share) {
    const Value mine = item_field(candidate.item, share.field);
    if (mine.kind() != Kind::string) {
      return false;
    }
    const auto same = std::count_if(chosen.begin(), chosen.end(), [&](const Candidate* other) {
      const Value theirs = item_field(other->item, share.field);
      return theirs.kind() == Kind::string && theirs.as_string() == mine.as_string();
    });
    return same >= static_cast<std::ptrdiff_t>(share.most);
  });
}

Value Candidates::list(const ItemIds& shown, DocumentBuilder& builder) {
  std::pmr::vector<const Candidate*> chosen(memory_);
  std::pmr::vector<const Candidate*> pinned(memory_);
  for (auto& candidate : all_) {
    const bool may_be_listed =
        candidate.outcome == Outcome::listed || candidate.outcome == Outcome::shown ||
        candidate.outcome == Outcome::crowded || candidate.outcome == Outcome::surplus;
    if (may_be_listed) {
      candidate.outcome = Outcome::listed;
    }
    if (may_be_listed && candidate.step == Candidate::no_step) {
      pinned.push_back(&candidate);
    }
  }
  for (auto& candidate : all_) {
    if (candidate.outcome != Outcome::listed || candidate.step == Candidate::no_step) {
      continue;
    }
    if (!chain_.steps[candidate.step].repeats && shown.count(candidate.id) != 0) {
      candidate.outcome = Outcome::shown;
    } else if (chosen.size() + pinned.size() >= chain_.limit) {
      candidate.outcome = Outcome::surplus;
    } else if (is_crowded(candidate, chosen)) {
      candidate.outcome = Outcome::crowded;
    } else {
      chosen.push_back(&candidate);
    }
  }
  for (const Candidate* pin : pinned) {
    const auto place = std::min<std::size_t>(pin->place, chosen.size());
    chosen.insert(chosen.begin() + static_cast<std::ptrdiff_t>(place), pin);
  }
  if (chosen.size() < chain_.min) {
    chosen.clear();
  }

  builder.clear();
  builder.begin_array();
  for (const Candidate* candidate : chosen) {
    builder.begin_object();
    for (std::uint32_t i = 0; i < candidate->item.size(); ++i) {
      builder.key(candidate->item.key_at(i));
      builder.copy(candidate->item.at(i));
    }
    if (!candidate->id.empty() && candidate->item.find("item_id").is_absent()) {
      builder.key("item_id");
      builder.string(candidate->id);
    }
    builder.end();
  }
  builder.end();
  return Value::document(builder.finish());
}

}  // namespace personalize
