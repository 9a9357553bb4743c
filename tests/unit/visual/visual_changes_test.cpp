// What visual changes make of a page that streams by, beside what the differential test says.
#include "expectation.h"
#include "harness.h"

#include "personalize/rewrite/html_value.h"
#include "suite.h"

#include <ctime>

using namespace personalize;
using testing::expect;
using testing::experiment;
using testing::mutation;
using testing::VisualServer;

namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

void html_is_set_and_appended(void**) {
  const std::string page = "<div class=x>a<b>c</b></div><p>d</p><div class=x>e</div>";
  expect({mutation(".x", "html", "set", "<i>n</i>")}, page,
         "<div class=x><i>n</i></div><p>d</p><div class=x><i>n</i></div>");
  expect({mutation(".x", "html", "append", "<i>n</i>")}, page,
         "<div class=x>a<b>c</b><i>n</i></div><p>d</p><div class=x>e<i>n</i></div>");
  expect({mutation(".x", "html", "set", "")}, page,
         "<div class=x></div><p>d</p><div class=x></div>");
  // What is inside of what was replaced is gone.
  expect({mutation(".x", "html", "set", "n"), mutation("b", "html", "set", "m"),
          mutation("b", "class", "append", "k")},
         page, "<div class=x>n</div><p>d</p><div class=x>n</div>");
}

// So that a script can undo it.
void what_is_replaced_is_kept(void**) {
  VisualServer server(
      {experiment({mutation("p", "html", "set", "n"), mutation("p", "html", "append", "+"),
                   mutation("b", "html", "append", "!"), mutation("i", "title", "set", "q"),
                   mutation("i", "lang", "remove"), mutation("i", "class", "append", "k"),
                   mutation("i", "id", "set", "j"), mutation("td", "html", "set", "n"),
                   mutation("div", "html", "set", "n")})});
  server.page().keep_originals();
  const auto expect_both = [&](const std::string& page, const std::string& made) {
    assert_string_equal(server.stream(page).c_str(), made.c_str());
    assert_string_equal(server.by_plan(page).c_str(), made.c_str());
  };
  // Nothing in it is changed.
  expect_both("<p>a<b>c</b></p><b>d</b>",
              "<p>n+<template data-pz-was=\"\">a<b>c</b></template></p><b>d!</b>");
  expect_both("<p>a<p>c",
              "<p>n+<template data-pz-was=\"\">a</template><p>n+"
              "<template data-pz-was=\"\">c</template>");
  expect_both("<i title=a&amp;b lang=en class=c>e</i>",
              "<i id=\"j\" data-pz-was-id=\"\"  title=\"q\" data-pz-was-title=\"=a&amp;b\"  "
              "data-pz-was-lang=\"=en\"  "
              "class=\"c k\">e</i>");
  expect_both("<table><tr><td>a</table>",
              "<table><tr><td>n<template data-pz-was=\"\">a"
              "</template></table>");
  // A lone end tag would end it.
  expect_both("<p>a</template>b</p><p>c</p>",
              "<p>a</template>b+</p><p>n+<template data-pz-was=\"\">c</template></p>");
  // An end tag of one that is not kept, and what leaves something behind for the rest of the page.
  for (const std::string content :
       {"<svg><template>a", "<math><template>a", "<svg><template>a</template><template>b",
        "<svg><template><g>a</g>", "a<object>b", "<td>a", "<u><caption>a</u>",
        "<col><script><!--</script>", "<tbody><svg></tbody><noscript title='</template>'>"}) {
    const std::string page = "<div>" + content + "</div><h1>c</h1>";
    expect_both(page, page);
  }
  // Where no scripts run this is markup.
  for (const std::string text : {"<b>a", "</template>", "<!--", "<svg><template></svg>", "</i>"}) {
    const std::string page = "<div><noscript>" + text + "</noscript></div><h1>c</h1>";
    expect_both(page, page);
  }
  for (const std::string text : {"", "a", "<img src=a alt=b>", "<!-- a --><p>b</p>"}) {
    const std::string content = "<noscript class=x>" + text + "</noscript >";
    expect_both("<div>" + content + "</div>",
                "<div>n<template data-pz-was=\"\">" + content + "</template></div>");
  }
  expect_both("<div><svg><template>a</template></svg><object>b</object></div>",
              "<div>n<template data-pz-was=\"\"><svg><template>a</template></svg>"
              "<object>b</object></template></div>");
}

