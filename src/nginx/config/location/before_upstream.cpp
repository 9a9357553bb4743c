#include "nginx/config/location/before_upstream.h"

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "nginx/config/reading/location_command.h"
#include "nginx/config/site/bind_variables.h"
#include "nginx/config/site/variable_needs.h"

namespace personalize {

namespace {

// Returns the name in `$NAME` or `${NAME}`, as NGINX keeps it; "" if the word is neither.
std::string variable_name(std::string_view word) {
  if (word.substr(0, 1) != "$") {
    return {};
  }
  word.remove_prefix(1);
  if (word.size() > 2 && word.front() == '{' && word.back() == '}') {
    word = word.substr(1, word.size() - 2);
  }
  return ascii::lowered(word);
}

void read_variables(const Directive& directive, BeforeUpstreamDirective& row) {
  if (row.before_upstream != NGX_CONF_UNSET) {
    directive.refuse(" is duplicate: write all variables into one");
  }
  for (const auto word : directive.arguments()) {
    std::string name = variable_name(word);
    if (!is_decided_variable(name)) {
      directive.refuse(": " + quoted(word) + " cannot be waited for: write on, off, or some of " +
                       list_decided_variables());
    }
    row.held_for.push_back(std::move(name));
  }
  row.held_at = directive.where();
  row.before_upstream = 1;
}

char* read_before_upstream(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  auto& row = location_row<BeforeUpstreamDirective>(conf);
  const Arguments words = Directive(cf).arguments();
  return words == Arguments{"on"} || words == Arguments{"off"}
             ? read_into(cf, command, row.before_upstream, ngx_conf_set_flag_slot)
             : guarded(cf, [&] { read_variables(Directive(cf), row); });
}

}  // namespace

ngx_command_t BeforeUpstreamDirective::command() {
  return {ngx_string("personalize_before_upstream"),
          http_server_location | NGX_CONF_1MORE,
          read_before_upstream,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void BeforeUpstreamDirective::merge(ngx_conf_t*, BeforeUpstreamDirective& outer) {
  if (before_upstream == NGX_CONF_UNSET) {
    held_for = outer.held_for;
    held_at = outer.held_at;
  }
  ngx_conf_merge_value(before_upstream, outer.before_upstream, 0);
}

}  // namespace personalize
