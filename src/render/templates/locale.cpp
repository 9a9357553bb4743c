#include <unicode/calendar.h>
#include <unicode/datefmt.h>
#include <unicode/numberformatter.h>
#include <unicode/plurrule.h>
#include <unicode/ucasemap.h>
#include <unicode/ucurr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <new>

#include "render/templates/formats.h"

namespace personalize {

namespace {

constexpr std::string_view plural_names[plural_form_count] = {"zero", "one",  "two",
                                                              "few",  "many", "other"};

struct CaseMapDeleter {
  void operator()(UCaseMap* map) const { ucasemap_close(map); }
};

// ICU writes UTF-8 into this.
class StringSink : public icu::ByteSink {
 public:
  explicit StringSink(std::pmr::string& out) : out_(out) {}
  void Append(const char* bytes, std::int32_t n) override {
    out_.append(bytes, static_cast<std::size_t>(n));
  }

 private:
  std::pmr::string& out_;
};

void append(const icu::UnicodeString& text, std::pmr::string& out) {
  StringSink sink(out);
  text.toUTF8(sink);
}

void append_formatted(const icu::number::LocalizedNumberFormatter& formatter, const Value& n,
                      std::pmr::string& out) {
  UErrorCode error = U_ZERO_ERROR;
  const auto exact = n.exact_text();
  const auto formatted =
      exact.empty()
          ? formatter.formatDouble(n.as_number(), error)
          : formatter.formatDecimal({exact.data(), static_cast<std::int32_t>(exact.size())}, error);
  append(formatted.toTempString(error), out);
}

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

std::u16string read_currency(std::string_view currency, const Where& where) {
  std::u16string code(currency.begin(), currency.end());
  const bool letters = code.size() == 3 && std::all_of(code.begin(), code.end(), [](char16_t c) {
                         return c >= u'A' && c <= u'Z';
                       });
  if (!letters || ucurr_getNumericCode(code.c_str()) == 0) {
    throw ConfigError(where, "unknown currency \"" + std::string(currency) +
                                 "\": write its ISO 4217 code, as in PLN");
  }
  return code;
}

void check(UErrorCode error, std::string_view what, const Where& where) {
  if (U_FAILURE(error) != 0) {
    throw ConfigError(where, "ICU cannot format " + std::string(what) +
                                 " for this locale: " + u_errorName(error));
  }
}

// Days since 1970-01-01, by Howard Hinnant's days_from_civil.
std::int64_t days_since_epoch(const Day& day) {
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

struct Locale::Formats::Icu {
  icu::number::LocalizedNumberFormatter number;
  icu::number::LocalizedNumberFormatter money;
  std::unique_ptr<icu::PluralRules> plurals;
  std::array<std::unique_ptr<icu::DateFormat>, date_style_count> dates;
  std::unique_ptr<UCaseMap, CaseMapDeleter> cases;
};

Locale::Formats::Formats(std::string_view tag, std::string_view currency, const Where& where)
    : icu_(std::make_unique<Icu>()), tag_(tag), currency_(currency) {
  const auto locale = read_tag(tag, where);
  const auto code = read_currency(currency, where);
  language_ = locale.getLanguage();

  UErrorCode error = U_ZERO_ERROR;
  // Halves are rounded up, as in Intl.NumberFormat and on receipts. What is zero then has no sign.
  const auto base = icu::number::NumberFormatter::withLocale(locale)
                        .roundingMode(UNUM_ROUND_HALFUP)
                        .sign(UNUM_SIGN_NEGATIVE);
  icu_->number = base.precision(icu::number::Precision::maxFraction(3));
  icu_->money = base.unit(icu::CurrencyUnit(code.c_str(), error));
  check(error, "money", where);

  icu_->plurals.reset(icu::PluralRules::forLocale(locale, error));
  check(error, "plurals", where);

  constexpr icu::DateFormat::EStyle styles[date_style_count] = {
      icu::DateFormat::kShort, icu::DateFormat::kMedium, icu::DateFormat::kLong,
      icu::DateFormat::kFull};
  for (std::size_t i = 0; i < date_style_count; ++i) {
    icu_->dates[i].reset(icu::DateFormat::createDateInstance(styles[i], locale));
    if (!icu_->dates[i]) {
      check(U_MISSING_RESOURCE_ERROR, "dates", where);
    }
    icu_->dates[i]->setTimeZone(*icu::TimeZone::getGMT());
  }

  icu_->cases.reset(ucasemap_open(locale.getName(), 0, &error));
  check(error, "upper and lower case", where);
}

Locale::Formats::~Formats() = default;

void Locale::Formats::number(const Value& n, std::pmr::string& out) const {
  append_formatted(icu_->number, n, out);
}

void Locale::Formats::money(const Value& n, std::pmr::string& out) const {
  append_formatted(icu_->money, n, out);
}

void Locale::Formats::date(const Day& day, DateStyle style, std::pmr::string& out) const {
  constexpr double milliseconds_per_day = 86400000;
  icu::UnicodeString text;
  icu_->dates[static_cast<std::size_t>(style)]->format(
      static_cast<double>(days_since_epoch(day)) * milliseconds_per_day, text);
  append(text, out);
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

PluralForm Locale::Formats::plural(double n) const {
  const auto form = icu_->plurals->select(n);
  for (std::size_t i = 0; i < plural_form_count; ++i) {
    const auto name = plural_names[i];
    if (form == icu::UnicodeString(name.data(), static_cast<std::int32_t>(name.size()), US_INV)) {
      return static_cast<PluralForm>(i);
    }
  }
  return PluralForm::other;
}

Locale::Locale(std::string_view tag, std::string_view currency, const Where& where)
    : formats_(std::make_unique<Formats>(tag, currency, where)) {}

Locale::~Locale() = default;

}  // namespace personalize
