#include "decision/notations/known_values.h"

#include <algorithm>
#include <cmath>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/attributes/page.h"

namespace personalize::decision {

namespace {

// Returns whether the text is written as ISO 3166-1 alpha-2 codes are, and geo databases write
// them.
bool is_country(std::string_view text) {
  return text.size() == 2 && std::all_of(text.begin(), text.end(), ascii::is_upper);
}

bool is_hour(std::string_view text) {
  const auto number = read_decimal(text);
  return number && *number >= 0 && *number <= 23 && *number == std::floor(*number);
}

}  // namespace

KnownValues::KnownValues(const Attribute& attribute, const AttributeTable& attributes)
    : spelling_(attribute.spelling), type_(type_of(attribute)) {
  is_page_type_ = attribute.root == Root::page && attribute.name == "type";
  if (attribute.root == Root::experiment) {
    variants_ = &attributes.variants(attribute.index);
  }
}

std::optional<std::string> KnownValues::why_not_equal(std::string_view literal) const {
  if (variants_ != nullptr) {
    const bool known = std::find(variants_->begin(), variants_->end(), literal) != variants_->end();
    return known ? std::nullopt
                 : std::optional(" cannot be " + quoted(literal) + ": its variants are " +
                                 list_names(*variants_));
  }
  if (is_page_type_ && !is_page_type(literal)) {
    return " cannot be " + quoted(literal) + ": personalize_page has the types " +
           list_page_types();
  }
  const auto words = words_of(type_);
  if (!words.empty() && std::find(words.begin(), words.end(), literal) == words.end()) {
    return " cannot be " + quoted(literal) + ": it is one of " + list_names(words);
  }
  if (type_ == ValueType::country && !is_country(literal)) {
    return " cannot be " + quoted(literal) + ": it is a code of two capital letters, as in \"" +
           spelling_ + " in PL RO\", with spaces between several";
  }
  if (type_ == ValueType::hour && read_decimal(literal) && !is_hour(literal)) {
    return " cannot be " + quoted(literal) + ": it is a whole number from 0 to 23";
  }
  return why_not_comparable(literal);
}

std::optional<std::string> KnownValues::why_not_comparable(std::string_view literal) const {
  const bool are_numbers = type_ == ValueType::number || type_ == ValueType::hour;
  if (are_numbers && !read_decimal(literal)) {
    const bool is_time = parse_duration(literal).has_value();
    const bool is_attribute = literal.find('.') != std::string_view::npos;
    return " is a number and cannot be compared with " + quoted(literal) +
           (is_time ? ": write \"" + spelling_ + " older_than " + std::string(literal) +
                          "\" or \"within_last " + std::string(literal) + "\""
            : is_attribute ? ": an attribute is written \"${" + std::string(literal) + "}\""
                           : std::string());
  }
  if (type_ == ValueType::boolean && !read_boolean(literal)) {
    return " is true or false and cannot be " + quoted(literal);
  }
  return std::nullopt;
}

std::optional<bool> read_boolean(std::string_view text) {
  if (text == "true" || text == "1") {
    return true;
  }
  if (text == "false" || text == "0") {
    return false;
  }
  return std::nullopt;
}

}  // namespace personalize::decision
