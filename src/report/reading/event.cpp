#include "personalize/report/event.h"

#include <algorithm>
#include <cmath>

#include "base/numbers/number.h"

namespace personalize::report {

namespace {

constexpr std::array<std::string_view, field_count> field_names = {
    "id",      "event",      "time",     "visitor",  "session",   "host",     "path",
    "origin",  "experiment", "variant",  "version",  "split",     "campaign", "slot",
    "holdout", "item",       "list",     "position", "metric",    "value",    "currency",
    "order",   "items",      "question", "answer",   "attributes"};

constexpr std::array<std::string_view, event_kind_count> kind_names = {
    "exposure",   "view",   "impression", "click",  "dismiss", "claim",
    "conversion", "answer", "lead",       "forget", "other"};

// A place for each name that no other has, so that one comparison tells.
constexpr std::size_t places = 64;
constexpr std::size_t place_of(std::string_view name) {
  return (name.size() + std::size_t{4} * static_cast<unsigned char>(name.front()) +
          std::size_t{27} * static_cast<unsigned char>(name.back())) %
         places;
}

constexpr std::array<unsigned char, places> make_index() {
  std::array<unsigned char, places> index{};
  for (auto& one : index) {
    one = field_count;
  }
  for (std::size_t i = 0; i < field_count; ++i) {
    index[place_of(field_names[i])] = static_cast<unsigned char>(i);
  }
  return index;
}
constexpr auto field_index = make_index();

constexpr bool is_index_whole() {
  for (std::size_t i = 0; i < field_count; ++i) {
    if (field_index[place_of(field_names[i])] != i) {
      return false;
    }
  }
  return true;
}
static_assert(is_index_whole(), "two names have the same place: choose other factors");

}  // namespace

std::string_view field_name(Field field) noexcept {
  return field_names[static_cast<std::size_t>(field)];
}

std::optional<Field> field_of(std::string_view name) noexcept {
  const std::size_t index = name.empty() ? field_count : field_index[place_of(name)];
  return index < field_count && field_names[index] == name
             ? std::optional(static_cast<Field>(index))
             : std::nullopt;
}

std::string_view kind_name(EventKind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

bool is_event_kind(std::string_view name) noexcept {
  return std::find(kind_names.begin(), kind_names.end() - 1, name) != kind_names.end() - 1;
}

const char* Event::finish() noexcept {
  const auto& self = *this;
  if (self[Field::event].empty()) {
    return "it has no \"event\"";
  }
  const auto* kind = std::find(kind_names.begin(), kind_names.end() - 1, self[Field::event]);
  kind_ = static_cast<EventKind>(kind - kind_names.begin());
  const auto time = read_integer<std::int64_t>(self[Field::time]);
  // From 1970 to the year 2500: what is not in there is in another unit, or damaged.
  constexpr std::int64_t latest = 16725225600000;
  // A quadrillion, so that sums of squares stay numbers.
  constexpr double greatest = 1e15;
  if (!time || *time < 0 || *time > latest) {
    return "\"time\" is not a number of milliseconds since 1970";
  }
  time_ = *time;
  value_.reset();
  if (!self[Field::value].empty()) {
    value_ = read_decimal(self[Field::value]);
    if (!value_ || !(std::abs(*value_) <= greatest)) {
      return "\"value\" is not a number, or not a sane one";
    }
  }
  return nullptr;
}

}  // namespace personalize::report
