#include "base/numbers/units.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>

#include "base/text/ascii.h"

namespace personalize {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};

constexpr std::int64_t day = std::int64_t{24} * 60 * 60 * 1000;

// Descending.
constexpr Unit units[] = {{"y", 365 * day}, {"M", 30 * day}, {"w", 7 * day}, {"d", day},
                          {"h", day / 24},  {"m", 60000},    {"s", 1000},    {"ms", 1}};

constexpr std::int64_t longest = std::int64_t{100} * 365 * day;

const Unit* find_unit(std::string_view name) {
  const auto found = std::find_if(std::begin(units), std::end(units),
                                  [&](const Unit& unit) { return unit.name == name; });
  return found == std::end(units) ? nullptr : found;
}

// Takes the digits from the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  if (text.empty() || !ascii::is_digit(text.front())) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > longest) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && !ascii::is_digit(text[n])) {
    ++n;
  }
  const auto letters = text.substr(0, n);
  text.remove_prefix(n);
  return letters;
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  std::int64_t total = 0;
  std::int64_t previous = std::numeric_limits<std::int64_t>::max();
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto name = take_letters(text);
    const Unit* found = find_unit(name.empty() ? "s" : name);
    if (!number || found == nullptr || found->ms >= previous || *number > longest / found->ms) {
      return std::nullopt;
    }
    previous = found->ms;
    total += *number * found->ms;
  }
  return total <= longest ? std::optional(total) : std::nullopt;
}

std::optional<double> parse_duration(std::string_view text) noexcept {
  if (text.empty()) {
    return std::nullopt;
  }
  double seconds = 0;
  while (!text.empty()) {
    // In floating point: there is no longest duration.
    double amount = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && ascii::is_digit(text[digits]); ++digits) {
      amount = amount * 10 + (text[digits] - '0');
    }
    const auto name = text.substr(digits, 1);
    const Unit* unit = std::string_view("smhdwMy").find(name) == std::string_view::npos
                           ? nullptr
                           : find_unit(name);
    if (digits == 0 || unit == nullptr) {
      return std::nullopt;
    }
    seconds += amount * static_cast<double>(unit->ms) / 1000;
    text.remove_prefix(digits + 1);
  }
  return seconds;
}

std::optional<std::uint32_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) {
    return std::nullopt;
  }
  std::int64_t unit = 0;
  if (text.empty()) {
    unit = 1;
  } else if (text == "k" || text == "K") {
    unit = 1024;
  } else if (text == "m" || text == "M") {
    unit = 1 << 20;
  }
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  if (unit == 0 || *number > most / unit) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number * unit);
}

}  // namespace personalize
