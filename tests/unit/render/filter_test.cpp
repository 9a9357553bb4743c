// Filters, in the ways of several languages, and on values that are not theirs.
#include <cmath>

#include "fixture.h"
#include "suite.h"

using personalize::ConfigError;
using personalize::Locale;
using personalize::Template;
using personalize::Value;

namespace {

std::string filtered(const Value& value, const std::string& filters, const char* tag = "en-US",
                     const char* currency = "USD") {
  Fixture f;
  f.set("profile.x", value);
  const Locale locale(tag, currency);
  std::pmr::string out;
  assert_true(f.compile("{{profile.x | " + filters + "}}").render(f, locale, out));
  return std::string(out);
}

std::string filtered(const char* text, const std::string& filters, const char* tag = "en-US") {
  return filtered(Value::string(text), filters, tag);
}

// ICU sets numbers with spaces that do not break.
constexpr auto nbsp = "\u00A0";

void defaults(void**) {
  expect(filtered(Value(), "default \"friend\""), "friend");
  expect(filtered(Value::null(), "default 'dear friend'"), "dear friend");
  expect(filtered("", "default friend"), "friend");
  expect(filtered("Ann", "default \"friend\""), "Ann");
  expect(filtered(Value::number(0), "default 1"), "0");
  expect(filtered(Value::boolean(false), "default yes"), "false");
  expect(filtered(Value(), "default \"<b>|\""), "&lt;b&gt;|");
}

void dates_in_forms(void**) {
  const char* day = "2026-03-06T08:05:09+01:00";
  expect(filtered(day, "date '%d.%m.%Y'"), "06.03.2026");
  expect(filtered(day, "date: \"%-d.%-m.%y\""), "6.3.26");
  expect(filtered(day, "date '%A, %e %B (%a, %b), day %j'"),
         "Friday,  6 March (Fri, Mar), day 065");
  expect(filtered(day, "date '%-d %B'", "pl-PL"), "6 marca");
  expect(filtered(day, "date '%H:%M:%S %-I %p 100%%'"), "08:05:09 8 AM 100%");
  expect(filtered("2026-12-31", "date '%j'"), "365");
  expect(filtered("2026-03-06", "date '%H:%M'"), "");
  expect(filtered("soon", "date '%Y'"), "");
  expect(filtered(Value::number(0), "date '%Y-%m-%d %I %p'"), "1970-01-01 12 AM");
  expect(filtered(Value::number(1796004368), "date '%d.%m.%Y %j %a'"), "30.11.2026 334 Mon");
  for (const auto* bad : {"date '%Q'", "date '%'", "date '%-'", "date '%%'", "date_time '%Y'"}) {
    try {
      filtered("2026-03-06", bad);
      fail_msg("%s was read", bad);
    } catch (const ConfigError& error) {
      expect_part(error.what(), "is written");
    }
  }
}

// What each of the plain filters makes is in tests/unit/base/plain_filter_test.cpp.
void plain_filters(void**) {
  expect(filtered(Value::number(200), "times 0.9 | money"), "$180.00");
  expect(filtered(Value::number(200), "minus profile.off | money", "en-US"), "");
  expect(filtered("<b>", "json"), "&quot;&lt;b&gt;&quot;");
  expect(filtered("a b", "url_encode | upper"), "A+B");
  expect(filtered(Value(), "default 3 | plus: 4 | number"), "7");
}

void numbers(void**) {
  expect(filtered(Value::number(1234567.891), "number"), "1,234,567.891");
  expect(filtered(Value::number(1234567.5), "number", "pl-PL"),
         std::string("1") + nbsp + "234" + nbsp + "567,5");
  expect(filtered("1234.5", "number"), "1,234.5");
  expect(filtered(Value::number(-0.0), "number"), "0");
  expect(filtered("-0.0", "number"), "0");
  expect(filtered(Value::number(-0.0001), "number"), "0");
  expect(filtered(Value::number(-0.5), "number"), "-0.5");
  expect(filtered("9007199254740993", "number"), "9,007,199,254,740,993");
  expect(filtered(Value::number(9007199254740992.0, "9007199254740993"), "number"),
         "9,007,199,254,740,993");
  expect(filtered(Value::number(9007199254740992.0, "9007199254740993"), "default \"none\""),
         "9007199254740993");
}

void money(void**) {
  expect(filtered(Value::number(1999.5), "money"), "$1,999.50");
  expect(filtered(Value::number(0.125), "money"), "$0.13");
  expect(filtered(Value::number(-5), "money"), "-$5.00");
  expect(filtered(Value::number(-0.001), "money"), "$0.00");
  expect(filtered(Value::number(1234.5), "money", "pl-PL", "PLN"),
         std::string("1234,50") + nbsp + "zł");
  expect(filtered(Value::number(1234.5), "money", "ro-RO", "RON"),
         std::string("1.234,50") + nbsp + "RON");
  expect(filtered(Value::number(1234567), "money", "en-IN", "INR"), "₹12,34,567.00");
  expect(filtered(Value::number(1999), "money", "ja-JP", "JPY"), "￥1,999");
  expect(filtered("19.99", "money"), "$19.99");
  expect(filtered(Value::number(9007199254740992.0, "9007199254740993"), "money"),
         "$9,007,199,254,740,993.00");
}

void values_that_are_no_numbers(void**) {
  for (const auto* word : {"", "abc", "12abc", " 12", "0x10", "1e999", "nan", "inf", "--5"}) {
    expect(filtered(word, "money"), "");
    expect(filtered(word, "number | default none"), "none");
    expect(filtered(word, "plural one=a other=b"), "");
  }
  expect(filtered(Value(), "money"), "");
  expect(filtered(Value::boolean(true), "money"), "");
  expect(filtered(Value::number(HUGE_VAL), "money | default none"), "none");
  expect(filtered(Value(), "default 0 | money"), "$0.00");
}

void cases(void**) {
  expect(filtered("straße", "upper"), "STRASSE");
  expect(filtered("ŻÓŁĆ", "lower"), "żółć");
  expect(filtered("istanbul", "upper", "tr-TR"), "İSTANBUL");
  expect(filtered("\u0390\u0390\u0390", "upper"),
         "\u0399\u0308\u0301\u0399\u0308\u0301\u0399\u0308\u0301");
  expect(filtered("a\xFFz", "upper"), "A\uFFFDZ");
  expect(filtered(Value::number(5), "upper"), "5");
}

void truncation(void**) {
  expect(filtered("Running shoes", "truncate 20"), "Running shoes");
  expect(filtered("Running shoes", "truncate 13"), "Running shoes");
  expect(filtered("Running shoes", "truncate 12"), "Running sho…");
  expect(filtered("Running shoes", "truncate 9"), "Running…");
  expect(filtered("żółć", "truncate 3"), "żó…");
  expect(filtered("abc", "truncate 1"), "…");
  // A filter may be given what the one before the last made.
  expect(filtered("abcdef", "upper | default x | truncate 4"), "ABC…");
  expect(filtered("abcdefghijklmnopqrstuvwxyzabcdef", "upper | default x | lower | truncate 30"),
         "abcdefghijklmnopqrstuvwxyzabc…");
}

void dates(void**) {
  expect(filtered("2026-11-20", "date"), "Nov 20, 2026");
  expect(filtered("2026-11-20T23:30:00+01:00", "date long", "pl-PL"), "20 listopada 2026");
  expect(filtered("2024-02-29", "date full"), "Thursday, February 29, 2024");
  expect(filtered("2026-11-20", "date short", "de-DE"), "20.11.26");
  expect(filtered(Value::number(0), "date"), "Jan 1, 1970");
  expect(filtered(Value::number(1795132800), "date"), "Nov 20, 2026");
  for (const auto* word : {"", "x", "2026-13-01", "2026-02-29", "2026-00-10", "2026-11-2",
                           "20-11-2026", "2026-11-201", "2026/11/20"}) {
    expect(filtered(word, "date | default none"), "none");
  }
  expect(filtered(Value::number(-1), "date | default none"), "none");
  expect(filtered(Value::number(1e18), "date | default none"), "none");
}

void plurals(void**) {
  const std::string polish = "plural one='rzecz' few='rzeczy' many='rzeczy_' other='rzeczy.'";
  expect(filtered(Value::number(1), polish, "pl-PL"), "rzecz");
  expect(filtered(Value::number(3), polish, "pl-PL"), "rzeczy");
  expect(filtered(Value::number(5), polish, "pl-PL"), "rzeczy_");
  expect(filtered(Value::number(1.5), polish, "pl-PL"), "rzeczy.");
  expect(filtered(Value::number(2), "plural one=item other=items"), "items");
  expect(filtered(Value::number(1), "plural other=items"), "items");
}

void errors(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{profile.x | shout}}", "unknown filter \"shout\"; the filters are default"},
      {"{{profile.x |}}", "unknown filter \"\""},
      {"{{profile.x | default}}", "filter default is written default 'TEXT'"},
      {"{{profile.x | default \"a}}", "a quote is not closed"},
      {"{{profile.x | upper x}}", "filter upper is written without arguments"},
      {"{{profile.x | truncate}}", "truncate N"},
      {"{{profile.x | truncate 0}}", "truncate N"},
      {"{{profile.x | truncate x}}", "truncate N"},
      {"{{profile.x | date tiny}}", "date short"},
      {"{{profile.x | plural one=a}}", "other is required"},
      {"{{profile.x | plural a}}", "other is required"},
      {"{{profile.x | plural three=a other=b}}", "filter plural is written with one="},
  };
  for (const auto& c : cases) {
    Fixture f;
    expect_part(f.error(c.first), c.second);
  }
}

