#include "nginx/config/location/visitor.h"

#include "nginx/config/reading/location_command.h"
#include "nginx/config/reading/secret.h"

namespace personalize {

namespace {

void read_variable(const Directive& directive, VisitorRule& visitor) {
  const std::string_view word = directive.arguments()[0];
  if (directive.arguments().size() > 1) {
    directive.refuse(" takes either a variable alone or cookie=NAME with its parameters");
  }
  visitor.variable_name = word.substr(1);
  visitor.variable = directive.variable_index(word);
}

void read_cookie(const Directive& directive, VisitorRule& visitor) {
  const VisitorOptions options = parse_visitor(directive.arguments(), directive.where());
  std::vector<std::string> keys;
  if (!options.secret_file.empty()) {
    keys = read_secret(directive, options.secret_file, "secret_file", "be any visitor");
  }
  for (const auto& key : keys) {
    if (const auto derived = derive_ticket_key(key)) {
      visitor.ticket_keys.push_back(*derived);
    }
  }
  visitor.cookie = std::make_unique<VisitorCookie>(options, keys, directive.where());
}

char* read_visitor(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& row = location_row<VisitorDirective>(conf);
    const Directive directive(cf);
    if (row.visitor != NGX_CONF_UNSET_PTR) {
      directive.refuse(" is duplicate");
    }
    auto* visitor = make_in_pool<VisitorRule>(cf->pool);
    visitor->where = directive.where();
    if (directive.arguments()[0].substr(0, 1) == "$") {
      read_variable(directive, *visitor);
    } else {
      read_cookie(directive, *visitor);
    }
    row.visitor = visitor;
    if (cf->cmd_type != NGX_HTTP_LOC_CONF) {
      server_conf(cf).visitor = visitor;
    }
  });
}

}  // namespace

ngx_command_t VisitorDirective::command() {
  return {ngx_string("personalize_visitor"),
          http_server_location | NGX_CONF_1MORE,
          read_visitor,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void VisitorDirective::merge(ngx_conf_t*, VisitorDirective& outer) {
  ngx_conf_merge_ptr_value(visitor, outer.visitor, nullptr);
}

}  // namespace personalize
