// Facts and templates for the tests of render.
#pragma once

// Before cmocka, which makes a macro of `fail`.
#include "render/templates/template.h"

#include "suite.h"

#include <cstddef>
#include <cstdint>

#include <cstring>
#include <map>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/values/json/json.h"
#include "personalize/base/document.h"

// A table with the source `profile` and the segment `vip`, and what is known of a request.
class Fixture : public personalize::Facts {
 public:
  Fixture() {
    attributes.declare_source("profile", {});
    attributes.declare_source("cart", {});
    attributes.declare_segment("vip", {});
  }

  // profile is this JSON document.
  void profile(std::string_view json) {
    personalize::DocumentBuilder builder(std::pmr::get_default_resource());
    if (!personalize::decode_json(json, builder)) {
      fail_msg("not JSON: %.*s", static_cast<int>(json.size()), json.data());
    }
    document_ = builder.finish();
  }

  void set(const std::string& spelling, const personalize::Value& value) {
    values_[spelling] = value;
  }

  personalize::Value get(personalize::AttributeId id) noexcept override {
    const auto& attribute = attributes[id];
    const auto set = values_.find(attribute.spelling);
    if (set != values_.end()) {
      return set->second;
    }
    if (attribute.root != personalize::Root::source || attribute.name != "profile") {
      return {};
    }
    auto value = personalize::Value::document(document_);
    for (const auto& word : attribute.path) {
      value = value.find(word);
    }
    return value;
  }

  personalize::Template compile(
      std::string_view text, personalize::Template::Mode mode = personalize::Template::Mode::html) {
    const auto read = [this](std::string_view name, const personalize::Where& where) {
      const auto found = partials.find(std::string(name));
      if (found == partials.end()) {
        throw personalize::ConfigError(where, "no partial \"" + std::string(name) + "\"");
      }
      return found->second;
    };
    return {"test", text, mode, attributes, read, {"nginx.conf", 7}};
  }

  // The template rendered; "<refused>" and "<not rendered>" where it is not.
  std::string render(std::string_view text,
                     personalize::Template::Mode mode = personalize::Template::Mode::html) {
    std::pmr::string out;
    personalize::ConstantParts constants;
    try {
      const auto compiled = compile(text, mode);
      if (!compiled.render(*this, locale, {{}, nullptr, {}, &constants}, out)) {
        return "<not rendered>";
      }
      check(constants, out);
    } catch (const personalize::ConfigError&) {
      return "<refused>";
    }
    return std::string(out);
  }

  // The message of the ConfigError; "" where there is none.
  std::string error(std::string_view text) {
    try {
      compile(text);
    } catch (const personalize::ConfigError& error) {
      assert_string_equal(error.where().file.c_str(), "nginx.conf");
      assert_int_equal(error.where().line, 7);
      return error.what();
    }
    return "";
  }

  personalize::AttributeTable attributes;
  std::map<std::string, std::string> partials;
  personalize::Locale locale{"en-US", "USD"};

 private:
  // What is said to be the template's own is, and comes in order.
  static void check(const personalize::ConstantParts& constants, std::string_view html) {
    std::size_t from = 0;
    for (const auto& part : constants) {
      assert_true(from <= part.begin && part.begin < part.end && part.end <= html.size());
      const auto text = html.substr(part.begin, part.end - part.begin);
      assert_true(text == std::string_view(part.source, text.size()));
      from = part.end;
    }
  }

  std::string document_;
  std::map<std::string, personalize::Value> values_;
};

inline void expect(const std::string& actual, const std::string& expected) {
  assert_string_equal(actual.c_str(), expected.c_str());
}

inline void expect_part(const std::string& actual, const std::string& part) {
  if (part.empty() || actual.find(part) == std::string::npos) {
    fail_msg("\"%s\" does not contain \"%s\"", actual.c_str(), part.c_str());
  }
}
