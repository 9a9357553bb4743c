#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/render/locale.h"
#include "personalize/signals/accept_language.h"
#include "render/formats/formats.h"

namespace personalize {

void Locales::add(std::string_view tag, std::string_view currency, const Where& where) {
  const auto same = find_language(tags_, tag);
  if (same && ascii::equal_ignoring_case(tags_[*same], tag)) {
    throw ConfigError(where, "locale " + quoted(tag) + " is duplicate");
  }
  locales_.push_back(std::make_unique<Locale>(tag, currency, where));
  tags_.emplace_back(tag);
  currencies_.emplace_back(currency);
  // A price in the currency of one can be shown to readers of another.
  for (const auto& locale : locales_) {
    for (const auto& other : currencies_) {
      locale->formats().prepare(other);
    }
  }
}

bool Locales::has_several_currencies() const {
  return std::any_of(currencies_.begin(), currencies_.end(),
                     [&](const std::string& currency) { return currency != currencies_.front(); });
}

const Locale& Locales::choose(std::string_view wanted,
                              std::string_view accept_language) const noexcept {
  if (locales_.size() == 1) {
    return *locales_.front();
  }
  auto found = find_language(tags_, wanted);
  if (!found) {
    found = find_preferred(tags_, accept_language);
  }
  return *locales_[found.value_or(0)];
}

}  // namespace personalize
