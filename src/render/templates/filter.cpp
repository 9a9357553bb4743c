#include "render/templates/filter.h"

#include <cmath>
#include <optional>

#include "base/numbers/number.h"
#include "base/text/ascii.h"

#include "render/templates/scalar.h"

namespace personalize {

namespace {

constexpr std::string_view known_filters =
    "default \"TEXT\", number, money, upper, lower, truncate N, date [short|medium|long|full], "
    "plural one=\"…\" other=\"…\"";

struct Argument {
  std::string_view key;  // of key="text"
  std::string_view text;
};

// Splits filters into words; quotes keep blanks and '|' together.
class FilterReader {
 public:
  FilterReader(std::string_view text, const TemplateSource& source, unsigned line)
      : rest_(text), source_(source), line_(line) {}

  std::vector<Filter> read() {
    std::vector<Filter> filters;
    skip_blanks();
    while (!rest_.empty()) {
      if (rest_.front() != '|') {
        fail("expected '|' before \"" + std::string(rest_) + "\"");
      }
      rest_.remove_prefix(1);
      skip_blanks();
      const auto name = word();
      const auto arguments = read_arguments();
      filters.push_back(compile(name, arguments));
    }
    return filters;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && ascii::is_html_space(rest_.front())) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view word() {
    std::size_t n = 0;
    while (n < rest_.size() && !ascii::is_html_space(rest_[n]) && rest_[n] != '|' &&
           rest_[n] != '=' && rest_[n] != '"' && rest_[n] != '\'') {
      ++n;
    }
    return take(n);
  }

  std::string_view quoted() {
    const auto end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) {
      fail("a quote is not closed: " + std::string(rest_));
    }
    const auto text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool at_quote() const {
    return !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'');
  }

  std::vector<Argument> read_arguments() {
    std::vector<Argument> arguments;
    for (skip_blanks(); !rest_.empty() && rest_.front() != '|'; skip_blanks()) {
      Argument argument;
      if (at_quote()) {
        argument.text = quoted();
      } else {
        argument.text = word();
        if (!rest_.empty() && rest_.front() == '=') {
          rest_.remove_prefix(1);
          argument.key = argument.text;
          argument.text = at_quote() ? quoted() : word();
        } else if (argument.text.empty()) {
          fail("unexpected " + std::string(rest_));
        }
      }
      arguments.push_back(argument);
    }
    return arguments;
  }

  Filter compile(std::string_view name, const std::vector<Argument>& arguments) const {
    Filter filter{};
    filter.style = DateStyle::medium;
    const auto expect = [&](bool ok, const char* form) {
      if (!ok) {
        fail("filter " + std::string(name) + " is written " + form);
      }
    };
    const bool one = arguments.size() == 1 && arguments[0].key.empty();
    if (name == "default") {
      expect(one, "default \"TEXT\"");
      filter.kind = Filter::Kind::default_;
      filter.text = arguments[0].text;
    } else if (name == "truncate") {
      filter.kind = Filter::Kind::truncate;
      expect(one && read_length(arguments[0].text, filter.length),
             "truncate N, with N from 1 to 10000");
    } else if (name == "date") {
      filter.kind = Filter::Kind::date;
      expect(arguments.empty() || (one && read_style(arguments[0].text, filter.style)),
             "date, date short, date medium, date long or date full");
    } else if (name == "plural") {
      filter.kind = Filter::Kind::plural;
      expect(read_forms(arguments, filter.forms),
             "plural one=\"…\" few=\"…\" many=\"…\" other=\"…\", of which other is required");
    } else {
      filter.kind = plain_filter(name);
      expect(arguments.empty(), "without arguments");
    }
    return filter;
  }

  Filter::Kind plain_filter(std::string_view name) const {
    if (name == "number") {
      return Filter::Kind::number;
    }
    if (name == "money") {
      return Filter::Kind::money;
    }
    if (name == "upper") {
      return Filter::Kind::upper;
    }
    if (name == "lower") {
      return Filter::Kind::lower;
    }
    fail("unknown filter \"" + std::string(name) + "\"; the filters are " +
         std::string(known_filters));
  }

  static bool read_length(std::string_view text, std::size_t& length) {
    length = read_integer<std::size_t>(text).value_or(0);
    return length >= 1 && length <= 10000;
  }

  static bool read_style(std::string_view text, DateStyle& style) {
    constexpr std::string_view names[date_style_count] = {"short", "medium", "long", "full"};
    for (std::size_t i = 0; i < date_style_count; ++i) {
      if (text == names[i]) {
        style = static_cast<DateStyle>(i);
        return true;
      }
    }
    return false;
  }

