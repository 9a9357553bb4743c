#include "nginx/config/location/state.h"

#include "base/text/ascii.h"
#include "nginx/config/reading/location_command.h"

namespace personalize {

namespace {

constexpr Parameter<StateDirective> parameters[] = {
    {"features",
     [](const Directive& directive, std::string_view value, StateDirective& row) {
       row.tells_all_features = value == "all";
       while (!row.tells_all_features && !value.empty()) {
         const auto name = ascii::take_until(value, ',');
         if (name.empty()) {
           directive.refuse(": features= is \"all\", or names with commas between them");
         }
         row.told_features.emplace_back(name);
       }
       if (!row.tells_all_features && row.told_features.empty()) {
         directive.refuse(": features= lacks a name; write features=all for all of them");
       }
     }},
};

char* read_state(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& row = location_row<StateDirective>(conf);
    const Directive directive(cf);
    if (row.tells_state != NGX_CONF_UNSET) {
      directive.refuse(" is duplicate");
    }
    const auto& arguments = directive.arguments();
    const bool is_on = arguments[0] == "on";
    if (!is_on && arguments[0] != "off") {
      directive.refuse(": it is on or off, not " + quoted(arguments[0]));
    }
    directive.refuse_duplicates();
    row.tells_state = is_on ? 1 : 0;
    row.state_where = directive.where();
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      if (!directive.read(parameters, arguments[i], row)) {
        directive.refuse_parameter(arguments[i], list_parameters(parameters));
      }
    }
    if (!is_on && arguments.size() > 1) {
      directive.refuse(": features= goes with on; write personalize_state off alone");
    }
  });
}

}  // namespace

ngx_command_t StateDirective::command() {
  return {ngx_string("personalize_state"),
          http_server_location | NGX_CONF_TAKE12,
          read_state,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void StateDirective::merge(ngx_conf_t*, StateDirective& outer) {
  if (tells_state == NGX_CONF_UNSET) {
    told_features = outer.told_features;
    tells_all_features = outer.tells_all_features;
    state_where = outer.state_where;
  }
  ngx_conf_merge_value(tells_state, outer.tells_state, 0);
}

}  // namespace personalize
