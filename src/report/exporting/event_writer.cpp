#include "report/exporting/event_writer.h"

#include <simdjson.h>

#include "base/numbers/number.h"
#include "base/text/json_string.h"
#include "base/text/utf8.h"

namespace personalize::report {

namespace {

constexpr bool is_number_field(Field field) {
  return field == Field::time || field == Field::value || field == Field::position ||
         field == Field::holdout;
}

// Whether it is a number as JSON writes it.
bool is_json_number(std::string_view text) {
  const bool is_plain =
      text.find_first_not_of("0123456789.-") == std::string_view::npos && text.size() < 32;
  const auto digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  const bool begins_well = !digits.empty() && digits.front() != '.' && digits.back() != '.' &&
                           (digits.front() != '0' || digits.size() == 1 || digits[1] == '.');
  return is_plain && begins_well && read_decimal(text).has_value();
}

// Attributes come from a stream as text, in which anything may stand.
bool is_json_object(std::string_view text) {
  static simdjson::dom::parser parser;
  simdjson::dom::element root;
  return parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS && root.is_object();
}

// Returns the text with U+FFFD in the place of U+0000, which databases refuse. `room` is where it
// is if it had to be changed.
std::string_view without_nul(std::string_view text, std::string& room) {
  if (text.find('\0') == std::string_view::npos) {
    return text;
  }
  room.clear();
  for (const char c : text) {
    if (c == '\0') {
      room += replacement_character;
    } else {
      room += c;
    }
  }
  return room;
}

void append_csv_text(std::string_view text, std::string& out) {
  const bool is_quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (is_quoted) {
    out += '"';
  }
  while (!text.empty()) {
    const std::uint32_t code = take_code_point(text);
    if (code == '"') {
      out += '"';
    }
    append_utf8(code, out);
  }
  if (is_quoted) {
    out += '"';
  }
}

void append_json(const Event& event, std::string& out) {
  char separator = '{';
  std::string room;
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    const auto text = event[field];
    if (text.empty()) {
      continue;
    }
    out += separator;
    separator = ',';
    append_json_string(field_name(field), out);
    out += ':';
    const bool stands_as_it_is = (is_number_field(field) && is_json_number(text)) ||
                                 (field == Field::attributes && is_json_object(text));
    if (stands_as_it_is) {
      const std::size_t begin = out.size();
      out += text;
      replace_nul_in_json(out, begin);
    } else {
      append_json_string(without_nul(text, room), out);
    }
  }
  out += "}\n";
}

void append_csv(const Event& event, std::string& out) {
  std::string room;
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    if (i != 0) {
      out += ',';
    }
    // A database that takes the column for JSON, or for a number, refuses anything else.
    const auto text = event[field];
    const bool is_sound = (!is_number_field(field) || is_json_number(text)) &&
                          (field != Field::attributes || is_json_object(text));
    if (is_sound && field == Field::attributes) {
      room = text;
      replace_nul_in_json(room, 0);
      append_csv_text(room, out);
    } else if (is_sound) {
      append_csv_text(without_nul(text, room), out);
    }
  }
  out += '\n';
}

}  // namespace

void append_csv_header(std::string& out) {
  for (std::size_t i = 0; i < field_count; ++i) {
    out += i == 0 ? "" : ",";
    out += field_name(static_cast<Field>(i));
  }
  out += '\n';
}

void append_event(const Event& event, ExportFormat format, std::string& out) {
  if (format == ExportFormat::json) {
    append_json(event, out);
  } else {
    append_csv(event, out);
  }
}

}  // namespace personalize::report