  static bool read_forms(const std::vector<Argument>& arguments,
                         std::array<std::string, plural_form_count>& forms) {
    constexpr std::string_view names[plural_form_count] = {"zero", "one",  "two",
                                                           "few",  "many", "other"};
    for (const auto& argument : arguments) {
      std::size_t i = 0;
      while (i < plural_form_count && names[i] != argument.key) {
        ++i;
      }
      if (i == plural_form_count) {
        return false;
      }
      forms[i] = argument.text;
    }
    return !forms[static_cast<std::size_t>(PluralForm::other)].empty();
  }

  std::string_view take(std::size_t n) {
    const auto text = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return text;
  }

  [[noreturn]] void fail(const std::string& message) const { source_.fail(line_, message); }

  std::string_view rest_;
  const TemplateSource& source_;
  unsigned line_;
};

bool is_empty(const Value& value) {
  switch (value.kind()) {
    case Kind::boolean:
      return false;
    case Kind::number:
      return !std::isfinite(value.as_number()) && value.exact_text().empty();
    case Kind::string:
      return value.as_string().empty();
    default:
      return true;  // arrays and objects show nothing
  }
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Returns at most `length` characters, the last one an ellipsis if something was cut off.
Value truncate(std::string_view text, std::size_t length, std::pmr::string& scratch) {
  std::size_t characters = 0;
  std::size_t cut = 0;  // where the ellipsis goes
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_continuation(text[i])) {
      continue;
    }
    if (characters == length - 1) {
      cut = i;
    }
    if (++characters > length) {
      while (cut > 0 && text[cut - 1] == ' ') {
        --cut;
      }
      scratch.assign(text.substr(0, cut));
      scratch += "…";
      return Value::string(scratch);
    }
  }
  return Value::string(text);
}

std::optional<int> digits(std::string_view text, std::size_t begin, std::size_t count) {
  int n = 0;
  for (std::size_t i = begin; i < begin + count; ++i) {
    if (i >= text.size() || !ascii::is_digit(text[i])) {
      return std::nullopt;
    }
    n = n * 10 + (text[i] - '0');
  }
  return n;
}

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Returns the day that an ISO 8601 date or time names (2026-11-20, 2026-11-20T08:00:00+01:00), as
// written; or that of a time in seconds since 1970, in UTC.
std::optional<Day> to_day(const Value& value) {
  if (const Value number = to_number(value); !number.is_missing()) {
    const double seconds = number.as_number();
    // 1970 to 9999.
    if (seconds < 0 || seconds > 253402300799.0) {
      return std::nullopt;
    }
    return Day{1970, 1, 1 + static_cast<int>(seconds / 86400)};
  }
  if (value.kind() != Kind::string) {
    return std::nullopt;
  }
  const auto text = value.as_string();
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-' ||
      (text.size() > 10 && text[10] != 'T' && text[10] != ' ')) {
    return std::nullopt;
  }
  constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (*month < 1 || *month > 12 || *day < 1 ||
      *day > lengths[*month - 1] + (*month == 2 && is_leap(*year) ? 1 : 0)) {
    return std::nullopt;
  }
  return Day{*year, *month, *day};
}

}  // namespace

std::vector<Filter> read_filters(std::string_view text, const TemplateSource& source,
                                 unsigned line) {
  return FilterReader(text, source, line).read();
}

Value apply(const Filter& filter, const Value& value, const Locale& locale,
            std::pmr::string& scratch) {
  const auto& formats = locale.formats();
  scratch.clear();
  switch (filter.kind) {
    case Filter::Kind::default_:
      return is_empty(value) ? Value::string(filter.text) : value;

    case Filter::Kind::number:
    case Filter::Kind::money:
    case Filter::Kind::plural: {
      const Value n = to_number(value);
      if (n.is_missing()) {
        return {};
      }
      if (filter.kind == Filter::Kind::plural) {
        const auto& form = filter.forms[static_cast<std::size_t>(formats.plural(n.as_number()))];
        const auto& other = filter.forms[static_cast<std::size_t>(PluralForm::other)];
        return Value::string(form.empty() ? other : form);
      }
      if (filter.kind == Filter::Kind::number) {
        formats.number(n, scratch);
      } else {
        formats.money(n, scratch);
      }
      return Value::string(scratch);
    }

    case Filter::Kind::date: {
      const auto day = to_day(value);
      if (!day) {
        return {};
      }
      formats.date(*day, filter.style, scratch);
      return Value::string(scratch);
    }

    default:
      break;
  }

  if (value.kind() != Kind::string) {
    return value;
  }
  if (filter.kind == Filter::Kind::truncate) {
    return truncate(value.as_string(), filter.length, scratch);
  }
  if (filter.kind == Filter::Kind::upper) {
    formats.upper(value.as_string(), scratch);
  } else {
    formats.lower(value.as_string(), scratch);
  }
  return Value::string(scratch);
}

}  // namespace personalize
