#include "nginx/config/page_fields.h"

#include <algorithm>

#include "nginx/memory.h"

namespace personalize {

namespace {

// Longer than any name that a shop gives, and short enough for a key.
constexpr std::size_t longest_value = 1024;

[[noreturn]] void refuse(const Where& where, const std::string& problem) {
  throw ConfigError(where, "personalize_page " + problem);
}

ngx_http_complex_value_t compile(ngx_conf_t* cf, std::string_view text, const Where& where) {
  ngx_http_complex_value_t value{};
  ngx_str_t source = ngx_view(copy_to_pool(cf->pool, text));
  ngx_http_compile_complex_value_t compile{};
  compile.cf = cf;
  compile.value = &source;
  compile.complex_value = &value;
  if (ngx_http_compile_complex_value(&compile) != NGX_OK) {
    refuse(where, "cannot use \"" + std::string(text) + "\"");
  }
  return value;
}

}  // namespace

PageFields::PageFields(ngx_conf_t* cf, const std::vector<std::string_view>& parameters,
                       const Where& where) {
  for (const auto parameter : parameters) {
    const auto equals = parameter.find('=');
    const auto name = parameter.substr(0, equals);
    const auto index = find_page_field(name);
    if (equals == std::string_view::npos || !index) {
      refuse(where, "does not know \"" + std::string(parameter) +
                        "\": write FIELD=VALUE, of the fields " + list_page_fields());
    }
    if (std::any_of(fields_.begin(), fields_.end(),
                    [&](const Field& field) { return field.index == *index; })) {
      refuse(where, "has " + std::string(name) + "= twice");
    }
    const auto text = parameter.substr(equals + 1);
    const auto value = compile(cf, text, where);
    const bool is_literal = value.lengths == nullptr;
    if (is_literal && name == "type" && !is_page_type(text)) {
      refuse(where, "has type=" + std::string(text) + ": it is one of " + list_page_types());
    }
    fields_.push_back({*index, value});
  }
}

PageValues PageFields::read(ngx_http_request_t* r) const noexcept {
  PageValues values;
  for (const Field& field : fields_) {
    ngx_str_t text;
    // It writes nothing into what it is given.
    auto* compiled = const_cast<ngx_http_complex_value_t*>(&field.value);
    if (ngx_http_complex_value(r, compiled, &text) == NGX_OK && text.len != 0 &&
        text.len <= longest_value) {
      values[field.index] = Value::string(view(text));
    }
  }
  return values;
}

}  // namespace personalize
