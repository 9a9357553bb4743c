#include "personalize/render/json_text.h"

#include "base/text/text.h"
#include "render/escaping/address.h"
#include "render/escaping/script_values.h"

namespace personalize {

namespace {

constexpr int max_depth = 64;

// Of fields of widgets, and of items.
constexpr std::string_view address_names[] = {"link",  "url",    "href",    "src",
                                              "image", "action", "picture", "cart_url"};

}  // namespace

void JsonText::separate() {
  constexpr std::string_view begins = "{[:";
  if (!out_.empty() && begins.find(out_.back()) == std::string_view::npos) {
    out_ += ',';
  }
}

JsonText& JsonText::open(char bracket) {
  separate();
  out_ += bracket;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_ += bracket;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  string(name);
  out_ += ':';
  return *this;
}

JsonText& JsonText::string(std::string_view text) {
  return value(Value::string(text));
}

JsonText& JsonText::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonText& JsonText::value(const Value& value) {
  separate();
  append_json(value, out_);
  return *this;
}

JsonText& JsonText::data(const Value& value) {
  write_data(value, 0);
  return *this;
}

bool JsonText::is_allowed(std::string_view name, const Value& value) {
  return value.kind() != Kind::string || !is_one_of(name, address_names) ||
         is_safe_address(value.as_string());
}

void JsonText::write_data(const Value& value, int depth) {
  const bool is_object = value.kind() == Kind::object;
  if ((!is_object && value.kind() != Kind::array) || depth == max_depth) {
    this->value(depth == max_depth ? Value::null() : value);
    return;
  }
  open(is_object ? '{' : '[');
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    const Value member = value.at(i);
    if (is_object && !is_allowed(value.key_at(i), member)) {
      continue;
    }
    if (is_object) {
      key(value.key_at(i));
    }
    write_data(member, depth + 1);
  }
  close(is_object ? '}' : ']');
}

}  // namespace personalize
