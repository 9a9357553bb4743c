// How numbers, money and dates are written.
#pragma once

#include <memory>
#include <string_view>

#include "personalize/base/config_error.h"

namespace personalize {

// A language with its country, and a currency. Made when the configuration is read, and used by all
// requests of a worker; not by several threads at a time.
class Locale {
 public:
  // Takes a BCP 47 tag and an ISO 4217 code: "pl-PL", "PLN". Throws ConfigError for an unknown one.
  Locale(std::string_view tag, std::string_view currency, const Where& where = {});
  ~Locale();
  Locale(const Locale&) = delete;
  Locale& operator=(const Locale&) = delete;

  class Formats;
  Formats& formats() const { return *formats_; }

 private:
  std::unique_ptr<Formats> formats_;
};

}  // namespace personalize
