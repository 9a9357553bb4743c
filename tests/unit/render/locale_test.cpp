// Numbers as ICU writes them, in many languages and currencies; and the locale of a request.
#include "personalize/render/locale.h"

#include <unicode/numberformatter.h>

#include <random>

#include "fixture.h"
#include "render/formats/formats.h"
#include "render/formats/icu_text.h"
#include "suite.h"

using personalize::ConfigError;
using personalize::Locale;
using personalize::Locales;
using personalize::Value;

namespace {

icu::number::LocalizedNumberFormatter formatter_of(const char* tag) {
  UErrorCode error = U_ZERO_ERROR;
  return icu::number::NumberFormatter::withLocale(icu::Locale::forLanguageTag(tag, error))
      .roundingMode(UNUM_ROUND_HALFUP)
      .sign(UNUM_SIGN_NEGATIVE);
}

std::string by_icu(const icu::number::LocalizedNumberFormatter& formatter, double n) {
  UErrorCode error = U_ZERO_ERROR;
  return personalize::to_utf8(formatter.formatDouble(n, error).toString(error));
}

void numbers_are_those_of_icu(void**) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> exponents(-4, 14);
  for (const auto* tag : {"en-US", "en-IN", "pl-PL", "de-CH", "de-AT", "fr-FR", "es-ES", "pt-PT",
                          "bg-BG", "ar-EG", "fa-IR", "he-IL", "hi-IN", "th-TH", "ja-JP", "my-MM",
                          "ne-NP", "sv-SE", "lv-LV", "hr-HR", "ta-IN", "bn-BD"}) {
    const auto base = formatter_of(tag);
    const Locale locale(tag, "EUR");
    for (const char16_t* currency : {u"EUR", u"USD", u"PLN", u"JPY", u"KWD", u"CHF", u"INR"}) {
      UErrorCode error = U_ZERO_ERROR;
      const auto money = base.unit(icu::CurrencyUnit(currency, error));
      const std::string code(currency, currency + 3);
      for (int i = 0; i < 20; ++i) {
        const double magnitude = std::pow(10, exponents(random));
        const double scale = i % 2 == 0 ? 1000 : 100;
        const double n = (i % 3 == 0 ? -1 : 1) * std::round(magnitude * scale) / scale;
        std::pmr::string ours;
        assert_true(locale.formats().money(Value::number(n), code, ours));
        if (by_icu(money, n) != std::string_view(ours)) {
          fail_msg("%s %s %g: %s, not %s", tag, code.c_str(), n, ours.c_str(),
                   by_icu(money, n).c_str());
        }
      }
    }
    const auto number = base.precision(icu::number::Precision::maxFraction(3));
    for (const double n : {0.0, -0.0, 1e21, 1.7976931348623157e308, 5e-324, 0.0005, 0.00049999,
                           9.9995, 999999.9996, 1e15, 123456789.125, 1e-7}) {
      std::pmr::string ours;
      locale.formats().number(Value::number(n), {}, ours);
      expect(std::string(ours), by_icu(number, n));
    }
  }
}

void numbers_of_any_length(void**) {
  const Locale locale("en-US", "USD");
  const std::string digits(500, '9');
  std::pmr::string out;
  // Longer ones are written as the double that is nearest.
  locale.formats().number(Value::number(1e300, digits), {}, out);
  expect(std::string(out).substr(0, 9), "1,000,000");
}

void a_locale_for_each_request(void**) {
  Locales locales;
  assert_true(locales.is_empty());
  locales.add("en-GB", "GBP", {});
  const auto& english = locales.choose("pl", "pl");
  locales.add("pl-PL", "PLN", {});
  locales.add("de-DE", "EUR", {});
  assert_true(&locales.choose("", "") == &english);
  const auto language = [&](const char* wanted, const char* header) {
    return locales.choose(wanted, header).formats().language();
  };
  expect(language("pl_pl", "de"), "pl");
  expect(language("fr", "nl,de;q=0.5,en;q=0.4"), "de");
  expect(language("", "fr"), "en");
  try {
    locales.add("PL-pl", "EUR", {});
    fail();
  } catch (const ConfigError& error) {
    expect_part(error.what(), "is duplicate");
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(numbers_are_those_of_icu),
    cmocka_unit_test(numbers_of_any_length),
    cmocka_unit_test(a_locale_for_each_request),
};
const Suite suite(__FILE__, tests);

}  // namespace
