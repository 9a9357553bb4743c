// personalize_page FIELD=VALUE…: what the pages of a location are about, by NGINX's variables.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/attributes/page.h"
#include "personalize/base/value.h"

namespace personalize {

class Directive;

// By their index in page_fields; missing if not given.
using PageValues = std::array<Value, page_fields.size()>;

class PageFields {
 public:
  // Compiles `FIELD=VALUE`; a value may hold variables. Throws ConfigError.
  explicit PageFields(const Directive& directive);

  // Returns whether the directive says something of the field.
  bool has(std::string_view name) const noexcept;

  // Returns the type that all pages have; nothing if the directive says none, or a variable does.
  std::optional<std::string_view> constant_type() const noexcept;

  // Returns the values for this response, which live as long as the request. Call it when the
  // response's headers are there, since NGINX keeps the value that a variable had when it was first
  // read. An empty value, and one of more than 1024 bytes, is missing.
  PageValues read(ngx_http_request_t* r) const noexcept;

  // Returns whether the line says the field, by its index in page_fields.
  bool names(std::uint32_t field) const noexcept {
    return std::any_of(fields_.begin(), fields_.end(),
                       [&](const Field& known) { return known.index == field; });
  }

 private:
  struct Field {
    std::uint32_t index;  // in page_fields
    ngx_http_complex_value_t value;
  };
  std::vector<Field> fields_;
};

struct PageDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, PageDirective& outer);

  PageFields* page = static_cast<PageFields*>(NGX_CONF_UNSET_PTR);  // nullptr: none
};

}  // namespace personalize
