#include "personalize/recommend/candidates.h"

#include <algorithm>
#include <new>

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

// Most lists are made of no more than so many times as many candidates as they have room for.
constexpr std::size_t usual_parts = 4;

bool has_text(const Value& item, std::string_view field) {
  const Value value = item_field(item, field);
  return value.kind() == Kind::string && !value.as_string().empty();
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

Candidates::Elements::Elements(const Value& list) noexcept {
  if (list.kind() == Kind::string) {
    rest_ = list.as_string();
    const auto commas = std::count(rest_.begin(), rest_.end(), ',');
    // Nothing follows a comma at the end.
    const bool has_last = !rest_.empty() && rest_.back() != ',';
    count_ = static_cast<std::uint32_t>(commas) + (has_last ? 1 : 0);
  } else if (list.kind() == Kind::array) {
    list_ = list;
    count_ = list.size();
  }
}

Value Candidates::Elements::next() noexcept {
  const std::uint32_t place = place_++;
  return list_.is_missing() ? Value::string(ascii::trim(ascii::take_until(rest_, ',')))
                            : list_.at(place);
}

void Candidates::gather(Facts& facts) {
  facts_ = &facts;
  const std::size_t usual =
      std::min<std::size_t>(most_candidates, usual_parts * chain_.limit) + chain_.pins.size();
  all_.reserve(usual);
  order_.reserve(usual);
  chosen_.reserve(chain_.limit + chain_.pins.size());
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

// Gathers the next part: what fills the list where nothing is left out, or the rest of the step.
void Candidates::gather_next() {
  if (!has_elements_) {
    elements_ = Elements(facts_->get(chain_.steps[gathered_].list));
    has_elements_ = true;
  }
  const std::size_t begin = all_.size();
  std::size_t alive = 0;
  while (alive < chain_.limit && elements_.has_more() && all_.size() < most_candidates) {
    const std::size_t before = all_.size();
    add_next();
    alive += all_.size() > before && all_.back().outcome == Outcome::listed ? 1 : 0;
  }
  if (all_.size() > begin) {
    parts_.push_back({begin, all_.size()});
  }
  if (!elements_.has_more() || all_.size() >= most_candidates) {
    has_elements_ = false;
    ++gathered_;
  }
}

// What is excluded is a list of ids or of items, or one of them.
void Candidates::exclude(const Value& value) {
  const bool is_list = value.kind() == Kind::array || value.kind() == Kind::string;
  if (!is_list) {
    excluded_.insert(id_of(value));
    return;
  }
  for (Elements elements(value); elements.has_more();) {
    excluded_.insert(id_of(elements.next()));
  }
}

void Candidates::add_next() {
  const std::uint32_t place = elements_.place();
  const Value element = elements_.next();
  const bool is_item = element.kind() == Kind::object && has_text(element, "item_name");
  const auto id = id_of(element);
  if (id.empty() && !is_item) {
    return;
  }
  const double count = elements_.count();
  Candidate& candidate = all_.emplace_back();
  candidate.id = id;
  candidate.hash = hash_of_item(id);
  candidate.item = is_item ? element : Value();
  candidate.step = gathered_;
  candidate.place = place;
  candidate.weight = (count - place) / count;
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

ItemViews& Candidates::views() {
  if (!views_) {
    views_.emplace(chain_, attributes_, *facts_, memory_);
  }
  return *views_;
}

void Candidates::take(Candidate& candidate, KeptDocuments& documents, KeptDocument& document,
                      Decision& decision) {
  candidate.view = views().view(documents, document, candidate.id, decision);
  candidate.item = candidate.view == nullptr ? Value() : candidate.view->item;
  candidate.kept = &document;
}

void Candidates::judge_next(Decision& decision, double now_s) {
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
    judge(candidate, decision, now_s);
    if (candidate.outcome != Outcome::listed) {
      continue;
    }
    if (candidate.step == Candidate::no_step) {
      pinned_.push_back(static_cast<std::uint32_t>(i));
    } else {
      put_in_order(static_cast<std::uint32_t>(i));
    }
  }
}

// Those of one weight stay in their order.
void Candidates::put_in_order(std::uint32_t index) {
  const double weight = all_[index].weight;
  auto at = order_.end();
  if (order_.size() > step_in_order_ && all_[order_.back()].weight < weight) {
    at = std::upper_bound(
        order_.begin() + static_cast<std::ptrdiff_t>(step_in_order_), order_.end(), weight,
        [&](double mine, std::uint32_t other) { return mine > all_[other].weight; });
  }
  order_.insert(at, index);
}

// Returns whether one of a part that was not judged can come before `last`: it is pinned, or of the
// same step, and boosts can lift it so high. Candidates that were not judged have the weight of
// their place.
bool Candidates::can_change(const Part& next, const Candidate& last) const {
  const Candidate& first = all_[next.begin];
  return first.step == Candidate::no_step ||
         (first.step == last.step && first.weight * highest_boost_ > last.weight);
}

// A pin stands whatever the conditions say, but nobody wants to see what cannot be bought.
void Candidates::judge(Candidate& candidate, Decision& decision, double now_s) {
  if (candidate.view == nullptr) {
    if (candidate.item.kind() != Kind::object) {
      candidate.outcome = Outcome::unknown;
      ++left_out_.unknown;
      return;
    }
    candidate.view = &views().view(candidate.item, decision);
  }
  const ItemView& view = *candidate.view;
  if (!view.is_complete) {
    candidate.outcome = Outcome::incomplete;
    ++left_out_.incomplete;
  } else if (!view.is_available || view.until_s <= now_s) {
    candidate.outcome = Outcome::unavailable;
    ++left_out_.unavailable;
  } else if (candidate.step == Candidate::no_step) {
    return;
  } else if (!views().hold(view, decision)) {
    candidate.outcome = Outcome::not_met;
  } else if (!chain_.boosts.empty()) {
    candidate.weight = views().boosted(candidate.weight, view, decision);
  }
}

// Of `per` count texts alone. What is chosen here was judged, and is not pinned.
bool Candidates::is_crowded(const Candidate& candidate) const {
  const ItemView& view = *candidate.view;
  for (const Chain::Share& share : chain_.shares) {
    const std::uint32_t hash = view.hashes[share.number];
    if (hash == 0 || chosen_.size() < share.most) {
      continue;
    }
    const auto mine = view.values[share.number].as_string();
    const auto same = std::count_if(chosen_.begin(), chosen_.end(), [&](std::uint32_t other) {
      const ItemView& its = *all_[other].view;
      return its.hashes[share.number] == hash && its.values[share.number].as_string() == mine;
    });
    if (same >= static_cast<std::ptrdiff_t>(share.most)) {
      return true;
    }
  }
  return false;
}

bool Candidates::choose(const ItemIds& shown) {
  chosen_.clear();
  const std::size_t room = chain_.limit - std::min<std::size_t>(pinned_.size(), chain_.limit);
  const Part* next = judged_ < parts_.size() ? &parts_[judged_] : nullptr;
  // The last one that is chosen does not come before this one.
  if (next != nullptr &&
      (order_.size() < room || (room != 0 && can_change(*next, all_[order_[room - 1]])))) {
    return false;
  }
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
      chosen_.push_back(i);
    }
  }
  const bool is_full =
      chosen_.size() >= room &&
      (next == nullptr || !(chosen_.empty() ? all_[next->begin].step == Candidate::no_step
                                            : can_change(*next, all_[chosen_.back()])));
  for (const std::uint32_t pin : pinned_) {
    if (chosen_.size() >= chain_.limit) {
      all_[pin].outcome = Outcome::surplus;
      continue;
    }
    const auto place = std::min<std::size_t>(all_[pin].place, chosen_.size());
    chosen_.insert(chosen_.begin() + static_cast<std::ptrdiff_t>(place), pin);
  }
  if (chosen_.size() < chain_.min) {
    chosen_.clear();
  }
  return is_full;
}

// Items are not copied, but for those that lack their id.
Value Candidates::list() const {
  const std::size_t count = chosen_.size();
  auto* items = static_cast<Value*>(
      memory_->allocate(std::max<std::size_t>(count, 1) * sizeof(Value), alignof(Value)));
  for (std::size_t i = 0; i < count; ++i) {
    const Candidate& candidate = all_[chosen_[i]];
    if (candidate.id.empty() || candidate.view->has_id) {
      new (items + i) Value(candidate.item);
      continue;
    }
    DocumentBuilder builder(memory_);
    copy_with_id(candidate.item, candidate.id, builder);
    new (items + i) Value(Value::document(copy_text(builder.finish(), memory_)));
  }
  return Value::list(items, static_cast<std::uint32_t>(count));
}

}  // namespace personalize