// A part comes to stand in a page whose script changes it; what begins the body of a page is not
// known to be one.
void parts_of_pages_stay(void**) {
  VisualServer server(
      {experiment({mutation("p", "html", "set", "n"), mutation("p", "id", "set", "i"),
                   mutation("html", "class", "append", "k")})});
  server.is_part = true;
  for (const std::string part : {"<p>a</p>", "<title>t</title><p>a</p>", "Warning<br><p>a</p>"}) {
    assert_string_equal(server.stream(part).c_str(), part.c_str());
    assert_string_equal(server.by_plan(part).c_str(), part.c_str());
  }
  assert_string_equal(server.stream("<head><title>t</title><p>a</p>").c_str(),
                      "<head><title>t</title><p id=\"i\">n</p>");
  for (const std::string warning : {"<br>Warning", "Warning<br>"}) {
    assert_string_equal(server.stream(warning + "<!doctype html><html><p>a</p>").c_str(),
                        (warning + "<!doctype html><html><p id=\"i\">n</p>").c_str());
  }
  assert_string_equal(server.stream("<html><title>t</title><p>a</p>").c_str(),
                      "<html class=\"k\"><title>t</title><p id=\"i\">n</p>");
}

// One mutation after the other, whichever selectors they have.
void the_order_is_that_of_the_payload(void**) {
  const std::string page = "<div id=a class=x>o</div>";
  const auto set = mutation("#a", "html", "set", "s");
  const auto set_other = mutation(".x", "html", "set", "t");
  const auto append = mutation("div", "html", "append", "+");
  expect({set, set_other, append}, page, "<div id=a class=x>t+</div>");
  expect({set_other, append, set}, page, "<div id=a class=x>s</div>");
  expect({append, append}, page, "<div id=a class=x>o++</div>");
  expect({mutation("#a", "title", "set", "1"), mutation(".x", "title", "append", "2")}, page,
         "<div title=\"12\" id=a class=x>o</div>");
  expect({mutation("#a", "title", "set", "1"), mutation(".x", "title", "remove")}, page, page);
}

void attributes_are_changed(void**) {
  expect({mutation("img", "src", "set", "/b.jpg?a=1&b=\"")}, "<img src=/a.jpg alt=x>",
         "<img  src=\"/b.jpg?a=1&amp;b=&quot;\" alt=x>");
  expect({mutation("img", "src", "set", "/b.jpg")}, "<img alt=x>", "<img src=\"/b.jpg\" alt=x>");
  expect({mutation("img", "alt", "append", " y")}, "<img alt='a&amp;b'>",
         "<img  alt=\"a&amp;b y\">");
  expect({mutation("img", "alt", "append", "y")}, "<img>", "<img alt=\"y\">");
  expect({mutation("img", "alt", "remove")}, "<img alt=a src=b>", "<img  src=b>");
  expect({mutation("img", "alt", "remove")}, "<img src=b>", "<img src=b>");
  // In a drawing this would be another attribute.
  expect({mutation("img", "ALT", "set", "q")}, "<img alt=a>", "<img alt=a>");
  expect({mutation("img", "alt", "remove")}, "<img alt=a alt=b>", "<img alt=a alt=b>");
  expect({mutation("img", "alt", "set", "c")}, "<img alt=a alt=b>", "<img  alt=\"c\" alt=b>");
  // What is the same already stays as it is written.
  expect({mutation("img", "alt", "set", "a")}, "<img alt=a>", "<img alt=a>");
  // Bytes of a charset that is not known.
  expect({mutation("img", "alt", "append", "y")}, "<img alt=\xE4>", "<img alt=\xE4>");
  expect({mutation("img", "alt", "set", "y")}, "<img alt=\xE4>", "<img  alt=\"y\">");
}

void classes_are_changed(void**) {
  const std::string page = "<p class='a  b'>t</p>";
  expect({mutation("p", "class", "append", "c")}, page, "<p  class=\"a b c\">t</p>");
  expect({mutation("p", "class", "remove", "a")}, page, "<p  class=\"b\">t</p>");
  expect({mutation("p", "class", "set", "z")}, page, "<p  class=\"z\">t</p>");
  expect({mutation("p", "class", "append", "a b")}, page, "<p  class=\"a b a b\">t</p>");
  expect({mutation("p", "className", "append", "c")}, page, "<p  class=\"a bc\">t</p>");
  expect({mutation("p", "className", "set", "c d")}, page, "<p  class=\"c d\">t</p>");
  expect({mutation("p", "className", "remove")}, page, "<p >t</p>");
  expect({mutation("p", "class", "append", "c")}, "<p>t</p>", "<p class=\"c\">t</p>");
  expect({mutation("p", "class", "remove", "c")}, "<p>t</p>", "<p>t</p>");
  expect({mutation("p", "class", "append", "a")}, "<p class=a>t</p>", "<p class=a>t</p>");
}