void locales(void**) {
  const std::pair<const char*, const char*> unknown[] = {
      {"", "USD"},      {"xx-YY", "USD"}, {"en_US!", "USD"},   {"en-US", "usd"},
      {"en-US", "QQQ"}, {"en-US", ""},    {"en-US", "DOLLAR"},
  };
  for (const auto& u : unknown) {
    try {
      const Locale locale(u.first, u.second, {"nginx.conf", 3});
      fail_msg("%s %s", u.first, u.second);
    } catch (const ConfigError& error) {
      assert_int_equal(error.where().line, 3);
    }
  }
}

void money_in_the_currency_of_the_value(void**) {
  Fixture f;
  f.profile(R"({"items":[{"price":5,"currency":"EUR"},{"price":5,"currency":"jpy"},{"price":5},
    {"price":5,"currency":"nonsense"},{"price":5,"currency":7},{"price":5,"currency":""}],
    "currency":"GBP"})");
  expect(f.render("{{#profile.items}}{{price | money currency}};{{/profile.items}}"),
         "€5.00;¥5;$5.00;;;$5.00;");
  expect(f.render("{{#profile.items}}{{price | money profile.currency}};{{/profile.items}}")
             .substr(0, 7),
         "£5.00;");
  expect(filtered(Value::number(1234.5), "money 'EUR'", "de-DE"),
         std::string("1.234,50") + nbsp + "€");
  expect(filtered(Value::number(1234.5), "money \"CHF\"", "de-CH"),
         std::string("CHF") + nbsp + "1’234.50");
  expect(filtered(Value::number(0), "money 'KWD'"), std::string("KWD") + nbsp + "0.000");
  expect_part(f.error("{{profile.x | money EUR}}"), "filter money is written money, money 'EUR'");
  expect_part(f.error("{{profile.x | money 'euro'}}"), "filter money is written");
  expect_part(f.error("{{profile.x | money 'EUR' 'USD'}}"), "filter money is written");
  expect_part(f.error("{{profile.x | money currency}}"), "\"currency\" is neither");
}

