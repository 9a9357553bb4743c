// Rows of attributes.def as the compiler of attributes reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "personalize/attributes/attribute.h"
#include "personalize/attributes/field.h"

namespace personalize {

// What follows the first word of an attribute.
enum class Names : std::uint8_t {
  fields,           // one of the root's fields in the table
  any,              // a name that the table does not know: of a cookie, of an NGINX variable
  segments,         // a declared segment
  experiments,      // a declared experiment
  features,         // a declared feature, and a path inside its value
  values,           // a declared value
  page_fields,      // a field of personalize_page
  recommendations,  // a declared chain of recommendations, and a path inside its list
  campaigns,        // a declared campaign, and one of the root's fields
  path,             // a path inside something that comes later
};

struct RootRow {
  std::string_view word;
  Names names;
  std::string_view origin;
};

// Bits of FieldRow::traits. The lower ones are the documents of a session (SessionPart).
namespace traits {

constexpr std::uint32_t bit(SessionPart part) {
  return std::uint32_t{1} << static_cast<unsigned>(part);
}

constexpr std::uint32_t none = 0;
constexpr std::uint32_t session = bit(SessionPart::current);
constexpr std::uint32_t visits = bit(SessionPart::visits);
constexpr std::uint32_t seen = bit(SessionPart::seen);
constexpr std::uint32_t categories =
    bit(SessionPart::categories) | bit(SessionPart::older_categories);
constexpr std::uint32_t brands = bit(SessionPart::brands) | bit(SessionPart::older_brands);
constexpr std::uint32_t dismissed = bit(SessionPart::dismissed);
constexpr std::uint32_t cart = bit(SessionPart::cart);
constexpr std::uint32_t browsed = bit(SessionPart::browsed);
constexpr std::uint32_t prices = bit(SessionPart::prices);
constexpr std::uint32_t purchases = bit(SessionPart::purchases);
constexpr std::uint32_t attention = bit(SessionPart::attention);
constexpr std::uint32_t purchased = bit(SessionPart::purchased);

// The value depends on the page, as personalize_page describes it.
constexpr std::uint32_t page = 1U << 24;
// The value is kept under the field's name in the session's hash.
constexpr std::uint32_t kept_in_session = 1U << 25;
constexpr std::uint32_t session_field = session | kept_in_session;
// A further name follows the field: `request.arg.NAME`.
constexpr std::uint32_t named = 1U << 26;
// That name is looked up in lower case.
constexpr std::uint32_t lower_case = 1U << 27;

}  // namespace traits

struct FieldRow {
  Root root;
  ValueType type;
  std::uint32_t traits;
  std::string_view name;
};

// Returns the root of that name; nothing if there is none.
std::optional<Root> find_root(std::string_view word);
// Returns the row of a root in the table. Not for Root::source.
const RootRow& row_of(Root root);

// Returns Field::none if the root has no field of that name.
Field find_field(Root root, std::string_view name);
const FieldRow& row_of(Field field);

// Returns all words in the table, "visitor, cookie, …".
std::string list_roots();
// Returns the root's fields, "country, continent, …".
std::string list_fields(Root root);

}  // namespace personalize
