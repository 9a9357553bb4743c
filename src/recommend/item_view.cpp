#include "personalize/recommend/item_view.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/numbers/date.h"
#include "base/values/item.h"
#include "base/values/member.h"
#include "personalize/base/document.h"
#include "personalize/recommend/item_set.h"

namespace personalize {

namespace {

bool is_text(const Value& value) noexcept {
  return value.kind() == Kind::string && !value.as_string().empty();
}

std::uint32_t hash_of_text(const Value& value) noexcept {
  return value.kind() == Kind::string ? hash_of_item(value.as_string()) | 1U : 0;
}

}  // namespace

void copy_with_id(const Value& item, std::string_view id, DocumentBuilder& builder) {
  builder.begin_object();
  for (std::uint32_t member = 0; member < item.size(); ++member) {
    builder.key(item.key_at(member));
    builder.copy(item.at(member));
  }
  builder.key("item_id");
  builder.string(id);
  builder.end();
}

ItemViews::ItemViews(const Chain& chain, const AttributeTable& attributes, Facts& request,
                     std::pmr::memory_resource* memory)
    : chain_(chain),
      attributes_(attributes),
      request_(request),
      memory_(memory),
      fields_(memory),
      others_(memory) {}

// The values follow the view, and the hashes these.
std::size_t ItemViews::size_of_view() const noexcept {
  return sizeof(ItemView) + chain_.values.size() * sizeof(Value) +
         chain_.values.size() * sizeof(std::uint32_t);
}

const ItemView& ItemViews::view(const Value& item, Decision& decision) {
  return *fill(memory_->allocate(size_of_view(), alignof(ItemView)), item, decision);
}

// A note has the view, its values, and, where the item lacks its `item_id`, a copy of it that has.
const ItemView* ItemViews::view(KeptDocuments& documents, KeptDocument& document,
                                std::string_view id, Decision& decision) {
  static_assert(alignof(ItemView) <= alignof(std::max_align_t));
  static_assert(sizeof(ItemView) % alignof(Value) == 0);
  if (const void* known = document.note(&chain_)) {
    return static_cast<const ItemView*>(known);
  }
  const Value item = Value::document(document.bytes());
  if (item.kind() != Kind::object) {
    return nullptr;
  }
  DocumentBuilder builder(memory_);
  std::string_view copy;
  // Where filters make one key of several ids, it is not known which of them the next one has.
  if (!id.empty() && chain_.item_key && item.find("item_id").is_absent()) {
    copy_with_id(item, id, builder);
    copy = builder.finish();
  }
  void* room = documents.add_note(document, &chain_, size_of_view() + copy.size());
  if (room == nullptr) {
    return &this->view(item, decision);
  }
  if (copy.empty()) {
    return fill(room, item, decision);
  }
  char* bytes = static_cast<char*>(room) + size_of_view();
  std::memcpy(bytes, copy.data(), copy.size());
  return fill(room, Value::document({bytes, copy.size()}), decision);
}

ItemView* ItemViews::fill(void* room, const Value& item, Decision& decision) {
  ItemView& view = *new (room) ItemView;
  auto* values = reinterpret_cast<Value*>(&view + 1);
  auto* hashes = reinterpret_cast<std::uint32_t*>(values + chain_.values.size());
  fields_.resize(chain_.fields.size());
  chain_.fields.read(item, fields_.data());
  view.item = item;
  view.is_complete = is_text(fields_[ItemFields::name]) && is_text(fields_[ItemFields::url]);
  view.is_available =
      is_available(fields_[ItemFields::available], fields_[ItemFields::in_stock],
                   fields_[ItemFields::sold_out], fields_[ItemFields::availability]);
  if (const auto until = read_instant(fields_[ItemFields::until])) {
    view.until_s = *until;
  }
  view.has_id = !item.find("item_id").is_absent();
  for (std::size_t i = 0; i < chain_.values.size(); ++i) {
    const Chain::ItemValue& value = chain_.values[i];
    const Value& field = fields_[value.field];
    new (values + i) Value(value.is_amount ? amount_of(field) : field);
    new (hashes + i) std::uint32_t(hash_of_text(values[i]));
  }
  view.values = values;
  view.hashes = hashes;
  view_ = &view;
  view.is_met = decision.all_hold(chain_.item_conditions, *this);
  for (std::size_t i = 0; i < chain_.boosts.size(); ++i) {
    const Chain::Boost& boost = chain_.boosts[i];
    if (boost.is_of_item && decision.holds(boost.rule.condition, *this)) {
      view.boosts |= std::uint64_t{1} << i;
    }
  }
  return &view;
}

bool ItemViews::hold(const ItemView& view, Decision& decision) {
  if (!view.is_met) {
    return false;
  }
  view_ = &view;
  return std::all_of(chain_.conditions.begin(), chain_.conditions.end(),
                     [&](const Chain::Rule& rule) { return holds(rule, decision); });
}

// Returns whether the rule holds for the item of view_. Plain numbers and equal texts are compared
// here; what else there is is left to the condition.
bool ItemViews::holds(const Chain::Rule& rule, Decision& decision) {
  for (const Chain::Comparison& comparison : rule.comparisons) {
    const Value& mine = view_->values[comparison.value];
    const auto& [theirs, hash] = other(comparison.other);
    const bool are_equal_kinds = mine.kind() == theirs.kind();
    bool does = false;
    if (are_equal_kinds && mine.kind() == Kind::string && comparison.relation == Relation::equal) {
      does = view_->hashes[comparison.value] == hash && mine.as_string() == theirs.as_string();
    } else if (are_equal_kinds && mine.kind() == Kind::number && mine.exact_text().empty() &&
               theirs.exact_text().empty()) {
      does = relates(mine.as_number(), comparison.relation, theirs.as_number());
    } else {
      return decision.holds(rule.condition, *this);
    }
    if (!does) {
      return rule.negated;
    }
  }
  return rule.comparisons.empty() ? decision.holds(rule.condition, *this) : !rule.negated;
}

const ItemViews::Other& ItemViews::other(std::uint32_t number) {
  if (others_.empty()) {
    others_.reserve(chain_.others.size());
    for (const Chain::Other& one : chain_.others) {
      const Value value = one.attribute ? request_.get(*one.attribute) : one.number;
      others_.push_back({value, hash_of_text(value)});
    }
  }
  return others_[number];
}

double ItemViews::boosted(double weight, const ItemView& view, Decision& decision) {
  view_ = &view;
  for (std::size_t i = 0; i < chain_.boosts.size(); ++i) {
    const Chain::Boost& boost = chain_.boosts[i];
    const bool is_lifted =
        boost.is_of_item ? (view.boosts >> i & 1U) != 0 : holds(boost.rule, decision);
    weight *= is_lifted ? boost.factor : 1;
  }
  return weight;
}

Value ItemViews::get(AttributeId id) noexcept {
  const std::uint32_t place = id < chain_.value_of.size() ? chain_.value_of[id] : Chain::of_request;
  if (place < chain_.values.size()) {
    return view_->values[place];
  }
  if (place == Chain::inside_item) {
    return find_member(view_->item, attributes_[id].path);
  }
  Asked& asked = asked_[id % asked_count];
  if (asked.id != id) {
    asked = {id, request_.get(id)};
  }
  return asked.value;
}

}  // namespace personalize
