#include "nginx/request/variables.h"

#include "nginx/config/site_experiments.h"
#include "nginx/request/request.h"

namespace personalize {

namespace {

// Writes the variable's value; nothing written is an empty value.
using Writer = void (*)(Personalization& personalization, std::pmr::string& out);

void write_visitor(Personalization& p, std::pmr::string& out) {
  out += p.visitor().id;
}
void write_segments(Personalization& p, std::pmr::string& out) {
  p.list_segments(out);
}
void write_variants(Personalization& p, std::pmr::string& out) {
  p.list_variants(out);
}
void write_campaigns(Personalization& p, std::pmr::string& out) {
  p.list_campaigns(out);
}
void write_redirect(Personalization& p, std::pmr::string& out) {
  p.write_redirect(out);
}
void write_sources(Personalization& p, std::pmr::string& out) {
  p.list_sources(out);
}
void write_result(Personalization& p, std::pmr::string& out) {
  out += p.result();
}

// Seconds with milliseconds, as $request_time.
void write_wait_time(Personalization& p, std::pmr::string& out) {
  u_char text[NGX_TIME_T_LEN + sizeof(".000")];
  const ngx_msec_t ms = p.wait_time();
  const u_char* end = ngx_sprintf(text, "%T.%03M", static_cast<time_t>(ms / 1000), ms % 1000);
  out.append(reinterpret_cast<const char*>(text), static_cast<std::size_t>(end - text));
}

struct Variable {
  ngx_str_t name;
  Writer write;
};

const Variable variables[] = {
    {ngx_string("personalize_visitor"), write_visitor},
    {ngx_string("personalize_segments"), write_segments},
    {ngx_string("personalize_campaigns"), write_campaigns},
    {ngx_string("personalize_variants"), write_variants},
    {ngx_string("personalize_redirect"), write_redirect},
    {ngx_string("personalize_sources"), write_sources},
    {ngx_string("personalize_result"), write_result},
    {ngx_string("personalize_wait_time"), write_wait_time},
};

// nullptr where nothing is personalised.
Personalization* find_personalization(ngx_http_request_t* r) {
  return location_conf(r->main).is_active() ? Personalization::obtain(r) : Personalization::find(r);
}

ngx_int_t get(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t data) {
  *value = {};
  Personalization* personalization = find_personalization(r);
  if (personalization == nullptr) {
    value->not_found = 1;
    return NGX_OK;
  }
  try {
    std::pmr::string out(personalization->memory());
    variables[data].write(*personalization, out);
    const std::string_view kept = copy_to_pool(r->pool, out);
    value->data = ngx_view(kept).data;
    value->len = static_cast<unsigned>(kept.size());
    value->valid = 1;
    return NGX_OK;
  } catch (const std::bad_alloc&) {
    return NGX_ERROR;
  }
}

constexpr std::string_view variant_prefix = "personalize_variant_";

// `data` is the variable's whole name.
ngx_int_t get_variant(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t data) {
  *value = {};
  value->not_found = 1;
  Personalization* personalization = find_personalization(r);
  if (personalization == nullptr) {
    return NGX_OK;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): NGINX hands the pointer over as a number.
  const auto* whole = reinterpret_cast<const ngx_str_t*>(data);
  const auto name = view(*whole).substr(variant_prefix.size());
  const auto id = experiment_of_variable(personalization->program(), name);
  const auto variant = id ? personalization->variant(*id) : std::nullopt;
  if (variant) {
    value->data = ngx_view(*variant).data;  // as old as the configuration
    value->len = static_cast<unsigned>(variant->size());
    value->not_found = 0;
    value->valid = 1;
  }
  return NGX_OK;
}

}  // namespace

ngx_int_t add_variables(ngx_conf_t* cf) {
  for (uintptr_t i = 0; i < sizeof(variables) / sizeof(variables[0]); ++i) {
    ngx_str_t name = variables[i].name;
    // What they say changes as documents arrive.
    ngx_http_variable_t* variable = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (variable == nullptr) {
      return NGX_ERROR;
    }
    variable->get_handler = get;
    variable->data = i;
  }
  ngx_str_t prefix = ngx_view(variant_prefix);
  ngx_http_variable_t* variants =
      ngx_http_add_variable(cf, &prefix, NGX_HTTP_VAR_NOCACHEABLE | NGX_HTTP_VAR_PREFIX);
  if (variants == nullptr) {
    return NGX_ERROR;
  }
  variants->get_handler = get_variant;
  return NGX_OK;
}

}  // namespace personalize
