// Selectors that a browser takes, and those at which it throws.
#include "widgets/selector.h"

#include "suite.h"

namespace {

void what_browsers_take(void**) {
  for (const auto* text : {"a",
                           "*",
                           "#help",
                           ".a.b",
                           "a > b",
                           "a>b",
                           "a + b ~ c",
                           "a, b ,c",
                           "[href]",
                           "[ href ]",
                           "a[href^='/x']",
                           "a[title=\"]\"]",
                           "[data-x=y i]",
                           "a:not(.b, [c='d)'])",
                           "a::before",
                           "li:nth-child(2n + 1)",
                           ":is(h1, h2)",
                           "my-element",
                           "--x",
                           ".-a",
                           "#a\\:b",
                           ".zaż",
                           "button:has(> svg)",
                           ":root"}) {
    if (!personalize::is_selector(text)) {
      fail_msg("refused: %s", text);
    }
  }
}

void what_they_throw_at(void**) {
  for (const auto* text :
       {"",   " ",   "a[", "a[]", "a]",     "a[b=]", "a[b='c]", "a[b=c",  "#",      "#1a",
        ".",  "..a", "a,", ",a",  "a,,b",   "> a",   "a >",     "a >> b", "a:",     "a:not(",
        "a)", "a{",  "a$", "1a",  "a[1=b]", "a b)",  "@a",      "a=b",    "a[b!=c]"}) {
    if (personalize::is_selector(text)) {
      fail_msg("taken: %s", text);
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_browsers_take),
    cmocka_unit_test(what_they_throw_at),
};
const Suite suite(__FILE__, tests);

}  // namespace
