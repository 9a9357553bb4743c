#include "personalize/recommend/item_fields.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/values/item.h"

namespace personalize {

namespace {

// More fields than anybody's conditions name.
constexpr std::size_t most_in_one_pass = 128;
// What an empty text adds to the rank of its name: any other that says something counts before it.
constexpr std::uint8_t blank = 64;
constexpr std::uint8_t no_rank = std::numeric_limits<std::uint8_t>::max();

}  // namespace

ItemFields::ItemFields() {
  for (const auto field : {"item_name", "url"}) {
    add(field);
  }
  // Whether it can be bought is asked by these names alone, as is_available() does.
  for (const auto field : {"available", "in_stock", "sold_out", "availability", "until"}) {
    add_name(field, static_cast<std::uint32_t>(fields_.size()), 0);
    fields_.emplace_back(field);
  }
  count_ = fields_.size();
  rebuild();
}

std::uint32_t ItemFields::add(std::string_view field) {
  const auto known = std::find(fields_.begin(), fields_.end(), field);
  if (known != fields_.end()) {
    return static_cast<std::uint32_t>(known - fields_.begin());
  }
  const auto number = static_cast<std::uint32_t>(fields_.size());
  fields_.emplace_back(field);
  std::vector<std::string> names;
  add_item_names(field, names);
  std::uint8_t rank = 0;
  for (const auto& name : names) {
    add_name(name, number, rank++);
  }
  count_ = fields_.size();
  rebuild();
  return number;
}

void ItemFields::add_name(std::string_view text, std::uint32_t field, std::uint8_t rank) {
  if (field >= most_in_one_pass) {
    return;
  }
  names_.push_back({std::string(text), field, rank});
}

// Most members of an item are none of these: a table with much room tells that by one look.
void ItemFields::rebuild() {
  std::size_t size = 64;
  while (size < 4 * names_.size()) {
    size *= 2;
  }
  table_.assign(size, 0);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::size_t at = hash(names_[i].text) & (size - 1);
    while (table_[at] != 0) {
      at = (at + 1) & (size - 1);
    }
    table_[at] = static_cast<std::uint16_t>(i + 1);
  }
}

std::uint32_t ItemFields::hash(std::string_view text) noexcept {
  if (text.empty()) {
    return 0;
  }
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  constexpr std::uint32_t first = 0x9E3779B1U;
  constexpr std::uint32_t last = 0x85EBCA77U;
  const auto mixed = (byte(0) + 31U * byte(text.size() / 2)) * first +
                     (byte(text.size() - 1) + 31U * static_cast<std::uint32_t>(text.size())) * last;
  return mixed ^ (mixed >> 15U);
}

void ItemFields::read(const Value& item, Value* values) const noexcept {
  std::array<std::uint8_t, most_in_one_pass> ranks;
  std::fill_n(ranks.begin(), std::min(count_, most_in_one_pass), no_rank);
  std::fill_n(values, count_, Value());
  if (item.kind() != Kind::object) {
    return;
  }
  const std::size_t mask = table_.size() - 1;
  const std::uint32_t members = item.size();
  for (std::uint32_t i = 0; i < members; ++i) {
    const auto key = item.key_at(i);
    for (std::size_t at = hash(key) & mask; table_[at] != 0; at = (at + 1) & mask) {
      const Name& name = names_[table_[at] - 1U];
      if (name.text != key || name.rank >= ranks[name.field]) {
        continue;
      }
      const Value value = item.at(i);
      const bool is_blank = value.kind() == Kind::string && value.as_string().empty();
      const auto rank = static_cast<std::uint8_t>(name.rank + (is_blank ? blank : 0));
      if (!value.is_absent() && rank < ranks[name.field]) {
        values[name.field] = value;
        ranks[name.field] = rank;
      }
    }
  }
  for (std::size_t field = most_in_one_pass; field < count_; ++field) {
    values[field] = item_field(item, fields_[field]);
  }
}

}  // namespace personalize
