// Regular expressions: ECMAScript's meaning, and limits.
#include "decision/regex/regex.h"

#include <string>

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using personalize::decision::Regex;
using personalize::decision::RegexError;

struct Case {
  std::string pattern;
  std::string text;
  bool matches;
};

void test_ecmascript_meaning(void** /*state*/) {
  const Case cases[] = {
      {"b+", "abbc", true},
      {"^b", "ab", false},
      {"", "", true},
      // $ and . at line ends
      {"a$", "a\n", false},
      {"^b", "a\nb", false},
      {"^.$", "\r", false},
      {"^.$", "\xe2\x80\xa8", false},
      {"^.$", "\xc2\x85", true},
      // Sets: \w and \d know ASCII, \s all of Unicode
      {"^\\w$", "\xc3\xa9", false},
      {"\\W", "\xc3\xa9", true},
      {"\\D", "\xc3\xa9", true},
      {"^\\s$", "\xc2\xa0", true},
      {"^[\\s]$", "\xef\xbb\xbf", true},
      {"^\\S$", "\xc2\xa0", false},
      {"^[\\S]$", "\xc2\xa0", false},
      {"^[^\\s]$", "x", true},
      {"^[\\w-.]+$", "a-b.c", true},
      {"^[.-\\d]+$", "1-2", true},
      // Escapes
      {"^\\v$", "\v", true},
      {"^\\h$", "h", true},
      {"^\\x41\\u0042\\cA$", "AB\x01", true},
      {"^\\u{2}$", "uu", true},
      {"^\\x4$", "x4", true},
      {"^\\ud83d\\ude00$", "\xf0\x9f\x98\x80", true},
      {"^\\101\\8$", "A8", true},
      {"^[\\b]$", "\b", true},
      {"^\\/$", "/", true},
      {"^\\A\\z$", "Az", true},
      // References
      {"^(a)\\1$", "aa", true},
      {"^(?:(a)|b)\\1$", "b", true},
      {"^(?<n>a)\\k<n>$", "aa", true},
      {"^\\k<n>$", "k<n>", true},
      // Brackets and braces
      {"[]", "a", false},
      {"^[]?$", "", true},
      {"^[^]$", "\n", true},
      {"^[[:alpha:]]$", "a]", true},
      {"^[[:alpha:]]$", "z", false},
      {"^a{,2}$", "a{,2}", true},
      {"^a{2,3}$", "aaa", true},
      {"^{x}$", "{x}", true},
      {"(?<=a)b", "ab", true},
      {"a(?!b)", "ab", false},
  };
  for (const auto& one : cases) {
    if (Regex(one.pattern, false).matches(one.text) != one.matches) {
      fail_msg("/%s/ on \"%s\": expected %d", one.pattern.c_str(), one.text.c_str(), one.matches);
    }
  }
}

void test_ignoring_case(void** /*state*/) {
  assert_true(Regex("MOBILE", true).matches("a mobile"));
  assert_true(Regex("^\xc3\x89t\xc3\xa9$", true).matches("\xc3\xa9T\xc3\x89"));
  assert_false(Regex("\\W", true).matches("ks"));
}

void test_mistakes(void** /*state*/) {
  const char* patterns[] = {
      "a(",      "a)",   "[a",  "[b-a]",    "*a",    "a++",     "a{2}+",  "(?i)a",         "(?>a)",
      "(*FAIL)", "(?R)", "a\\", "(?P<n>a)", "(?#x)", "\\ud83d", "a{2,1}", "(?<n>a)(?<n>b)"};
  for (const char* pattern : patterns) {
    try {
      const Regex regex(pattern, false);
      fail_msg("/%s/ was taken", pattern);
    } catch (const RegexError& error) {
      assert_true(*error.what() != '\0');
    }
  }
}

// A visitor's text must not stop the worker: the search is given up.
void test_costly_search_ends(void** /*state*/) {
  const Regex regex("^(a+)+$", false);
  assert_true(regex.matches(std::string(1000, 'a')));
  assert_false(regex.matches(std::string(40, 'a') + "!"));
}

void test_bytes_that_are_not_utf8(void** /*state*/) {
  const std::string text = "\xff\xfe shoes \xc3";
  assert_true(Regex("shoes", false).matches(text));
  assert_false(Regex("^.*$", false).matches(text));
  assert_true(Regex("a", false).matches(std::string("\0a", 2)));
  assert_true(Regex("^$", false).matches({}));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_ecmascript_meaning),
    cmocka_unit_test(test_ignoring_case),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_costly_search_ends),
    cmocka_unit_test(test_bytes_that_are_not_utf8),
};
const Suite suite(__FILE__, tests);

}  // namespace
