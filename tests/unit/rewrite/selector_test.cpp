// Selectors that look at what stands beside an element, and into lists; and what they do not see.
#include <cstddef>
#include <cstdint>

#include "harness.h"
#include "suite.h"

using namespace personalize;
using personalize::testing::Rewritten;

namespace {

// Puts X into every match; the page is cut everywhere.
Rewritten rewrite(const std::string& selector, const std::string& html) {
  SlotMatcher matcher({"x"},
                      {SlotRule{Where{"test.conf", 1}, 0, selector, Placement::prepend, true}});
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 0; cut <= html.size(); ++cut) cuts.push_back(cut);
  const auto bytes =
      personalize::testing::rewrite_in_chunks(matcher, {"x"}, {{"x", "X"}}, html, cuts, {});
  auto whole = personalize::testing::rewrite_in_chunks(matcher, {"x"}, {{"x", "X"}}, html, {}, {});
  assert_string_equal(bytes.html.c_str(), whole.html.c_str());
  return whole;
}

// The page has a '^' where X is to be.
void expect(const std::string& selector, const std::string& marked) {
  std::string html;
  std::string expected;
  for (const char c : marked) {
    html += c == '^' ? "" : std::string(1, c);
    expected += c == '^' ? 'X' : c;
  }
  const auto result = rewrite(selector, html);
  if (result.html != expected) {
    fail_msg("%s: %s", selector.c_str(), result.html.c_str());
  }
}

void siblings(void**) {
  expect("h2 + p",
         "<main><h2>1</h2><p>^2</p><p>3</p><div><p>4</p></div><h2>5</h2>6<!-- --><p>^7</p></main>");
  expect("h2 ~ p",
         "<p>0</p><main><p>1</p><h2>2</h2><div><p>3</p></div><p>^4</p><i>5</i><p>^6</p></"
         "main><p>7</p>");
  expect("p + p", "<p>1<p>^2<p>^3<div>4</div><p>5");
  expect("p ~ p", "<p>1</p><div><p>2</p></div><p>^3</p><p>^4</p>");
  expect("img + p, hr + p", "<img><p>^1</p><p>2</p><hr><p>^3</p>");
  expect(".a + .b > i", "<b class=a></b><b class=b><i>^1</i></b><b class=b><i>2</i></b>");
  expect(".a ~ .b i + i", "<div class=a></div><p class=b><u><i>1</i><i>^2</i></u></p>");
  expect("a + b + i", "<a>1</a><b>2</b><i>^3</i><b>4</b><i>5</i>");
  expect("td + td", "<table><tr><td>1<td>^2<tr><td>3<td>^4</table>");
  expect("tr ~ tr > td", "<table><tr><td>1<tr><td>^2</table><table><tr><td>3</table>");
  expect("html + p, html ~ *, head + body", "<!doctype html><head></head><body>^<p>1</p></body>");
}

void counted_by_type(void**) {
  expect(
      "p:nth-of-type(3)",
      "<article><h1>0</h1><p>1</p><img><p>2</p><ul><li><p>3</p></ul><p>^4</p><p>5</p></article>");
  expect("p:first-of-type", "<h1>0</h1><p>^1</p><div><i>2</i><p>^3</p><p>4</p></div><p>5</p>");
  expect("main > p:nth-of-type(2n)",
         "<p>0</p><main><p>1</p><b>2</b><p>^3</p><p>4</p><p>^5</p></main>");
  expect("p.x:nth-of-type(2)", "<p>1</p><p class=x>^2</p><p class=x>3</p>");
  expect("p:not(:first-of-type)", "<p>1</p><b>2</b><p>^3</p><p>^4</p>");
  expect(".x:first-of-type", "<b class=x>^1</b><i>2</i><i class=x>3</i><u class=x>^4</u>");
  expect("h2 ~ p:nth-of-type(3)", "<p>1</p><h2>2</h2><p>3</p><p>^4</p>");
  expect("div:nth-of-type(2) > div:nth-of-type(1)",
         "<div>1</div><b>2</b><div>3<b>4</b><div>^5</div><div>6</div></div>");
  expect(":nth-child(2 of .x)",
         "<b>1</b><b class=x>2</b><b>3</b><i class=x>^4</i><b class=x>5</b>");
  expect("p:nth-child(1 of :not(.ad))", "<p class=ad>1</p><p>^2</p><p>3</p>");
  expect("p:nth-child(2 of .x, h2 + p)", "<h2></h2><p>1</p><p class=x>^2</p>");
}