// HTML that would end what it is put into is the browser's to put there.
void what_the_place_does_not_take_is_left(void**) {
  const auto block = [](const char* selector) {
    return std::vector<DomMutation>{mutation(selector, "html", "set", "<div>n</div>")};
  };
  expect(block("b"), "<div><b>o</b></div>", "<div><b><div>n</div></b></div>");
  expect(block("p"), "<p>o</p>", "<p>o</p>");
  expect(block("b"), "<p><b>o</b></p>", "<p><b>o</b></p>");
  const auto link = std::vector<DomMutation>{mutation("b", "html", "append", "<a>n</a>")};
  expect(link, "<a><b>o</b></a><b>o</b>", "<a><b>o</b></a><b>o<a>n</a></b>");
  expect({mutation("li", "html", "set", "<ul><li>n</li></ul>")}, "<ul><li>o</li></ul>",
         "<ul><li><ul><li>n</li></ul></li></ul>");
  expect({mutation("ul", "html", "append", "<li>n</li>")}, "<ul><li>o</li></ul>",
         "<ul><li>o</li><li>n</li></ul>");
  expect({mutation("tr", "html", "set", "n")}, "<table><tbody><tr><td>o</td></tr></tbody></table>",
         "<table><tbody><tr><td>o</td></tr></tbody></table>");
  expect({mutation("td", "html", "set", "n")}, "<table><tbody><tr><td>o</td></tr></tbody></table>",
         "<table><tbody><tr><td>n</td></tr></tbody></table>");
}

void refuses(const std::string& html, const char* part) {
  const HtmlValue value = examine_html(html);
  if (value.refusal.find(part) == std::string::npos) {
    fail_msg("%s: \"%s\" has no \"%s\"", html.c_str(), value.refusal.c_str(), part);
  }
}

void html_that_is_not_whole_is_refused(void**) {
  for (const char* fine :
       {"", "text", "a < b", "<b>x</b>", "<img src=a><br/>", "<p>a</p><p>b</p>", "<!-- c -->",
        "<div><ul><li>a</li></ul></div>", "<a href='x>y' class=z>t</a>",
        "<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/><g><circle r=1></circle></g></svg>",
        "<style>a > b {}</style>", "<button disabled>x</button>",
        "<table><tbody><tr><td>a</td></tr></tbody></table>"}) {
    assert_string_equal(examine_html(fine).refusal.c_str(), "");
  }
  refuses("<div>a", "close <div>");
  refuses("a</div>", "</div>");
  refuses("<b><i>a</b></i>", "</b>");
  refuses("<p>a<p>b", "<p>");
  refuses("<p><div>a</div></p>", "<div>");
  refuses("<a><b><a>x</a></b></a>", "<a>");
  refuses("<script>x()</script>", "<script>");
  refuses("<div/>a", "<div/>");
  refuses("<b", "not whole");
  refuses("<b title='a", "not whole");
  refuses("<!--", "comment");
  refuses("<!--> -->", "comment");
  refuses("<!doctype html>", "declaration");
  refuses("<td>a</td>", "<td>");
  refuses("<table><tr><td>a</td></tr></table>", "<tr>");
  refuses("<table>a</table>", "text");
  refuses("<body>", "<body>");
  refuses("<svg><p>a</p></svg>", "drawing");
  refuses("<textarea>a</textarea>", "<textarea>");
}

// Which of the changes are the browser's is known beforehand.
void selectors_that_look_ahead_are_the_browsers(void**) {
  VisualServer server({experiment(
      {mutation("li:last-child", "class", "append", "c"), testing::move("a:last-child", "p"),
       mutation("b", "html", "set", "<i>"), mutation("u", "html", "set", "v")})});
  const auto& all = server.changes().all();
  assert_int_equal(all.size(), 4);
  assert_non_null(std::strstr(all[0].refusal.c_str(), ":last-child"));
  assert_false(all[1].streams());
  assert_non_null(std::strstr(all[2].refusal.c_str(), "<i>"));
  assert_true(all[3].streams());
  const std::string page = "<ul><li>a</li></ul><b>x</b><u>y</u>";
  assert_string_equal(server.stream(page).c_str(), "<ul><li>a</li></ul><b>x</b><u>v</u>");
}

