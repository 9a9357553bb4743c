#include "attributes/fields.h"

#include <algorithm>

#include "base/text/text.h"
#include "personalize/attributes/page.h"

namespace personalize {

namespace {

constexpr RootRow root_rows[] = {
#define ROOT(root, word, names, origin) {word, Names::names, origin},
#include "personalize/attributes/attributes.def"
};

}  // namespace

// The rows by Field; in here the column of traits needs no further names.
namespace traits {

constexpr FieldRow field_rows[] = {
    {Root::source, ValueType::any, none, ""},
#define FIELD(root, name, type, traits) FIELD_AS(root, name, #name, type, traits)
#define FIELD_AS(root, name, spelling, type, traits) \
  {Root::root, ValueType::type, traits, spelling},
#include "personalize/attributes/attributes.def"
};

}  // namespace traits

using traits::field_rows;

std::optional<Root> find_root(std::string_view word) {
  const auto* found = std::find_if(std::begin(root_rows), std::end(root_rows),
                                   [&](const RootRow& row) { return row.word == word; });
  return found == std::end(root_rows) ? std::nullopt
                                      : std::optional(static_cast<Root>(found - root_rows));
}

const RootRow& row_of(Root root) {
  return root_rows[static_cast<std::size_t>(root)];
}

Field find_field(Root root, std::string_view name) {
  const auto* found =
      std::find_if(std::begin(field_rows), std::end(field_rows),
                   [&](const FieldRow& row) { return row.root == root && row.name == name; });
  return found == std::end(field_rows) ? Field::none : static_cast<Field>(found - field_rows);
}

const FieldRow& row_of(Field field) {
  return field_rows[static_cast<std::size_t>(field)];
}

std::string list_roots() {
  return list_names(root_rows, [](const RootRow& row) { return row.word; });
}

std::string list_fields(Root root) {
  return list_names(fields_of(root), name_of);
}

std::vector<std::string_view> words_of(ValueType type) {
  switch (type) {
    case ValueType::device:
      return {device_words.begin(), device_words.end()};
    case ValueType::weekday:
      return {weekday_words.begin(), weekday_words.end()};
    case ValueType::continent:
      return {continent_words.begin(), continent_words.end()};
    case ValueType::page_type:
      return {page_types.begin(), page_types.end()};
    case ValueType::stage:
      return {page_stages.begin(), page_stages.end()};
    default:
      return {};
  }
}

std::string_view origin_of(Root root) noexcept {
  return root == Root::source ? "document" : row_of(root).origin;
}

std::string_view name_of(Field field) noexcept {
  return row_of(field).name;
}

std::vector<Field> fields_of(Root root) {
  std::vector<Field> fields;
  for (std::size_t i = 1; i < std::size(field_rows); ++i) {
    if (field_rows[i].root == root) {
      fields.push_back(static_cast<Field>(i));
    }
  }
  return fields;
}

bool is_kept_in_session(Field field) noexcept {
  return (row_of(field).traits & traits::kept_in_session) != 0;
}

}  // namespace personalize
