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
      {"{{profile.x | default}}", "filter default is written default \"TEXT\""},
      {"{{profile.x | default \"a}}", "a quote is not closed"},
      {"{{profile.x | money EUR}}", "without arguments"},
      {"{{profile.x | truncate}}", "truncate N"},
      {"{{profile.x | truncate 0}}", "truncate N"},
      {"{{profile.x | truncate x}}", "truncate N"},
      {"{{profile.x | date tiny}}", "date short"},
      {"{{profile.x | plural one=a}}", "other is required"},
      {"{{profile.x | plural a}}", "other is required"},
      {"{{profile.x | plural three=a other=b}}", "plural one="},
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

const CMUnitTest tests[] = {
    cmocka_unit_test(defaults), cmocka_unit_test(numbers),
    cmocka_unit_test(money),    cmocka_unit_test(values_that_are_no_numbers),
    cmocka_unit_test(cases),    cmocka_unit_test(truncation),
    cmocka_unit_test(dates),    cmocka_unit_test(plurals),
    cmocka_unit_test(errors),   cmocka_unit_test(locales),
};
const Suite suite(__FILE__, tests);

}  // namespace
