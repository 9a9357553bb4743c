#include <unicode/datefmt.h>
#include <unicode/dtfmtsym.h>
#include <unicode/numberformatter.h>
#include <unicode/plurrule.h>
#include <unicode/ucasemap.h>
#include <unicode/ucurr.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/numbers/date.h"
#include "base/text/ascii.h"
#include "base/text/text.h"
#include "render/formats/formats.h"
#include "render/formats/icu_text.h"
#include "render/formats/number_pattern.h"

namespace personalize {

namespace {

constexpr std::string_view plural_names[plural_form_count] = {"zero", "one",  "two",
                                                              "few",  "many", "other"};

struct CaseMapDeleter {
  void operator()(UCaseMap* map) const { ucasemap_close(map); }
};

icu::Locale read_tag(std::string_view tag, const Where& where) {
  UErrorCode error = U_ZERO_ERROR;
  auto locale = icu::Locale::forLanguageTag(
      icu::StringPiece(tag.data(), static_cast<std::int32_t>(tag.size())), error);
  const bool known = U_SUCCESS(error) != 0 && locale.isBogus() == 0 && *locale.getLanguage() != 0 &&
                     *locale.getISO3Language() != 0;
  if (!known) {
    throw ConfigError(where, "unknown locale \"" + std::string(tag) +
                                 "\": write a language and a country, as in pl-PL");
  }
  return locale;
}

std::u16string code_of(std::string_view currency) {
  return {currency.begin(), currency.end()};
}

void check_currency(std::string_view currency, const Where& where) {
  if (!is_currency(currency)) {
    throw ConfigError(where, "unknown currency \"" + std::string(currency) +
                                 "\": write its ISO 4217 code, as in PLN");
  }
}

void check(UErrorCode error, std::string_view what, const Where& where) {
  if (U_FAILURE(error) != 0) {
    throw ConfigError(where, "ICU cannot format " + std::string(what) +
                                 " for this locale: " + u_errorName(error));
  }
}

// Days since 1970-01-01, by Howard Hinnant's days_from_civil.
std::int64_t days_since_epoch(const Moment& day) {
  const std::int64_t year = day.month <= 2 ? day.year - 1 : day.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = day.month > 2 ? day.month - 3 : day.month + 9;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + day.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

}  // namespace

Moment normalized(const Moment& moment) {
  constexpr int seconds_per_day = 86400;
  const auto day = civil_day(days_since_epoch(moment) + moment.second / seconds_per_day);
  return {day.year, day.month, day.day, moment.second % seconds_per_day};
}

int weekday_of(const Moment& day) {
  constexpr std::int64_t week = 7;
  constexpr std::int64_t of_epoch = 4;  // a Thursday
  return static_cast<int>(((days_since_epoch(day) + of_epoch) % week + week) % week);
}

bool is_currency(std::string_view code) {
  return code.size() == 3 && std::all_of(code.begin(), code.end(), ascii::is_upper) &&
         ucurr_getNumericCode(code_of(code).c_str()) != 0;
}

namespace {

using Dates =
    std::array<std::array<std::unique_ptr<icu::DateFormat>, date_style_count>, moment_part_count>;
constexpr std::size_t most_decimals = 3;  // of a number whose plural form is asked for

// Halves are rounded up, as in Intl.NumberFormat and on receipts. What is zero then has no sign.
icu::number::LocalizedNumberFormatter numbers_of(const icu::Locale& locale) {
  return icu::number::NumberFormatter::withLocale(locale)
      .roundingMode(UNUM_ROUND_HALFUP)
      .sign(UNUM_SIGN_NEGATIVE);
}

Dates make_dates(const icu::Locale& locale, const Where& where) {
  constexpr icu::DateFormat::EStyle styles[date_style_count] = {
      icu::DateFormat::kShort, icu::DateFormat::kMedium, icu::DateFormat::kLong,
      icu::DateFormat::kFull};
  Dates dates;
  for (std::size_t i = 0; i < date_style_count; ++i) {
    // A clock is read to the minute.
    const auto clock = icu::DateFormat::kShort;
    const auto of = [&](MomentPart part) -> auto& {
      return dates[static_cast<std::size_t>(part)][i];
    };
    of(MomentPart::date).reset(icu::DateFormat::createDateInstance(styles[i], locale));
    of(MomentPart::time).reset(icu::DateFormat::createTimeInstance(clock, locale));
    of(MomentPart::date_time)
        .reset(icu::DateFormat::createDateTimeInstance(styles[i], clock, locale));
  }
  for (auto& part : dates) {
    for (auto& format : part) {
      if (!format) {
        check(U_MISSING_RESOURCE_ERROR, "dates", where);
      }
      format->setTimeZone(*icu::TimeZone::getGMT());
    }
  }
  return dates;
}

std::vector<std::string> texts_of(const icu::UnicodeString* names, std::int32_t count) {
  std::vector<std::string> texts;
  for (std::int32_t i = 0; i < count; ++i) {
    names[i].toUTF8String(texts.emplace_back());
  }
  return texts;
}

PluralForm to_form(const icu::UnicodeString& name) {
  for (std::size_t i = 0; i < plural_form_count; ++i) {
    const auto form = plural_names[i];
    if (name == icu::UnicodeString(form.data(), static_cast<std::int32_t>(form.size()), US_INV)) {
      return static_cast<PluralForm>(i);
    }
  }
  return PluralForm::other;
}

}  // namespace

struct Locale::Formats::Icu {
  icu::number::LocalizedNumberFormatter base;
  std::optional<NumberPattern> number, percent;
  const NumberPattern* money = nullptr;  // in the locale's currency
  std::map<std::string, NumberPattern, std::less<>> currencies;
  std::unique_ptr<icu::PluralRules> plurals, ordinals;
  std::vector<icu::number::LocalizedNumberFormatter> decimals;  // with one decimal, two, …
  Dates dates;
  std::array<std::vector<std::string>, 2> months, weekdays;  // whole names, and short ones
  std::unique_ptr<UCaseMap, CaseMapDeleter> cases;
};

Locale::Formats::Formats(std::string_view tag, std::string_view currency, const Where& where)
    : icu_(std::make_unique<Icu>()), tag_(tag), currency_(currency) {
  const auto locale = read_tag(tag, where);
  check_currency(currency, where);
  language_ = locale.getLanguage();

  UErrorCode error = U_ZERO_ERROR;
  const auto& base = icu_->base = numbers_of(locale);
  icu_->number.emplace(base.precision(icu::number::Precision::maxFraction(3)));
  icu_->percent.emplace(
      base.unit(icu::NoUnit::percent()).precision(icu::number::Precision::maxFraction(3)));
  for (std::size_t n = 1; n <= most_decimals; ++n) {
    icu_->decimals.push_back(
        base.precision(icu::number::Precision::fixedFraction(static_cast<std::int32_t>(n))));
  }
  icu_->money = find_currency(currency);
  icu_->plurals.reset(icu::PluralRules::forLocale(locale, UPLURAL_TYPE_CARDINAL, error));
  icu_->ordinals.reset(icu::PluralRules::forLocale(locale, UPLURAL_TYPE_ORDINAL, error));
  check(error, "plurals", where);

  icu_->dates = make_dates(locale, where);
  const icu::DateFormatSymbols symbols(locale, error);
  check(error, "names of months", where);
  const icu::DateFormatSymbols::DtWidthType widths[] = {icu::DateFormatSymbols::WIDE,
                                                        icu::DateFormatSymbols::ABBREVIATED};
  for (std::size_t i = 0; i < 2; ++i) {
    std::int32_t count = 0;
    const auto* months = symbols.getMonths(count, icu::DateFormatSymbols::FORMAT, widths[i]);
    icu_->months[i] = texts_of(months, count);
    const auto* weekdays = symbols.getWeekdays(count, icu::DateFormatSymbols::FORMAT, widths[i]);
    icu_->weekdays[i] = texts_of(weekdays, count);
  }

  icu_->cases.reset(ucasemap_open(locale.getName(), 0, &error));
  check(error, "upper and lower case", where);
}

Locale::Formats::~Formats() = default;

namespace {

void append_number(const NumberPattern& pattern, const Value& n,
                   std::optional<std::size_t> decimals, std::pmr::string& out) {
  if (decimals) {
    pattern.append(n, *decimals, out);
  } else {
    pattern.append(n, out);
  }
}

}  // namespace

void Locale::Formats::number(const Value& n, std::optional<std::size_t> decimals,
                             std::pmr::string& out) const {
  append_number(*icu_->number, n, decimals, out);
}

void Locale::Formats::percent(const Value& n, std::optional<std::size_t> decimals,
                              std::pmr::string& out) const {
  append_number(*icu_->percent, n, decimals, out);
}

void Locale::Formats::money(const Value& n, std::pmr::string& out) const {
  icu_->money->append(n, out);
}

bool Locale::Formats::money(const Value& n, std::string_view currency,
                            std::pmr::string& out) const {
  const NumberPattern* pattern = find_currency(currency);
  if (pattern != nullptr) {
    pattern->append(n, out);
  }
  return pattern != nullptr;
}

// Returns how it is written; nullptr if there is no such currency. The configuration's own are read
// with it; another one, of which a document tells, when it comes for the first time.
const NumberPattern* Locale::Formats::find_currency(std::string_view currency) const {
  constexpr std::size_t code_length = 3;
  if (currency.size() != code_length) {
    return nullptr;
  }
  std::array<char, code_length> upper;
  std::transform(currency.begin(), currency.end(), upper.begin(), [](char c) {
    return ascii::is_letter(c) ? static_cast<char>(c & ~('a' - 'A')) : c;
  });
  const std::string_view code(upper.data(), upper.size());
  auto& known = icu_->currencies;
  const auto found = known.find(code);
  if (found != known.end()) {
    return &found->second;
  }
  if (!is_currency(code)) {
    return nullptr;
  }
  UErrorCode error = U_ZERO_ERROR;
  const icu::CurrencyUnit unit(code_of(code).c_str(), error);
  return &known.emplace(code, NumberPattern(icu_->base.unit(unit))).first->second;
}

void Locale::Formats::date(const Moment& moment, MomentPart part, DateStyle style,
                           std::pmr::string& out) const {
  constexpr double milliseconds_per_day = 86400000;
  constexpr double milliseconds_per_second = 1000;
  icu::UnicodeString text;
  icu_->dates[static_cast<std::size_t>(part)][static_cast<std::size_t>(style)]->format(
      static_cast<double>(days_since_epoch(moment)) * milliseconds_per_day +
          moment.second * milliseconds_per_second,
      text);
  append(text, out);
}

std::string_view Locale::Formats::month(int month, bool is_short) const {
  return icu_->months[is_short ? 1 : 0][static_cast<std::size_t>(month) - 1];
}

// ICU counts from Sunday, which is 1.
std::string_view Locale::Formats::weekday(int weekday, bool is_short) const {
  return icu_->weekdays[is_short ? 1 : 0][static_cast<std::size_t>(weekday) + 1];
}

namespace {

using CaseMapping = std::int32_t (*)(const UCaseMap*, char*, std::int32_t, const char*,
                                     std::int32_t, UErrorCode*);

void map_case(CaseMapping mapping, const UCaseMap* map, std::string_view text,
              std::pmr::string& out) {
  // Longer values cannot be shown anyway, and ICU counts in 32 bits.
  text = text.substr(0, std::size_t{1024} * 1024);
  // The longest mapping turns two bytes into six.
  const auto begin = out.size();
  const auto room = text.size() * 3;
  out.resize(begin + room);
  UErrorCode error = U_ZERO_ERROR;
  const auto length = mapping(map, out.data() + begin, static_cast<std::int32_t>(room), text.data(),
                              static_cast<std::int32_t>(text.size()), &error);
  out.resize(begin + (U_SUCCESS(error) != 0 ? static_cast<std::size_t>(length) : 0));
}

}  // namespace

void Locale::Formats::upper(std::string_view text, std::pmr::string& out) const {
  map_case(ucasemap_utf8ToUpper, icu_->cases.get(), text, out);
}

void Locale::Formats::lower(std::string_view text, std::pmr::string& out) const {
  map_case(ucasemap_utf8ToLower, icu_->cases.get(), text, out);
}

PluralForm Locale::Formats::plural(double n, std::size_t decimals) const {
  if (decimals == 0) {
    return to_form(icu_->plurals->select(n));
  }
  UErrorCode error = U_ZERO_ERROR;
  const auto& formatter = icu_->decimals[std::min(decimals, most_decimals) - 1];
  return to_form(icu_->plurals->select(formatter.formatDouble(n, error), error));
}

PluralForm Locale::Formats::ordinal(double n) const {
  return to_form(icu_->ordinals->select(n));
}

Locale::Locale(std::string_view tag, std::string_view currency, const Where& where)
    : formats_(std::make_unique<Formats>(tag, currency, where)) {}

Locale::~Locale() = default;

}  // namespace personalize
