#include "nginx/lint/declarations/value_warnings.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/numbers/number.h"
#include "base/text/text.h"
#include "personalize/attributes/known_attribute.h"

namespace personalize {

namespace {

// The words of one condition, from `when` or `unless` on.
using Words = std::vector<std::string>;

std::vector<Words> conditions_of(const Statement& line) {
  std::vector<Words> conditions;
  for (std::size_t i = 1; i < line.words.size(); ++i) {
    const auto& word = line.words[i];
    if (word == "when" || word == "unless") {
      conditions.emplace_back();
    }
    if (!conditions.empty()) {
      conditions.back().push_back(word);
    }
  }
  return conditions;
}

// Returns whether `when A > 5` holds wherever `when A > 7` does: the same way, and as far or less.
bool is_wider(const Words& wide, const Words& narrow) {
  constexpr std::string_view ups[] = {">", ">="};
  constexpr std::string_view downs[] = {"<", "<="};
  const bool are_alike = wide.size() == 4 && narrow.size() == 4 && wide[0] == "when" &&
                         narrow[0] == "when" && wide[1] == narrow[1];
  const auto from = are_alike ? read_decimal(wide[3]) : std::nullopt;
  const auto to = are_alike ? read_decimal(narrow[3]) : std::nullopt;
  if (!from || !to) {
    return false;
  }
  const bool is_up = is_one_of(wide[2], ups) && is_one_of(narrow[2], ups);
  const bool is_down = is_one_of(wide[2], downs) && is_one_of(narrow[2], downs);
  const bool excludes_end = wide[2].size() == 1 && narrow[2].size() == 2;
  return (is_up && (*from < *to || (*from == *to && !excludes_end))) ||
         (is_down && (*from > *to || (*from == *to && !excludes_end)));
}

// Returns whether the first line is taken by everybody for whom the second one's conditions hold.
bool takes_all(const Statement& first, const Statement& second) {
  const auto wide = conditions_of(first);
  const auto narrow = conditions_of(second);
  return std::all_of(wide.begin(), wide.end(), [&](const Words& one) {
    return std::any_of(narrow.begin(), narrow.end(),
                       [&](const Words& other) { return one == other || is_wider(one, other); });
  });
}

void warn_of_unreachable(ngx_conf_t* cf, const Declaration& value) {
  const auto& lines = value.statements;
  for (auto line = lines.begin(); line != lines.end(); ++line) {
    if (line->words[0] == "default") {
      continue;
    }
    const auto before = std::find_if(lines.begin(), line, [&](const Statement& other) {
      return other.words[0] != "default" && takes_all(other, *line);
    });
    if (before != line) {
      warn(cf, line->where,
           quoted(list_names(line->words, " ")) + " of value " + quoted(value.name) +
               " is never reached: " + quoted(list_names(before->words, " ")) +
               " stands before it and holds whenever this does, and the first line that holds "
               "counts; write the narrower one first");
    }
  }
}

void warn_of_names(ngx_conf_t* cf, const AttributeTable& attributes, const Declaration& value) {
  for (const auto& line : value.statements) {
    const bool is_default = line.words[0] == "default";
    const std::string& result = line.words[is_default ? 1 : 0];
    if (is_known_attribute(result, attributes)) {
      warn(cf, line.where,
           "value " + quoted(value.name) + " is the text " + quoted(result) +
               " here: the value of that attribute is \"${" + result + "}\"");
    }
  }
}

}  // namespace

void warn_of_values(ngx_conf_t* cf, const ServerConf& server) {
  for (const auto& value : server.values) {
    warn_of_names(cf, server.site->attributes, value);
    warn_of_unreachable(cf, value);
  }
}

}  // namespace personalize
