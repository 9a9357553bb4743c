#include "base/values/json/json_reader.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/percent.h"
#include "base/text/utf8.h"
#include "base/values/exact_number.h"

namespace personalize {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

constexpr bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// Returns whether a byte of a string stands for itself.
constexpr bool is_plain(char c) {
  return c >= ' ' && c != '"' && c != '\\';  // other bytes than ASCII's are negative
}

// Returns the length of a JSON number at the beginning of the text; 0 if there is none.
std::size_t number_length(std::string_view text) {
  std::size_t at = 0;
  const auto next = [&] { return at < text.size() ? text[at] : '\0'; };
  const auto digits = [&] {
    const auto before = at;
    while (ascii::is_digit(next())) {
      ++at;
    }
    return at > before;
  };
  if (next() == '-') {
    ++at;
  }
  if (next() == '0') {
    ++at;
  } else if (!digits()) {
    return 0;
  }
  if (next() == '.') {
    ++at;
    if (!digits()) {
      return 0;
    }
  }
  if (ascii::lower(next()) == 'e') {
    ++at;
    if (next() == '-' || next() == '+') {
      ++at;
    }
    if (!digits()) {
      return 0;
    }
  }
  return at;
}

}  // namespace

bool JsonReader::read(DocumentBuilder* out) {
  out_ = out;
  open_.clear();
  rest_ = text_;
  is_mended_ = take(byte_order_mark);

  while (true) {
    skip_space();
    const bool is_object = take('{');
    if (is_object || take('[')) {
      begin(is_object);
      skip_space();
      if (take(open_.back() ? '}' : ']')) {
        end();
      } else if (open_.back() && !read_key()) {
        return false;
      } else {
        continue;
      }
    } else if (!read_scalar()) {
      return false;
    }
    // The value is complete, and so may be what it is in.
    skip_space();
    while (!open_.empty() && !take(',')) {
      if (!take(open_.back() ? '}' : ']')) {
        return false;
      }
      end();
      skip_space();
    }
    if (open_.empty()) {
      return rest_.empty();
    }
    if (open_.back() && !read_key()) {
      return false;
    }
  }
}

void JsonReader::begin(bool is_object) {
  if (open_.size() == json_levels) {
    replace_with_null();
  } else if (is_kept()) {
    is_object ? out_->begin_object() : out_->begin_array();
  }
  open_.push_back(is_object);
}

void JsonReader::end() {
  if (open_.size() <= json_levels && out_ != nullptr) {
    out_->end();
  }
  open_.pop_back();
}

bool JsonReader::read_key() {
  skip_space();
  if (!read_string()) {
    return false;
  }
  if (is_kept()) {
    out_->key(string_);
  }
  skip_space();
  return take(':');
}

bool JsonReader::read_scalar() {
  if (rest_.empty()) {
    return false;
  }
  if (rest_.front() == '"') {
    if (!read_string()) {
      return false;
    }
    if (is_kept()) {
      out_->string(string_);
    }
    return true;
  }
  const bool is_true = take("true");
  if (is_true || take("false")) {
    if (is_kept()) {
      out_->boolean(is_true);
    }
    return true;
  }
  if (take("null")) {
    if (is_kept()) {
      out_->null();
    }
    return true;
  }
  if (take("NaN") || take("Infinity") || take("-Infinity")) {
    replace_with_null();
    return !open_.empty();  // alone it says nothing
  }
  return read_number();
}

void JsonReader::replace_with_null() {
  is_mended_ = true;
  if (is_kept()) {
    out_->null();
  }
}

bool JsonReader::read_number() {
  const auto text = rest_.substr(0, number_length(rest_));
  if (text.empty()) {
    return false;
  }
  rest_.remove_prefix(text.size());
  if (is_kept()) {
    const Value number = exact_number(text);
    number.exact_text().empty() ? out_->number(number.as_number())
                                : out_->number(number.as_number(), number.exact_text());
  }
  return true;
}

bool JsonReader::read_string() {
  if (!take('"')) {
    return false;
  }
  string_.clear();
  while (!rest_.empty()) {
    const auto* plain_end = std::find_if_not(rest_.begin(), rest_.end(), is_plain);
    const auto plain = static_cast<std::size_t>(plain_end - rest_.begin());
    string_.append(rest_, 0, plain);
    rest_.remove_prefix(plain);
    if (take('"')) {
      return true;
    }
    if (take('\\')) {
      if (!read_escape()) {
        return false;
      }
    } else if (!rest_.empty() && static_cast<signed char>(rest_.front()) < 0) {
      read_code_point();
    } else {
      return false;  // a control character, or the end
    }
  }
  return false;
}

void JsonReader::read_code_point() {
  const auto before = rest_;
  if (take_code_point(rest_) == replacement_code_point && before.size() - rest_.size() == 1) {
    string_ += replacement_character;
    is_mended_ = true;
    return;
  }
  string_.append(before, 0, before.size() - rest_.size());
}

bool JsonReader::read_escape() {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (rest_.empty()) {
    return false;
  }
  const auto letter = letters.find(rest_.front());
  if (letter != std::string_view::npos) {
    string_ += meanings[letter];
    rest_.remove_prefix(1);
    return true;
  }

  std::uint32_t unit = 0;
  if (!take('u') || !read_utf16_unit(unit)) {
    return false;
  }
  if (is_high_surrogate(unit) && ascii::starts_with(rest_, "\\u")) {
    const auto before = rest_;
    rest_.remove_prefix(2);
    std::uint32_t low = 0;
    if (!read_utf16_unit(low)) {
      return false;
    }
    if (is_low_surrogate(low)) {
      append_utf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), string_);
      return true;
    }
    rest_ = before;  // the second one stands for itself
  }
  if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
    is_mended_ = true;
    unit = replacement_code_point;
  }
  append_utf8(unit, string_);
  return true;
}

bool JsonReader::read_utf16_unit(std::uint32_t& unit) {
  constexpr std::size_t length = 4;
  const auto digits = rest_.substr(0, length);
  if (digits.size() < length || !std::all_of(digits.begin(), digits.end(), ascii::is_hex_digit)) {
    return false;
  }
  unit = 0;
  for (const char c : digits) {
    unit = unit << 4 | static_cast<std::uint32_t>(hex_value(c));
  }
  rest_.remove_prefix(length);
  return true;
}

bool JsonReader::take(char c) {
  if (rest_.empty() || rest_.front() != c) {
    return false;
  }
  rest_.remove_prefix(1);
  return true;
}

bool JsonReader::take(std::string_view word) {
  if (!ascii::starts_with(rest_, word)) {
    return false;
  }
  rest_.remove_prefix(word.size());
  return true;
}

void JsonReader::skip_space() {
  while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' ||
                            rest_.front() == '\r' || rest_.front() == '\t')) {
    rest_.remove_prefix(1);
  }
}

}  // namespace personalize
