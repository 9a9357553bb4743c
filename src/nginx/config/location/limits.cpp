#include "nginx/config/location/limits.h"

#include <algorithm>

#include "nginx/config/reading/location_command.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

namespace {

constexpr std::size_t default_held = std::size_t{1024} * 1024;
constexpr ssize_t least = 1024;
constexpr ssize_t most = ssize_t{64} * 1024 * 1024;

struct Limit {
  std::string_view name;
  std::size_t LimitsDirective::*size;
};
constexpr Limit limits[] = {{"token", &LimitsDirective::token_limit},
                            {"content", &LimitsDirective::content_limit},
                            {"held", &LimitsDirective::held_limit}};

void read_limit(const Directive& directive, LimitsDirective& row, std::string_view argument) {
  std::string_view value;
  const auto* limit = std::find_if(std::begin(limits), std::end(limits), [&](const Limit& l) {
    return take_value(argument, l.name, value);
  });
  if (limit == std::end(limits)) {
    directive.refuse_parameter(argument, "token= content= held=");
  }
  ngx_str_t text = ngx_view(value);
  const ssize_t size = ngx_parse_size(&text);
  if (size == NGX_ERROR || size < least || size > most) {
    directive.refuse(": " + std::string(argument) +
                     " is not a size from 1k to 64m; write for example " +
                     std::string(limit->name) + "=64k");
  }
  row.*limit->size = static_cast<std::size_t>(size);
}

char* read_limits(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    directive.refuse_duplicates();
    for (const auto argument : directive.arguments()) {
      read_limit(directive, location_row<LimitsDirective>(conf), argument);
    }
  });
}

}  // namespace

ngx_command_t LimitsDirective::command() {
  return {ngx_string("personalize_limits"),
          http_server_location | NGX_CONF_1MORE,
          read_limits,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void LimitsDirective::merge(ngx_conf_t*, LimitsDirective& outer) {
  const Scanner::Limits defaults;
  ngx_conf_merge_size_value(token_limit, outer.token_limit, defaults.token);
  ngx_conf_merge_size_value(content_limit, outer.content_limit, defaults.content);
  ngx_conf_merge_size_value(held_limit, outer.held_limit, default_held);
}

}  // namespace personalize
