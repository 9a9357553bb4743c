#include "nginx/config/location/consent.h"

#include "nginx/config/reading/blocks.h"
#include "nginx/config/reading/location_command.h"
#include "nginx/config/site/bind_variables.h"

namespace personalize {

namespace {

char* read_consent(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  char* read = NGX_CONF_OK;
  char* result = guarded(cf, [&] {
    auto& row = location_row<ConsentDirective>(conf);
    const Directive directive(cf);  // while its words are there: the block has words of its own
    if (row.consent != NGX_CONF_UNSET_PTR) {
      directive.refuse(" is duplicate: write all conditions into one");
    }
    std::vector<Statement> conditions;
    read = read_block(cf, Block::segment, conditions);
    if (read == NGX_CONF_OK) {
      row.consent =
          make_in_pool<Consent>(cf->pool, directive.arguments(), conditions, directive.where());
      for (const auto& [where, message] : row.consent->warnings()) {
        warn(cf, where, message);
      }
    }
  });
  return result == NGX_CONF_OK ? read : result;
}

}  // namespace

ngx_command_t ConsentDirective::command() {
  return {ngx_string("personalize_consent"),
          http_server_location | NGX_CONF_BLOCK | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
          read_consent,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void ConsentDirective::merge(ngx_conf_t* cf, ConsentDirective& outer) {
  ngx_conf_merge_ptr_value(consent, outer.consent, nullptr);
  if (consent != nullptr) {
    bind_variables(cf, consent->attributes());
  }
}

}  // namespace personalize
