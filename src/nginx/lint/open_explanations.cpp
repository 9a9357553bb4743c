#include "nginx/lint/open_explanations.h"

#include <algorithm>

#include "nginx/platform/config_errors.h"

namespace personalize {

namespace {

using Block = std::vector<TextDirective>;

// The blocks around a location and the location itself, from the outside in.
using Levels = std::vector<const Block*>;

bool has(const Block& block, std::string_view name) {
  return std::any_of(block.begin(), block.end(),
                     [&](const TextDirective& one) { return one.words.front() == name; });
}

// Returns the value that holds in the innermost block, as directives inherit; "" if there is none.
std::string value_of(const Levels& levels, std::string_view name) {
  std::string value;
  for (const Block* block : levels) {
    for (const auto& directive : *block) {
      if (directive.words.front() == name && directive.words.size() > 1) {
        value = directive.words[1];
      }
    }
  }
  return value;
}

// Returns whether addresses that no rule allows are denied. A level with rules of its own has these
// alone.
bool denies_others(const Levels& levels) {
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    if (!has(**level, "allow") && !has(**level, "deny")) {
      continue;
    }
    for (const auto& directive : **level) {
      const bool is_rule = directive.words.front() == "allow" || directive.words.front() == "deny";
      if (is_rule && directive.words.size() == 2 && directive.words[1] == "all") {
        return directive.words.front() == "deny";
      }
    }
    return false;
  }
  return false;
}

bool is_switched_on(const std::string& value) {
  return !value.empty() && value != "off";
}

bool is_restricted(const Levels& levels) {
  return has(*levels.back(), "internal") || denies_others(levels) ||
         is_switched_on(value_of(levels, "auth_basic")) ||
         is_switched_on(value_of(levels, "auth_request"));
}

void walk(ngx_conf_t* cf, Levels& levels) {
  for (const auto& directive : *levels.back()) {
    if (directive.words.front() == "personalize_explain" && !is_restricted(levels)) {
      warn(cf, directive.where,
           "personalize_explain shows everybody what is known of any visitor: write for example "
           "\"allow 127.0.0.1; deny all;\" into its location");
    }
    if (!directive.block.empty()) {
      levels.push_back(&directive.block);
      walk(cf, levels);
      levels.pop_back();
    }
  }
}

}  // namespace

void warn_of_open_explanations(ngx_conf_t* cf, const std::vector<TextDirective>& text) {
  Levels levels{&text};
  walk(cf, levels);
}

}  // namespace personalize