void what_earlier_changes_decide_about_is_the_browsers(void**) {
  const auto streams = [](const DomMutation& first, const char* selector) {
    VisualServer server({experiment({first, mutation(selector, "title", "set", "t")})});
    return server.changes().all()[1].streams();
  };
  assert_false(streams(mutation("p", "class", "append", "x"), "p.x"));
  assert_true(streams(mutation("p", "class", "append", "x"), "p.xy, .y-x, .x-y"));
  assert_false(streams(mutation("p", "class", "remove", "x"), "p:not(.x)"));
  assert_false(streams(mutation("p", "class", "set", "x"), "p.y"));
  assert_false(streams(mutation("p", "className", "append", "x"), "p.y"));
  assert_true(streams(mutation("p", "className", "append", "x"), "p > b"));
  assert_false(streams(mutation("p", "title", "set", "x"), "[title]"));
  assert_false(streams(mutation("p", "title", "set", "x"), "[ TITLE = x ]"));
  assert_true(streams(mutation("p", "title", "set", "x"), "p"));
  assert_true(streams(mutation("p", "title", "set", "x"), "p[lang]"));
  assert_false(streams(mutation("p", "class", "append", "x"), "[ class = x ]"));
  assert_false(streams(mutation("p", "class", "append", "a b"), "p.a"));
  assert_true(streams(mutation("p", "class", "append", "a b"), "p"));
  assert_false(streams(mutation("p", "id", "set", "x"), "#x"));
  // Nobody has both variations.
  auto two = experiment({mutation("p", "class", "append", "x")});
  two.variations.push_back(two.variations[1]);
  two.variations[2].mutations = {mutation(".x", "title", "set", "t")};
  VisualServer server({two});
  assert_true(server.changes().all()[1].streams());
}

// Another experiment decides about it where a visitor is in both.
void what_other_experiments_decide_about_is_told_by_visitor(void**) {
  const std::string page = "<p class=x>a</p><p>b</p>";
  const auto classes = experiment({mutation("p", "class", "append", "x")});
  const auto others =
      experiment({mutation(".x", "title", "set", "t"), mutation(".x", "html", "set", "n"),
                  mutation(".x", "html", "append", "+")});
  VisualServer server({classes, others});
  const auto json = [&] {
    std::pmr::string out;
    server.page().write_json(false, out);
    return std::string(out);
  };
  for (const VisualChange& change : server.changes().all()) {
    assert_true(change.streams());
  }
  assert_string_equal(server.stream(page).c_str(), "<p class=x>a</p><p class=\"x\">b</p>");
  assert_string_equal(server.by_plan(page).c_str(), "<p class=x>a</p><p class=\"x\">b</p>");
  assert_int_equal(occurrences(json(), "\"streamed\""), 1);
  server.leave(0);
  assert_string_equal(server.stream(page).c_str(), "<p title=\"t\" class=x>n+</p><p>b</p>");
  assert_int_equal(occurrences(json(), "\"streamed\""), 3);

  // What moves elements, too, and the other way round all is as it is.
  VisualServer moving({classes, experiment({testing::move(".x", "main")})});
  const std::string around = "<main><i class=x>a</i><p>b</p></main>";
  assert_int_equal(moving.page().move_count(), 0);
  moving.leave(0);
  assert_int_equal(moving.page().move_count(), 1);
  assert_string_equal(moving.stream(around).c_str(),
                      "<main><p>b</p><i data-pz-moved=\"1\" class=x>a</i></main>");
  VisualServer reversed({others, classes});
  assert_string_equal(reversed.stream(page).c_str(),
                      "<p title=\"t\" class=x>n+</p><p class=\"x\">b</p>");
}

void what_very_many_decide_about_is_the_browsers(void**) {
  std::vector<VisualExperiment> all(100, experiment({mutation("p", "class", "append", "x")}));
  all.push_back(experiment({mutation(".x", "title", "set", "t")}));
  VisualServer server(all);
  assert_non_null(std::strstr(server.changes().all().back().refusal.c_str(), "many experiments"));
}

// In time that grows with their number.
void many_changes_are_compiled_quickly(void**) {
  std::vector<DomMutation> all;
  for (int i = 0; i < 10000; ++i) {
    const auto number = std::to_string(i);
    all.push_back(testing::move("#m" + number, "#p" + number, "#b" + number));
    all.push_back(mutation("#m" + number, "class", "append", "c" + number));
    all.push_back(mutation("p", "title", "set", "t"));
  }
  const std::clock_t begin = std::clock();
  VisualServer server({experiment(all)});
  assert_true(std::clock() - begin < 10 * CLOCKS_PER_SEC);
  assert_int_equal(server.page().move_count(), 10000);
}

