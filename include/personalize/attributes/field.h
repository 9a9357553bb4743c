// Roots and fields of attributes, from the table in attributes.def.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace personalize {

// The first word of a dotted name.
enum class Root : std::uint8_t {
#define ROOT(root, word, names, origin) root,
#include "personalize/attributes/attributes.def"
  source,  // the name of a personalize_source
};

// A field of a root that has fixed ones: `geo.country` is Field::geo_country.
enum class Field : std::uint8_t {
  none,  // the root's names are free (cookie, source) or declared (segment, page)
#define FIELD(root, name, type, traits) root##_##name,
#include "personalize/attributes/attributes.def"
};

// What a value is, if there is one.
enum class ValueType : std::uint8_t {
  any,
  text,
  list,
  number,
  hour,  // a whole number from 0 to 23
  boolean,
  country,  // two capital letters (ISO 3166-1 alpha-2)
  // One of a few words:
  device,
  weekday,
  continent,
  page_type,  // of personalize_page
  stage,      // one of page_stages (page.h)
};

// In the order of enum Device (signals.h), without its first.
constexpr std::array<std::string_view, 4> device_words = {"mobile", "tablet", "desktop", "bot"};
// In the order of LocalTime::weekday.
constexpr std::array<std::string_view, 7> weekday_words = {
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 7> continent_words = {"AF", "AN", "AS", "EU",
                                                             "NA", "OC", "SA"};

// Returns the words that a value of the type can be; none for types that are not made of words.
std::vector<std::string_view> words_of(ValueType type);

// Returns where values of the root come from, in a word or two for people: "geo database".
std::string_view origin_of(Root root) noexcept;

// Returns the field's name without its root: "country".
std::string_view name_of(Field field) noexcept;

// Returns the fields of the root, in the order of the table.
std::vector<Field> fields_of(Root root);

// Returns whether Decision computes the value (segments, experiments, features, values).
constexpr bool is_decided(Root root) {
  return root == Root::segment || root == Root::experiment || root == Root::feature ||
         root == Root::value;
}

// Returns whether the field is kept under its name in the hash of the session (session.h).
bool is_kept_in_session(Field field) noexcept;

}  // namespace personalize
