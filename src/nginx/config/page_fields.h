// personalize_page: what the pages of a location are, as NGINX's variables tell it.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"
#include "personalize/attributes/page.h"
#include "personalize/base/config_error.h"
#include "personalize/base/value.h"

namespace personalize {

// By their place in page_fields; missing where nothing is said.
using PageValues = std::array<Value, page_fields.size()>;

class PageFields {
 public:
  // Compiles `FIELD=VALUE`; a value may hold variables. Throws ConfigError.
  PageFields(ngx_conf_t* cf, const std::vector<std::string_view>& parameters, const Where& where);

  // The values for this response: once its headers are there, since a variable that NGINX keeps
  // would stay what it is when it is read. They live as long as the request. An empty value, and
  // one of more than 1024 bytes, is missing.
  PageValues read(ngx_http_request_t* r) const noexcept;

 private:
  struct Field {
    std::uint32_t index;  // in page_fields
    ngx_http_complex_value_t value;
  };
  std::vector<Field> fields_;
};

}  // namespace personalize
