// personalize_convert NAME [value=V] [currency=C] [id=ID] [items=V] [if=V]
#pragma once

#include <string>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

// A conversion that requests of the location can be. Values are made of NGINX's variables, nullptr
// where none is given.
struct Conversion {
  Where where;
  std::string metric;
  ngx_http_complex_value_t* value = nullptr;
  ngx_http_complex_value_t* currency = nullptr;
  ngx_http_complex_value_t* order = nullptr;
  ngx_http_complex_value_t* items = nullptr;
  ngx_http_complex_value_t* condition = nullptr;
};

struct ConvertDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, ConvertDirective& outer);

  // nullptr: none.
  std::vector<Conversion>* conversions = static_cast<std::vector<Conversion>*>(NGX_CONF_UNSET_PTR);
};

}  // namespace personalize
