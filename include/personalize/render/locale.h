// How numbers, money and dates are written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

// The locales of a configuration, of which each request has one.
class Locales {
 public:
  // The first one that is added is the one that others fall back on. Throws ConfigError.
  void add(std::string_view tag, std::string_view currency, const Where& where);

  bool is_empty() const { return locales_.empty(); }
  std::size_t size() const { return locales_.size(); }
  // Returns whether not all of them have the same currency.
  bool has_several_currencies() const;
  // Returns the one that is wanted, "pl" or "pl-PL"; if there is none, the one that the request's
  // Accept-Language prefers among them; or else the first. There must be one.
  const Locale& choose(std::string_view wanted, std::string_view accept_language) const noexcept;

 private:
  std::vector<std::unique_ptr<Locale>> locales_;
  std::vector<std::string> tags_;        // in the same order
  std::vector<std::string> currencies_;  // the same
};

}  // namespace personalize
