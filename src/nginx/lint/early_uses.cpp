#include "nginx/lint/early_uses.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "nginx/config/site/variable_needs.h"
#include "nginx/lint/nginx_conf/variable_uses.h"
#include "nginx/platform/core_conf.h"

namespace personalize {

namespace {

using Servers = std::vector<const ServerConf*>;

// Returns our variables that anything evaluates, even if only a log.
std::vector<std::string_view> used_variables(ngx_conf_t* cf) {
  const ngx_array_t& all = core_main_conf(cf).variables;
  const auto* variables = static_cast<const ngx_http_variable_t*>(all.elts);
  std::vector<std::string_view> names;
  for (ngx_uint_t i = 0; i < all.nelts; ++i) {
    const auto name = view(variables[i].name);
    if (ascii::starts_with(name, own_prefix)) {
      names.push_back(name);
    }
  }
  return names;
}

// `"proxy_pass" uses $personalize_segments (through $backend)`, which a message goes on from.
std::string text_of(const VariableUse& use) {
  return quoted(use.directive) + " uses $" + use.variable +
         (use.by_way_of.empty() ? "" : " (through $" + use.by_way_of + ")");
}

// Returns whether a line uses the variable again, of which one warning is enough.
bool is_same_use(const VariableUse& a, const VariableUse& b) {
  return a.where.line == b.where.line && a.where.file == b.where.file && a.variable == b.variable;
}

// Returns the needs in any of the servers that the use may stand for.
SourceSet needs_of_use(const VariableUse& use, const Servers& servers) {
  SourceSet needs;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (use.server < 0 || static_cast<std::size_t>(use.server) == i) {
      needs |= needs_of_variable(*servers[i]->site, use.variable);
    }
  }
  return needs;
}

void warn_of_use(ngx_conf_t* cf, const VariableUse& use, bool is_of_page) {
  std::string message = text_of(use);
  if (is_of_page) {
    message +=
        ", which depends on personalize_page. That is known only when the response is there: here "
        "page.* is missing. Use the variable later, in a header of the response or the log, or let "
        "conditions use request.* and var.* instead";
  } else if (use.time == VariableUse::Time::early) {
    message +=
        " before any document can have been looked up, even with personalize_before_upstream. Here "
        "its value depends on the request alone. Use it later, in proxy_pass, proxy_set_header, a "
        "cache key, or a map that they use";
  } else {
    message +=
        ", which needs documents. Write \"personalize_before_upstream on;\" where it is used, so "
        "that requests wait for them (at most personalize_wait)";
  }
  warn(cf, use.where, message);
}

// Warns of the variables that have no value where they are used, since nothing is personal there.
void warn_of_idle_uses(ngx_conf_t* cf, const std::vector<VariableUse>& uses) {
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const VariableUse& use = uses[i];
    if (use.idle && (i == 0 || !is_same_use(uses[i - 1], use))) {
      warn(cf, use.where,
           text_of(use) +
               ", which is empty here: write \"personalize on;\" into the location, or "
               "\"personalize off;\" if that is meant");
    }
  }
}

void warn_of_early_uses(ngx_conf_t* cf, const Servers& servers,
                        const std::vector<VariableUse>& uses) {
  const VariableUse* last = nullptr;
  for (const auto& use : uses) {
    const SourceSet needs = use.personalized ? needs_of_use(use, servers) : SourceSet();
    // Headers are added when the page is known.
    const bool is_of_page = needs[page_need] && use.directive != "add_header";
    const bool is_held = use.held && use.time == VariableUse::Time::upstream;
    const bool needs_documents = SourceSet(needs).reset(page_need).any();
    if (!is_of_page && (is_held || !needs_documents)) {
      continue;
    }
    if (last == nullptr || !is_same_use(*last, use)) {
      warn_of_use(cf, use, is_of_page);
    }
    last = &use;
  }
}

void check_variant_variables(ngx_conf_t* cf, const std::vector<std::string_view>& variables,
                             const Sites& sites, const std::vector<VariableUse>& uses) {
  for (const auto name : variables) {
    const auto use = std::find_if(uses.begin(), uses.end(),
                                  [&](const VariableUse& one) { return one.variable == name; });
    check_variant_variable(name, sites, use == uses.end() ? current_place(cf) : use->where);
  }
}

// Experiments a.b and a_b have one variable.
void warn_of_shared_variables(ngx_conf_t* cf, const std::vector<std::string_view>& variables,
                              const Sites& sites) {
  for (const auto name : variables) {
    if (!ascii::starts_with(name, variant_prefix)) {
      continue;
    }
    for (const auto& site : sites) {
      const auto named =
          experiments_of_variable(*site->program, name.substr(variant_prefix.size()));
      if (named.size() > 1) {
        const Program& program = *site->program;
        warn(cf, program.experiment_place(named[1]),
             "experiments " + quoted(program.experiment_name(named[0])) + " and " +
                 quoted(program.experiment_name(named[1])) + " have one variable, $" +
                 std::string(name) + ", which is that of the first: rename one of them");
      }
    }
  }
}

}  // namespace

void check_variable_uses(ngx_conf_t* cf, const std::vector<const ServerConf*>& servers,
                         const Sites& sites, const std::vector<TextDirective>& text) {
  const auto variables = used_variables(cf);
  if (variables.empty()) {
    return;
  }
  const auto uses = find_variable_uses(text);
  check_variant_variables(cf, variables, sites, uses);
  warn_of_shared_variables(cf, variables, sites);
  warn_of_early_uses(cf, servers, uses);
  warn_of_idle_uses(cf, uses);
}

}  // namespace personalize
