// Filters of template values: {{profile.cart_value | default 0 | money}}.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expressions/plain_filter.h"
#include "personalize/base/value.h"
#include "personalize/render/locale.h"
#include "render/formats/formats.h"
#include "render/templates/template_error.h"

namespace personalize {

struct Filter {
  enum class Kind : unsigned char {
    plain,
    number,
    percent,
    money,
    upper,
    lower,
    truncate,
    date,
    plural,
    ordinal,
  };
  Kind kind;
  PlainFilter plain;                    // plain
  std::string text;                     // money: a fixed currency, or ""; date: its pattern, or ""
  std::size_t length = 0;               // truncate
  std::optional<std::size_t> decimals;  // number, percent
  MomentPart part = MomentPart::date;   // date
  DateStyle style = DateStyle::medium;  // date
  std::array<std::string, plural_form_count> forms;         // plural, ordinal; "" if not given
  std::vector<std::pair<double, std::string>> exact_forms;  // the same, for one number each
  // money: what names the currency of the value, if anything does; of a plain filter, its argument.
  // The template resolves it
  std::string argument;
  std::uint32_t argument_name = no_argument;

  static constexpr std::uint32_t no_argument = ~0U;
};

// Reads what follows the name in a tag: `| default "x" | upper`. Throws ConfigError.
std::vector<Filter> read_filters(std::string_view text, const TemplateSource& source,
                                 unsigned line);

// Applies a filter. `argument` is the value of Filter::argument, if it has one. The result is
// missing if the value is not of the filter's kind (`money` of a word). A string that the filter
// makes is put into `scratch`, which must live as long as the result and must not hold `value`.
// Throws what its memory throws.
Value apply(const Filter& filter, const Value& value, const Value& argument, const Locale& locale,
            std::pmr::string& scratch);

}  // namespace personalize
