#include "render/escaping/script_values.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "base/text/ascii.h"
#include "base/text/utf8.h"
#include "base/values/scalar.h"

namespace personalize {

namespace {

constexpr std::uint32_t first_supplementary = 0x10000;
constexpr int max_depth = 64;

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) {
    plain[c] = true;
  }
  for (const char c : {'"', '\'', '`', '\\', '<', '>', '&', '$', '{', '}'}) {
    plain[static_cast<unsigned char>(c)] = false;
  }
  return plain;
}

constexpr auto plain = make_plain();

void append_unit(std::uint32_t unit, std::pmr::string& out) {
  constexpr char hex[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out += hex[(unit >> shift) & 15U];
  }
}

// Returns whether it is a number as JSON and JavaScript write it; "+5" and "05" are not.
bool is_json_number(std::string_view text) {
  if (ascii::starts_with(text, "-")) {
    text.remove_prefix(1);
  }
  const bool begins = !text.empty() && ascii::is_digit(text.front());
  return begins && (text.front() != '0' || text.size() == 1 || !ascii::is_digit(text[1])) &&
         ascii::is_digit(text.back());
}

class Writer {
 public:
  Writer(bool is_script, std::pmr::string& out) : is_script_(is_script), out_(out) {}

  void write(const Value& value, int depth) {
    switch (value.kind()) {
      case Kind::boolean:
        append_scalar(value, out_);
        return;
      case Kind::number:
        write_number(value);
        return;
      case Kind::string:
        write_string(value.as_string());
        return;
      case Kind::array:
      case Kind::object:
        if (depth < max_depth) {
          write_container(value, depth);
          return;
        }
        [[fallthrough]];
      default:
        out_ += "null";
    }
  }

 private:
  void write_number(const Value& value) {
    const auto exact = value.exact_text();
    const double number = value.as_number();
    if (is_script_ && (number < 0 || (!exact.empty() && exact.front() == '-'))) {
      out_ += ' ';
    }
    if (is_json_number(exact)) {
      out_ += exact;
    } else if (std::isfinite(number)) {
      append_scalar(Value::number(number), out_);
    } else {
      out_ += "null";
    }
  }

  void write_string(std::string_view text) {
    out_ += '"';
    escape_script_string(text, out_);
    out_ += '"';
  }

  void write_container(const Value& value, int depth) {
    const bool is_array = value.kind() == Kind::array;
    out_ += is_array ? '[' : '{';
    for (std::uint32_t i = 0; i < value.size(); ++i) {
      if (i > 0) {
        out_ += ',';
      }
      if (!is_array) {
        write_key(value.key_at(i));
      }
      write(value.at(i), depth + 1);
    }
    out_ += is_array ? ']' : '}';
  }

  void write_key(std::string_view key) {
    const bool is_computed = is_script_ && key == "__proto__";
    out_ += is_computed ? "[" : "";
    write_string(key);
    out_ += is_computed ? "]:" : ":";
  }

  bool is_script_;
  std::pmr::string& out_;
};

}  // namespace

void escape_script_string(std::string_view text, std::pmr::string& out) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain[static_cast<unsigned char>(text[run])]) {
      ++run;
    }
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) {
      return;
    }
    const auto code = take_code_point(text);
    append_script_escape(code == 0 ? replacement_code_point : code, out);
  }
}

void append_script_escape(std::uint32_t code, std::pmr::string& out) {
  if (code < first_supplementary) {
    append_unit(code, out);
  } else {
    append_unit(0xD800 + ((code - first_supplementary) >> 10), out);
    append_unit(0xDC00 + ((code - first_supplementary) & 0x3FF), out);
  }
}

void append_json(const Value& value, std::pmr::string& out) {
  Writer(false, out).write(value, 0);
}

void append_script_literal(const Value& value, std::pmr::string& out) {
  Writer(true, out).write(value, 0);
}

}  // namespace personalize
