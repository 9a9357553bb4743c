// Selectors that a browser takes, and those at which it throws.
#include "base/text/selector.h"

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
                           "a:not([b=')'])",
                           ":root"}) {
    if (!personalize::is_selector(text)) {
      fail_msg("refused: %s", text);
    }
  }
}

void what_they_throw_at(void**) {
  for (const auto* text :
       {"",       " ",      "a[", "a[]",    "a]",      "a[b=]",    "a[b='c]",  "a[b=c",
        "#",      "#1a",    ".",  "..a",    "a,",      ",a",       "a,,b",     "> a",
        "a >",    "a >> b", "a:", "a:not(", "a)",      "a{",       "a$",       "1a",
        "a[1=b]", "a b)",   "@a", "a=b",    "a[b!=c]", "a:not([)", "a[b='\n']"}) {
    if (personalize::is_selector(text)) {
      fail_msg("taken: %s", text);
    }
  }
}

void which_ask_for_the_structure_alone(void**) {
  for (const auto* text :
       {"h1", "a:first-child, b > c", "li:Last-Child", "li:nth-last-child(2n + 1 of .a:not(.b))",
        "p:has(> a:only-child)", ":is(h1, h2):empty", "a[title=':hover']", "a:not([b=':focus'])",
        "a\\:hover", "p:lang(pl)", "input:required:enabled", "button:not(:disabled)"}) {
    if (!personalize::is_structural_selector(text)) {
      fail_msg("refused: %s", text);
    }
  }
  for (const auto* text : {"h1[",
                           "",
                           "h1:hover",
                           "h1:HOVER",
                           "a:focus",
                           "a:focus-within",
                           "a:active",
                           "a:visited",
                           "input:checked",
                           "input:invalid",
                           "details:open",
                           ":target",
                           "a:not(:hover)",
                           "p:has(> input:checked)",
                           ":is(a, :is(b, c:active))",
                           "a, b:hover",
                           "h1:what-is-new",
                           "h1:h\\6fver",
                           "a::before",
                           "a:before",
                           "a:not(b:[c])"}) {
    if (personalize::is_structural_selector(text)) {
      fail_msg("taken: %s", text);
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_browsers_take),
    cmocka_unit_test(what_they_throw_at),
    cmocka_unit_test(which_ask_for_the_structure_alone),
};
const Suite suite(__FILE__, tests);

}  // namespace
