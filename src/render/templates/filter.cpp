#include "render/templates/filter.h"

#include <algorithm>
#include <cmath>

#include "base/numbers/date.h"
#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/values/scalar.h"
#include "render/formats/date_pattern.h"

namespace personalize {

namespace {

constexpr std::string_view known_filters =
    "number [decimals=N], percent [decimals=N], money ['EUR'|NAME], upper, lower, "
    "truncate N, date [short|medium|long|full|'PATTERN'], date_time [short|medium|long|full], "
    "time, "
    "plural one='…' other='…', ordinal one='…' other='…'";

constexpr std::size_t most_decimals = 10;

class FilterReader {
 public:
  FilterReader(const TemplateSource& source, unsigned line) : source_(source), line_(line) {}

  std::vector<Filter> read(std::string_view text) const {
    std::vector<Filter> filters;
    try {
      for (const auto& words : split_filters(text)) {
        filters.push_back(compile(words));
      }
    } catch (const FilterError& error) {
      fail(error.what());
    }
    return filters;
  }

 private:
  using Arguments = std::vector<FilterArgument>;
  using Kind = Filter::Kind;

  // Reads the arguments of one filter. Returns false if they are wrong.
  using Read = bool (*)(const Arguments& arguments, Filter& filter);

  struct Row {
    std::string_view name;
    Kind kind;
    Read read;
    const char* form;  // how it is written, for messages
  };

  Filter compile(const FilterWords& words) const {
    constexpr const char* plural_form =
        "with one='…' two='…' few='…' many='…' other='…', of which "
        "other is required, and 0='…' for a number";
    static constexpr Row rows[] = {
        {"number", Kind::number, read_decimals, "number or number decimals=N, with N up to 10"},
        {"percent", Kind::percent, read_decimals, "percent or percent decimals=N, with N up to 10"},
        {"money", Kind::money, read_currency,
         "money, money 'EUR' with an ISO 4217 code, or money NAME with the name of a value"},
        {"upper", Kind::upper, read_nothing, "without arguments"},
        {"lower", Kind::lower, read_nothing, "without arguments"},
        {"truncate", Kind::truncate, read_length, "truncate N, with N from 1 to 10000"},
        {"date", Kind::date, read_date,
         "date, date short, date medium, date long, date full or date '%d.%m.%Y', with the codes Y "
         "y m d "
         "e B b A a j H I M S p"},
        {"date_time", Kind::date, read_date_time,
         "date_time, date_time short, date_time medium, date_time long or date_time full"},
        {"time", Kind::date, read_time, "without arguments"},
        {"plural", Kind::plural, read_forms, plural_form},
        {"ordinal", Kind::ordinal, read_forms, plural_form},
    };
    Filter filter{};
    if (auto plain = PlainFilter::compile(words)) {
      filter.kind = Kind::plain;
      filter.argument = plain->argument_name();
      filter.plain = std::move(*plain);
      return filter;
    }
    for (const Row& row : rows) {
      if (row.name == words.name) {
        filter.kind = row.kind;
        if (!row.read(words.arguments, filter)) {
          fail("filter " + std::string(row.name) + " is written " + row.form);
        }
        return filter;
      }
    }
    fail("unknown filter \"" + std::string(words.name) + "\"; the filters are " +
         PlainFilter::list() + ", " + std::string(known_filters));
  }

  static bool is_one(const Arguments& arguments) {
    return arguments.size() == 1 && arguments[0].key.empty();
  }

  static bool read_nothing(const Arguments& arguments, Filter& /*filter*/) {
    return arguments.empty();
  }

  static bool read_decimals(const Arguments& arguments, Filter& filter) {
    if (arguments.empty()) {
      return true;
    }
    filter.decimals = read_integer<std::size_t>(arguments[0].text);
    return arguments.size() == 1 && arguments[0].key == "decimals" && filter.decimals &&
           *filter.decimals <= most_decimals;
  }

  static bool read_currency(const Arguments& arguments, Filter& filter) {
    if (arguments.empty()) {
      return true;
    }
    const auto& argument = arguments[0];
    (argument.is_quoted ? filter.text : filter.argument) = argument.text;
    return is_one(arguments) && argument.is_quoted == is_currency(argument.text);
  }

  static bool read_length(const Arguments& arguments, Filter& filter) {
    constexpr std::size_t longest = 10000;
    filter.length =
        is_one(arguments) ? read_integer<std::size_t>(arguments[0].text).value_or(0) : 0;
    return filter.length >= 1 && filter.length <= longest;
  }

  static bool read_date(const Arguments& arguments, Filter& filter) {
    if (is_one(arguments) && arguments[0].text.find('%') != std::string_view::npos &&
        filter.part == MomentPart::date) {
      const auto use = use_of(arguments[0].text);
      filter.text = arguments[0].text;
      filter.part = use == PatternUse::clock ? MomentPart::date_time : MomentPart::date;
      return use != PatternUse::invalid;
    }
    return arguments.empty() || (is_one(arguments) && read_style(arguments[0].text, filter.style));
  }

  static bool read_date_time(const Arguments& arguments, Filter& filter) {
    filter.part = MomentPart::date_time;
    return read_date(arguments, filter);
  }

