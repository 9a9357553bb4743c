#include "base/values/json.h"

#include <simdjson.h>

#include <algorithm>
#include <string>

namespace personalize {

namespace {

namespace dom = simdjson::dom;

// The parser counts the document itself as one level.
constexpr std::size_t levels = 32 + 1;
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

// Integers beyond 64 bits are numbers in JSON but an error to the parser. With an exponent it reads
// them as doubles.
std::string with_exponents(std::string_view json) {
  constexpr std::size_t surely_fits = 18;
  std::string out;
  out.reserve(json.size() + 64);
  bool in_string = false;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    if (in_string || c < '0' || c > '9') {
      if (in_string && c == '\\' && i + 1 < json.size()) {
        out += json[i++];
      } else if (c == '"') {
        in_string = !in_string;
      }
      out += json[i++];
      continue;
    }
    const auto end = std::min(json.find_first_not_of("0123456789", i), json.size());
    const bool fraction = i > 0 && (json[i - 1] == '.' || json[i - 1] == 'e' ||
                                    json[i - 1] == 'E' || json[i - 1] == '+');
    const bool integer = end == json.size() || (json[end] != '.' && (json[end] | 0x20) != 'e');
    out.append(json, i, end - i);
    if (end - i > surely_fits && integer && !fraction) {
      out += "e0";
    }
    i = end;
  }
  return out;
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

bool add_json(std::string_view json, DocumentBuilder& out) {
  thread_local Parser parser;
  dom::element root;
  // Tries again whatever the error was: versions of the parser report a large integer differently.
  if (parser.parse(json).get(root) != simdjson::SUCCESS &&
      parser.parse(with_exponents(json)).get(root) != simdjson::SUCCESS) {
    return false;
  }
  add(root, out);
  return true;
}

bool decode_json(std::string_view json, DocumentBuilder& out) noexcept {
  try {
    return add_json(json, out);
  } catch (...) {
    return false;
  }
}

}  // namespace personalize
