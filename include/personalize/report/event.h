// One event as the module writes it: a flat record of named fields, the same in a JSON line and in
// an entry of a Redis stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace personalize::report {

// In the order in which they are written.
enum class Field : unsigned char {
  id,
  event,
  time,
  visitor,
  session,
  host,
  path,
  origin,
  experiment,
  variant,
  version,
  split,
  campaign,
  slot,
  holdout,
  item,
  list,
  position,
  metric,
  value,
  currency,
  order,
  items,
  question,
  answer,
  attributes,
};
constexpr std::size_t field_count = static_cast<std::size_t>(Field::attributes) + 1;

// Returns the name under which the field is written.
std::string_view field_name(Field field) noexcept;
// Nothing if no field has that name: events of later versions may have more.
std::optional<Field> field_of(std::string_view name) noexcept;

enum class EventKind : unsigned char {
  exposure,
  view,
  impression,
  click,
  dismiss,
  claim,
  conversion,
  answer,
  lead,
  forget,
  other,  // of a later version
};
constexpr std::size_t event_kind_count = static_cast<std::size_t>(EventKind::other) + 1;

// Returns the word of the field `event`; "other" for EventKind::other.
std::string_view kind_name(EventKind kind) noexcept;
// Whether the module writes events of that name.
bool is_event_kind(std::string_view name) noexcept;

// Views point into the reader's memory and live until it reads on.
class Event {
 public:
  // Returns the field as text, numbers as they were written, "" if it is absent. `attributes` is
  // the text of a JSON object, which is not checked.
  std::string_view operator[](Field field) const noexcept {
    return fields_[static_cast<std::size_t>(field)];
  }
  void set(Field field, std::string_view text) noexcept {
    fields_[static_cast<std::size_t>(field)] = text;
  }
  void clear() noexcept { fields_.fill({}); }

  // Reads `event`, `time` and `value`. Returns what is wrong, or nullptr.
  const char* finish() noexcept;

  // What finish() has read.
  EventKind kind() const noexcept { return kind_; }
  std::int64_t time() const noexcept { return time_; }  // ms since 1970
  std::optional<double> value() const noexcept { return value_; }

 private:
  std::array<std::string_view, field_count> fields_{};
  EventKind kind_ = EventKind::other;
  std::int64_t time_ = 0;
  std::optional<double> value_;
};

}  // namespace personalize::report
