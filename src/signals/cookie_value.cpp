#include "signals/cookie_value.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "base/text/form.h"
#include "base/text/percent.h"
#include "base/values/json/json.h"
#include "base/values/member.h"

namespace personalize {

namespace {

// Returns the document that the JSON says; missing if it is not an array or object.
Value read_json(std::string_view text, std::pmr::memory_resource* memory) {
  if (text.empty() || (text.front() != '{' && text.front() != '[')) {
    return {};
  }
  DocumentBuilder builder(memory);
  if (add_json(text, builder) == JsonOutcome::invalid) {
    return {};
  }
  return Value::document(copy_text(builder.finish(), memory));
}

std::string_view without_quotes(std::string_view text) {
  text = ascii::trim(text);
  const bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                         (text.front() == '\'' || text.front() == '"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

// Returns the value of a name in pairs as `{a:'x',b:1}`, `a:1|b:2` or `!a=1!b=2`; missing if there
// is no such name.
Value find_in_pairs(std::string_view text, std::string_view name) {
  constexpr std::string_view separators = ",|!&";
  if (!text.empty() && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto middle = pair.find_first_of(":=");
    if (middle != std::string_view::npos && without_quotes(pair.substr(0, middle)) == name) {
      return Value::string(without_quotes(pair.substr(middle + 1)));
    }
  }
  return {};
}

// Takes one step into a value. A text may itself be encoded JSON or pairs.
Value step_into(const Value& value, std::string_view name, std::pmr::memory_resource* memory) {
  if (value.kind() != Kind::string) {
    return find_member(value, name);
  }
  const auto text = value.as_string();
  const auto decoded = percent_decode(text, memory);
  for (const auto json : {text, decoded}) {
    if (const Value root = read_json(json, memory); !root.is_missing()) {
      return find_member(root, name);
    }
  }
  // Pairs of a form are told apart before they are decoded.
  const bool is_form = text.find('=') != std::string_view::npos;
  if (const auto argument = find_argument(is_form ? text : decoded, name, memory)) {
    return Value::string(*argument);
  }
  return find_in_pairs(decoded, name);
}

}  // namespace

Value find_in_cookie(std::string_view cookie, std::string_view path,
                     std::pmr::memory_resource* memory) {
  Value value = Value::string(cookie);
  do {
    value = step_into(value, ascii::take_until(path, '.'), memory);
  } while (!path.empty() && !value.is_missing());
  return value;
}

}  // namespace personalize
