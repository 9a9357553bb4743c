#include "nginx/config/reading/directive.h"

#include <new>

#include "base/files.h"
#include "base/text/parameters.h"
#include "nginx/platform/memory.h"

namespace personalize {

bool take_value(std::string_view argument, std::string_view name, std::string_view& value) {
  if (argument.size() <= name.size() || argument.substr(0, name.size()) != name ||
      argument[name.size()] != '=') {
    return false;
  }
  value = argument.substr(name.size() + 1);
  return true;
}

Directive::Directive(ngx_conf_t* cf) : cf_(cf), where_(current_place(cf)) {
  const auto* words = static_cast<const ngx_str_t*>(cf->args->elts);
  name_ = view(words[0]);
  std::transform(words + 1, words + cf->args->nelts, std::back_inserter(arguments_), view);
}

void Directive::refuse(std::string_view problem) const {
  throw ConfigError(where_, name_ + std::string(problem));
}

void Directive::refuse_parameter(std::string_view parameter, std::string_view known) const {
  refuse(": unknown parameter " + quoted(parameter) + "; it takes " + std::string(known));
}

void Directive::refuse_duplicates() const {
  personalize::refuse_duplicates(name_, arguments_, where_);
}

std::int64_t Directive::milliseconds(std::string_view name, std::string_view value) const {
  ngx_str_t text = ngx_view(value);
  const ngx_int_t ms = ngx_parse_time(&text, 0);
  if (ms == NGX_ERROR) {
    refuse(": " + std::string(name) + "=" + std::string(value) +
           " is not a time; write for example 50ms, 10s or 5m");
  }
  return ms;
}

ngx_msec_t Directive::short_time(std::string_view name, std::string_view value) const {
  const auto ms = static_cast<ngx_msec_t>(milliseconds(name, value));
  warn_of_seconds(name_ + ": " + std::string(name) + "=", value);
  return ms;
}

ngx_uint_t Directive::whole_number(std::string_view name, std::string_view value,
                                   ngx_int_t most) const {
  const auto text = ngx_view(value);
  const ngx_int_t n = ngx_atoi(text.data, text.len);
  if (n == NGX_ERROR || n > most) {
    refuse(": " + std::string(name) + "=" + std::string(value) + " is not a number from 0 to " +
           std::to_string(most));
  }
  return static_cast<ngx_uint_t>(n);
}

bool Directive::is_on(std::string_view name, std::string_view value) const {
  if (value != "on" && value != "off") {
    const std::string text(name);
    refuse(": " + text + "=" + std::string(value) + " is neither " + text + "=on nor " + text +
           "=off");
  }
  return value == "on";
}

std::string Directive::full_path(std::string_view path) const {
  ngx_str_t name = ngx_view(copy_to_pool(cf_->pool, std::string(path) + '\0'));
  --name.len;
  if (ngx_conf_full_name(cf_->cycle, &name, 1) != NGX_OK) {
    throw std::bad_alloc();
  }
  return std::string(view(name));
}

std::string Directive::first_line(std::string_view name, std::string_view path) const {
  constexpr std::size_t longest = 65536;
  const std::string file = full_path(path);
  const std::string text = read_file(file, longest, where_);
  std::string line = text.substr(0, text.find_first_of("\r\n"));
  if (line.empty()) {
    refuse(": " + std::string(name) + " " + file + " is empty");
  }
  return line;
}

ngx_int_t Directive::variable_index(std::string_view word) const {
  ngx_str_t name = ngx_view(word.substr(1));
  const ngx_int_t index = ngx_http_get_variable_index(cf_, &name);
  if (index == NGX_ERROR) {
    refuse(" cannot use " + quoted(word));
  }
  return index;
}

void Directive::warn_of_seconds(const std::string& what, std::string_view value) const {
  const bool has_unit = value.find_first_not_of("0123456789") != std::string_view::npos;
  const bool is_zero = value.find_first_not_of('0') == std::string_view::npos;
  if (!has_unit && !is_zero) {
    const std::string number(value);
    warn(cf_, where_, what + number + " are seconds: write " + number + "ms or " + number + "s");
  }
}

}  // namespace personalize
