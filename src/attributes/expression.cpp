#include "personalize/attributes/expression.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/expressions/plain_filter.h"
#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "base/text/text.h"
#include "personalize/attributes/known_attribute.h"

namespace personalize {

struct Expression::Step {
  PlainFilter filter;
  std::optional<AttributeId> argument;
};

Expression::Expression(std::string_view text, AttributeTable& attributes, const Where& where) {
  const auto bar = std::min(text.find('|'), text.size());
  const auto name = ascii::trim_html_space(text.substr(0, bar));
  attribute_ = attributes.intern(name, where);
  attributes_.push_back(attribute_);
  std::vector<Step> steps;
  try {
    for (const auto& words : split_filters(text.substr(bar))) {
      auto filter = PlainFilter::compile(words);
      if (!filter) {
        throw ConfigError(where, "unknown filter " + quoted(words.name) + " of " + quoted(name) +
                                     ": outside of pages the filters are " + PlainFilter::list());
      }
      refuse_attribute_as_default(filter->bare_text(), attributes, where);
      Step step{std::move(*filter), std::nullopt};
      if (!step.filter.argument_name().empty()) {
        step.argument = attributes.intern(step.filter.argument_name(), where);
        attributes_.push_back(*step.argument);
      }
      steps.push_back(std::move(step));
    }
  } catch (const FilterError& error) {
    throw ConfigError(where, quoted(text) + ": " + error.what());
  }
  if (!steps.empty()) {
    steps_ = std::make_shared<const std::vector<Step>>(std::move(steps));
  }
}

Value Expression::value(Facts& facts, std::pmr::memory_resource* memory) const {
  Value value = facts.get(attribute_);
  if (steps_ == nullptr) {
    return value;
  }
  std::pmr::string scratch[2] = {std::pmr::string(memory), std::pmr::string(memory)};
  std::size_t turn = 0;
  bool is_made = false;  // the text is in a scratch
  for (const Step& step : *steps_) {
    const Value argument = step.argument ? facts.get(*step.argument) : Value();
    value = step.filter.apply(value, argument, scratch[turn]);
    if (value.kind() == Kind::string && value.as_string().data() == scratch[turn].data()) {
      turn ^= 1;
      is_made = true;
    } else if (value.kind() != Kind::string) {
      is_made = false;
    }
  }
  if (!is_made || value.as_string().empty()) {
    return value;
  }
  return Value::string(copy_text(value.as_string(), memory));
}

std::size_t find_end_of_expression(std::string_view text) noexcept {
  return find_outside_quotes(text, '}');
}

}  // namespace personalize
