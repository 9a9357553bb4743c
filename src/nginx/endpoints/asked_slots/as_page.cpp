#include "nginx/endpoints/asked_slots/as_page.h"

#include <cstring>

#include "nginx/platform/core_conf.h"
#include "nginx/platform/memory.h"
#include "nginx/platform/module.h"

namespace personalize {

namespace {

const ngx_http_core_srv_conf_t& core_server_conf(const ngx_http_request_t* r) noexcept {
  return *static_cast<const ngx_http_core_srv_conf_t*>(
      ngx_http_get_module_srv_conf(r, ngx_http_core_module));
}

// Variables keep the value that they had when they were first read, and may have been read for the
// endpoint. Those that the server's name has set are set again.
void forget_variables(ngx_http_request_t* r) noexcept {
  std::memset(r->variables, 0,
              core_main_conf(r).variables.nelts * sizeof(ngx_http_variable_value_t));
#if (NGX_PCRE)
  const ngx_http_virtual_names_t* names = r->http_connection->addr_conf->virtual_names;
  for (ngx_uint_t i = 0; names != nullptr && i < names->nregex; ++i) {
    if (names->regex[i].server == &core_server_conf(r)) {
      ngx_http_regex_exec(r, names->regex[i].regex, &r->headers_in.server);
      break;
    }
  }
#endif
}

}  // namespace

bool set_target(ngx_http_request_t* r, std::string_view target) noexcept {
  // NGINX's parser reads an address from a request, where something follows it, and leaves what it
  // found there.
  auto* copy = static_cast<u_char*>(ngx_pnalloc(r->pool, target.size() + 1));
  if (copy == nullptr) {
    return false;
  }
  std::memcpy(copy, target.data(), target.size());
  copy[target.size()] = ' ';
  const ngx_str_t whole = {target.size(), copy};
  const auto question = target.find('?');
  const auto path = view(whole).substr(0, question);
  ngx_http_request_t parsed{};
  parsed.connection = r->connection;
  parsed.uri_start = ngx_view(path).data;
  parsed.uri_end = parsed.uri_start + path.size();
  parsed.uri.data = static_cast<u_char*>(ngx_pnalloc(r->pool, path.size()));
  if (parsed.uri.data == nullptr ||
      ngx_http_parse_complex_uri(&parsed, core_server_conf(r).merge_slashes) != NGX_OK ||
      view(parsed.uri).find('\0') != std::string_view::npos) {
    return false;
  }
  r->uri = parsed.uri;
  r->unparsed_uri = whole;
  const auto arguments = question == std::string_view::npos
                             ? std::string_view()
                             : view(r->unparsed_uri).substr(question + 1);
  r->args = ngx_view(arguments);
  r->valid_unparsed_uri = 1;
  ngx_http_set_exten(r);
  return true;
}

// As ngx_http_internal_redirect(), but that the request is not internal.
ngx_int_t run_as_page(ngx_http_request_t* r, void* context) noexcept {
  forget_variables(r);
  r->internal = 0;
  r->uri_changes = NGX_HTTP_MAX_URI_CHANGES + 1;
  std::memset(r->ctx, 0, sizeof(void*) * ngx_http_max_module);
  ngx_http_set_ctx(r, context, ngx_http_personalize_module);
  r->loc_conf = core_server_conf(r).ctx->loc_conf;
  ngx_http_update_location_config(r);
  r->content_handler = nullptr;
  r->add_uri_to_alias = 0;
  r->phase_handler = static_cast<ngx_int_t>(core_main_conf(r).phase_engine.server_rewrite_index);
  ++r->main->count;
  r->write_event_handler = ngx_http_core_run_phases;
  ngx_http_core_run_phases(r);
  return NGX_DONE;
}

}  // namespace personalize
