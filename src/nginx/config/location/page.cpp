#include "nginx/config/location/page.h"

#include <algorithm>

#include "nginx/config/reading/location_command.h"

namespace personalize {

namespace {

// Longer than any name that a shop gives, and short enough for a key.
constexpr std::size_t longest_value = 1024;

ngx_http_complex_value_t compile(const Directive& directive, std::string_view text) {
  ngx_http_complex_value_t value{};
  ngx_str_t source = ngx_view(copy_to_pool(directive.cf()->pool, text));
  ngx_http_compile_complex_value_t compile{};
  compile.cf = directive.cf();
  compile.value = &source;
  compile.complex_value = &value;
  if (ngx_http_compile_complex_value(&compile) != NGX_OK) {
    directive.refuse(" cannot use " + quoted(text));
  }
  return value;
}

}  // namespace

PageFields::PageFields(const Directive& directive) {
  directive.refuse_duplicates();
  for (const auto parameter : directive.arguments()) {
    const auto equals = parameter.find('=');
    const auto name = parameter.substr(0, equals);
    const auto index = find_page_field(name);
    if (equals == std::string_view::npos || !index) {
      directive.refuse(": unknown parameter " + quoted(parameter) +
                       "; write FIELD=VALUE, of the fields " + list_page_fields());
    }
    const auto text = parameter.substr(equals + 1);
    const auto value = compile(directive, text);
    const bool is_literal = value.lengths == nullptr;
    if (is_literal && name == "type" && !is_page_type(text)) {
      directive.refuse(" has type=" + std::string(text) + ": it is one of " + list_page_types());
    }
    fields_.push_back({*index, value});
  }
}

bool PageFields::has(std::string_view name) const noexcept {
  const auto index = find_page_field(name);
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Field& field) { return field.index == index; });
}

std::optional<std::string_view> PageFields::constant_type() const noexcept {
  const auto index = find_page_field("type");
  for (const Field& field : fields_) {
    if (field.index == index && field.value.lengths == nullptr) {
      return view(field.value.value);
    }
  }
  return std::nullopt;
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

namespace {

char* read_page(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& row = location_row<PageDirective>(conf);
    const Directive directive(cf);
    if (row.page != NGX_CONF_UNSET_PTR) {
      directive.refuse(" is duplicate in this location: write all fields into one");
    }
    row.page = make_in_pool<PageFields>(cf->pool, directive);
  });
}

}  // namespace

ngx_command_t PageDirective::command() {
  return {ngx_string("personalize_page"),
          location_only | NGX_CONF_1MORE,
          read_page,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void PageDirective::merge(ngx_conf_t*, PageDirective& outer) {
  ngx_conf_merge_ptr_value(page, outer.page, nullptr);
}

}  // namespace personalize
