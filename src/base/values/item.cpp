#include "base/values/item.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/values/exact_number.h"

namespace personalize {

namespace {

struct ItemName {
  std::string_view name;
  ItemPart part;
};

// Of names for the same part the first one counts: GA4's.
constexpr ItemName names[] = {
    {"item_id", ItemPart::id},
    {"id", ItemPart::id},
    {"sku", ItemPart::id},
    {"product_id", ItemPart::id},
    {"item_name", ItemPart::name},
    {"title", ItemPart::name},
    {"name", ItemPart::name},
    {"item_brand", ItemPart::brand},
    {"brand", ItemPart::brand},
    {"item_category", ItemPart::category},
    {"category", ItemPart::category},
    {"product_type", ItemPart::category},
    {"item_variant", ItemPart::variant},
    {"variant", ItemPart::variant},
    {"url", ItemPart::url},
    {"link", ItemPart::url},
    {"image", ItemPart::image},
    {"image_url", ItemPart::image},
    {"image_link", ItemPart::image},
    {"summary", ItemPart::summary},
    {"description", ItemPart::summary},
    {"price", ItemPart::price},
    {"sale_price", ItemPart::sale_price},
    {"old_price", ItemPart::old_price},
    {"list_price", ItemPart::old_price},
    {"compare_at_price", ItemPart::old_price},
    {"discount", ItemPart::discount},
    {"currency", ItemPart::currency},
    {"priceCurrency", ItemPart::currency},
    {"rating", ItemPart::rating},
    {"average_rating", ItemPart::rating},
    {"rating_count", ItemPart::rating_count},
    {"review_count", ItemPart::rating_count},
    {"reviews", ItemPart::rating_count},
    {"badge", ItemPart::badge},
    {"label", ItemPart::badge},
    {"availability", ItemPart::availability},
    {"available", ItemPart::available},
    {"in_stock", ItemPart::in_stock},
    {"sold_out", ItemPart::sold_out},
    {"add_to_cart", ItemPart::add_to_cart},
    {"until", ItemPart::until},
};
constexpr std::size_t name_count = std::size(names);
constexpr std::uint8_t no_name = 0xff;

// Names by a hash of their length and two characters, which tells nearly all of them apart. A name
// that finds its place taken is in the next one.
class NameIndex {
 public:
  constexpr NameIndex() {
    for (auto& slot : slots_) {
      slot = no_name;
    }
    for (std::size_t i = 0; i < name_count; ++i) {
      auto at = hash(names[i].name);
      while (slots_[at] != no_name) {
        at = next(at);
      }
      slots_[at] = static_cast<std::uint8_t>(i);
    }
  }

  // Returns the index in `names`; no_name if it is none.
  std::uint8_t find(std::string_view name) const noexcept {
    if (name.empty()) {
      return no_name;
    }
    auto at = hash(name);
    while (slots_[at] != no_name && names[slots_[at]].name != name) {
      at = next(at);
    }
    return slots_[at];
  }

 private:
  static constexpr std::size_t size = 128;

  static constexpr std::size_t hash(std::string_view name) noexcept {
    const std::size_t first = static_cast<unsigned char>(name.front());
    const std::size_t last = static_cast<unsigned char>(name.back());
    return (name.size() * 37 + first * 5 + last) % size;
  }
  static constexpr std::size_t next(std::size_t at) noexcept { return (at + 1) % size; }

  std::uint8_t slots_[size] = {};
};
constexpr NameIndex name_index;

// Returns whether the text is one of the words, whatever its capitals, blanks and what separates
// words: "In Stock", "in_stock" and "https://schema.org/InStock" are "instock".
bool says(std::string_view text, std::initializer_list<std::string_view> words) noexcept {
  text.remove_prefix(text.rfind('/') + 1);  // npos + 1 is 0
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    std::size_t at = 0;
    for (const char c : text) {
      if (c == ' ' || c == '_' || c == '-') {
        continue;
      }
      if (at == word.size() || ascii::lower(c) != word[at]) {
        return false;
      }
      ++at;
    }
    return at == word.size();
  });
}

