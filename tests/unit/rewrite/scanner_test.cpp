// Slots are found where they stand, whatever the page and however it is cut.
#include <cstddef>
#include <cstdint>

#include "harness.h"
#include "suite.h"

using namespace personalize;
using personalize::testing::Fills;
using personalize::testing::Rewritten;

namespace {

struct Page {
  std::vector<std::string> names;
  std::vector<SlotRule> rules;
};

SlotRule rule(SlotId slot, const char* selector, Placement placement = Placement::inner,
              bool all = false) {
  return SlotRule{Where{"test.conf", 1}, slot, selector, placement, all};
}

std::uint32_t count(const Rewritten& result, Doubt doubt) {
  return result.doubts[static_cast<int>(doubt)];
}

// Rewrites the page whole, then cut in two at every byte, then byte by byte, and checks that all
// agree, and that the page is untouched when nothing is filled.
Rewritten rewrite(const Page& page, const Fills& fills, const std::string& html,
                  const Scanner::Limits& limits = {}) {
  SlotMatcher matcher(page.names, page.rules);
  Rewritten whole =
      personalize::testing::rewrite_in_chunks(matcher, page.names, fills, html, {}, limits);
  std::vector<std::size_t> each;
  for (std::size_t cut = 0; cut <= html.size(); ++cut) {
    Rewritten halves =
        personalize::testing::rewrite_in_chunks(matcher, page.names, fills, html, {cut}, limits);
    assert_string_equal(halves.html.c_str(), whole.html.c_str());
    for (Doubt doubt : all_doubts) assert_int_equal(count(halves, doubt), count(whole, doubt));
    each.push_back(cut);
  }
  Rewritten bytes =
      personalize::testing::rewrite_in_chunks(matcher, page.names, fills, html, each, limits);
  assert_string_equal(bytes.html.c_str(), whole.html.c_str());
  assert_true(
      personalize::testing::rewrite_in_chunks(matcher, page.names, {}, html, each, limits).html ==
      html);
  return whole;
}

void expect(const Page& page, const std::string& html, const std::string& expected) {
  assert_string_equal(rewrite(page, {{"x", "X"}, {"y", "Y"}}, html).html.c_str(), expected.c_str());
}

// Slot x by one selector.
void expect_rule(const char* selector, Placement placement, const std::string& html,
                 const std::string& expected) {
  expect({{"x"}, {rule(0, selector, placement)}}, html, expected);
}

// Slot x by one selector, left alone for a reason.
void expect_doubt(const char* selector, Placement placement, const std::string& html, Doubt doubt) {
  Rewritten result = rewrite({{"x"}, {rule(0, selector, placement)}}, {{"x", "X"}}, html);
  assert_string_equal(result.html.c_str(), html.c_str());
  assert_int_equal(count(result, doubt), 1);
}

void comment_markers(void**) {
  Page page{{"x", "y"}, {}};
  expect(page, "<div><!--pz:x-->default<!--/pz--></div>", "<div><!--pz:x-->X<!--/pz--></div>");
  expect(page, "<div><!--pz:x--><!--/pz--></div>", "<div><!--pz:x-->X<!--/pz--></div>");
  expect(page, "<div><!-- pz:x -->d<!-- /pz --></div>", "<div><!-- pz:x -->X<!-- /pz --></div>");
  expect(page, "<!--pz:x-->d<!--/pz-->", "<!--pz:x-->X<!--/pz-->");
  expect(page, "<!--pz:x--><p>d</p><!--/pz-->", "<!--pz:x-->X<!--/pz-->");
  expect(page, "<p><!--pz:z-->d<!--/pz--></p>", "<p><!--pz:z-->d<!--/pz--></p>");
  expect(page, "<p><!--pz:x -- >d<!--/pz--></p>", "<p><!--pz:x -- >d<!--/pz--></p>");
  expect(page, "<p><!--PZ:x-->d<!--/pz--></p>", "<p><!--PZ:x-->d<!--/pz--></p>");
}

void nested_markers(void**) {
  Page page{{"x", "y"}, {}};
  expect(page, "<!--pz:x-->a<!--pz:y-->b<!--/pz-->c<!--/pz-->", "<!--pz:x-->X<!--/pz-->");
  expect(page, "<!--pz:z-->a<!--pz:y-->b<!--/pz-->c<!--/pz-->",
         "<!--pz:z-->a<!--pz:y-->Y<!--/pz-->c<!--/pz-->");
  // The outer one keeps its default content, so the inner one shows.
  Rewritten result = rewrite(page, {{"y", "Y"}}, "<!--pz:x-->a<!--pz:y-->b<!--/pz-->c<!--/pz-->");
  assert_string_equal(result.html.c_str(), "<!--pz:x-->a<!--pz:y-->Y<!--/pz-->c<!--/pz-->");
}

void markers_that_do_not_pair(void**) {
  Page page{{"x"}, {}};
  for (const char* html :
       {"<div><!--pz:x-->a</div><!--/pz-->", "<!--pz:x-->a",
        "<div><!--pz:x-->a<div><!--/pz--></div></div>", "<div><b><!--pz:x-->a</b>b<!--/pz--></div>",
        "<div><!--pz:x--><b>a<!--/pz--></b></div>",
        "<html><!--pz:x-->a<!--/pz--><head></head></html>"}) {
    Rewritten result = rewrite(page, {{"x", "X"}}, html);
    assert_string_equal(result.html.c_str(), html);
    assert_int_equal(count(result, Doubt::end_uncertain), 1);
  }
  expect(page, "<!--/pz--><!--pz:x-->a<!--/pz--><!--/pz-->",
         "<!--/pz--><!--pz:x-->X<!--/pz--><!--/pz-->");
  expect(page, "<ul><!--pz:x--><li>a<li>b<!--/pz--></ul>", "<ul><!--pz:x-->X<!--/pz--></ul>");
}

void markers_are_not_text(void**) {
  Page page{{"x"}, {}};
  for (const char* html :
       {"<script>a='<!--pz:x-->b<!--/pz-->'</script>", "<style><!--pz:x-->b<!--/pz--></style>",
        "<textarea><!--pz:x-->b<!--/pz--></textarea>", "<title><!--pz:x-->b<!--/pz--></title>",
        "<a title='<!--pz:x-->b<!--/pz-->'>c</a>", "<!-- <!--pz:x- ->b<!--/pz-->",
        "<noscript><!--pz:x-->b<!--/pz--></noscript>", "<iframe><!--pz:x-->b<!--/pz--></iframe>",
        "<xmp><!--pz:x-->b<!--/pz--></xmp>", "<plaintext><!--pz:x-->b<!--/pz-->",
        "<svg><![CDATA[<!--pz:x-->b<!--/pz-->]]></svg>"}) {
    expect(page, html, html);
  }
}

void script_states(void**) {
  Page page{{"x"}, {}};
  const std::string slot = "<p><!--pz:x-->d<!--/pz--></p>";
  const std::string filled = "<p><!--pz:x-->X<!--/pz--></p>";
  for (const char* head : {"<script></script>",
                           "<script>a<b</script>",
                           "<script><!-- </script>",
                           "<script><!-- <script> </script> --></script>",
                           "<script><!-- <script> </script> </script>",
                           "<script><!--><script></script>",
                           "<script><!-- <scriptx> </script>",
                           "<script><!-- <script></scriptx></script> </script>",
                           "<SCRIPT>a</sCript >",
                           "<script>a</script/>",
                           "<script>a</script b='>'>",
                           "<script></scriptx></script>",
                           "<script><!--<script--></script>",
                           "<style></script></style>",
                           "<textarea></textare></textarea>",
                           "<svg><title><p></p></title></svg>",
                           "<svg><style><b></b></style></svg>",
                           "<svg><script/></svg>",
                           "<svg><![CDATA[ ]] ]>]]></svg>",
                           "<title></title ></title>"}) {
    expect(page, head + slot, head + filled);
  }
  for (const char* head :
       {"<script>", "<script><!-- <script> </script>", "<style></script>",
        "<plaintext></plaintext>", "<title><p></p>", "<svg><![CDATA[", "<!-- --", "<a b='"}) {
    expect(page, head + slot, head + slot);
  }
}

void slot_attribute(void**) {
  Page page{{"x", "y"}, {}};
  expect(page, "<div data-pz-slot=\"x\">d</div>", "<div data-pz-slot=\"x\">X</div>");
  expect(page, "<div data-pz-slot=x>d</div>", "<div data-pz-slot=x>X</div>");
  expect(page, "<DIV a='>' DATA-PZ-SLOT='x' b>d</DIV >", "<DIV a='>' DATA-PZ-SLOT='x' b>X</DIV >");
  expect(page, "<div data-pz-slot=\"z\">d</div>", "<div data-pz-slot=\"z\">d</div>");
  expect(page, "<div data-pz-slot=y data-pz-slot=x>d</div>",
         "<div data-pz-slot=y data-pz-slot=x>Y</div>");
  expect(page, "<div data-pz-slot=\"&#120;\">d</div>", "<div data-pz-slot=\"&#120;\">X</div>");
  expect(page, "<div data-pz-slot=x>d<div data-pz-slot=y>e</div></div>",
         "<div data-pz-slot=x>X</div>");
  expect(page, "<i data-pz-slot=x>d</i><i data-pz-slot=x>e</i>",
         "<i data-pz-slot=x>X</i><i data-pz-slot=x>e</i>");
}

void placements(void**) {
  const std::string html = "<ul><li>a</li><li id=i>b</li><li>c</li></ul>";
  expect_rule("#i", Placement::inner, html, "<ul><li>a</li><li id=i>X</li><li>c</li></ul>");
  expect_rule("#i", Placement::replace, html, "<ul><li>a</li>X<li>c</li></ul>");
  expect_rule("#i", Placement::before, html, "<ul><li>a</li>X<li id=i>b</li><li>c</li></ul>");
  expect_rule("#i", Placement::after, html, "<ul><li>a</li><li id=i>b</li>X<li>c</li></ul>");
  expect_rule("#i", Placement::prepend, html, "<ul><li>a</li><li id=i>Xb</li><li>c</li></ul>");
  expect_rule("#i", Placement::append, html, "<ul><li>a</li><li id=i>bX</li><li>c</li></ul>");

  const std::string none = "<div><img id=i></div>";
  expect_rule("#i", Placement::replace, none, "<div>X</div>");
  expect_rule("#i", Placement::before, none, "<div>X<img id=i></div>");
  expect_rule("#i", Placement::after, none, "<div><img id=i>X</div>");
  expect_doubt("#i", Placement::inner, none, Doubt::end_uncertain);
  expect_doubt("#i", Placement::append, none, Doubt::end_uncertain);
}

void all_or_first(void**) {
  const std::string html = "<b class=c>1</b><b class=c>2</b><b>3</b>";
  expect({{"x"}, {rule(0, ".c")}}, html, "<b class=c>X</b><b class=c>2</b><b>3</b>");
  expect({{"x"}, {rule(0, ".c", Placement::inner, true)}}, html,
         "<b class=c>X</b><b class=c>X</b><b>3</b>");
}

void several_rules_at_one_element(void**) {
  Page page{{"x", "y"}, {rule(0, "#i", Placement::before), rule(1, "#i", Placement::replace)}};
  expect(page, "<p>a</p><p id=i>b</p>", "<p>a</p>XY");
  page.rules = {rule(0, "#i", Placement::after), rule(1, "#i", Placement::replace)};
  expect(page, "<p id=i>b</p>c", "YXc");
  page.rules = {rule(0, "#i", Placement::prepend), rule(1, "#i", Placement::append)};
  expect(page, "<p id=i>b</p>", "<p id=i>XbY</p>");
  page.rules = {rule(0, "#i", Placement::inner), rule(1, "#i", Placement::append)};
  expect(page, "<p id=i>b</p>", "<p id=i>X</p>");
  page.rules = {rule(0, "#i", Placement::before), rule(1, "p", Placement::before)};
  expect(page, "<p id=i>b</p>", "XY<p id=i>b</p>");
}

// What stands in content that is replaced vanishes, also at its very edge; what stands beside it
// does not.
void edges(void**) {
  Page page{{"x", "y"}, {rule(0, "#o"), rule(1, "#i", Placement::before)}};
  expect(page, "<div id=o><p id=i>b</p></div>", "<div id=o>X</div>");
  page.rules[1].placement = Placement::after;
  expect(page, "<div id=o><p id=i>b</p></div>", "<div id=o>X</div>");
  page = {{"x", "y"}, {rule(0, "#o"), rule(1, "#n", Placement::before)}};
  expect(page, "<p id=o>a<div id=n>b</div>", "<p id=o>XY<div id=n>b</div>");
}

void ends_that_are_implied(void**) {
  expect_rule("p", Placement::replace, "<div><p>a</div>z", "<div>X</div>z");
  expect_rule("p", Placement::inner, "<div><p>a<div>b</div></div>", "<div><p>X<div>b</div></div>");
  expect_rule("li", Placement::append, "<ul><li>a<li>b</ul>", "<ul><li>aX<li>b</ul>");
  expect_rule("ul", Placement::append, "<ul><li>a<li>b</ul>", "<ul><li>a<li>bX</ul>");
  expect_rule("p", Placement::inner, "<p>a<p>b", "<p>X<p>b");
  expect_rule("p", Placement::inner, "<p>a", "<p>X");
  expect_rule("p", Placement::inner, "<!doctype html><body><p>a</body></html>\n",
              "<!doctype html><body><p>X</body></html>\n");
  expect_rule("dd", Placement::after, "<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a<dd>bX<dt>c</dl>");
  expect_rule("section", Placement::replace, "<section><div><span>a</section>b", "Xb");
  expect_rule("td", Placement::inner, "<table><tr><td>a<td>b</table>",
              "<table><tr><td>X<td>b</table>");
}

void ends_that_are_uncertain(void**) {
  for (Placement placement :
       {Placement::inner, Placement::replace, Placement::append, Placement::after}) {
    expect_doubt("#i", placement, "<p id=i>a<b>c</p>d</b>", Doubt::end_uncertain);
    expect_doubt("#i", placement, "<i id=i><p>a</i>c</p>d", Doubt::end_uncertain);
    expect_doubt("#i", placement, "<p id=i><script>a", Doubt::end_uncertain);
    expect_doubt("#i", placement, "<p id=i>a</body>b", Doubt::end_uncertain);
  }
  for (Placement placement : {Placement::inner, Placement::replace}) {
    expect_doubt("#i", placement, "<div id=i>a", Doubt::end_uncertain);
    expect_doubt("#i", placement, "<body><main id=i>a</body>", Doubt::end_uncertain);
    expect_doubt("#i", placement, "<b><p id=i>a</b>c</p>d", Doubt::end_uncertain);
  }
  for (const char* page : {"<section><form id=i>a</section>",
                           "<table><tr><td><object id=i>a</table>", "<p><b id=i>a</p>b"}) {
    expect_doubt("#i", Placement::after, page, Doubt::end_uncertain);
  }
  expect_rule("#i", Placement::prepend, "<div id=i>a", "<div id=i>Xa");
  expect_rule("#i", Placement::before, "<div id=i>a", "X<div id=i>a");
  // The marquee's marker stays, and keeps the <b> from being reopened for the text.
  expect_doubt("marquee", Placement::replace, "<table><b><marquee><thead>x", Doubt::end_uncertain);
  expect_doubt("td", Placement::inner, "<table><tr><td id=i><object></td>x</table>",
               Doubt::end_uncertain);
}

// What the page leaves open until its end takes in all that comes, also behind </body>.
void ends_with_the_page(void**) {
  const Placement append = Placement::append;
  expect_rule("#i", append, "<div id=i>a", "<div id=i>aX");
  expect_rule("#i", append, "<body><main id=i>a</body></html>\n",
              "<body><main id=i>a</body></html>\nX");
  expect_rule("#i", append, "<body><main id=i>a</body>b", "<body><main id=i>a</body>bX");
  expect_rule("#i", append, "<div id=i>a<span>b", "<div id=i>a<span>b</span>X");
  expect_rule("#i", append, "<p><dd id=i><li><dt>", "<p><dd id=i><li><dt></dt></li>X");
  expect_rule("#i", Placement::after, "<main><div id=i>a</body>",
              "<main><div id=i>a</body></div>X");
  expect_rule("#i", Placement::after, "<main><div id=i>a<p>b</body>",
              "<main><div id=i>a<p>b</body></p></div>X");
  for (const char* page : {"<div id=i>a<b>b", "<div id=i>a<svg>", "<div id=i>a<!--",
                           "<div id=i>a<script>", "<div id=i><select>", "<p id=i>a</body>"}) {
    expect_doubt("#i", append, page, Doubt::end_uncertain);
  }
  Page page{{"x", "body-end"}, {rule(0, "#i", append)}};
  Rewritten result =
      rewrite(page, {{"x", "X"}, {"body-end", "E"}}, "<body><main id=i>a</body></html>");
  assert_string_equal(result.html.c_str(), "<body><main id=i>aE</body></html>X");
}

// Where the page leaves out an end tag it is put before the content, and the page stays as it is.
void end_tags_that_are_missing(void**) {
  expect_rule("#i", Placement::after, "<section><div id=i>a</section>b",
              "<section><div id=i>a</div>X</section>b");
  expect_rule("#i", Placement::after, "<p>1 <span id=i>a</p>b", "<p>1 <span id=i>a</span>X</p>b");
  expect_rule("#i", Placement::after, "<div><a>1 <SPAN id=i>a</a>b</div>",
              "<div><a>1 <SPAN id=i>a</span>X</a>b</div>");
  expect_rule("#i", Placement::after, "<h1 id=i>a<h2>b</h2>", "<h1 id=i>a</h1>X<h2>b</h2>");
  expect_rule("#i", Placement::before, "<a>a <a id=i>b</a>", "<a>a </a>X<a id=i>b</a>");
  expect_rule("#i", Placement::replace, "<a>a <a id=i>b</a>c", "<a>a </a>Xc");
  expect_rule("#i", Placement::before, "<a>a<b>b<a id=i>c</a>", "<a>a<b>b</a>X<a id=i>c</a>");
  expect_rule("#i", Placement::before, "<a>a<div>b<a id=i>c</a></div>",
              "<a>a<div>b</a>X<a id=i>c</a></div>");
  // The link that another one ends.
  expect_rule("#i", Placement::inner, "<a id=i>a <a>b</a>", "<a id=i>X<a>b</a>");
  expect_rule("#i", Placement::append, "<a id=i>a <a>b</a>", "<a id=i>a X<a>b</a>");
  expect_rule("#i", Placement::replace, "<a id=i>a <a>b</a>", "X<a>b</a>");
  expect_rule("#i", Placement::after, "<a id=i>a <a>b</a>", "<a id=i>a </a>X<a>b</a>");
  expect_rule("#i", Placement::after, "<a id=i><span>a <a>b</a>", "<a id=i><span>a </a>X<a>b</a>");
  expect_doubt("#i", Placement::after, "<a id=i><b>a <a>b</a>", Doubt::end_uncertain);
  expect_doubt("#i", Placement::after, "<a id=i><div>a <a>b</a></div>", Doubt::end_uncertain);
  // Others that only the start tag ends.
  expect_rule("h2", Placement::before, "<h1>a<h2>b</h2>", "<h1>a</h1>X<h2>b</h2>");
  expect_rule("h2", Placement::replace, "<h1>a<h2>b</h2>c", "<h1>a</h1>Xc");
  expect_rule("#i", Placement::before, "<p><x-y>a<div id=i>b</div>",
              "<p><x-y>a</x-y></p>X<div id=i>b</div>");
  expect_rule("#i", Placement::before, "<ul><li><span>a<li id=i>b</ul>",
              "<ul><li><span>a</span></li>X<li id=i>b</ul>");
  expect_doubt("#i", Placement::before, "<p><b>a<div id=i>b</div>", Doubt::end_uncertain);
  // They are written once.
  expect({{"x", "y"}, {rule(0, "h1", Placement::after), rule(1, "h2", Placement::before)}},
         "<h1>a<h2>b</h2>", "<h1>a</h1>X<h2>b</h2>");
  expect_doubt("#i", Placement::inner, "<a id=i>a<div>b<a>c</a></div>", Doubt::end_uncertain);
  // Nothing is added where the default content stays.
  Rewritten result = rewrite({{"x"}, {rule(0, "#i", Placement::before)}}, {}, "<a>a <a id=i>b</a>");
  assert_string_equal(result.html.c_str(), "<a>a <a id=i>b</a>");
}

// The page has forgotten end tags within the element, too.
void end_tags_left_out_within(void**) {
  expect_rule("#i", Placement::append, "<a id=i><span>a</a>b", "<a id=i><span>a</span>X</a>b");
  expect_rule("#i", Placement::append, "<div id=i><ul><li><p>a</div>b",
              "<div id=i><ul><li><p>a</p></li></ul>X</div>b");
  expect_rule("#i", Placement::append, "<section><div id=i><span>a</section>b",
              "<section><div id=i><span>a</span>X</section>b");
  expect_rule("#i", Placement::after, "<section><div id=i><span>a</section>b",
              "<section><div id=i><span>a</span></div>X</section>b");
  expect_rule("#i", Placement::append, "<section id=i><div>a</section>",
              "<section id=i><div>a</div>X</section>");
  expect_rule("#i", Placement::after, "<dl><dd id=i>a<li>b</dl>",
              "<dl><dd id=i>a<li>b</li></dd>X</dl>");
  expect_rule("#i", Placement::after, "<ul><li id=i><span>a<li>b</ul>",
              "<ul><li id=i><span>a</span></li>X<li>b</ul>");
  expect_rule("#i", Placement::append, "<div id=i><My-Long-Name/></div>",
              "<div id=i><My-Long-Name/></my-long-name>X</div>");
  expect_rule("#i", Placement::after, "<div><blockquote id=i>a</div>",
              "<div><blockquote id=i>a</blockquote>X</div>");
  expect_doubt("#i", Placement::append, "<div id=i><my-long-n\xC3\xA4me></div>",
               Doubt::end_uncertain);
  // What belongs into the element would not end what is open in it.
  expect_rule("#i", Placement::append, "<div id=i><li>a</div>", "<div id=i><li>a</li>X</div>");
  expect_rule("#i", Placement::append, "<dl><dd id=i><li>a</dl>", "<dl><dd id=i><li>a</li>X</dl>");
  expect_rule("#i", Placement::append, "<ul id=i><dd>a</ul>", "<ul id=i><dd>a</dd>X</ul>");
  expect_rule("#i", Placement::append, "<dl id=i><dd><li>a</dl>",
              "<dl id=i><dd><li>a</li></dd>X</dl>");
  expect_rule("#i", Placement::after, "<section><div id=i>a<p></section>",
              "<section><div id=i>a<p></p></div>X</section>");
  // More than a few, or such that their end tags do more.
  expect_doubt("#i", Placement::append, "<div id=i><i-1><i-2><i-3><i-4><i-5>a</div>",
               Doubt::end_uncertain);
  expect_doubt("#i", Placement::append, "<div id=i><b>a</div>", Doubt::end_uncertain);
  expect_doubt("#i", Placement::append, "<div id=i><span><b>a</div>", Doubt::end_uncertain);
  // Written once.
  Page page{{"x", "y"}, {rule(0, "#i", Placement::append), rule(1, "#i", Placement::after)}};
  expect(page, "<section><div><div id=i><div>a</section>",
         "<section><div><div id=i><div>a</div>X</section>");
}

// No formatting goes on behind a cell, whether or not the page has ended it.
void formatting_that_ends_with_a_cell(void**) {
  const std::string before = "<table><tr><td id=i>";
  for (const std::string end : {"</td>", "<td>b", "<tr>", "</tr>", "</table>b"}) {
    expect_rule("#i", Placement::inner, before + "<b>a" + end, before + "X" + end);
    expect_rule("#i", Placement::append, before + "<b>a" + end, before + "<b>a</b>X" + end);
    expect_rule("#i", Placement::append, before + "<font size=1><b><i>a</i>" + end,
                before + "<font size=1><b><i>a</i></b></font>X" + end);
    expect_rule("#i", Placement::append, before + "<b><div>a" + end,
                before + "<b><div>a</div></b>X" + end);
    expect_rule("b", Placement::append, before + "<b>a" + end, before + "<b>aX" + end);
    expect_rule("b", Placement::after, before + "<b>a" + end, before + "<b>a</b>X" + end);
    expect_rule("b", Placement::replace, before + "<b>a" + end, before + "X" + end);
    expect_rule("p", Placement::inner, before + "<p><b>a" + end, before + "<p>X" + end);
    expect_rule("p", Placement::inner, before + "<b><p><i>a" + end, before + "<b><p>X" + end);
    expect_rule("p", Placement::append, before + "<p><b>a" + end, before + "<p><b>a</b>X" + end);
    // Within the cell it goes on.
    expect_doubt("p", Placement::inner, before + "<p><b>a</p>b" + end, Doubt::end_uncertain);
    // Its end tag would end another one.
    expect_doubt("#i", Placement::append, before + "<b><p><b>a</p>" + end, Doubt::end_uncertain);
    // The cell's end leaves its marker on the list.
    expect_doubt("#i", Placement::inner, before + "<b>a<object>" + end, Doubt::end_uncertain);
  }
  expect_rule("#i", Placement::inner, "<table><caption id=i><b>a</caption><tr>",
              "<table><caption id=i>X</caption><tr>");
  expect_rule("#i", Placement::inner, "<object id=i><b>a</object>b", "<object id=i>X</object>b");
}

// Content would come to stand elsewhere, or what follows it would.
void places_that_do_not_hold(void**) {
  const Doubt unsure = Doubt::end_uncertain;
  expect_doubt("#i", Placement::before, "<p><b>a</p><p id=i>c</p>", unsure);
  expect_doubt("em", Placement::replace, "<b>a<em>b</b>c", unsure);
  expect_doubt("option", Placement::inner, "<select><option>a</option></select>", unsure);
  expect_doubt("option", Placement::replace, "<select><option>a</select>", unsure);
  expect_doubt("select", Placement::replace, "<p><select>a<select>b", unsure);
  expect_doubt("table", Placement::replace, "<p>a</p><table>b<tr><td>c</table>", unsure);
  expect_doubt("template", Placement::prepend, "<template><tr></tr></template>", unsure);
  expect_doubt("body", Placement::prepend, "<!doctype html><!-- a", unsure);
  expect_doubt("body", Placement::append, "<body><select>a</body>", unsure);
}

// The parser drops the line feed.
void behind_a_line_feed(void**) {
  const Placement prepend = Placement::prepend;
  expect_rule("pre", prepend, "<pre>a\n</pre>", "<pre>Xa\n</pre>");
  expect_rule("pre", prepend, "<pre>\na</pre>", "<pre>\nXa</pre>");
  expect_rule("pre", prepend, "<pre>\n\na</pre>", "<pre>\nX\na</pre>");
  expect_rule("pre", prepend, "<pre>\r\na</pre>", "<pre>\r\nXa</pre>");
  expect_rule("pre", prepend, "<pre>\r\r\na</pre>", "<pre>\rX\r\na</pre>");
  expect_rule("listing", prepend, "<listing>\n</listing>", "<listing>\nX</listing>");
  expect_rule("pre", prepend, "<pre></pre>\n", "<pre>X</pre>\n");
  expect_rule("pre", prepend, "<pre>", "<pre>X");
  expect_rule("pre", prepend, "<pre>\n", "<pre>\nX");
  expect_rule("pre", prepend, "<pre>\r", "<pre>\rX");
  expect_rule("pre", prepend, "<pre><code>\na</code>\n</pre>", "<pre>X<code>\na</code>\n</pre>");
  expect_rule("pre", prepend, "<pre><!-- -->\na</pre>", "<pre>X<!-- -->\na</pre>");
  expect_rule("pre", prepend, "<pre><\na</pre>", "<pre>X<\na</pre>");
  expect_rule("pre", prepend, "<pre>&lt;p></pre>", "<pre>X&lt;p></pre>");
  expect_rule("pre", prepend, "<pre>&<i>\n#</i></pre>", "<pre>X&<i>\n#</i></pre>");
  expect_rule("pre", prepend, "<pre><pre>\na</pre></pre>", "<pre>X<pre>\na</pre></pre>");
  // Between the two is no token.
  expect_rule("pre", prepend, "<pre></>\na</pre>", "<pre></>\nXa</pre>");
  expect_rule("pre", prepend, "<pre></></>a</pre>", "<pre>X</></>a</pre>");
  expect_rule("pre", prepend, "<pre>\r</>\na</pre>", "<pre>\rX</>\na</pre>");
  expect_rule("pre", prepend, "<pre></ >\na</pre>", "<pre>X</ >\na</pre>");
  // One that is written as a reference is dropped, too.
  expect_doubt("pre", prepend, "<pre>&#10;a</pre>", Doubt::end_uncertain);
  expect_doubt("pre", prepend, "<pre>&NewLine;a</pre>", Doubt::end_uncertain);
  // It may still be moved.
  expect_doubt("pre", prepend, "<b><pre>\na</b></pre>", Doubt::end_uncertain);
  // On every match, one directly in another one; and two slots in one.
  SlotRule all = rule(0, "pre", prepend);
  all.all = true;
  Rewritten result = rewrite({{"x"}, {all}}, {{"x", "X"}}, "<pre><pre>\na</pre>\n</pre>");
  assert_string_equal(result.html.c_str(), "<pre>X<pre>\nXa</pre>\n</pre>");
  result = rewrite({{"x", "y"}, {rule(0, "pre", prepend), rule(1, "pre", prepend)}},
                   {{"x", "X"}, {"y", "Y"}}, "<pre>\na</pre>");
  assert_string_equal(result.html.c_str(), "<pre>\nXYa</pre>");
  // One that is replaced takes it with it.
  result = rewrite({{"x", "y"}, {rule(0, "pre", prepend), rule(1, "pre", Placement::inner)}},
                   {{"x", "X"}, {"y", "Y"}}, "<pre>\na</pre>");
  assert_string_equal(result.html.c_str(), "<pre>Y</pre>");
}

// <html> and <body> have begun before it was known that the page is a whole one.
void paths_in_a_page_that_begins_late(void**) {
  expect_rule("body > p", Placement::append, "<br><b>a</b>\n<!doctype html><html><body><p>b</p>",
              "<br><b>a</b>\n<!doctype html><html><body><p>bX</p>");
  expect_rule("body > p:nth-child(3)", Placement::append, "<br><b>a</b><!doctype html><p>b</p>",
              "<br><b>a</b><!doctype html><p>bX</p>");
  expect_rule("html > body > p", Placement::append, "a<html><body><p>b</p>",
              "a<html><body><p>bX</p>");
  expect_rule("p:nth-of-type(2)", Placement::append, "<p>a</p><!doctype html><p>b</p>",
              "<p>a</p><!doctype html><p>bX</p>");
  // Elements are open that were opened before.
  expect_rule("body > a-b > c-d > p", Placement::append, "<a-b>\n<c-d>\n<html><body><p>b</p>",
              "<a-b>\n<c-d>\n<html><body><p>bX</p>");
  expect_rule("body > a-b > p:nth-child(2)", Placement::append,
              "<a-b><br><html><body><p>b</p></a-b>", "<a-b><br><html><body><p>bX</p></a-b>");
  expect_rule("body > a-b", Placement::after, "<a-b><html><body><p>b</p></a-b>",
              "<a-b><html><body><p>b</p></a-b>X");
  // What comes before counts, if it is known soon that it is a page.
  expect_rule("body > p:nth-of-type(1)", Placement::append, "<p>a</p><!doctype html><p>b</p>",
              "<p>aX</p><!doctype html><p>b</p>");
  expect_rule("body > b", Placement::before, "<br>\n<b>a</b><!doctype html><html><b>b</b>",
              "<br>\nX<b>a</b><!doctype html><html><b>b</b>");
  // What was not counted before would be the first.
  const std::string counted =
      "<p>a</p><!--" + std::string(9000, 'c') + "--><!doctype html><p>b</p><p>c</p>";
  for (const char* selector :
       {"body > p:nth-of-type(1)", "body > p:nth-of-type(2)", "p:nth-child(1 of body > p)"}) {
    for (const std::size_t cut : {std::size_t{0}, std::size_t{20}, std::size_t{8192}}) {
      const SlotMatcher matcher({"x"}, {rule(0, selector, Placement::append)});
      assert_string_equal(
          personalize::testing::rewrite_in_chunks(matcher, {"x"}, {{"x", "X"}}, counted, {cut})
              .html.c_str(),
          counted.c_str());
    }
  }
}

// What the masks alone cannot tell of a tag, among tags that they can.
void tags_that_need_a_closer_look(void**) {
  const std::string before = "<!doctype html><div><p class=\"a\">text</p>";
  const std::string after = "<p class=\"b\">text</p></div>";
  for (const char* tag : {
           "<i id=\"x\" title=\"a>b\">",
           "<i title=\"a>b\" id=x>",
           "<i title=' > ' id=\"x\">",
           "<i title=\" >\" id=x>",
           "<i title=\"=>\" id=x>",
           "<i title=\"\" id='x'>",
           "<i\tid=x>",
           "<i/id=x>",
           "<i title=it's id=x>",
           "<i title=a\"b id=x>",
           "<i id=&#120;>",
           "<i title=\"</p>\" id=x>",
           "<i title=\"<b>\"id=x>",
           "<i title=\"a&amp;b\" id=\"x\">",
           "<i ID=x>",
           "<I iD = \"x\" >",
           "<i a b c id=x d>",
           "<i title=\"0123456789012345678901234567890123456789012345678901234567890123456789\" "
           "id=x>",
           "<i id=x "
           "title=\"01234567890123456789012345678901234567890123456789>01234567890123456789\">",
       }) {
    const std::string html = before + tag + "c</i>" + after;
    expect_rule("#x", Placement::inner, html, before + tag + "X</i>" + after);
  }
  for (const char* tag : {"<i title=\"<b id=x>\">", "<i title='<b id=x>'>", "<i title=\" id=x>\">",
                          "<i title=\"a\" alt=\"<i id=x>\">", "<i x>", "<i id=\"xx\">",
                          "<i id=\"x x\">", "<i title=x>", "<i data-id=x>", "<i id=X>"}) {
    const std::string html = before + tag + "c</i>" + after;
    expect_rule("#x", Placement::inner, html, html);
  }
}

// Whether an attribute's value is of interest is seen from what follows its name, where that is
// written as usual.
void values_that_need_a_closer_look(void**) {
  const std::string before = "<!doctype html><div><p class=\"a\">text</p>";
  const std::string after = "<p class=\"b\">text</p></div>";
  const auto expect_match = [&](const char* selector, const char* tag, bool matches) {
    const std::string html = before + tag + "c</i>" + after;
    expect_rule(selector, Placement::inner, html, matches ? before + tag + "X</i>" + after : html);
  };
  for (const char* selector : {"[data-x=\"b\"]", "i[data-x^=b]", "[data-x]:not([data-x=a])"}) {
    for (const char* tag :
         {"<i data-x=\"b\">", "<I DATA-X=\"b\">", "<i data-x='b'>", "<i data-x=b>",
          "<i data-x = \"b\">", "<i data-x=\"&#98;\">", "<i data-x=\"b\" title=\"a>b\">",
          "<i title='data-x=\"a\"' data-x=\"b\">", "<i title=\"data-x=\" data-x=\"b\">",
          "<i title=data-x=\"a\" data-x=\"b\">", "<i data-x=\"b\" data-x=\"a\">",
          "<i title=\">\" data-x=\"b\">", "<i y=\"data-x=\"b\"a\" data-x=b>"}) {
      expect_match(selector, tag, true);
    }
    for (const char* tag :
         {"<i data-x=\"a\">", "<i data-x='a'>", "<i data-x=\"a\" data-x=\"b\">",
          "<i title=\"data-x=\"b\">", "<i title=' data-x=\"b\"'>", "<i y-data-x=\"b\">",
          "<i data-x=\"a\" title=\"b\">", "<i data-x=\"&#97;\">", "<b data-y=\"b\"></b><i>"}) {
      expect_match(selector, tag, false);
    }
  }
  // Some values are compared without regard to case, but only in HTML.
  expect_match("[rel=next]", "<i rel=\"NEXT\">", true);
  expect_match("i:not([rel=next])", "<i rel=\"NEXT\">", false);
  expect_match("[rel]:not([rel=next])", "<i rel=\"NEXT\">", false);
  expect_doubt("[rel]:not([rel=next])", Placement::after,
               "<div><svg><g rel=\"NEXT\"></g></svg></div><p>text and more text</p>",
               Doubt::foster_parent);
  expect_match("[data-x=B i]", "<i data-x=\"b\">", true);
  // Names and values with bytes that shape tags.
  expect_match("[\\&ab=\"1\"]", "<i &ab=\"1\">", true);
  expect_match("[data-x=\"a&b\"]", "<i data-x=\"a&amp;b\">", true);
  expect_match("[data-x=\"a>b\"]", "<i data-x=\"a>b\">", true);
  expect_match("[data-x=\"\"]", "<i data-x=\"\">", true);
  expect_match("[data-x=\"\"]", "<i data-x>", true);
  expect_match("[class=\"k l\"]", "<i class=\"k l\">", true);
  expect_match("[class=\"k l\"], .m", "<i class=\"k m\">", true);
  expect_match("[id^=k]", "<i id=\"kl\">", true);
  expect_match("i[data-x]", "<i data-x=\"1\">", true);
  expect_match("b[data-x]", "<i data-x=\"1\">", false);
  expect_match("[data-x]:not(i)", "<i data-x=\"1\">", false);
  expect_match("[data-x]:not(b)", "<i data-x=\"1\">", true);
  expect_rule("img[data-x]", Placement::after, "<div><image data-x=\"1\">text and more</div>",
              "<div><image data-x=\"1\">Xtext and more</div>");
  // A slot's name is a value as well.
  expect_match("#none", "<i data-pz-slot=\" x \">", true);
  expect_match("#none", "<i data-pz-slot=\"&#120;\">", true);
  expect_match("#none", "<i data-pz-slot=\"y\">", false);
}

// Whether an element is in one of interest is known before it is looked at.
void elements_whose_ancestors_are_missing(void**) {
  const std::string before = "<!doctype html><p>some text</p>";
  const std::string item = "<i class=\"k\" id=\"j\" data-x=\"1\">";
  const std::string after = "</i><p>some more text</p>";
  for (const char* selector :
       {".h i", ".h > i", ".h .k", ".h #j", ".h > [data-x]", ".h > :first-child", ".h :not(p)",
        "div .h i.k", "div > .h > i", "section i, .h i", "#none i, .h > .k"}) {
    for (const char* start : {"<div><div class=\"h\">", "<div class=\"n\"><div class=\"o h\">",
                              "<div><div class=\"h\">text", "<div><p class=\"h\">",
                              "<div class=\"h\"></div><div><ul class=\"h\">"}) {
      const std::string begin = before + start + item;
      expect_rule(selector, Placement::inner, begin + "c" + after, begin + "X" + after);
    }
    for (const char* start : {"<div><div>", "<div><div class=\"hh\">",
                              "<div class=\"h\"></div><div>", "<div><p class=\"h\">text<div>",
                              "<div><br class=\"h\">", "<div><!-- <p class=\"h\"> -->"}) {
      const std::string html = before + start + item + "c" + after;
      expect_rule(selector, Placement::inner, html, html);
    }
  }
}

void tables(void**) {
  const std::string html = "<table id=t><tr id=r><td id=d>a</td></tr></table>";
  expect_rule("#d", Placement::inner, html, "<table id=t><tr id=r><td id=d>X</td></tr></table>");
  expect_rule("#t", Placement::after, html, html + "X");
  expect_doubt("#t", Placement::inner, html, Doubt::foster_parent);
  expect_doubt("#t", Placement::append, html, Doubt::foster_parent);
  expect_doubt("#r", Placement::before, html, Doubt::foster_parent);
  expect_doubt("#d", Placement::replace, html, Doubt::foster_parent);
  expect_doubt("#f", Placement::inner, "<table><div id=f>a</div></table>", Doubt::foster_parent);
  expect_doubt("tbody", Placement::inner, "<!doctype html><table><tr><td>a</table>",
               Doubt::foster_parent);
  // The parser closes a form at once, also within what it moves out of the table.
  expect_doubt("#f", Placement::inner, "<table><p>a<form id=f>b</form></table>",
               Doubt::foster_parent);
  // It has done so with this one, which keeps the next from beginning: not without the table.
  expect_doubt("table", Placement::replace, "<div><table><form></table><form>",
               Doubt::end_uncertain);
  expect_rule("table", Placement::replace, "<div><table><form></form></table><form>",
              "<div>X<form>");

  // What is appended to body would not follow what is moved out of the table, once more after it
  // has been taken apart.
  for (const char* page : {"<body><table><i>a", "<body><table><i>a<b>b<div>c</i>"}) {
    Rewritten result = rewrite({{"body-end"}, {}}, {{"body-end", "E"}}, page);
    assert_string_equal(result.html.c_str(), page);
  }

  Rewritten result =
      rewrite({{"x"}, {}}, {{"x", "X"}}, "<table><!--pz:x--><tr><td>a</td></tr><!--/pz--></table>");
  assert_int_equal(count(result, Doubt::foster_parent), 1);
  expect({{"x"}, {}}, "<table><tr><td><!--pz:x-->a<!--/pz--></table>",
         "<table><tr><td><!--pz:x-->X<!--/pz--></table>");
}

// A drawing that something else ends.
void drawings_without_an_end_tag(void**) {
  expect_rule("#i", Placement::after, "<div><a><svg id=i><path/>/svg>\n</a>b</div>",
              "<div><a><svg id=i><path/>/svg>\n</svg>X</a>b</div>");
  expect_rule("#i", Placement::after, "<div><svg id=i><g><path></div>b",
              "<div><svg id=i><g><path></path></g></svg>X</div>b");
  expect_rule("#i", Placement::after, "<div><svg id=i><p>b</p></div>",
              "<div><svg id=i></svg>X<p>b</p></div>");
  expect_rule("p", Placement::before, "<div><svg id=i><p>b</p></div>",
              "<div><svg id=i></svg>X<p>b</p></div>");
  expect_rule("#i", Placement::append, "<div id=i><svg><linearGradient></div>b",
              "<div id=i><svg><linearGradient></lineargradient></svg>X</div>b");
  expect_doubt("#i", Placement::after, "<div><svg id=i><desc>a</div>b", Doubt::end_uncertain);
  expect_doubt("#i", Placement::after, "<div><math id=i><mi>a</div>b", Doubt::end_uncertain);
  expect_doubt("#i", Placement::replace, "<div><svg id=i><g></div>b", Doubt::end_uncertain);
  expect_doubt("#i", Placement::after, "<div><svg id=i><g>", Doubt::end_uncertain);
}

// Browsers of before 2025 drop formatting in a <select>, others have it there. It makes no
// difference to what follows if its own end tag ends it.
void formatting_in_a_select(void**) {
  const std::string after = "</select><p id=i>c</p>";
  const std::string filled = "</select><p id=i>X</p>";
  for (const char* start :
       {"<select><option><b>a</b></option>", "<select><b>a</b>", "<select><option><b><i>a</i></b>",
        "<select><option><b><span>a</span><br></b>", "<b>x</b><select><a href=y>a</a>",
        "<table><tr><td><select><option><b>a</b></option>"}) {
    expect_rule("#i", Placement::inner, start + after, start + filled);
  }
  for (const char* start :
       {"<select><option><b>a</option>", "<select><b>a", "<select><option><b>a<option>b</b>",
        "<select><option><b><i>a</b></i>", "<select><b>a<optgroup>", "<a>x<select><a>a</a>",
        "<select><nobr>a</nobr>", "<p><i>x<p><select><b>a</b>", "<b><b><b><select><b>a</b>",
        "<select><b>a<input>", "<select><option><b>a</option></b>"}) {
    const std::string page = start + after;
    expect_rule("#i", Placement::inner, page, page);
  }
}

// A table gets another number when something is put before it.
void tables_with_content_between_rows(void**) {
  const std::string page = "<div><br><table><br><tr><td>a</td></tr><br><tr><td>b</td></tr></table>";
  const auto expect_path = [&](const char* selector, const char* text) {
    std::string filled = page;
    if (text != nullptr) filled.insert(filled.find(text) + 5, "X");
    expect_rule(selector, Placement::append, page, filled);
  };
  expect_path("div > table:nth-child(3) > tbody > tr > td", "<td>a");
  expect_path("div > table:nth-child(4) > tbody > tr > td", "<td>b");
  expect_path("div > table:nth-child(2) > tbody > tr > td", nullptr);
  expect_path("table > tbody > tr:nth-child(2) > td", "<td>b");
  expect_rule("div > table:nth-child(4)", Placement::after, page, page + "X");
  expect_rule("div > table:nth-child(3)", Placement::after, page, page);
}

void foreign_content(void**) {
  expect_rule("#i", Placement::after, "<div><svg id=i><path/></svg></div>",
              "<div><svg id=i><path/></svg>X</div>");
  expect_rule("#i", Placement::replace, "<div><svg id=i><path/></svg></div>", "<div>X</div>");
  expect_rule("#i", Placement::replace, "<div><svg id=i /></div>", "<div>X</div>");
  expect_doubt("#i", Placement::inner, "<svg id=i><path/></svg>", Doubt::foster_parent);
  expect_doubt("path", Placement::before, "<svg><path/></svg>", Doubt::foster_parent);
  expect_rule("#i", Placement::inner, "<svg><foreignObject id=i>a<br></foreignObject></svg>",
              "<svg><foreignObject id=i>X</foreignObject></svg>");
  expect_rule("#i", Placement::inner, "<svg><div id=i>a</div>", "<svg><div id=i>X</div>");
  expect_rule("#i", Placement::inner, "<svg><a/></svg><div id=i />a</div>b",
              "<svg><a/></svg><div id=i />X</div>b");
}

void content_that_is_not_markup(void**) {
  expect_doubt("script", Placement::inner, "<script>a</script>", Doubt::end_uncertain);
  expect_doubt("textarea", Placement::append, "<textarea>a</textarea>", Doubt::end_uncertain);
  expect_rule("script", Placement::replace, "<p><script>a<b></b></script>", "<p>X");
  // Blocks that formatting may still move take it with them.
  expect_rule("script", Placement::before, "<a><div><script></script>b</a>",
              "<a><div>X<script></script>b</a>");
  expect_rule("script", Placement::replace, "<a><div><script></script>b</a>", "<a><div>Xb</a>");
  expect_rule("noscript", Placement::before, "<p><noscript><b></b></noscript>",
              "<p>X<noscript><b></b></noscript>");
}

// What stands at the end of a page beside content: <script> and <template>, which are elements that
// work in more places.
void scripts_at_the_end(void**) {
  SlotRule end{Where{"test.conf", 1}, 1, {}};
  end.of_scripts = true;
  const Page page{{"x", ""}, {end}};
  const Fills fills{{"", "T"}};
  // Before </body>, whatever formatting that waits would do to content.
  const char* const at_end[] = {
      "<body><b>a|</body></html>\n",
      "<body><p><b>a</p>|</body><p>c",
      "<body><p><font color=red><a href=/>a</p>|</html>",
      // Where the page ends, if the tag is missing or means nothing.
      "<!doctype html><p><b>a</p>|",
      "<body><table><tr><td></body>a|",
      "<body><table><tr></body>|",
      "<body><svg><foreignObject><p>a</body>|",
      "<body><table><colgroup>|",
      "<body><table><b>a|",
      "<body><select><option>a</body>|",
      "<body><p>a|<div cl",
      "<!doctype html><title>t</title>|",
  };
  for (std::string html : at_end) {
    std::string expected = html;
    expected.replace(expected.find('|'), 1, "T");
    html.erase(html.find('|'), 1);
    const Rewritten result = rewrite(page, fills, html);
    assert_string_equal(result.html.c_str(), expected.c_str());
    assert_int_equal(count(result, Doubt::end_uncertain), 0);
  }
  // What would make other elements of them, or hide them, ends before them.
  struct Case {
    const char* html;
    const char* expected;
  };
  const Case ended[] = {
      {"<body><svg><g>a</body>", "<body><svg><g>a</body></svg>T"},
      {"<body><svg><svg><g>a", "<body><svg><svg><g>a</svg></svg>T"},
      {"<body><math><mi>a", "<body><math><mi>a</math>T"},
      {"<body><template><div>a</body>", "<body><template><div>a</body></template>T"},
      {"<body><template><svg><template><g>a<template>b",
       "<body><template><svg><template><g>a<template>b</template>T"},
      // Nothing that comes behind is followed, so that they stand where that begins.
      {"<body><p>a</p><select><b><table></table></select><p>b",
       "<body><p>a</p><select><b>T<table></table></select><p>b"},
      {"<body><p>a</p><frameset><p>b", "<body><p>a</p>T<frameset><p>b"},
      // In these they would be text, or nothing; a part of a page has no end.
      {"<body>a<!-- ", "<body>a<!-- "},
      {"<body>a<script>", "<body>a<script>"},
      {"<body>a<textarea>", "<body>a<textarea>"},
      {"<head></head><frameset>", "<head></head><frameset>"},
      {"<p>a</p>", "<p>a</p>"},
  };
  for (const Case& c : ended) {
    assert_string_equal(rewrite(page, fills, c.html).html.c_str(), c.expected);
  }
  // Behind content of the body's end.
  const Page both{{"body-end", ""}, {end}};
  assert_string_equal(rewrite(both, {{"body-end", "E"}, {"", "T"}}, "<body>a</body>").html.c_str(),
                      "<body>aET</body>");
  const Rewritten alone = rewrite(both, {{"body-end", "E"}, {"", "T"}}, "<body><p><b>a</p></body>");
  assert_string_equal(alone.html.c_str(), "<body><p><b>a</p>T</body>");
  assert_int_equal(count(alone, Doubt::end_uncertain), 1);
}

void implied_positions(void**) {
  Page head{{"head-end"}, {}};
  Page start{{"body-start"}, {}};
  Page end{{"body-end"}, {}};
  Fills fills{{"head-end", "H"}, {"body-start", "S"}, {"body-end", "E"}};
  struct Case {
    const char* html;
    const char* head;
    const char* start;
    const char* end;
  };
  const Case cases[] = {
      {"<!doctype html><html><head><title>t</title></head><body class=a>b</body></html>\n",
       "<!doctype html><html><head><title>t</title>H</head><body class=a>b</body></html>\n",
       "<!doctype html><html><head><title>t</title></head><body class=a>Sb</body></html>\n",
       "<!doctype html><html><head><title>t</title></head><body class=a>bE</body></html>\n"},
      {"<!doctype html><title>t</title><p>hi", "<!doctype html><title>t</title>H<p>hi",
       "<!doctype html><title>t</title>S<p>hi", "<!doctype html><title>t</title><p>hiE"},
      {"<!doctype html>\n<p>hi", "<!doctype html>\nH<p>hi", "<!doctype html>\nS<p>hi",
       "<!doctype html>\n<p>hiE"},
      {"<body><p>hi", "H<body><p>hi", "<body>S<p>hi", "<body><p>hiE"},
      {"<html> \n text</html>", "<html> \n Htext</html>", "<html> \n Stext</html>",
       "<html> \n textE</html>"},
      {"<!doctype html>", "<!doctype html>H", "<!doctype html>S", "<!doctype html>E"},
      {"<html><script>'</head><body></body>'</script><p></html>",
       "<html><script>'</head><body></body>'</script>H<p></html>",
       "<html><script>'</head><body></body>'</script>S<p></html>",
       "<html><script>'</head><body></body>'</script><p>E</html>"},
      {"<head></head> <!-- a --> <div>b</div>", "<head>H</head> <!-- a --> <div>b</div>",
       "<head></head> <!-- a --> S<div>b</div>", "<head></head> <!-- a --> <div>b</div>E"},
      {"<body>a<table><td></body>b</table></body><p>c",
       "H<body>a<table><td></body>b</table></body><p>c",
       "<body>Sa<table><td></body>b</table></body><p>c",
       "<body>a<table><td></body>b</table>E</body><p>c"},
      // The content would reopen <b>, and <p> would come to stand in it.
      {"<body>a<p><b>b</p></body><p>c", "H<body>a<p><b>b</p></body><p>c",
       "<body>Sa<p><b>b</p></body><p>c", "<body>a<p><b>b</p></body><p>c"},
      {"<body>a<div cl", "H<body>a<div cl", "<body>Sa<div cl", "<body>aE<div cl"},
      {"<body>a<!-- ", "H<body>a<!-- ", "<body>Sa<!-- ", "<body>a<!-- "},
      {"<body>a<script>", "H<body>a<script>", "<body>Sa<script>", "<body>a<script>"},
      // Partials: no <html>, <head>, <body> or doctype.
      {"<div>a</div>", "<div>a</div>", "<div>a</div>", "<div>a</div>"},
      {"<title>t</title><p>b", "<title>t</title><p>b", "<title>t</title><p>b",
       "<title>t</title><p>b"},
  };
  for (const Case& c : cases) {
    assert_string_equal(rewrite(head, fills, c.html).html.c_str(), c.head);
    assert_string_equal(rewrite(start, fills, c.html).html.c_str(), c.start);
    assert_string_equal(rewrite(end, fills, c.html).html.c_str(), c.end);
  }
}

void all_implied_positions_at_once(void**) {
  Page page{{"body-end", "a", "body-start", "head-end"}, {rule(1, "body-start")}};
  Fills fills{{"head-end", "H"}, {"body-start", "S"}, {"body-end", "E"}, {"a", "A"}};
  Rewritten result = rewrite(page, fills, "<!doctype html>");
  assert_string_equal(result.html.c_str(), "<!doctype html>HSAE");
}

void body_by_selector(void**) {
  expect_rule("body", Placement::append, "<body><p>hi", "<body><p>hiX");
  expect_rule("body", Placement::append, "<body><p>hi</body></html>", "<body><p>hiX</body></html>");
  expect_rule("body", Placement::prepend, "<!doctype html><p>hi", "<!doctype html>X<p>hi");
  expect_rule("body", Placement::append, "<!doctype html><p>hi", "<!doctype html><p>hiX");
  expect_rule("body > p", Placement::inner, "<!doctype html><p>hi", "<!doctype html><p>X");
  expect_rule("body", Placement::inner, "<body>a</body></html>", "<body>X</body></html>");
  expect_rule("head", Placement::append, "<!doctype html><title></title><p>",
              "<!doctype html><title></title>X<p>");
  expect_doubt("body", Placement::inner, "<!doctype html><p>a", Doubt::end_uncertain);
  expect_doubt("body", Placement::replace, "<body>a</body>", Doubt::end_uncertain);
  expect_doubt("html", Placement::inner, "<html>a</html>", Doubt::end_uncertain);
}

void selects(void**) {
  const std::string html =
      "<main><div class=a><p id=p1 class=' x y "
      "'>1</p><p>2</p><ul><li>3</li><li>4</li><li>5</li></ul></div></main>"
      "<a href='/Shop/One' lang=en-GB TYPE=Text>6</a>";
  auto one = [&](const char* selector, const char* from, const char* to) {
    std::string expected = html;
    std::size_t at = expected.find(">" + std::string(from) + "<");
    assert_true(at != std::string::npos);
    expected.replace(at + 1, std::string(from).size(), to);
    expect_rule(selector, Placement::inner, html, expected);
  };
  for (const char* selector : {"p",
                               "P",
                               "#p1",
                               ".x",
                               ".y.x",
                               "p.x#p1",
                               "div p",
                               "main p",
                               "main > div > p",
                               "div>p",
                               ".a > *",
                               "*.x",
                               "[class~=x]",
                               "[id=p1]",
                               "[id^=p]",
                               "[id$='1']",
                               "[id*=\"p\"]",
                               "[id|=p1]",
                               "q, p",
                               "p:first-child",
                               "p:nth-child(1)",
                               "p:nth-child(odd)",
                               "p:nth-child(-n+1)",
                               "p:not(.z)",
                               "p:not([title]):not(#q)",
                               "[class]:not(div)",
                               "#\\70 1",
                               "[id=P1 i]"}) {
    one(selector, "1", "X");
  }
  for (const char* selector :
       {"p:not(.x)", "p:nth-child(2)", "p:nth-child(even)", "p:not([id])", "p:not(:first-child)"}) {
    one(selector, "2", "X");
  }
  one("li:nth-child(2n+3)", "5", "X");
  one("ul li:nth-child(2)", "4", "X");
  for (const char* selector :
       {"a[href]", "[href^='/Shop']", "[lang|=en]", "[type=text]", "[href='/shop/one' i]"}) {
    one(selector, "6", "X");
  }
  for (const char* selector :
       {".X", "#P1", "[href^='/shop']", "[type=text s]", "main > p", "p p", "li > li", "[id^='']",
        "[class~='x y']", "p:nth-child(3)", "p:nth-child(n+9)", "p:not(*)", "q"}) {
    expect_rule(selector, Placement::inner, html, html);
  }
}

void selectors_that_are_refused(void**) {
  for (const char* selector : {"",
                               " ",
                               "p +",
                               "p >",
                               "> p",
                               ",",
                               "p,",
                               "p:hover",
                               "p::before",
                               "svg|a",
                               "*|a",
                               "[a|b]",
                               ":not()",
                               ":nth-child()",
                               ":nth-child(x)",
                               ":nth-child(1",
                               ":nth-child(2 of)",
                               ":nth-child(2 of p",
                               ":nth-child(2of p)",
                               ":nth-of-type(2 of p)",
                               ":nth-of-type",
                               ":first-child()",
                               ":is()",
                               ":is(p",
                               ":is(p,)",
                               ":where",
                               "p)",
                               "+ p",
                               "p + + p",
                               ":is(:is(:is(:is(:is(:is(:is(:is(:is(p)))))))))",
                               ":last-child",
                               ":has(a)",
                               "#",
                               ".",
                               "[",
                               "[]",
                               "[a",
                               "[a=",
                               "[a=b",
                               "[a='b]",
                               "[a!=b]",
                               "#1",
                               ".1",
                               "a b c {",
                               "p\\",
                               "[a=b x]"}) {
    bool thrown = false;
    try {
      SlotMatcher matcher({"x"}, {rule(0, selector)});
    } catch (const ConfigError& error) {
      thrown = std::string(error.what()).find("selector") != std::string::npos &&
               error.where().line == 1;
    }
    if (!thrown) fail_msg("accepted: %s", selector);
  }
}

void pages_that_are_not_html(void**) {
  Page page{{"body-end"}, {}};
  for (const char* html : {"{\"a\":\"<body></body>\"}", "  [1]", "\xEF\xBB\xBF 7",
                           "\"<html><body>\"", "\xFF\xFE<html>", "\xFE\xFF<html>"}) {
    Rewritten result = rewrite(page, {{"body-end", "E"}}, html);
    assert_string_equal(result.html.c_str(), html);
    assert_int_equal(count(result, Doubt::not_html), 1);
  }
  Rewritten result = rewrite(page, {{"body-end", "E"}}, "\xEF\xBB\xBF \n<html>a");
  assert_string_equal(result.html.c_str(), "\xEF\xBB\xBF \n<html>aE");
  assert_string_equal(rewrite(page, {{"body-end", "E"}}, " \n ").html.c_str(), " \n ");
  assert_string_equal(rewrite(page, {{"body-end", "E"}}, "").html.c_str(), "");
}

// As a warning of PHP's, or a second byte order mark, that slipped in before the doctype: a browser
// begins body there, and drops <!doctype>, <html>, <head> and <body>.
void pages_that_begin_with_text(void**) {
  Page page{{"x", "head-end", "body-start", "body-end"}, {rule(0, "#i")}};
  const Fills fills{{"x", "X"}, {"head-end", "H"}, {"body-start", "S"}, {"body-end", "E"}};
  const std::string mark = "\xEF\xBB\xBF";
  const std::string late = "<!DOCTYPE html><html><head></head><body><p id=i>d</p></body></html>";
  const std::string filled = "<!DOCTYPE html><html><head></head><body><p id=i>X</p>E</body></html>";
  const std::pair<std::string, std::string> beginnings[] = {
      {"", "<br />\n<b>Warning</b>: no such file in <b>/a.php</b><br />\n"},
      {mark + " \n", "<br />"},
      {"", "Warning: no such file"},
      {mark, mark},
      {mark + " \n", "\xEF\xBC\x81"},
      {"", "\xEF\xBC\x81"},
      {"", "\xEF\xBB\n"},
      {"", "\xBB"},
      {" \n", "."},
      {"", "7"}};
  for (const auto& [nothing, visible] : beginnings) {
    Rewritten result = rewrite(page, fills, nothing + visible + late);
    assert_string_equal(result.html.c_str(), (nothing + "HS" + visible + filled).c_str());
    assert_int_equal(count(result, Doubt::end_uncertain), 0);
    assert_int_equal(count(result, Doubt::not_html), 0);
    // It is held back until it is known what it is, but not for long.
    const std::string before = nothing + visible + "<!--" + std::string(9000, 'c') + "-->";
    const SlotMatcher matcher(page.names, page.rules);
    result =
        personalize::testing::rewrite_in_chunks(matcher, page.names, fills, before + late, {100});
    assert_string_equal(result.html.c_str(), (before + filled).c_str());
    assert_int_equal(count(result, Doubt::end_uncertain), 2);  // head-end and body-start
    assert_string_equal(rewrite(page, fills, nothing + visible).html.c_str(),
                        (nothing + visible).c_str());
  }
  // An XML declaration is a comment, white space nothing: head and body are where they seem to be.
  for (std::string before : {"<?xml version=\"1.0\"?>\n", " \n\t", "\xEF\xBB\xBF\n"}) {
    before += "<!DOCTYPE html>";
    assert_string_equal(
        rewrite(page, fills, before + "<head></head><body><p id=i>d</p>").html.c_str(),
        (before + "<head>H</head><body>S<p id=i>X</p>E").c_str());
  }
  Rewritten result = rewrite(page, fills, "a<p id=i>d</p><html><p>b</p>");
  assert_string_equal(result.html.c_str(), "HSa<p id=i>X</p><html><p>b</p>E");
  // Without a tag that says so it is not certain to be HTML.
  result = rewrite(page, fills, "a<p id=i>d</p>");
  assert_string_equal(result.html.c_str(), "a<p id=i>d</p>");
  assert_int_equal(count(result, Doubt::not_html), 1);
}

void amp_pages_are_left_alone(void**) {
  Page page{{"x"}, {rule(0, "#i")}};
  for (const char* name :
       {"amp", "AMP", "\xE2\x9A\xA1", "\xE2\x9A\xA1\xEF\xB8\x8F", "amp=''", "lang=en amp4email",
        "\xE2\x9A\xA1"
        "4email",
        "amp4ads",
        "\xE2\x9A\xA1"
        "4ads data-css-strict"}) {
    const std::string html = "<!doctype html><html " + std::string(name) + "><body><p id=i>d</p>";
    Rewritten result = rewrite(page, {{"x", "X"}}, html);
    assert_string_equal(result.html.c_str(), html.c_str());
    assert_int_equal(count(result, Doubt::amp), 1);
  }
  for (const char* name : {"lang=amp", "ampere", "data-amp", "\xE2\x9A", "amp4"}) {
    const std::string html = "<!doctype html><html " + std::string(name) + "><body><p id=i>";
    assert_string_equal(rewrite(page, {{"x", "X"}}, html + "d</p>").html.c_str(),
                        (html + "X</p>").c_str());
  }
}

// The parser moves a block out of formatting that is closed within it.
void blocks_in_formatting(void**) {
  for (Placement placement : {Placement::before, Placement::prepend}) {
    const bool before = placement == Placement::before;
    const auto filled = [before](const std::string& in, const std::string& at,
                                 const std::string& out) {
      return before ? in + "X" + at + out : in + at + "X" + out;
    };
    for (const char* end : {"</p></a><p>", "</p><a>", "", "</a></div>", "<a>", "</a>"}) {
      const bool moves = std::string_view(end) == "</a></div>" || std::string_view(end) == "<a>" ||
                         std::string_view(end) == "</a>";
      if (moves) {
        expect_doubt("#i", placement, std::string("<div><a>1<p id=i>2") + end,
                     Doubt::end_uncertain);
      } else {
        expect_rule("#i", placement, std::string("<div><a>1<p id=i>2") + end,
                    filled("<div><a>1", "<p id=i>", std::string("2") + end));
      }
    }
    // Where the adoption agency would stop, nothing waits.
    expect_rule("#i", placement, "<b>1<table id=j><tr><td><p id=i>2</b>",
                filled("<b>1<table id=j><tr><td>", "<p id=i>", "2</b>"));
    // Formatting within formatting stays.
    expect_rule("#i", placement, "<b>1<i id=i>2<p>3</b>", filled("<b>1", "<i id=i>", "2<p>3</b>"));
  }
  Page page{{"x"}, {rule(0, "#i", Placement::before)}};
  Scanner::Limits limits;
  limits.content = 16;
  Rewritten result =
      rewrite(page, {{"x", "X"}}, "<a><p id=i>" + std::string(16, 'a') + "</p></a>", limits);
  assert_int_equal(count(result, Doubt::content_too_long), 1);
}

// What stays open when formatting around it is closed moves as it is, and ends in its new place.
void blocks_that_are_moved(void**) {
  const Placement after = Placement::after;
  expect_rule("#i", after, "<b><p id=i>a</b>c</p>d", "<b><p id=i>a</b>c</p>Xd");
  expect_rule("#i", Placement::append, "<b><p id=i>a</b>c</p>d", "<b><p id=i>a</b>cX</p>d");
  expect_rule("#i", after, "<a>1<div id=i>2<a>3</a>4</div>5", "<a>1<div id=i>2<a>3</a>4</div>X5");
  expect_rule("#i", after, "<a>1<div><div id=i>2</a></div></div>",
              "<a>1<div><div id=i>2</a></div>X</div>");
  // A link ends where the next one begins, the clone of it in the block too.
  expect_rule("#i > div", after, "<section><a>1<div id=i>2<div>3<a>4</a></div>5</div></section>",
              "<section><a>1<div id=i>2<div>3<a>4</a></div>X5</div></section>");
  // It has got other ancestors.
  expect_rule("section > p", after, "<section><a>1<p>2</a>3</p></section>",
              "<section><a>1<p>2</a>3</p>X</section>");
  expect_rule("section > p:nth-child(3)", Placement::append,
              "<section><br><a>1<p>2</a>3</p></section>",
              "<section><br><a>1<p>2</a>3X</p></section>");
  for (const char* selector : {"a > p", "a p"}) {
    expect_doubt(selector, after, "<section><a><p>2</a>3</p></section>", Doubt::end_uncertain);
  }
  for (Placement placement : {Placement::before, Placement::prepend, Placement::inner}) {
    expect_doubt("section > p", placement, "<section><a>1<p>2</a>3</p></section>",
                 Doubt::end_uncertain);
  }
  // One that two selectors match, and each of several.
  Page page{{"x"}, {rule(0, "section > p, p", after)}};
  expect(page, "<section><a>1<p>2</a>3</p></section>", "<section><a>1<p>2</a>3</p>X</section>");
  page.rules = {rule(0, "section > p", after, true)};
  expect(page, "<section><p>0</p><a>1<p>2</a>3</p></section>",
         "<section><p>0</p>X<a>1<p>2</a>3</p>X</section>");
}

// The parser takes a form off the stack, and what is open in it stays so.
void forms_that_end_too_early(void**) {
  const std::string page = "<section><form id=f>1<div id=i>2</form>3</div>4</section>";
  const auto filled = [&](const std::string& at) {
    return std::string(page).insert(page.find(at) + at.size(), "X");
  };
  expect_rule("#f", Placement::after, page, filled("</div>"));
  expect_rule("#f", Placement::before, page, filled("<section>"));
  expect_rule("#i", Placement::append, page, filled("3"));
  expect_rule("#i", Placement::prepend, page, filled("<div id=i>"));
  expect_doubt("#i", Placement::after, page, Doubt::end_uncertain);
  for (Placement placement : {Placement::inner, Placement::replace}) {
    expect_doubt("#i", placement, page, Doubt::end_uncertain);
    expect_doubt("#f", placement, page, Doubt::end_uncertain);
  }
  expect_doubt("#f", Placement::append, page, Doubt::end_uncertain);
  // Paths lead through it, and counts go on behind it.
  expect_rule("section > form > div > p", Placement::inner,
              "<section><form>1<div>2</form><p>3</p></div></section>",
              "<section><form>1<div>2</form><p>X</p></div></section>");
  expect_rule("section > p:nth-of-type(2)", Placement::inner,
              "<section><form><p>1</p><div>2</form><p>3</p></div><p>4</p><p>5</p></section>",
              "<section><form><p>1</p><div>2</form><p>3</p></div><p>4</p><p>X</p></section>");
  expect_rule("section > p:nth-child(2)", Placement::inner,
              "<section><form><div></form></div><p>1</p></section>",
              "<section><form><div></form></div><p>X</p></section>");
  // Formatting that ends behind it takes what is open along.
  expect_rule("#i", Placement::append, "<p><form><a><div id=i></form></a>1</div>",
              "<p><form><a><div id=i></form></a>1X</div>");
  expect_doubt("#i", Placement::append, "<a><form><div id=i></form></a>1</div>",
               Doubt::end_uncertain);
}

void limits(void**) {
  Page page{{"x"}, {rule(0, "#i")}};
  Scanner::Limits limits;
  limits.content = 10;
  limits.token = 40;
  Fills fills{{"x", "X"}};
  Rewritten result = rewrite(page, fills, "<p id=i>0123456789</p>", limits);
  assert_string_equal(result.html.c_str(), "<p id=i>X</p>");
  result = rewrite(page, fills, "<p id=i>0123456789+</p>", limits);
  assert_string_equal(result.html.c_str(), "<p id=i>0123456789+</p>");
  assert_int_equal(count(result, Doubt::content_too_long), 1);
  // What is no markup ends at its end tag, and need not be held.
  const Page raw{{"x"}, {rule(0, "script", Placement::replace)}};
  result = rewrite(raw, fills, "<p><script>0123456789+0123456789</script>a</p>", limits);
  assert_string_equal(result.html.c_str(), "<p>Xa</p>");
  result = rewrite(raw, fills, "<p><script>0123456789+0123456789</p>", limits);
  assert_string_equal(result.html.c_str(), "<p>X");
  result = rewrite(page, fills, "<p><!--pz:x-->01234567<i></i>+<!--/pz--></p>", limits);
  assert_int_equal(count(result, Doubt::content_too_long), 1);
  // The slot is free for the next place.
  result = rewrite(page, fills, "<p id=i>0123456789+</p><p id=i></p>", limits);
  assert_string_equal(result.html.c_str(), "<p id=i>0123456789+</p><p id=i>X</p>");

  std::string attribute(40, 'a');
  for (const std::string& html : {"<p " + attribute + "><p id=i></p>", "<p " + attribute}) {
    result = rewrite(page, fills, html, limits);
    assert_string_equal(result.html.c_str(), html.c_str());
    assert_int_equal(count(result, Doubt::token_too_long), 1);
  }
  // Nor have words in scripts, wherever they are cut.
  const std::string script = "<script><!--<p" + std::string(200, 'w') + "--></script>";
  result = rewrite(page, fills, script + "<p id=i></p>", limits);
  assert_int_equal(count(result, Doubt::token_too_long), 0);
  assert_string_equal(result.html.c_str(), (script + "<p id=i>X</p>").c_str());
  // Comments that are not ours are not held, and have no limit.
  result = rewrite(page, fills, "<!--" + attribute + "--><p id=i></p>", limits);
  assert_int_equal(count(result, Doubt::token_too_long), 0);
  assert_string_equal(result.html.c_str(), ("<!--" + attribute + "--><p id=i>X</p>").c_str());
}

// Tags whose form leaves it to the standard's states where they end and what their names are.
// A picture in an address, or an application's state in an attribute, does not end reading.
void long_values(void**) {
  Scanner::Limits limits;
  limits.content = 1000;
  limits.token = 40;  // so 10 bytes of a value
  const Fills fills{{"x", "X"}};
  const auto expect_long = [&](const char* selector, Placement placement, const std::string& html,
                               const std::string& expected) {
    Rewritten result = rewrite({{"x"}, {rule(0, selector, placement)}}, fills, html, limits);
    assert_string_equal(result.html.c_str(), expected.c_str());
    assert_int_equal(count(result, Doubt::token_too_long), html == expected ? 1 : 0);
    assert_int_equal(count(result, Doubt::content_too_long), 0);
  };
  for (std::size_t size :
       {std::size_t{9}, std::size_t{10}, std::size_t{11}, std::size_t{40}, std::size_t{200}}) {
    const std::string value(size, 'v');
    const bool is_cut = size > 11;
    for (const std::string& written : {"\"" + value + "\"", "'" + value + "'", value}) {
      const std::string tag = "<p a=" + written + " id=i>";
      expect_long("#i", Placement::inner, tag + "d</p>", tag + "X</p>");
      expect_long("#i", Placement::append, tag + "d</p>", tag + "dX</p>");
    }
    // What follows.
    const std::string image = "<img src='" + value + "' b>";
    expect_long("#i", Placement::inner, image + "<p id=i>d</p " + "a='" + value + "'>e",
                image + "<p id=i>X</p " + "a='" + value + "'>e");
    // (The solidus belongs to the value.)
    const std::string drawing = "<svg a=" + value + "/><desc id=i>";
    expect_long("#i", Placement::inner, drawing + "d</desc></svg>", drawing + "X</desc></svg>");
    // Whether the value is the one that is asked for is not known.
    const std::string tag = "<p a='" + value + "'>";
    expect_long("p[a]", Placement::inner, tag + "d</p>", tag + "X</p>");
    expect_long("p[a^=v]", Placement::inner, tag + "d</p>", tag + (is_cut ? "d</p>" : "X</p>"));
    expect_long("p:not([a$=w])", Placement::inner, tag + "d</p>",
                tag + (is_cut ? "d</p>" : "X</p>"));
  }
  // Before a tag that is longer than a token nothing is placed, whatever part of it is kept.
  const std::string tag = "<p a='" + std::string(50, 'v') + "' id=j>";
  expect_long("#j", Placement::before, "<i></i>" + tag + "d</p>", "<i></i>" + tag + "d</p>");
  expect_long("#j", Placement::replace, "<i></i>" + tag + "d</p>", "<i></i>" + tag + "d</p>");
  expect_long("#i", Placement::append, "<p id=i>d" + tag, "<p id=i>d" + tag);
  expect_long("#i", Placement::inner, "<p id=i>d" + tag, "<p id=i>X" + tag);
  expect_long("#i", Placement::after, "<p id=i>d</p>" + tag, "<p id=i>d</p>X" + tag);
  // Many values that are not cut off, and names, do count.
  std::string many = "<p";
  for (int i = 0; i < 5; ++i) many += " a" + std::to_string(i) + "='0123456789'";
  expect_long("#i", Placement::inner, many + "><p id=i></p>", many + "><p id=i></p>");
}

// Nothing waits for the end of what stays as it is; that it stays is told once its place is
// certain.
void default_content_is_not_held(void**) {
  struct Case {
    const char *begin, *end;
    unsigned defaults;
  };
  for (const Case& page :
       {Case{"<main id=i>a", "bbbbbbbbbbbbbbbbbbbbbbbb</main>c", 1},
        Case{"<main><!--pz:x-->a", "bbbbbbbbbbbbbbbbbbbbbbbb<!--/pz--></main>c", 1},
        Case{"<main id=i><b>a", "bbbbbbbbbbbbbbbbbbbbbbbb</main>c", 0},
        Case{"<a><p id=j>b", "bbbbbbbbbbbbbbbbbbbbbbbb</p></a>", 1},
        Case{"<a><p id=j>b", "</a></p>", 0},
        Case{"<p id=i>b", "bbbbbbbbbbbbbbbbbbbbbbbb<p>c", 1}}) {
    const std::vector<std::string> names{"x"};
    const SlotMatcher matcher(names, {rule(0, "#i"), rule(0, "#j", Placement::before)});
    for (bool is_known : {true, false}) {
      std::pmr::monotonic_buffer_resource memory;
      Scanner::Limits limits;
      limits.content = 16;
      Scanner scanner(matcher, is_known ? limits : Scanner::Limits(), &memory);
      Splicer splicer(&memory);
      const std::string html = "<!doctype html>" + std::string(page.begin) + page.end;
      personalize::testing::Output output(html);
      const Fills fills = is_known ? Fills{} : Fills{{"x", "X"}};
      personalize::testing::Filler filler(names, fills);
      std::pmr::vector<Splice> splices(&memory);
      const std::size_t cut = html.size() - std::string(page.end).size();
      scanner.scan(html.substr(0, cut), false, splices);
      assert_int_equal(settle_defaults(scanner, filler) == cut, is_known);
      splicer.advance(scanner.settled(), filler, output);
      assert_int_equal(output.html.size() == cut, is_known);
      assert_int_equal(filler.defaults, 0);
      scanner.scan(html.substr(cut), true, splices);
      for (const Splice& splice : splices) splicer.add(splice);
      splicer.advance(settle_defaults(scanner, filler), filler, output);
      assert_int_equal(output.html == html, is_known || page.defaults == 0);
      if (filler.defaults != (is_known ? page.defaults : 0)) fail_msg("%s", html.c_str());
      assert_int_equal(scanner.doubts(Doubt::end_uncertain), 1 - page.defaults);
    }
  }
}

SlotRule early(SlotId slot, const char* selector, Placement placement = Placement::inner,
               bool all = false) {
  return SlotRule{Where{"test.conf", 1}, slot, selector, placement, all, true};
}

void expect_early(const char* selector, Placement placement, const std::string& html,
                  const std::string& expected) {
  expect({{"x"}, {early(0, selector, placement)}}, html, expected);
}

void replacing_early(void**) {
  const std::string html = "<p>a<main id=i><p>b<b>c</b></main><p>d";
  expect_early("#i", Placement::inner, html, "<p>a<main id=i>X</main><p>d");
  expect_early("#i", Placement::replace, html, "<p>aX<p>d");
  expect_early("li", Placement::inner, "<ul><li>a<li>b</ul>c", "<ul><li>X<li>b</ul>c");
  expect_early("li", Placement::replace, "<ul><li>a<li>b</ul>c", "<ul>X<li>b</ul>c");
  expect_early("img", Placement::replace, "<div>a<img>b</div>", "<div>aXb</div>");
  expect_early("#i", Placement::inner, "<div id=i></div>a", "<div id=i>X</div>a");
  expect({{"x"}, {early(0, "li", Placement::inner, true)}}, "<ul><li>a<li>b</ul>",
         "<ul><li>X<li>X</ul>");
  // However long it is.
  Scanner::Limits small;
  small.content = 16;
  const Rewritten result = rewrite({{"x"}, {early(0, "#i")}}, {{"x", "X"}},
                                   "<div id=i>" + std::string(100, 'a') + "</div>b", small);
  assert_string_equal(result.html.c_str(), "<div id=i>X</div>b");
}

void what_stands_in_what_is_replaced_early(void**) {
  const std::string html =
      "<div id=o><i id=n>a</i><!--pz:y-->b<!--/pz--></div><!--pz:y-->c<!--/pz-->";
  expect({{"x", "y"}, {early(0, "#o")}}, html, "<div id=o>X</div><!--pz:y-->c<!--/pz-->");
  // Where the outer one keeps its default content, the inner one shows.
  Rewritten result = rewrite({{"x", "y"}, {early(0, "#o"), early(1, "#n")}}, {{"y", "Y"}}, html);
  assert_string_equal(result.html.c_str(),
                      "<div id=o><i id=n>Y</i><!--pz:y-->b<!--/pz--></div><!--pz:y-->c<!--/pz-->");
  // At its edges.
  expect({{"x", "y"}, {early(0, "#o"), rule(1, "#o", Placement::after)}}, "<div id=o>a</div>b",
         "<div id=o>X</div>Yb");
  expect({{"x", "y"}, {early(0, "#o"), rule(1, "#o", Placement::append)}}, "<div id=o>a</div>b",
         "<div id=o>X</div>b");
  expect({{"x", "y"}, {early(0, "#o", Placement::replace), rule(1, "#n")}},
         "<div id=o><i id=n>a</i></div>b", "Xb");
  expect({{"x", "y"}, {early(0, "#n", Placement::replace), rule(1, "#o")}},
         "<div id=o><i id=n>a</i>b</div>c", "<div id=o>Y</div>c");
}

// It ends where the parser ends it, and at </body> at the latest.
void what_is_replaced_early_and_does_not_end(void**) {
  expect_early("#i", Placement::inner, "<body><div id=i><p>a</body></html>",
               "<body><div id=i>X</body></html>");
  expect_early("#i", Placement::inner, "<body><div id=i>a</body></html>b",
               "<body><div id=i>X</body></html>b");
  expect_early("#i", Placement::inner, "<section><div id=i>a</section>b",
               "<section><div id=i>X</section>b");
  expect_early("#i", Placement::inner, "<div id=i>a", "<div id=i>X");
  expect_early("b", Placement::inner, "<p>1<b>2</p>3</b>4", "<p>1<b>X</p>3</b>4");
  expect_early("#i", Placement::inner, "<div id=i>a<!--", "<div id=i>X");
  expect({{"x", "body-end"}, {early(0, "#i")}}, "<body><div id=i>a</body>",
         "<body><div id=i>X</body>");
  // Where the scan ends, the rest is passed on.
  Scanner::Limits small;
  small.token = 64;
  const std::string rest = "<p " + std::string(100, 'a') + ">b</p></div>c";
  const Rewritten result =
      rewrite({{"x"}, {early(0, "#i")}}, {{"x", "X"}}, "<div id=i>old" + rest, small);
  assert_string_equal(result.html.c_str(), ("<div id=i>X" + rest).c_str());
}

void what_has_to_wait_all_the_same(void**) {
  expect_early("table", Placement::replace, "<div>a<table><tr><td>b</td></tr></table>c</div>",
               "<div>aXc</div>");
  expect_early("body", Placement::inner, "<html><body>a</body></html>",
               "<html><body>X</body></html>");
  // The paragraph may be moved out of the link.
  expect_early("p", Placement::inner, "<a>1<p>2</p>3</a>", "<a>1<p>X</p>3</a>");
}

void what_is_replaced_early_leaves_at_once(void**) {
  const std::string page = "<!doctype html><main>old";
  const std::vector<std::string> names = {"x"};
  const SlotMatcher matcher(names, {early(0, "main")});
  std::pmr::monotonic_buffer_resource memory;
  Scanner scanner(matcher, {}, &memory);
  Splicer splicer(&memory);
  personalize::testing::Output output(page);
  const Fills fills = {{"x", "X"}};
  personalize::testing::Filler filler(names, fills);
  std::pmr::vector<Splice> splices;
  scanner.scan(page, false, splices);
  for (const Splice& splice : splices) splicer.add(splice);
  assert_true(splicer.advance(scanner.settled(), filler, output));
  assert_string_equal(output.html.c_str(), "<!doctype html><main>X");
  assert_int_equal(splicer.position(), page.size());
}

void charset_of_the_page(void**) {
  struct Case {
    std::string before, html;
    bool is_utf8;
  };
  const std::string far(1000, ' ');
  const Case cases[] = {
      {"<!doctype html><head><meta charset=utf-8>", "<p>", true},
      {"<meta charset=\" UTF8 \">", "", true},
      {"<meta http-equiv=Content-Type content='text/html; charset=utf-8'>", "", true},
      {"<meta content=\"text/html;charset = 'utf-8'\" http-equiv=content-type>", "", true},
      {"<meta charset=utf-16>", "", true},  // a <meta> in UTF-16 could not be read
      {"\xEF\xBB\xBF<html>", "<meta charset=latin1>", true},
      {"\xEF\xBB\xBF<meta charset=iso-2022-jp>", "<p>", true},
      {"<meta name=description content='charset=utf-8'>", "", false},
      {"<meta charset=windows-1252><meta charset=utf-8>", "", false},
      {"<head>", "<meta charset=utf-8>", false},
      {"<html><!--" + far + "--><meta charset=utf-8>", "", false},
      {"<!--<meta charset=utf-8>--><script>'<meta charset=utf-8>'</script>", "", false},
      {"<html>", "", false},
  };
  for (const Case& page : cases) {
    SlotMatcher matcher({"x"}, {rule(0, "#i")});
    for (std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
      std::pmr::monotonic_buffer_resource memory;
      Scanner scanner(matcher, {}, &memory);
      std::pmr::vector<Splice> splices(&memory);
      const std::string html = page.before + page.html;
      for (std::size_t at = 0; at < html.size(); at += chunk) {
        const std::string bytes = html.substr(at, chunk);
        scanner.scan(bytes, at + bytes.size() == html.size(), splices);
      }
      if (scanner.says_utf8_before(page.before.size()) != page.is_utf8) {
        fail_msg("%s in chunks of %zu", html.c_str(), chunk);
      }
    }
  }
  for (const char* label : {"iso-2022-jp", "ISO-2022-KR", "csiso2022jp", "hz-gb-2312"}) {
    const std::string html =
        "<head><meta charset=" + std::string(label) + "></head><body><p id=i>d</p>";
    Rewritten result = rewrite({{"x"}, {rule(0, "#i")}}, {{"x", "X"}}, html);
    assert_string_equal(result.html.c_str(), html.c_str());
    assert_int_equal(count(result, Doubt::charset), 1);
  }
}

void odd_tags(void**) {
  const std::string slot = "<p id=i>d</p>";
  const std::string filled = "<p id=i>X</p>";
  for (const char* odd : {"<p&></p&>",
                          "<b=\">\"></b=\">",
                          "<a b=c=\"d>",
                          "<a =\"b>",
                          "<a b=\"c\"=\"d>",
                          "<a b\"='c'>",
                          "<a b = \">\">",
                          "<a b=>",
                          "<a b='>'c=\">\"d>",
                          "<a b=\"c\"/d='>'>",
                          "<a\n\tb\n=\n'>'\n>",
                          "<a/b='>'/>",
                          "<a b=c/>",
                          "<a b=c'>",
                          "<a b=`>`>",
                          "<a &='>'>",
                          "<a b&='>'>",
                          "<a\fb='>'>",
                          "<a b='&quot;>'>",
                          "<a A B=C D='>' e>",
                          "<A B=\">\"></A>",
                          "<x-y></x-y>",
                          "<a <b>",
                          "<a b<c='>'>",
                          "<a href=/x?y=1&z='2>",
                          "</a b='>'>",
                          "</ a='>",
                          "<? >",
                          "<!a>",
                          "<a b='c'd=\"e\"f>"}) {
    // With attributes of every length wanted, and with none.
    for (const char* selector : {"#i", "p[id]:not([b]):not([href])", "p:not([data-q])"}) {
      expect_rule(selector, Placement::inner, odd + slot, odd + filled);
    }
  }
}

// Elements that hold nothing but text, and what only looks like them, all count as they do to a
// parser: the slot is in the third child of its parent.
void leaves(void**) {
  for (const char* two :
       {"<b>x</b><b>x</b>", "<b class=c>x</b><I>x</I>", "<b>x</B><b>x</b >", "<b><</b><b>></b>",
        "<b/>x</b><x-y/></x-y>", "<b title='</b>'></b><b title=\"<b>x</b>\">x</b>",
        "<a>x</a><a>x</a>", "<a>x<a>x</a>", "<p>x</p><h1>x</h1>", "<p>x<h1>x</h1>", "<br></br>",
        "<img></img><wbr>", "<nobr>x</nobr><button>x</button>", "<svg></svg><svg/></svg>",
        "<b><b>x</b></b><code>x</code>", "<b>1<b>2<b>3<b>4<b>5</b></b></b></b></b><i>x</i>",
        "<b>x</bb></b><bb>x</b></bb>"}) {
    const std::string page = std::string("<div>") + two;
    expect_rule("div > :nth-child(3)", Placement::inner, page + "<q>d</q><u>x</u></div>",
                page + "<q>X</q><u>x</u></div>");
  }
  for (const char* two :
       {"<td>x</td><td>x</td>", "<th>x</th><td><b>x</b></td>", "<td><b>x</td><td>x</td>",
        "<td>x<td>x</td>", "<td></th></td><th></th>"}) {
    const std::string page = std::string("<table><tbody><tr>") + two;
    expect_rule("tr > :nth-child(3)", Placement::inner, page + "<td>d</td><td>x</td></table>",
                page + "<td>X</td><td>x</td></table>");
  }
}

void odd_bytes_pass(void**) {
  Page page{{"x"}, {rule(0, "#i")}};
  constexpr char bytes[] = "<a\0b \xFF\xFE=\0>\r\r\n<\0><p id=i \0>\0</p>\xC3";
  const std::string html(bytes, sizeof bytes - 1);
  Rewritten result = rewrite(page, {{"x", "X"}}, html);
  std::string expected = html;
  expected.replace(html.find(">\0<", 0, 3) + 1, 1, "X");
  assert_true(result.html == expected);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(comment_markers),
    cmocka_unit_test(nested_markers),
    cmocka_unit_test(markers_that_do_not_pair),
    cmocka_unit_test(markers_are_not_text),
    cmocka_unit_test(script_states),
    cmocka_unit_test(slot_attribute),
    cmocka_unit_test(placements),
    cmocka_unit_test(all_or_first),
    cmocka_unit_test(several_rules_at_one_element),
    cmocka_unit_test(edges),
    cmocka_unit_test(ends_that_are_implied),
    cmocka_unit_test(ends_that_are_uncertain),
    cmocka_unit_test(ends_with_the_page),
    cmocka_unit_test(end_tags_that_are_missing),
    cmocka_unit_test(places_that_do_not_hold),
    cmocka_unit_test(behind_a_line_feed),
    cmocka_unit_test(end_tags_left_out_within),
    cmocka_unit_test(formatting_that_ends_with_a_cell),
    cmocka_unit_test(paths_in_a_page_that_begins_late),
    cmocka_unit_test(tags_that_need_a_closer_look),
    cmocka_unit_test(values_that_need_a_closer_look),
    cmocka_unit_test(elements_whose_ancestors_are_missing),
    cmocka_unit_test(tables),
    cmocka_unit_test(foreign_content),
    cmocka_unit_test(tables_with_content_between_rows),
    cmocka_unit_test(drawings_without_an_end_tag),
    cmocka_unit_test(formatting_in_a_select),
    cmocka_unit_test(content_that_is_not_markup),
    cmocka_unit_test(scripts_at_the_end),
    cmocka_unit_test(implied_positions),
    cmocka_unit_test(all_implied_positions_at_once),
    cmocka_unit_test(body_by_selector),
    cmocka_unit_test(selects),
    cmocka_unit_test(selectors_that_are_refused),
    cmocka_unit_test(pages_that_are_not_html),
    cmocka_unit_test(pages_that_begin_with_text),
    cmocka_unit_test(amp_pages_are_left_alone),
    cmocka_unit_test(blocks_in_formatting),
    cmocka_unit_test(blocks_that_are_moved),
    cmocka_unit_test(forms_that_end_too_early),
    cmocka_unit_test(limits),
    cmocka_unit_test(long_values),
    cmocka_unit_test(default_content_is_not_held),
    cmocka_unit_test(replacing_early),
    cmocka_unit_test(what_stands_in_what_is_replaced_early),
    cmocka_unit_test(what_is_replaced_early_and_does_not_end),
    cmocka_unit_test(what_has_to_wait_all_the_same),
    cmocka_unit_test(what_is_replaced_early_leaves_at_once),
    cmocka_unit_test(charset_of_the_page),
    cmocka_unit_test(odd_tags),
    cmocka_unit_test(leaves),
    cmocka_unit_test(odd_bytes_pass),
};
const Suite suite(__FILE__, tests);

}  // namespace
