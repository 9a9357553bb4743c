// One event, and how it is written: as fields of a Redis stream, and as a line of JSON.
//
// docs/reference/events.md describes the fields. To add one, add a member to Event and a row to the
// table in src/record/events/event.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace personalize {

enum class EventKind : std::uint8_t {
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
};
std::string_view to_string(EventKind kind) noexcept;

// Texts may be any bytes, of any length; "" does not apply. What is not UTF-8, and U+0000, is
// replaced, and what is too long is cut.
struct Event {
  EventKind kind = EventKind::view;
  bool is_claimed = false;   // a browser says so, and nobody else
  std::int64_t time_ms = 0;  // since 1970
  std::string_view visitor;  // its pseudonym
  std::string_view session;
  std::string_view host;
  std::string_view path;
  std::string_view experiment;
  std::string_view variant;
  std::string_view version;
  std::string_view split;
  std::string_view campaign;
  std::string_view slot;
  std::string_view item;
  std::string_view list;
  std::optional<std::uint32_t> position;
  std::string_view metric;
  std::optional<double> value;  // left out if it is not finite
  std::string_view currency;
  std::string_view order;
  std::string_view items;
  std::string_view question;
  std::string_view answer;
  std::string_view attributes;  // a JSON object; left out if it is too long
};

// Returns whether a metric can have that name: letters, digits and `_`, at most 64.
bool is_metric_name(std::string_view name) noexcept;

// The most bytes that a path may have, and the JSON of attributes.
constexpr std::size_t max_event_path = 256;
constexpr std::size_t max_event_attributes = 4096;
// The most bytes that the items of a conversion may have.
constexpr std::size_t max_event_items = 4096;
// A longer split is left out: a part of it would be misread.
constexpr std::size_t max_event_split = 1024;

// Replaces `record` by the event's fields, in the order in which they are written. `id` identifies
// the event. Throws what the string's memory throws.
void encode_event(const Event& event, std::string_view id, std::string& record);

// Replaces the items in what encode_event() has made, unless they are too long or there were none
// before. Throws what the string's memory throws.
void replace_items(std::string_view items, std::string& record);

struct EventField {
  std::string_view name;
  std::string_view value;  // UTF-8
  bool is_json = false;    // the value is JSON, not a text
};
constexpr std::size_t most_event_fields = 25;

// Takes the first field off what encode_event() has made. Returns false at its end.
bool take_field(std::string_view& record, EventField& field) noexcept;

// Appends the record as a JSON object in one line, with its line feed. Throws what the string's
// memory throws.
void append_json_line(std::string_view record, std::string& out);

}  // namespace personalize
