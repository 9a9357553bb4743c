// Templates with hostile values: what compiles renders, and no value leaves its place.
//
// The input is a template, a line feed that ends it, and a value. The page with the value must have
// no more tags and quotes than the page with a harmless one: a value brings none in. (It can have
// fewer: an address that a value makes unsafe is left out whole. Where a word would do that, by
// becoming a scheme with what follows it, a path does not.)
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"
#include "render/templates/template.h"

using namespace personalize;

namespace {

// Every name is the one value.
class OneValue final : public Facts {
 public:
  explicit OneValue(std::string_view value) : value_(value) {}
  Value get(AttributeId) noexcept override { return Value::string(value_); }

 private:
  std::string_view value_;
};

auto count(const std::pmr::string& html, char c) {
  return std::count(html.begin(), html.end(), c);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Locale locale("en-US", "USD");
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t end = std::min(input.find('\n'), input.size());
  std::string_view value = input.substr(std::min(end + 1, input.size()));
  if (end > 2000) return 0;

  AttributeTable attributes;
  attributes.declare_source("p", {});
  auto no_partials = [](std::string_view name, const Where& where) -> std::string {
    throw ConfigError(where, "no partial " + std::string(name));
  };
  try {
    Template compiled("fuzz", input.substr(0, end), Template::Mode::html, attributes, no_partials,
                      {"fuzz", 1});
    OneValue hostile(value);
    OneValue word(value.empty() ? "" : "a");
    OneValue path(value.empty() ? "" : "/a");
    std::pmr::string with;
    std::pmr::string with_word;
    std::pmr::string with_path;
    if (!compiled.render(hostile, locale, {}, with)) return 0;
    if (!compiled.render(word, locale, {}, with_word)) return 0;
    if (!compiled.render(path, locale, {}, with_path)) return 0;
    for (char c : {'<', '>', '"', '\''}) {
      if (count(with, c) > std::max(count(with_word, c), count(with_path, c))) std::abort();
    }
  } catch (const ConfigError&) {
    // It does not compile.
  }
  return 0;
}
