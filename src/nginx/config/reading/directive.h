// The directive that is being read: its words, its place, and how to refuse it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/text.h"
#include "nginx/platform/config_errors.h"
#include "nginx/platform/ngx.h"

namespace personalize {

using Arguments = std::vector<std::string_view>;

// Returns whether the argument is `NAME=VALUE`; then sets `value`.
bool take_value(std::string_view argument, std::string_view name, std::string_view& value);

// A parameter `NAME=VALUE` of a directive that is read into a Target.
class Directive;
template <class Target>
struct Parameter {
  std::string_view name;
  void (*read)(const Directive& directive, std::string_view value, Target& target);
};

class Directive {
 public:
  explicit Directive(ngx_conf_t* cf);

  ngx_conf_t* cf() const noexcept { return cf_; }
  const std::string& name() const noexcept { return name_; }
  const Where& where() const noexcept { return where_; }
  // Returns the words after the name. They live as long as the configuration.
  const Arguments& arguments() const noexcept { return arguments_; }

  // Throws a ConfigError whose message is the directive's name and `problem`, which begins with
  // what follows the name: " is duplicate", ": a=b is not a number".
  [[noreturn]] void refuse(std::string_view problem) const;
  [[noreturn]] void refuse_parameter(std::string_view parameter, std::string_view known) const;

  // Return the value of the parameter `name`. Throw ConfigError if it is not one of that type.
  std::int64_t milliseconds(std::string_view name, std::string_view value) const;
  // Returns the same as milliseconds(), for what lasts less than a second: warns of a value without
  // a unit.
  ngx_msec_t short_time(std::string_view name, std::string_view value) const;
  ngx_uint_t whole_number(std::string_view name, std::string_view value, ngx_int_t most) const;
  bool is_on(std::string_view name, std::string_view value) const;
  // Returns the path as NGINX takes it, relative to the directory of nginx.conf.
  std::string full_path(std::string_view path) const;
  // Returns the first line of the file, which must not be empty. `name` is the parameter's name.
  std::string first_line(std::string_view name, std::string_view path) const;

  // Returns the index of the variable `$name`.
  ngx_int_t variable_index(std::string_view word) const;

  // Warns of a time without a unit, with a message that begins with `what`. NGINX takes it for
  // seconds; where milliseconds are usual, that is probably a mistake.
  void warn_of_seconds(const std::string& what, std::string_view value) const;

  // Throws ConfigError if two arguments are `NAME=VALUE` with the same name.
  void refuse_duplicates() const;

  // Reads `argument` by the table. Returns false if it is not one of the table's parameters.
  template <class Target, std::size_t n>
  bool read(const Parameter<Target> (&table)[n], std::string_view argument, Target& target) const {
    std::string_view value;
    const auto* found =
        std::find_if(std::begin(table), std::end(table), [&](const Parameter<Target>& parameter) {
          return take_value(argument, parameter.name, value);
        });
    if (found == std::end(table)) {
      return false;
    }
    found->read(*this, value, target);
    return true;
  }

 private:
  ngx_conf_t* cf_;
  std::string name_;
  Where where_;
  Arguments arguments_;
};

// Returns "a= b= c=", for refuse_parameter().
template <class Target, std::size_t n>
std::string list_parameters(const Parameter<Target> (&table)[n]) {
  return list_names(
             table, [](const auto& parameter) { return parameter.name; }, "= ") +
         "=";
}

// Where directives may stand.
constexpr ngx_uint_t http_only = NGX_HTTP_MAIN_CONF;
constexpr ngx_uint_t http_server = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF;
constexpr ngx_uint_t http_server_location = http_server | NGX_HTTP_LOC_CONF;
constexpr ngx_uint_t location_only = NGX_HTTP_LOC_CONF;

}  // namespace personalize
