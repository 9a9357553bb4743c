#include "base/values/json/json.h"

#include <simdjson.h>

#include <algorithm>

#include "base/text/ascii.h"
#include "base/values/exact_number.h"
#include "base/values/json/json_reader.h"

namespace personalize {

namespace {

namespace dom = simdjson::dom;

// The parser counts the document itself as one level.
constexpr std::size_t levels = json_levels + 1;
// A parser keeps several times the size of the longest document; if that is more than this, it is
// given back.
constexpr std::size_t kept = std::size_t{1} << 20;

class Parser {
 public:
  // The result lives until the next call.
  simdjson::simdjson_result<dom::element> parse(std::string_view json) {
    if (parser_.capacity() > kept) {
      parser_ = dom::parser();
    }
    if (parser_.max_depth() != levels) {
      if (const auto error = parser_.allocate(initial, levels)) {
        return error;
      }
    }
    return parser_.parse(json.data(), json.size());  // copies it, for the padding
  }

 private:
  static constexpr std::size_t initial = 4096;
  dom::parser parser_;
};

bool is_digit_or_point(char c) {
  return ascii::is_digit(c) || c == '.';
}

// Returns the number, without sign, whose digits stand at [begin, end); "" if what stands before
// them shows that they are part of a string.
std::string_view number_at(std::string_view json, std::size_t begin, std::size_t end) {
  auto before = json.substr(0, begin);
  if (!before.empty() && before.back() == '-') {
    before.remove_suffix(1);
  }
  if (!before.empty() &&
      std::string_view("[:, \t\n\r").find(before.back()) == std::string_view::npos) {
    return {};
  }
  if (end < json.size() && ascii::lower(json[end]) == 'e') {
    ++end;
    if (end < json.size() && (json[end] == '-' || json[end] == '+')) {
      ++end;
    }
    while (end < json.size() && ascii::is_digit(json[end])) {
      ++end;
    }
  }
  return json.substr(begin, end - begin);
}

// Returns whether some number may be one that a double does not hold: one of more than 15 digits,
// or with an exponent that makes it tiny. Its text is needed then, which the parser does not keep.
// Huge numbers are an error to the parser.
bool may_need_text(std::string_view json) {
  // Every sixteenth byte is enough to find any sixteen digits in a row.
  constexpr std::size_t too_many = 16;
  for (std::size_t i = too_many - 1; i < json.size(); i += too_many) {
    if (!is_digit_or_point(json[i])) {
      continue;
    }
    std::size_t begin = i;
    while (begin > 0 && is_digit_or_point(json[begin - 1])) {
      --begin;
    }
    std::size_t end = i + 1;
    while (end < json.size() && is_digit_or_point(json[end])) {
      ++end;
    }
    // Scores mostly have as many digits as a double needs, and are held.
    if (end - begin >= too_many &&
        !exact_number(number_at(json, begin, end)).exact_text().empty()) {
      return true;
    }
    i = end;
  }
  for (auto minus = json.find('-', 1); minus < json.size(); minus = json.find('-', minus + 1)) {
    const auto exponent = json.substr(minus + 1, 3);
    if (ascii::lower(json[minus - 1]) == 'e' && exponent.size() == 3 &&
        std::all_of(exponent.begin(), exponent.end(), ascii::is_digit)) {
      return true;
    }
  }
  return false;
}

void add(const dom::element& element, DocumentBuilder& out) {
  switch (element.type()) {
    case dom::element_type::ARRAY:
      out.begin_array();
      for (const dom::element item : dom::array(element)) {
        add(item, out);
      }
      return out.end();
    case dom::element_type::OBJECT:
      out.begin_object();
      for (const auto& [key, value] : dom::object(element)) {
        out.key(key);
        add(value, out);
      }
      return out.end();
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      return out.number(double(element));
    case dom::element_type::STRING:
      return out.string(std::string_view(element));
    case dom::element_type::BOOL:
      return out.boolean(bool(element));
    case dom::element_type::NULL_VALUE:
      return out.null();
  }
}

}  // namespace

JsonOutcome add_json(std::string_view json, DocumentBuilder& out) {
  thread_local Parser parser;
  dom::element root;
  if (!may_need_text(json) && parser.parse(json).get(root) == simdjson::SUCCESS) {
    add(root, out);
    return JsonOutcome::whole;
  }
  JsonReader reader(json);
  if (!reader.check()) {
    return JsonOutcome::invalid;
  }
  reader.add_to(out);
  return reader.is_mended() ? JsonOutcome::mended : JsonOutcome::whole;
}

bool decode_json(std::string_view json, DocumentBuilder& out) noexcept {
  try {
    return add_json(json, out) != JsonOutcome::invalid;
  } catch (...) {
    return false;
  }
}

}  // namespace personalize
