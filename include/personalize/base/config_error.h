// Errors in a configuration, and where they are.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace personalize {

// A place in a configuration file, as NGINX reports it.
struct Where {
  std::string file;
  unsigned line = 0;

  // Returns "FILE:LINE".
  std::string text() const { return file + ":" + std::to_string(line); }
};

// Thrown while a configuration is compiled, never while a request runs. The message says what is
// wrong and what would be right; the catcher prints `where` as `nginx -t` does.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(Where where, const std::string& message)
      : std::runtime_error(message), where_(std::move(where)) {}

  const Where& where() const noexcept { return where_; }

 private:
  Where where_;
};

}  // namespace personalize