// Returns what a flag says, as catalogues write it; nothing for anything else.
std::optional<bool> truth_of(const Value& value) noexcept {
  const auto choose = [](bool yes, bool no) {
    return yes || no ? std::optional(yes) : std::nullopt;
  };
  switch (value.kind()) {
    case Kind::boolean:
      return value.as_boolean();
    case Kind::number:
      return choose(value.as_number() == 1, value.as_number() == 0);
    case Kind::string:
      return choose(says(value.as_string(), {"true", "1", "yes", "y", "on"}),
                    says(value.as_string(), {"false", "0", "no", "n", "off"}));
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<ItemPart> find_item_part(std::string_view name) noexcept {
  const auto found = name_index.find(name);
  return found == no_name ? std::nullopt : std::optional(names[found].part);
}

std::vector<std::string_view> item_names() {
  std::vector<std::string_view> list;
  for (const auto& one : names) {
    list.push_back(one.name);
  }
  return list;
}

bool is_flag(const Value& value) noexcept {
  return truth_of(value).has_value();
}

ItemParts::ItemParts(const Value& item) noexcept {
  if (item.kind() != Kind::object) {
    return;
  }
  std::array<std::uint8_t, item_parts> by{};
  by.fill(no_name);
  for (std::uint32_t i = 0; i < item.size(); ++i) {
    const auto name = name_index.find(item.key_at(i));
    if (name == no_name) {
      continue;
    }
    const auto part = static_cast<std::size_t>(names[name].part);
    if (name < by[part]) {
      const Value value = item.at(i);
      if (!value.is_absent() && !(value.kind() == Kind::string && value.as_string().empty())) {
        values_[part] = value;
        by[part] = name;
      }
    }
  }
}

Value item_field(const Value& item, std::string_view name) noexcept {
  const Value exact = item.find(name);
  if (!exact.is_absent()) {
    return exact;
  }
  if (const auto part = find_item_part(name)) {
    for (const auto& other : names) {
      const Value value = other.part == *part ? item.find(other.name) : Value();
      if (!value.is_absent()) {
        return value;
      }
    }
  }
  return {};
}

void add_item_names(std::string_view name, std::vector<std::string>& list) {
  const auto add = [&](std::string_view one) {
    if (std::find(list.begin(), list.end(), one) == list.end()) {
      list.emplace_back(one);
    }
  };
  add(name);
  if (const auto part = find_item_part(name)) {
    for (const auto& other : names) {
      if (other.part == *part) {
        add(other.name);
      }
    }
  }
}

Value amount_of(const Value& value) noexcept {
  if (value.kind() == Kind::number) {
    return value;
  }
  if (value.kind() != Kind::string) {
    return {};
  }
  auto text = ascii::trim(value.as_string());
  return exact_number(ascii::take_until(text, ' '));
}

Value item_id(const Value& item) noexcept {
  const Value id = item.kind() == Kind::object ? item_field(item, "item_id") : item;
  const bool is_text = id.kind() == Kind::string && !id.as_string().empty();
  return is_text || id.kind() == Kind::number ? id : Value();
}

bool ItemParts::is_available() const noexcept {
  return personalize::is_available((*this)[ItemPart::available], (*this)[ItemPart::in_stock],
                                   (*this)[ItemPart::sold_out], (*this)[ItemPart::availability]);
}

bool is_available(const Value& item) noexcept {
  return ItemParts(item).is_available();
}

bool is_available(const Value& available, const Value& in_stock, const Value& sold_out,
                  const Value& availability) noexcept {
  if (truth_of(available) == false || truth_of(in_stock) == false || truth_of(sold_out) == true) {
    return false;
  }
  return availability.kind() != Kind::string || availability.as_string().empty() ||
         says(availability.as_string(), {"instock", "backorder", "preorder", "limitedavailability",
                                         "onlineonly", "instoreonly", "available", "true", "1"});
}

}  // namespace personalize
