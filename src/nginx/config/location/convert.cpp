#include "nginx/config/location/convert.h"

#include "nginx/config/reading/location_command.h"
#include "personalize/record/event.h"

namespace personalize {

namespace {

ngx_http_complex_value_t* compile(const Directive& directive, std::string_view text) {
  ngx_conf_t* cf = directive.cf();
  ngx_str_t value = ngx_view(text);
  auto* compiled = static_cast<ngx_http_complex_value_t*>(
      ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t)));
  if (compiled == nullptr) {
    throw std::bad_alloc();
  }
  ngx_http_compile_complex_value_t compiler{};
  compiler.cf = cf;
  compiler.value = &value;
  compiler.complex_value = compiled;
  if (ngx_http_compile_complex_value(&compiler) != NGX_OK) {
    directive.refuse(" cannot use " + quoted(text));
  }
  return compiled;
}

using Reader = const Directive&;
using Text = std::string_view;

template <ngx_http_complex_value_t* Conversion::*member>
void read_value(Reader reader, Text text, Conversion& conversion) {
  conversion.*member = compile(reader, text);
}

constexpr Parameter<Conversion> parameters[] = {
    {"value", read_value<&Conversion::value>},  {"currency", read_value<&Conversion::currency>},
    {"id", read_value<&Conversion::order>},     {"items", read_value<&Conversion::items>},
    {"if", read_value<&Conversion::condition>},
};

char* read_convert(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& all = location_row<ConvertDirective>(conf).conversions;
    const Directive directive(cf);
    Conversion conversion;
    conversion.where = directive.where();
    conversion.metric = directive.arguments()[0];
    if (!is_metric_name(conversion.metric)) {
      directive.refuse(": invalid name " + quoted(conversion.metric) +
                       "; write letters, digits and _, as in purchase");
    }
    directive.refuse_duplicates();
    for (std::size_t i = 1; i < directive.arguments().size(); ++i) {
      if (!directive.read(parameters, directive.arguments()[i], conversion)) {
        directive.refuse_parameter(directive.arguments()[i], list_parameters(parameters));
      }
    }
    if (all == NGX_CONF_UNSET_PTR) {
      all = make_in_pool<std::vector<Conversion>>(cf->pool);
    }
    all->push_back(std::move(conversion));
  });
}

}  // namespace

ngx_command_t ConvertDirective::command() {
  return {ngx_string("personalize_convert"),
          NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_1MORE,
          read_convert,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void ConvertDirective::merge(ngx_conf_t*, ConvertDirective& outer) {
  ngx_conf_merge_ptr_value(conversions, outer.conversions, nullptr);
}

}  // namespace personalize
