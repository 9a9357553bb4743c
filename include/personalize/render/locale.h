// How numbers, money and dates are written.
#pragma once

#include <memory>
#include <string_view>

#include "personalize/base/config_error.h"

namespace personalize {

// A language with its country, and a currency. Made when the configuration is read, and used by all
// requests of a worker. Not for several threads at a time: ICU's formatters are not either.
class Locale {
 public:
  // Takes a BCP 47 tag and an ISO 4217 code: "pl-PL", "PLN". Throws ConfigError for an unknown one.
  Locale(std::string_view tag, std::string_view currency, const Where& where = {});
  ~Locale();
  Locale(const Locale&) = delete;
  Locale& operator=(const Locale&) = delete;

  // For the render room (src/render/templates/formats.h).
  class Formats;
  Formats& formats() const { return *formats_; }

 private:
  std::unique_ptr<Formats> formats_;
};

}  // namespace personalize