void lists(void**) {
  expect(":is(h1, h2, .t)", "<h1>^1</h1><h2 class=t>^2</h2><h3>3</h3><h3 class=t>^4</h3>");
  expect(":where(#a, main) > :is(p, ul li):first-child",
         "<main><p>^1</p></main><ul id=a><li>^2</li><li>3</li></ul><p>4</p>");
  expect("p:is(.a.b)", "<p class='a b'>^1</p><p class=a>2</p><b class='a b'>3</b>");
  expect("p:not(.a p, .b)", "<div class=a><p>1</p></div><p class=b>2</p><p>^3</p>");
  expect("p:not(h2 + p)", "<p>^1</p><h2>2</h2><p>3</p><p>^4</p>");
  expect("p:not(.a.b):not(#c, [hidden])",
         "<p class='a b'>1</p><p class=a>^2</p><p id=c>3</p><p hidden>4</p>");
  expect(":is(:not(p), .x) > b", "<p><b>1</b></p><p class=x><b>^2</b></p><div><b>^3</b></div>");
  expect(":root > body", "<html><body>^<p>1</p></body></html>");
}

// What tools of browsers copy.
void what_editors_generate(void**) {
  const std::string page =
      "<!doctype html><html><head><title>t</title></head><body "
      "class=home><header>1</header><div>2</div>"
      "<div id=\"1a\"><main><section class='hero "
      "wide'>^3</section><section><p>4</p></section></main></div></body></html>";
  for (const char* selector :
       {"body > div:nth-child(3) > main > section:nth-child(1)",
        "#\\31 a > main > section.hero.wide",
        "html > body:nth-child(2) > div:nth-of-type(2) > main:nth-of-type(1) > "
        "section:first-of-type",
        "body.home > #\\31 a > main:nth-child(1) > section.hero.wide:nth-child(1)"}) {
    expect(selector, page);
  }
}

// Nobody sees what is in a template, unless it is a shadow root.
void templates(void**) {
  expect(".x", "<template><p class=x>1</p></template><p class=x>^2</p>");
  expect("p",
         "<template><div><template><p>1</p></template><p>2</p></div><p>3</p></template><p>^4</p>");
  expect("template + p", "<i></i><template><p>1</p></template><p>^2</p>");
  expect(
      ".x p",
      "<my-card><template shadowrootmode=open><div class=x><p>^1</p></div></template></my-card>");
  expect(".x p",
         "<div><template SHADOWROOTMODE='Closed'><div class=x><p>^1</p></div></template></div>");
  // These take none, or have one.
  expect(".x p", "<ul><template shadowrootmode=open><div class=x><p>1</p></div></template></ul>");
  expect(".x p", "<div><template shadowrootmode=on><div class=x><p>1</p></div></template></div>");
  expect("i p",
         "<div><template shadowrootmode=open><i><p>^1</p></i></template>"
         "<template shadowrootmode=open><i><p>2</p></i></template></div>");
  // A shadow root is no child.
  expect("div > :nth-child(1)", "<div><template shadowrootmode=open></template><p>^1</p></div>");
  expect("div > :nth-child(2)", "<div><template></template><p>^1</p></div>");
  SlotMatcher matcher({"x"}, {});
  for (const char* inert : {"<template><p data-pz-slot=x>a</p></template>",
                            "<template><!--pz:x-->a<!--/pz--></template>"}) {
    const std::string html = std::string(inert) + "<p data-pz-slot=x>b</p>";
    assert_string_equal(
        personalize::testing::rewrite_in_chunks(matcher, {"x"}, {{"x", "X"}}, html, {}, {})
            .html.c_str(),
        (std::string(inert) + "<p data-pz-slot=x>X</p>").c_str());
  }
}

// How many children an element has is known even where formatting was taken apart.
void numbers_after_misnested_formatting(void**) {
  expect("main > p:nth-child(2)", "<b>1<div>2</b></div><main><i>1</i><p>^2</p></main>");
  expect("section > i:nth-child(3)", "<section><b>1<div>2</b>3</div><i>^4</i></section>");
  expect("section > i:nth-child(3)", "<section><b><u>1<div>2</b>3</div></u><i>^4</i></section>");
  expect("section > i:nth-child(3)", "<section><a>1<div><a>2</a></div></a><i>^4</i></section>");
  expect("main > i:nth-of-type(2)", "<b>1<div>2</b></div><main><i>1</i><i>^2</i></main>");
  // The table stands behind what it does not take.
  expect("section > i:nth-child(4)",
         "<section><table><tr><b>1<div>2</b>3</div></table><i>^4</i></section>");
}

