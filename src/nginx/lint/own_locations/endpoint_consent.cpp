#include "nginx/lint/own_locations/endpoint_consent.h"

#include <algorithm>

#include "nginx/platform/config_errors.h"

namespace personalize {

namespace {

using Block = std::vector<TextDirective>;

const TextDirective* find(const Block& block, std::string_view name) {
  const auto found = std::find_if(block.begin(), block.end(), [name](const TextDirective& one) {
    return one.words.front() == name;
  });
  return found == block.end() ? nullptr : &*found;
}

// The rules of one server's locations: nullptr is none.
struct Rules {
  std::vector<std::pair<Where, const TextDirective*>> of_endpoints;
  std::vector<const TextDirective*> of_others;
};

void read_locations(const Block& block, const TextDirective* outer, Rules& rules) {
  for (const TextDirective& location : block) {
    if (location.words.front() != "location") {
      continue;
    }
    const TextDirective* own = find(location.block, "personalize_consent");
    const TextDirective* rule = own != nullptr ? own : outer;
    if (const TextDirective* endpoint = find(location.block, "personalize_endpoint")) {
      rules.of_endpoints.emplace_back(endpoint->where(), rule);
    } else if (own != nullptr) {
      rules.of_others.push_back(rule);
    }
    read_locations(location.block, rule, rules);
  }
}

void read_servers(ngx_conf_t* cf, const Block& block, const TextDirective* outer) {
  const TextDirective* own = find(block, "personalize_consent");
  const TextDirective* rule = own != nullptr ? own : outer;
  for (const TextDirective& one : block) {
    if (one.words.front() == "http" || one.words.front() == "server") {
      read_servers(cf, one.block, rule);
    }
  }
  Rules rules;
  read_locations(block, rule, rules);
  for (const auto& [where, consent] : rules.of_endpoints) {
    const TextDirective* of_endpoint = consent;
    const auto other = std::find_if(
        rules.of_others.begin(), rules.of_others.end(),
        [of_endpoint](const TextDirective* of_page) { return of_page != of_endpoint; });
    if (other != rules.of_others.end()) {
      warn(cf, where,
           "what pages report here is kept by another personalize_consent than that in line " +
               std::to_string((*other)->line) +
               ": specify it for the server, so that it applies to both; here");
    }
  }
}

}  // namespace

void warn_of_endpoint_consent(ngx_conf_t* cf, const std::vector<TextDirective>& text) {
  read_servers(cf, text, nullptr);
}

}  // namespace personalize
