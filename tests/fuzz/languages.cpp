// Scripts and style sheets with hostile values: no value leaves its place.
//
// The first byte of the input chooses the language; then come the text of the element, a line feed
// that ends it, and a value. What the value may not bring in are characters that end strings,
// expressions or declarations: the page with it must have no more of them than one with a harmless
// value.
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

struct Element {
  std::string_view begin, end;
  std::string_view leaves;  // what ends it: text after that is HTML, where values are references
  std::string_view delimiters;
};

// '&' is counted as a style attribute has it: in references of its own it would be decoded.
constexpr Element elements[] = {
    {"<script>", "</script>", "</", "\"'`${}<>&\n\r"},
    {"<script type='application/json'>", "</script>", "</", "\"'`${}<>&\n\r"},
    {"<style>", "</style>", "</", "\"'{}()<>&\n\r"},
    {"<p style=\"", "\">", "\"", "\"'{}()<>&\n\r"},
};

// Every name is the one value.
class OneValue final : public Facts {
 public:
  explicit OneValue(std::string_view value) : value_(value) {}
  Value get(AttributeId) noexcept override { return Value::string(value_); }

 private:
  std::string_view value_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Locale locale("en-US", "USD");
  if (size == 0) return 0;
  const Element& element = elements[data[0] % std::size(elements)];
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::size_t end = std::min(input.find('\n'), input.size());
  std::string_view value = input.substr(std::min(end + 1, input.size()));
  if (end > 2000 || input.substr(0, end).find(element.leaves) != std::string_view::npos) return 0;
  std::string text(element.begin);
  text += input.substr(0, end);
  text += element.end;

  AttributeTable attributes;
  attributes.declare_source("p", {});
  auto no_partials = [](std::string_view name, const Where& where) -> std::string {
    throw ConfigError(where, "no partial " + std::string(name));
  };
  try {
    Template compiled("fuzz", text, Template::Mode::html, attributes, no_partials, {"fuzz", 1});
    OneValue hostile(value);
    OneValue word(value.empty() ? "" : "a");
    std::pmr::string with;
    std::pmr::string with_word;
    if (!compiled.render(hostile, locale, {}, with)) return 0;
    if (!compiled.render(word, locale, {}, with_word)) return 0;
    for (char c : element.delimiters) {
      if (std::count(with.begin(), with.end(), c) >
          std::count(with_word.begin(), with_word.end(), c)) {
        std::abort();
      }
    }
  } catch (const ConfigError&) {
    // It does not compile.
  }
  return 0;
}
