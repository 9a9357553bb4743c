#include "personalize/record/status_format.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/text/ascii.h"
#include "base/text/list_field.h"

namespace personalize {

namespace {

// How well a range of media types fits a type.
enum class Fit : std::uint8_t { none, any, main_type, exact };

struct Offer {
  StatusFormat format;
  std::string_view name;
  std::string_view type;
};

// In the order in which they are given where a client names several alike.
constexpr Offer offers[] = {
    {StatusFormat::json, "json", "application/json"},
    {StatusFormat::prometheus, "prometheus", "text/plain"},
    {StatusFormat::html, "html", "text/html"},
};

struct Preference {
  Fit fit = Fit::none;
  int quality = 0;  // in thousandths
};

Fit fit_of(std::string_view range, std::string_view type) noexcept {
  if (range == "*/*") {
    return Fit::any;
  }
  if (ascii::equal_ignoring_case(range, type)) {
    return Fit::exact;
  }
  const std::size_t main = type.find('/') + 1;
  const bool is_main = range.size() == main + 1 && range.back() == '*' &&
                       ascii::equal_ignoring_case(range.substr(0, main), type.substr(0, main));
  return is_main ? Fit::main_type : Fit::none;
}

// Reads 0.25 as 250; 0 if it is no number from 0 to 1.
int read_quality(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[1] != '.')) {
    return 0;
  }
  int quality = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    if (i == 1) {
      continue;
    }
    const char c = i < text.size() ? text[i] : '0';
    if (c < '0' || c > '9') {
      return 0;
    }
    quality = 10 * quality + (c - '0');
  }
  return quality <= 1000 ? quality : 0;
}

// Returns what the parameter q of an element says; 1000 without one.
int quality_of(std::string_view element) noexcept {
  for (auto at = element.find(';'); at != std::string_view::npos; at = element.find(';')) {
    element.remove_prefix(at + 1);
    const auto parameter = ascii::trim(element.substr(0, element.find(';')));
    if (parameter.size() >= 2 && (parameter[0] == 'q' || parameter[0] == 'Q') &&
        parameter[1] == '=') {
      return read_quality(parameter.substr(2));
    }
  }
  return 1000;
}

// The range that fits the type best says how much it is wanted.
Preference preference_of(std::string_view accept, std::string_view type) noexcept {
  Preference preference;
  while (!accept.empty()) {
    const auto element = take_element(accept);
    const Fit fit = fit_of(ascii::trim(element.substr(0, element.find(';'))), type);
    if (fit > preference.fit) {
      preference = {fit, quality_of(element)};
    }
  }
  return preference;
}

bool is_better(const Preference& one, const Preference& other) noexcept {
  return std::tie(one.quality, one.fit) > std::tie(other.quality, other.fit);
}

}  // namespace

std::optional<StatusFormat> find_status_format(std::string_view name) noexcept {
  const auto* found = std::find_if(std::begin(offers), std::end(offers),
                                   [name](const Offer& offer) { return offer.name == name; });
  return found == std::end(offers) ? std::nullopt : std::optional(found->format);
}

StatusFormat negotiate_status_format(std::string_view accept) noexcept {
  StatusFormat chosen = StatusFormat::prometheus;
  Preference best = preference_of(accept, "text/plain");
  for (const Offer& offer : offers) {
    const Preference preference = preference_of(accept, offer.type);
    const bool is_first_of_equals = offer.format == StatusFormat::json &&
                                    preference.fit == Fit::exact && !is_better(best, preference);
    if (is_better(preference, best) || (is_first_of_equals && preference.quality != 0)) {
      chosen = offer.format;
      best = preference;
    }
  }
  return chosen;
}

}  // namespace personalize