// A page cannot mark the places of changes.
void pages_mark_no_changes(void**) {
  expect({mutation("b", "html", "set", "v")},
         "<i data-pz-slot=''>a</i><!--pz:-->b<!--/pz--><b>c</b>",
         "<i data-pz-slot=''>a</i><!--pz:-->b<!--/pz--><b>v</b>");
}

void the_head_has_style_sheets_and_what_scripts_need(void**) {
  auto one = experiment({mutation("li:last-child", "class", "append", "c")});
  one.variations[1].css = "a::after{content:'</STYLE>'}";
  VisualServer server({one});
  server.writes_head = true;
  const std::string html = server.stream("<html><head></head><body><li>a</li></body></html>");
  const auto has = [&](const char* part) { assert_non_null(std::strstr(html.c_str(), part)); };
  has("<head><style data-pz-visual=\"test\">a::after{content:'<\\/STYLE>'}</style>");
  has("<style data-pz-visual=\"\">@keyframes "
      "pz-visual{0%,100%{opacity:0}}li:last-child{animation:");
  has("<script type=\"application/json\" id=\"pz-visual\">[{\"experiment\":\"test\"");
  has("\"selector\":\"li:last-child\"");
  assert_null(std::strstr(html.c_str(), "\"streamed\""));
  server.leave();
  assert_string_equal(server.stream("<html><head></head><body></body></html>").c_str(),
                      "<html><head></head><body></body></html>");
}

// What is no selector would take the next rule along, and what a visitor points at would vanish.
void what_no_style_sheet_can_hide_is_seen(void**) {
  std::vector<DomMutation> all;
  for (const char* selector : {"h1[", "h1:hover", "a:not([)", "h2:not(:focus)", "h3::before"}) {
    all.push_back(mutation(selector, "class", "append", "c"));
    all.push_back(testing::move(selector, "#p"));
  }
  const auto head_of = [](const std::vector<DomMutation>& mutations) {
    VisualServer server({experiment(mutations)});
    server.writes_head = true;
    return server.stream("<head></head><body></body>");
  };
  assert_null(std::strstr(head_of(all).c_str(), "<style"));
  all.push_back(mutation("p:last-child", "class", "append", "c"));
  all.insert(all.begin(), testing::move("#m", "#p"));
  const std::string html = head_of(all);
  assert_non_null(std::strstr(html.c_str(),
                              "{0%,100%{opacity:0}}:root:not(:has([data-pz-moved=\"0\"])) "
                              ":is(#m){animation:pz-visual .6s!important}p:last-child{animation:"
                              "pz-visual .6s!important}</style>"));
}

void scripts_end_where_they_end(void**) {
  auto one = experiment({});
  one.variations[1].js = "a('</Script><!-- \xC3\xA4 \xF0\x9F\x98\x80')";
  VisualServer server({one});
  std::pmr::string out;
  server.page().write_scripts({}, true, out);
  assert_string_equal(out.c_str(),
                      "<script data-pz-visual=\"test\">a('<\\/Script><\\!-- \xC3\xA4 "
                      "\xF0\x9F\x98\x80')</script>");
  out.clear();
  server.page().write_scripts({}, false, out);
  assert_string_equal(
      out.c_str(),
      "<script data-pz-visual=\"test\">a('<\\/Script><\\!-- \\u00e4 \\ud83d\\ude00')</script>");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(parts_of_pages_stay),
    cmocka_unit_test(what_is_replaced_is_kept),
    cmocka_unit_test(html_is_set_and_appended),
    cmocka_unit_test(the_order_is_that_of_the_payload),
    cmocka_unit_test(attributes_are_changed),
    cmocka_unit_test(classes_are_changed),
    cmocka_unit_test(what_the_place_does_not_take_is_left),
    cmocka_unit_test(html_that_is_not_whole_is_refused),
    cmocka_unit_test(selectors_that_look_ahead_are_the_browsers),
    cmocka_unit_test(what_earlier_changes_decide_about_is_the_browsers),
    cmocka_unit_test(what_other_experiments_decide_about_is_told_by_visitor),
    cmocka_unit_test(what_very_many_decide_about_is_the_browsers),
    cmocka_unit_test(many_changes_are_compiled_quickly),
    cmocka_unit_test(pages_mark_no_changes),
    cmocka_unit_test(the_head_has_style_sheets_and_what_scripts_need),
    cmocka_unit_test(what_no_style_sheet_can_hide_is_seen),
    cmocka_unit_test(scripts_end_where_they_end),
};
const Suite suite(__FILE__, tests);

}  // namespace
