#include "base/values/item.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/values/exact_number.h"

namespace personalize {

namespace {

// Names for the same part, GA4's first.
using Names = std::array<std::string_view, 4>;
constexpr Names parts[] = {
    {"item_id", "id", "sku", "product_id"},
    {"item_name", "title", "name"},
    {"item_brand", "brand"},
    {"item_category", "category", "product_type"},
    {"item_variant", "variant"},
    {"url", "link"},
    {"image", "image_url", "image_link"},
    {"old_price", "list_price", "compare_at_price"},
    {"currency", "priceCurrency"},
};

// Returns the names among which the name is; nullptr if it is not among any.
const Names* names_like(std::string_view name) noexcept {
  for (const auto& names : parts) {
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return &names;
    }
  }
  return nullptr;
}

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

Value item_field(const Value& item, std::string_view name) noexcept {
  const Value exact = item.find(name);
  if (!exact.is_absent()) {
    return exact;
  }
  if (const Names* names = names_like(name)) {
    for (const auto other : *names) {
      const Value value = other.empty() ? Value() : item.find(other);
      if (!value.is_absent()) {
        return value;
      }
    }
  }
  return {};
}

void add_item_names(std::string_view name, std::vector<std::string>& names) {
  const auto add = [&](std::string_view one) {
    if (!one.empty() && std::find(names.begin(), names.end(), one) == names.end()) {
      names.emplace_back(one);
    }
  };
  add(name);
  if (const Names* others = names_like(name)) {
    std::for_each(others->begin(), others->end(), add);
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

bool is_available(const Value& item) noexcept {
  if (truth_of(item.find("available")) == false || truth_of(item.find("in_stock")) == false ||
      truth_of(item.find("sold_out")) == true) {
    return false;
  }
  const Value availability = item.find("availability");
  return availability.kind() != Kind::string || availability.as_string().empty() ||
         says(availability.as_string(), {"instock", "backorder", "preorder", "limitedavailability",
                                         "onlineonly", "instoreonly", "available", "true", "1"});
}

}  // namespace personalize
