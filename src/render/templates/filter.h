// Filters of template values: {{profile.cart_value | default 0 | money}}.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"
#include "personalize/render/locale.h"
#include "render/templates/formats.h"
#include "render/templates/template_error.h"

namespace personalize {

struct Filter {
  enum class Kind : unsigned char { default_, number, money, upper, lower, truncate, date, plural };
  Kind kind;
  std::string text;                                  // default
  std::size_t length = 0;                            // truncate
  DateStyle style = DateStyle::medium;               // date
  std::array<std::string, plural_form_count> forms;  // plural; "" if not given
};

// Reads what follows the name in a tag: `| default "x" | upper`. Throws ConfigError.
std::vector<Filter> read_filters(std::string_view text, const TemplateSource& source,
                                 unsigned line);

// Applies a filter. The result is missing if the value is not of the filter's kind (`money` of a
// word). A string that the filter makes is put into `scratch`, which must live as long as the
// result and must not hold `value`. Throws what its memory throws.
Value apply(const Filter& filter, const Value& value, const Locale& locale,
            std::pmr::string& scratch);

}  // namespace personalize
