// Errors in templates: they name the place of the directive, and the line of the template.
#pragma once

#include <string>
#include <string_view>

#include "personalize/base/config_error.h"

namespace personalize {

// The template or partial that is being compiled.
struct TemplateSource {
  std::string_view name;
  const Where& where;  // of the directive

  [[noreturn]] void fail(unsigned line, const std::string& message) const {
    throw ConfigError(where, "template \"" + std::string(name) + "\", line " +
                                 std::to_string(line) + ": " + message);
  }
};

}  // namespace personalize