void decimals_and_percents(void**) {
  expect(filtered(Value::number(1234.5), "number decimals=2"), "1,234.50");
  expect(filtered(Value::number(1.005), "number decimals=0"), "1");
  expect(filtered(Value::number(2.5), "number decimals=0"), "3");
  expect(filtered(Value::number(-0.4), "number decimals=0"), "0");
  expect(filtered(Value::number(0), "number decimals=10"), "0.0000000000");
  expect(filtered(Value::number(20), "percent"), "20%");
  expect(filtered("12.5", "percent", "de-DE"), std::string("12,5") + nbsp + "%");
  expect(filtered("12.34", "percent decimals=1", "tr-TR"), "%12,3");
  Fixture f;
  for (const auto* wrong : {"number 2", "number decimals=11", "number decimals=-1", "percent 'x'",
                            "number decimals=1 decimals=2"}) {
    expect_part(f.error("{{profile.x | " + std::string(wrong) + "}}"),
                "decimals=N, with N up to 10");
  }
}

void times(void**) {
  expect(filtered("2026-11-20T08:05:59+01:00", "time"), "8:05 AM");
  expect(filtered("2026-11-20 18:05", "time", "pl-PL"), "18:05");
  expect(filtered(Value::number(1795161600), "time"), "8:00 AM");
  expect(filtered("2026-11-20T18:05Z", "date_time"), "Nov 20, 2026, 6:05 PM");
  expect(filtered("2026-11-20T18:05", "date_time short", "de-DE"), "20.11.26, 18:05");
  // Milliseconds, too.
  expect(filtered(Value::number(1795198200000.0), "date_time long", "pl-PL"),
         "20 listopada 2026 18:10");
  for (const auto* none : {"2026-11-20", "2026-11-20T25:00", "2026-11-20T18", "18:05", "soon"}) {
    expect(filtered(none, "time"), "");
  }
  expect(filtered("2026-11-20T18:05", "date"), "Nov 20, 2026");
}