  static bool read_time(const Arguments& arguments, Filter& filter) {
    filter.part = MomentPart::time;
    return arguments.empty();
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

  static bool read_forms(const Arguments& arguments, Filter& filter) {
    constexpr std::string_view names[plural_form_count] = {"zero", "one",  "two",
                                                           "few",  "many", "other"};
    for (const auto& argument : arguments) {
      const auto* name = std::find(std::begin(names), std::end(names), argument.key);
      const auto number = read_integer<std::uint32_t>(argument.key);
      if (name != std::end(names)) {
        filter.forms[static_cast<std::size_t>(name - names)] = argument.text;
      } else if (number) {
        filter.exact_forms.emplace_back(*number, argument.text);
      } else {
        return false;
      }
    }
    return !filter.forms[static_cast<std::size_t>(PluralForm::other)].empty();
  }

  [[noreturn]] void fail(const std::string& message) const { source_.fail(line_, message); }

  const TemplateSource& source_;
  unsigned line_;
};

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

// Returns the seconds of the day of "T08:30" or " 08:30:15+01:00"; nothing if it is no time.
std::optional<int> read_clock(std::string_view text) {
  const auto hour = digits(text, 1, 2), minute = digits(text, 4, 2);
  if (!hour || !minute || text[3] != ':' || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  const bool has_seconds = text.size() > 6 && text[6] == ':';
  return (*hour * 60 + *minute) * 60 + (has_seconds ? digits(text, 7, 2).value_or(0) : 0);
}

// Returns the moment that an ISO 8601 date or time names (2026-11-20, 2026-11-20T08:00:00+01:00),
// as written; or that of a time since 1970, in UTC (date.h). `needs_clock`: a day alone is none.
std::optional<Moment> to_moment(const Value& value, bool needs_clock) {
  constexpr int seconds_per_day = 86400;
  if (const Value number = to_number(value); !number.is_missing()) {
    const double seconds = read_instant(number).value_or(-1);
    // 1970 to 9999.
    if (seconds < 0 || seconds > 253402300799.0) {
      return std::nullopt;
    }
    const auto days = static_cast<int>(seconds / seconds_per_day);
    return Moment{1970, 1, 1 + days,
                  static_cast<int>(seconds - static_cast<double>(days) * seconds_per_day)};
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
  const auto clock = text.size() > 10 ? read_clock(text.substr(10)) : std::nullopt;
  if (needs_clock && !clock) {
    return std::nullopt;
  }
  return Moment{*year, *month, *day, clock.value_or(0)};
}

// Returns how many decimals a number is written with, if it is a text.
std::size_t shown_decimals(const Value& value) {
  if (value.kind() != Kind::string) {
    return 0;
  }
  const auto text = ascii::trim_html_space(value.as_string());
  const auto point = text.find('.');
  return point == std::string_view::npos ? 0 : text.size() - point - 1;
}

const std::string& choose_form(const Filter& filter, const Value& value, const Value& number,
                               const Locale::Formats& formats) {
  const double n = number.as_number();
  for (const auto& [exact, form] : filter.exact_forms) {
    if (n == exact) {
      return form;
    }
  }
  const auto form = filter.kind == Filter::Kind::ordinal ? formats.ordinal(n)
                                                         : formats.plural(n, shown_decimals(value));
  const auto& chosen = filter.forms[static_cast<std::size_t>(form)];
  return chosen.empty() ? filter.forms[static_cast<std::size_t>(PluralForm::other)] : chosen;
}

// Appends an amount. Returns false if its currency is not one.
bool append_money(const Filter& filter, const Value& amount, const Value& argument,
                  const Locale::Formats& formats, std::pmr::string& out) {
  const bool has_argument = filter.argument_name != Filter::no_argument && !is_empty(argument);
  if (!has_argument && filter.text.empty()) {
    formats.money(amount, out);
    return true;
  }
  if (has_argument && argument.kind() != Kind::string) {
    return false;
  }
  return formats.money(amount, has_argument ? argument.as_string() : filter.text, out);
}

}  // namespace

std::vector<Filter> read_filters(std::string_view text, const TemplateSource& source,
                                 unsigned line) {
  return FilterReader(source, line).read(text);
}

Value apply(const Filter& filter, const Value& value, const Value& argument, const Locale& locale,
            std::pmr::string& scratch) {
  const auto& formats = locale.formats();
  scratch.clear();
  switch (filter.kind) {
    case Filter::Kind::plain:
      return filter.plain.apply(value, argument, scratch);

    case Filter::Kind::number:
    case Filter::Kind::percent:
    case Filter::Kind::money:
    case Filter::Kind::plural:
    case Filter::Kind::ordinal: {
      const Value n = to_number(value);
      if (n.is_missing()) {
        return {};
      }
      if (filter.kind == Filter::Kind::plural || filter.kind == Filter::Kind::ordinal) {
        return Value::string(choose_form(filter, value, n, formats));
      }
      if (filter.kind == Filter::Kind::money) {
        return append_money(filter, n, argument, formats, scratch) ? Value::string(scratch)
                                                                   : Value();
      }
      if (filter.kind == Filter::Kind::number) {
        formats.number(n, filter.decimals, scratch);
      } else {
        formats.percent(n, filter.decimals, scratch);
      }
      return Value::string(scratch);
    }

    case Filter::Kind::date: {
      const auto moment = to_moment(value, filter.part != MomentPart::date);
      if (!moment) {
        return {};
      }
      if (filter.text.empty()) {
        formats.date(*moment, filter.part, filter.style, scratch);
      } else {
        append_moment(*moment, filter.text, formats, scratch);
      }
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
