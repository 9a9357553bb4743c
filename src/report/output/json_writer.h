// Writes JSON as it is told, with commas where they belong.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/numbers/number.h"
#include "base/text/json_string.h"

namespace personalize::report {

class JsonWriter {
 public:
  JsonWriter& object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  // The name of the next value.
  JsonWriter& name(std::string_view text) {
    begin_value();
    append_json_string(text, out_);
    out_ += ':';
    is_first_ = true;  // no comma between a name and its value
    return *this;
  }

  template <class Value>
  JsonWriter& value(const Value& value) {
    begin_value();
    if constexpr (std::is_same_v<Value, bool>) {
      out_ += value ? "true" : "false";
    } else if constexpr (std::is_integral_v<Value>) {
      out_ += std::to_string(value);
    } else if constexpr (std::is_floating_point_v<Value>) {
      // What is not a number was never said.
      NumberBuffer buffer;
      out_ += std::isfinite(value) ? number_text(value, buffer) : std::string_view("null");
    } else {
      append_json_string(value, out_);
    }
    return *this;
  }

  JsonWriter& null() {
    begin_value();
    out_ += "null";
    return *this;
  }

  template <class Value>
  JsonWriter& member(std::string_view text, const Value& of_member) {
    return name(text).value(of_member);
  }

  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char c) {
    begin_value();
    out_ += c;
    is_first_ = true;
    return *this;
  }

  JsonWriter& close(char c) {
    out_ += c;
    is_first_ = false;
    return *this;
  }

  void begin_value() {
    if (!is_first_) {
      out_ += ',';
    }
    is_first_ = false;
  }

  std::string out_;
  bool is_first_ = true;
};

}  // namespace personalize::report