void all_plurals(void**) {
  constexpr auto forms = "plural zero='z' one='o' two='t' few='f' many='m' other='x'";
  const auto sequence = [&](const char* tag, std::initializer_list<const char*> numbers) {
    std::string all;
    for (const auto* n : numbers) {
      all += filtered(n, forms, tag);
    }
    return all;
  };
  expect(sequence("en-US", {"0", "1", "2", "1.0", "1.5"}), "xoxxx");
  expect(sequence("pl-PL", {"0", "1", "2", "5", "22", "1.5"}), "mofmfx");
  expect(sequence("ru-RU", {"1", "2", "5", "21", "1.0"}), "ofmox");
  expect(sequence("ro-RO", {"1", "2", "20", "1.0"}), "ofxf");
  expect(sequence("ar-EG", {"0", "1", "2", "3", "11", "100", "1.5"}), "zotfmxx");
  expect(sequence("lv-LV", {"0", "1", "10", "2", "21"}), "zozxo");
  expect(sequence("ja-JP", {"0", "1", "2"}), "xxx");
  expect(filtered(Value::number(0), "plural 0='none' 1='a single one' one='o' other='x'"), "none");
  expect(filtered(Value::number(1), "plural 0='none' 1='a single one' one='o' other='x'"),
         "a single one");
  std::string ordinals;
  for (const auto* n : {"1", "2", "3", "4", "11", "21"}) {
    ordinals += filtered(n, "ordinal one='st' two='nd' few='rd' other='th'") + " ";
  }
  expect(ordinals, "st nd rd th th st ");
  Fixture f;
  expect_part(f.error("{{profile.x | plural one='a'}}"), "other is required");
  expect_part(f.error("{{profile.x | plural some='a' other='b'}}"), "other is required");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(dates_in_forms),
    cmocka_unit_test(plain_filters),
    cmocka_unit_test(defaults),
    cmocka_unit_test(numbers),
    cmocka_unit_test(money),
    cmocka_unit_test(values_that_are_no_numbers),
    cmocka_unit_test(cases),
    cmocka_unit_test(truncation),
    cmocka_unit_test(dates),
    cmocka_unit_test(plurals),
    cmocka_unit_test(errors),
    cmocka_unit_test(locales),
    cmocka_unit_test(money_in_the_currency_of_the_value),
    cmocka_unit_test(decimals_and_percents),
    cmocka_unit_test(times),
    cmocka_unit_test(all_plurals),
};
const Suite suite(__FILE__, tests);

}  // namespace
