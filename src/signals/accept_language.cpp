#include "personalize/signals/accept_language.h"

#include <algorithm>

#include "base/text/ascii.h"

namespace personalize {

namespace {

// Returns a qvalue ("1", "0.8", "0.123"; RFC 9110 section 12.4.2) in thousandths; -1 for anything
// else.
int quality(std::string_view s) {
  if (s.empty() || s.size() > 5 || (s[0] != '0' && s[0] != '1') || (s.size() > 1 && s[1] != '.')) {
    return -1;
  }
  int thousandths = (s[0] - '0') * 1000;
  int place = 100;
  for (std::size_t i = 2; i < s.size(); i++, place /= 10) {
    if (!ascii::is_digit(s[i])) {
      return -1;
    }
    thousandths += (s[i] - '0') * place;
  }
  return thousandths <= 1000 ? thousandths : -1;
}

// Returns the weight of a language range by its parameters; 0 if it is not wanted, or makes no
// sense.
int weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = ascii::trim(ascii::take_until(parameters, ';'));
    if (parameter.size() >= 2 && ascii::lower(parameter[0]) == 'q' && parameter[1] == '=') {
      return std::max(0, quality(parameter.substr(2)));
    }
  }
  return 1000;
}

bool is_language(std::string_view s) {
  return s.size() >= 2 && s.size() <= 8 && std::all_of(s.begin(), s.end(), ascii::is_letter);
}

// Calls f(range, weight) for each range of the header that is wanted.
template <class F>
void each_range(std::string_view header, F f) {
  while (!header.empty()) {
    auto parameters = ascii::take_until(header, ',');
    const auto range = ascii::trim(ascii::take_until(parameters, ';'));
    const int w = weight(parameters);
    if (w > 0) {
      f(range, w);
    }
  }
}

std::string_view language_of(std::string_view range) {
  return range.substr(0, range.find_first_of("-_"));
}

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x == '_' ? '-' : ascii::lower(x)) == (y == '_' ? '-' : ascii::lower(y));
         });
}

}  // namespace

std::string_view preferred_language(std::string_view header, std::pmr::memory_resource* memory) {
  std::string_view best;
  int best_weight = 0;
  each_range(header, [&](std::string_view range, int w) {
    const auto language = range.substr(0, range.find('-'));
    if (w > best_weight && is_language(language)) {
      best = language;
      best_weight = w;
    }
  });
  return ascii::to_lower(best, memory);
}

std::optional<std::size_t> find_language(const std::vector<std::string>& tags,
                                         std::string_view range) noexcept {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (is_same(tags[i], range)) {
      return i;
    }
    if (!found && is_same(language_of(tags[i]), language_of(range))) {
      found = i;
    }
  }
  return found;
}

std::optional<std::size_t> find_preferred(const std::vector<std::string>& tags,
                                          std::string_view header) noexcept {
  std::optional<std::size_t> best;
  int best_weight = 0;
  each_range(header, [&](std::string_view range, int w) {
    const auto found = w > best_weight ? find_language(tags, range) : std::nullopt;
    if (found) {
      best = found;
      best_weight = w;
    }
  });
  return best;
}

}  // namespace personalize