// What stands in a clone of formatting, or in what was moved out of it, is found by types, numbers
// and what a moved element matches by itself.
void paths_through_misnested_formatting(void**) {
  expect("p > b > i", "<main><p>1<b>2<p>3<i>^4</i></p></main>");
  expect("main > p:nth-child(2) > b > i:nth-child(1)", "<main><p>1<b>2<p>3<i>^4</i></p></main>");
  expect("#x > i:nth-child(2)", "<main><a>1<div id=x>2</a><i>^3</i></div></main>");
  expect("main > div:nth-child(2) > i", "<main><a>1<div>2</a><i>^3</i></div></main>");
  expect("section > p > i:nth-child(2)",
         "<main><b>1<section><p>2</b><i>^3</i></p></section></main>");
  for (const auto& [selector, html] :
       {std::pair("a > div > i", "<main><a>1<div>2</a><i>3</i></div></main>"),
        std::pair("a i", "<main><a>1<div>2</a><i>3</i></div></main>"),
        std::pair(".x > i", "<main><p><b class=x>2<p>3<i>4</i></p></main>"),
        std::pair("main > .x > i", "<main><a>1<div class=x>2</a><i>3</i></div></main>")}) {
    assert_string_equal(rewrite(selector, html).html.c_str(), html);
  }
}

// Where the siblings are not those that came, nothing is put.
void siblings_that_are_not_known(void**) {
  for (const auto& [selector, html] :
       {std::pair("p ~ i", "<b><p>1</b>2</p><i>3</i>"),
        std::pair("b + i", "<p><b>1<p>2</b><i>3</i>"),
        std::pair("b ~ table + i", "<div><table><b>1</b><tr><td></table><i>2</i></div>"),
        std::pair("p:not(b + p)", "<b>1<div>2</b></div><p>3</p>"),
        std::pair("i:nth-of-type(2)", "<b>1<div>2</b><i>3</i></div><i>4</i>")}) {
    assert_string_equal(rewrite(selector, html).html.c_str(), html);
  }
}

// In quirks mode a table stands in the <p> before it.
void tables_by_doctype(void**) {
  const std::string page = "<p>1<table class=x><tr><td>";
  for (const char* doctype : {"<!DOCTYPE html>", "<!doctype HTML SYSTEM 'about:legacy-compat'>",
                              "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" "
                              "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">",
                              "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
                              "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 "
                              "Transitional//EN\"\n\"http://www.w3.org/TR/html4/loose.dtd\">"}) {
    expect("p + .x td", doctype + page + "^2");
  }
  for (const char* doctype :
       {"", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">",
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">",
        "<!doctype html public '-//IETF//DTD HTML//'>"}) {
    expect("p > .x td", doctype + page + "^2");
  }
  for (const char* doctype :
       {"<!DOCTYPE htm>", "<!DOCTYPE html PUBLIC>", "<!DOCTYPE html PUBLIC \"a\">",
        "<!DOCTYPE html x>", "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN>"}) {
    assert_string_equal(rewrite("td", doctype + page).html.c_str(), (doctype + page).c_str());
  }
}

void reasons(void**) {
  for (const auto& [selector, part] :
       {std::pair("li:last-child", "a stream cannot know: whether an element follows"),
        std::pair("p:nth-last-of-type(2)", "whether an element follows"),
        std::pair("p:only-child", "whether an element follows"),
        std::pair("div:has(p)", "a stream cannot know: what is in an element"),
        std::pair("div:empty", "what is in an element"),
        std::pair("a:hover", "is not supported; of pseudo-classes :is()"),
        std::pair("p::before", "pseudo-element")}) {
    try {
      SlotMatcher matcher({"x"},
                          {SlotRule{Where{"test.conf", 1}, 0, selector, Placement::inner, true}});
      fail_msg("accepted: %s", selector);
    } catch (const ConfigError& error) {
      if (std::string(error.what()).find(part) == std::string::npos) fail_msg("%s", error.what());
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(siblings),
    cmocka_unit_test(counted_by_type),
    cmocka_unit_test(lists),
    cmocka_unit_test(what_editors_generate),
    cmocka_unit_test(templates),
    cmocka_unit_test(numbers_after_misnested_formatting),
    cmocka_unit_test(paths_through_misnested_formatting),
    cmocka_unit_test(siblings_that_are_not_known),
    cmocka_unit_test(tables_by_doctype),
    cmocka_unit_test(reasons),
};
const Suite suite(__FILE__, tests);

}  // namespace
