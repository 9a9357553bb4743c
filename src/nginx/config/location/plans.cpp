#include "nginx/config/location/plans.h"

#include "nginx/config/reading/location_command.h"

namespace personalize {

namespace {

std::size_t size_of(const Directive& directive, std::string_view name, std::string_view value,
                    std::size_t least, std::string_view example) {
  ngx_str_t text = ngx_view(value);
  const ssize_t size = ngx_parse_size(&text);
  if (size == NGX_ERROR || static_cast<std::size_t>(size) < least) {
    directive.refuse(": " + std::string(name) + " " + quoted(value) +
                     " is not a size of at least " + std::to_string(least / 1024) +
                     "k; write for example " + std::string(example));
  }
  return static_cast<std::size_t>(size);
}

using Text = std::string_view;
constexpr Parameter<PlanOptions> parameters[] = {
    {"zone",
     [](const Directive& directive, Text value, PlanOptions& options) {
       const auto colon = value.find(':');
       if (colon == Text::npos || colon == 0) {
         directive.refuse(": zone= lacks a size; write zone=NAME:SIZE, for example zone=plans:32m");
       }
       options.zone_name = value.substr(0, colon);
       options.zone_size = size_of(directive, "the zone's size", value.substr(colon + 1),
                                   std::size_t{64} * 1024, "zone=plans:32m");
     }},
    {"max",
     [](const Directive& directive, Text value, PlanOptions& options) {
       options.max = size_of(directive, "max=", value, 1024, "max=2m");
     }},
    {"gzip", [](const Directive& directive, Text value,
                PlanOptions& options) { options.compresses = directive.is_on("gzip", value); }},
    {"level",
     [](const Directive& directive, Text value, PlanOptions& options) {
       options.level = static_cast<int>(directive.whole_number("level", value, 9));
       if (options.level == 0) {
         directive.refuse(": level=0 would not compress; write gzip=off, or a level from 1 to 9");
       }
     }},
};

void read_options(const Directive& directive, PlanOptions& options) {
  directive.refuse_duplicates();
  for (const auto argument : directive.arguments()) {
    if (!directive.read(parameters, argument, options)) {
      directive.refuse_parameter(argument, list_parameters(parameters));
    }
  }
}

char* read_plans(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    ngx_flag_t& enabled = location_row<PlansDirective>(conf).plans_enabled;
    const Directive directive(cf);
    const auto& words = directive.arguments();
    if (enabled != NGX_CONF_UNSET) {
      directive.refuse(" is duplicate");
    }
    const bool is_switch = words.size() == 1 && (words[0] == "on" || words[0] == "off");
    enabled = static_cast<ngx_flag_t>(!is_switch || words[0] == "on");
    if (is_switch) {
      return;
    }
    if (cf->cmd_type != NGX_HTTP_MAIN_CONF) {
      directive.refuse(" takes only \"on\" or \"off\" here; " + list_parameters(parameters) +
                       " stand in http, for all servers");
    }
    PlanOptions& options = main_conf(cf).plans;
    options.where = current_place(cf);
    read_options(directive, options);
  });
}

}  // namespace

ngx_command_t PlansDirective::command() {
  return {ngx_string("personalize_plans"),
          http_server_location | NGX_CONF_1MORE,
          read_plans,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void PlansDirective::merge(ngx_conf_t*, PlansDirective& outer) {
  ngx_conf_merge_value(plans_enabled, outer.plans_enabled, 1);
}

}  // namespace personalize
