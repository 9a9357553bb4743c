#include "personalize/record/event.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/json_string.h"
#include "base/text/utf8.h"

namespace personalize {

namespace {

// An event whose numbers are texts.
struct Texts {
  const Event& event;
  std::string_view id;
  std::string_view time;
  std::string_view position;
  std::string_view value;
};

constexpr std::size_t max_metric = 64;

struct Row {
  std::string_view name;
  std::uint16_t max;  // bytes
  bool is_json;
  std::string_view (*text)(const Texts& texts);
};

constexpr std::string_view items_name = "items";

constexpr Row rows[] = {
    {"id", 40, false, [](const Texts& t) { return t.id; }},
    {"event", 16, false, [](const Texts& t) { return to_string(t.event.kind); }},
    {"time", 20, true, [](const Texts& t) { return t.time; }},
    {"visitor", 32, false, [](const Texts& t) { return t.event.visitor; }},
    {"session", 16, false, [](const Texts& t) { return t.event.session; }},
    {"host", 255, false, [](const Texts& t) { return t.event.host; }},
    {"path", max_event_path, false, [](const Texts& t) { return t.event.path; }},
    {"origin", 8, false,
     [](const Texts& t) {
       return t.event.is_claimed ? std::string_view("browser") : std::string_view("edge");
     }},
    {"experiment", 255, false, [](const Texts& t) { return t.event.experiment; }},
    {"variant", 255, false, [](const Texts& t) { return t.event.variant; }},
    {"version", 32, false, [](const Texts& t) { return t.event.version; }},
    {"split", max_event_split, false,
     [](const Texts& t) {
       const bool fits = t.event.split.size() <= max_event_split;
       return fits ? t.event.split : std::string_view();
     }},
    {"campaign", 128, false, [](const Texts& t) { return t.event.campaign; }},
    {"slot", 128, false, [](const Texts& t) { return t.event.slot; }},
    {"item", 128, false, [](const Texts& t) { return t.event.item; }},
    {"list", 128, false, [](const Texts& t) { return t.event.list; }},
    {"position", 10, true, [](const Texts& t) { return t.position; }},
    {"metric", max_metric, false, [](const Texts& t) { return t.event.metric; }},
    {"value", 32, true, [](const Texts& t) { return t.value; }},
    {"currency", 8, false, [](const Texts& t) { return t.event.currency; }},
    {"order", 128, false, [](const Texts& t) { return t.event.order; }},
    {items_name, max_event_items, false, [](const Texts& t) { return t.event.items; }},
    {"question", 128, false, [](const Texts& t) { return t.event.question; }},
    {"answer", 1024, false, [](const Texts& t) { return t.event.answer; }},
    {"attributes", max_event_attributes, true, [](const Texts& t) { return t.event.attributes; }},
};
static_assert(std::size(rows) == most_event_fields);

// A field of a record: its row in 1 byte, the size of its value in 2, and the value.
constexpr std::size_t head_size = 3;

// Returns whether the text is written as it is: it is ASCII without U+0000, which databases refuse.
bool is_plain(std::string_view s) noexcept {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<signed char>(c) > 0; });
}

// Appends what fits into `max` bytes of a text. Half a code point at the end does not fit. Returns
// whether all of it did.
bool append_text(std::string_view text, std::size_t max, std::string& out) {
  if (is_plain(text)) {
    out += text.substr(0, max);
    return text.size() <= max;
  }
  const std::size_t begin = out.size();
  while (!text.empty()) {
    const std::size_t before = out.size();
    const std::uint32_t code = take_code_point(text);
    append_utf8(code == 0 ? replacement_code_point : code, out);
    if (out.size() - begin > max) {
      out.resize(before);
      return false;
    }
  }
  return true;
}

void append_field(std::size_t row, std::string_view text, std::string& record) {
  const auto& [name, max, is_json, read] = rows[row];
  if (text.empty()) {
    return;
  }
  const std::size_t begin = record.size();
  record.append(head_size, '\0');
  if (!append_text(text, max, record) && is_json) {
    record.resize(begin);
    return;
  }
  if (is_json) {
    replace_nul_in_json(record, begin + head_size);
  }
  const std::size_t size = record.size() - begin - head_size;
  record[begin] = static_cast<char>(row);
  record[begin + 1] = static_cast<char>(size >> 8U);
  record[begin + 2] = static_cast<char>(size);
}

template <class Integer, std::size_t size>
std::string_view digits(Integer number, char (&buffer)[size]) noexcept {
  const char* end = std::to_chars(std::begin(buffer), std::end(buffer), number).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

}  // namespace

std::string_view to_string(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::exposure:
      return "exposure";
    case EventKind::view:
      return "view";
    case EventKind::impression:
      return "impression";
    case EventKind::click:
      return "click";
    case EventKind::dismiss:
      return "dismiss";
    case EventKind::claim:
      return "claim";
    case EventKind::conversion:
      return "conversion";
    case EventKind::answer:
      return "answer";
    case EventKind::lead:
      return "lead";
    case EventKind::forget:
      return "forget";
  }
  return "";
}

bool is_metric_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= max_metric &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return ascii::is_letter(c) || ascii::is_digit(c) || c == '_'; });
}

void encode_event(const Event& event, std::string_view id, std::string& record) {
  char time[20];
  char position[10];
  NumberBuffer value;
  Texts texts{event, id, digits(event.time_ms, time), {}, {}};
  if (event.position) {
    texts.position = digits(*event.position, position);
  }
  if (event.value && std::isfinite(*event.value)) {
    texts.value = number_text(*event.value, value);
  }
  record.clear();
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    append_field(i, rows[i].text(texts), record);
  }
}

void replace_items(std::string_view items, std::string& record) {
  if (items.size() > max_event_items) {
    return;
  }
  EventField field;
  for (std::string_view rest = record; !rest.empty();) {
    const std::size_t begin = record.size() - rest.size();
    if (!take_field(rest, field)) {
      return;
    }
    if (field.name == items_name) {
      const auto row = static_cast<unsigned char>(record[begin]);
      std::string after(rest);
      record.resize(begin);
      append_field(row, items, record);
      record += after;
      return;
    }
  }
}

bool take_field(std::string_view& record, EventField& field) noexcept {
  if (record.size() < head_size) {
    return false;
  }
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(record[i]); };
  const Row& row = rows[byte(0)];
  const std::size_t size = static_cast<std::size_t>(byte(1)) << 8U | byte(2);
  field = {row.name, record.substr(head_size, size), row.is_json};
  record.remove_prefix(head_size + size);
  return true;
}

void append_json_line(std::string_view record, std::string& out) {
  char separator = '{';
  EventField field;
  while (take_field(record, field)) {
    out += separator;
    separator = ',';
    append_json_string(field.name, out);
    out += ':';
    if (field.is_json) {
      out += field.value;
    } else {
      append_json_string(field.value, out);
    }
  }
  out += "}\n";
}

}  // namespace personalize
