#include "render/formats/date_pattern.h"

#include <string>

namespace personalize {

namespace {

constexpr std::string_view codes_of_days = "YymdeBbAaj";
constexpr std::string_view codes_of_clocks = "HIMSp";

// Appends a number with at least `width` digits.
void append_padded(int number, std::size_t width, char padding, std::pmr::string& out) {
  const std::string digits = std::to_string(number);
  out.append(digits.size() < width ? width - digits.size() : 0, padding);
  out += digits;
}

int day_of_year(const Moment& moment) {
  constexpr int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const int year = moment.year;
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return before[moment.month - 1] + moment.day + (is_leap && moment.month > 2 ? 1 : 0);
}

void append_code(char code, bool is_bare, const Moment& moment, const Locale::Formats& formats,
                 std::pmr::string& out) {
  const auto two = [&](int number, char padding = '0') {
    append_padded(number, is_bare ? 1 : 2, padding, out);
  };
  const int hour = moment.second / 3600;
  switch (code) {
    case 'Y':
      return append_padded(moment.year, 4, '0', out);
    case 'y':
      return two(moment.year % 100);
    case 'm':
      return two(moment.month);
    case 'd':
      return two(moment.day);
    case 'e':
      return two(moment.day, ' ');
    case 'j':
      return append_padded(day_of_year(moment), is_bare ? 1 : 3, '0', out);
    case 'B':
    case 'b':
      out += formats.month(moment.month, code == 'b');
      return;
    case 'A':
    case 'a':
      out += formats.weekday(weekday_of(moment), code == 'a');
      return;
    case 'H':
      return two(hour);
    case 'I':
      return two(hour % 12 == 0 ? 12 : hour % 12);
    case 'M':
      return two(moment.second / 60 % 60);
    case 'S':
      return two(moment.second % 60);
    case 'p':
      out += hour < 12 ? "AM" : "PM";
      return;
    default:
      out += code;  // %%
  }
}

// Calls code(character, is_bare) for each code, and text(character) for what stands between them.
template <class Code, class Text>
void walk(std::string_view pattern, Code code, Text text) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      text(pattern[i]);
      continue;
    }
    const bool is_bare = i + 1 < pattern.size() && pattern[i + 1] == '-';
    i += is_bare ? 2 : 1;
    code(i < pattern.size() ? pattern[i] : '\0', is_bare);
  }
}

}  // namespace

PatternUse use_of(std::string_view pattern) noexcept {
  bool shows_something = false;
  bool is_valid = true;
  bool shows_clock = false;
  walk(
      pattern,
      [&](char code, bool is_bare) {
        const bool is_clock = codes_of_clocks.find(code) != std::string_view::npos;
        const bool is_day = codes_of_days.find(code) != std::string_view::npos;
        is_valid = is_valid && (is_clock || is_day || (code == '%' && !is_bare));
        shows_clock = shows_clock || is_clock;
        shows_something = shows_something || is_clock || is_day;
      },
      [](char) {});
  return !is_valid || !shows_something ? PatternUse::invalid
         : shows_clock                 ? PatternUse::clock
                                       : PatternUse::day;
}

void append_moment(const Moment& moment, std::string_view pattern, const Locale::Formats& formats,
                   std::pmr::string& out) {
  const Moment shown = normalized(moment);
  walk(
      pattern, [&](char code, bool is_bare) { append_code(code, is_bare, shown, formats, out); },
      [&](char c) { out += c; });
}

}  // namespace personalize
