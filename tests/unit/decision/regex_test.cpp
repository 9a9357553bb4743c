// Regular expressions: ECMAScript's meaning, and limits.
#include "decision/regex/regex.h"

#include <ctime>
#include <string>

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using personalize::decision::Regex;
using personalize::decision::RegexError;

bool matches(std::string_view pattern, bool ignore_case, std::string_view text) {
  personalize::RegexBudget budget;
  return Regex(pattern, ignore_case).matches(text, budget);
}

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
      {"^(ab){2}$", "abab", true},
      {"^(ab){x$", "ab{x", true},
      {"^(?:a|b)(c)?$", "bc", true},
      {"(?<=(a|b)c)d", "bcd", true},
      {"(a)(?=b)", "ab", true},
      {"^{x}$", "{x}", true},
      {"(?<=a)b", "ab", true},
      {"a(?!b)", "ab", false},
  };
  for (const auto& one : cases) {
    if (matches(one.pattern, false, one.text) != one.matches) {
      fail_msg("/%s/ on \"%s\": expected %d", one.pattern.c_str(), one.text.c_str(), one.matches);
    }
  }
}

void test_ignoring_case(void** /*state*/) {
  assert_true(matches("MOBILE", true, "a mobile"));
  assert_true(matches("^\xc3\x89t\xc3\xa9$", true, "\xc3\xa9T\xc3\x89"));
  assert_false(matches("\\W", true, "ks"));
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
  assert_true(matches("^(a+)+$", false, std::string(1000, 'a')));
  assert_false(matches("^(a+)+$", false, std::string(40, 'a') + "!"));
}

// Milliseconds of the thread's processor time that the work takes.
template <class Work>
double milliseconds(Work work) {
  const auto now = [] {
    timespec time = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  };
  const double before = now();
  work();
  return now() - before;
}

// However a pattern wastes time, all searches of a request together have an end that is near.
void test_one_budget_for_many_searches(void** /*state*/) {
  const struct {
    const char* pattern;
    std::string text;
  } cases[] = {
      {"^(a+)+$", std::string(40, 'a') + "!"},
      {"(a|a)*[bc]", std::string(60, 'a')},
      {"(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)[bc]",
       std::string(60, 'a')},
      {"1\\d*[xy]", std::string(60000, '1')},
      {".*.*.*[xy]", std::string(5000, 'a')},
      {"(?:a.*?)*?[xy]", std::string(300, 'a')},
      {"(?=(a*a*a*[bc]))", std::string(3000, 'a')},
      {"^(a?){30}a{30}$", std::string(40, 'a') + "!"},
      {"(.+)\\1[xy]", std::string(3000, 'a')},
      {"a{2,}[bc]|a{3,}[cd]", std::string(60000, 'a')},
  };
  for (const auto& one : cases) {
    const Regex regex(one.pattern, false);
    personalize::RegexBudget budget;
    const double spent = milliseconds([&] {
      for (int i = 0; i < 1400; ++i) {
        assert_false(regex.matches(one.text, budget));
      }
    });
    // At most 6 ms; sanitizers and a busy machine take more.
    if (!budget.is_exceeded() || spent > 300) {
      fail_msg("/%s/ took %.1f ms", one.pattern, spent);
    }
  }
}

void test_ordinary_searches_cost_little(void** /*state*/) {
  personalize::RegexBudget budget;
  const Regex path("^/(shoes|boots|sandals)/[^/?]+", false);
  const Regex words("\\b(sale|outlet)\\b.*\\d+%", true);
  for (int i = 0; i < 1000; ++i) {
    assert_true(path.matches("/boots/winter-2026?size=40", budget));
    assert_false(words.matches("A page about walking boots, and how to care for them", budget));
  }
  assert_false(budget.is_exceeded());
}

// Nothing else is found once the budget is spent.
void test_nothing_is_left(void** /*state*/) {
  personalize::RegexBudget budget;
  assert_false(Regex("^(a+)+$", false).matches(std::string(40, 'a') + "!", budget));
  assert_true(budget.is_exceeded());
  assert_false(Regex("a", false).matches("a", budget));
}

void test_bytes_that_are_not_utf8(void** /*state*/) {
  const std::string text = "\xff\xfe shoes \xc3";
  assert_true(matches("shoes", false, text));
  assert_false(matches("^.*$", false, text));
  assert_true(matches("a", false, std::string("\0a", 2)));
  assert_true(matches("^$", false, {}));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_ecmascript_meaning),
    cmocka_unit_test(test_ignoring_case),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_costly_search_ends),
    cmocka_unit_test(test_one_budget_for_many_searches),
    cmocka_unit_test(test_ordinary_searches_cost_little),
    cmocka_unit_test(test_nothing_is_left),
    cmocka_unit_test(test_bytes_that_are_not_utf8),
};
const Suite suite(__FILE__, tests);

}  // namespace
