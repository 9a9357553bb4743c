// Elements that a stream moves to a later place.
#include <algorithm>
#include <string>
#include <vector>

#include "expectation.h"
#include "harness.h"
#include "suite.h"

using namespace personalize;
using testing::expect;
using testing::experiment;
using testing::move;
using testing::mutation;
using testing::VisualServer;

namespace {

using Mutations = std::vector<DomMutation>;

void expect_unchanged(const Mutations& mutations, const std::string& html) {
  expect(mutations, html, html);
}

void an_element_moves_before_a_later_one(void**) {
  expect({move("#b", "main", "h2")}, "<main>1<p id=b>x</p> <h1>2</h1>3<h2>4</h2>5</main>6",
         "<main>1 <h1>2</h1>3<p data-pz-moved=\"0\" id=b>x</p><h2>4</h2>5</main>6");
  expect({move(".b", "aside", "aside > i")},
         "<main><b class=b>x</b><u>1</u></main><aside>2<i>3</i></aside>",
         "<main><u>1</u></main><aside>2<b data-pz-moved=\"0\" class=b>x</b><i>3</i></aside>");
  // In what stands around it.
  expect({move("#b", "main", "h2")}, "<main><div><p id=b>x</p><i>1</i></div><h2>4</h2></main>",
         "<main><div><i>1</i></div><p data-pz-moved=\"0\" id=b>x</p><h2>4</h2></main>");
  expect({move("img", "main", "h2")}, "<main><img src=a><i>1</i><h2>4</h2></main>",
         "<main><i>1</i><img data-pz-moved=\"0\" src=a><h2>4</h2></main>");
}

void an_element_moves_to_an_end(void**) {
  expect({move("#b", "main")}, "<main>1<p id=b>x</p><h1>2</h1>3</main>4",
         "<main>1<h1>2</h1>3<p data-pz-moved=\"0\" id=b>x</p></main>4");
  expect({move("#b", "aside")}, "<main><p id=b>x</p>1</main><aside></aside>",
         "<main>1</main><aside><p data-pz-moved=\"0\" id=b>x</p></aside>");
}

// dom-mutator looks at elements, not at text.
void an_element_stays_where_it_stands_already(void**) {
  expect_unchanged({move("#b", "main", "h2")}, "<main><p id=b>x</p> text <h2>4</h2></main>");
  expect_unchanged({move("#b", "main")}, "<main><p id=b>x</p> text </main>");
}

void places_that_come_earlier_are_the_browsers(void**) {
  expect_unchanged({move("#b", "main", "h2")}, "<main><h2>4</h2><p id=b>x</p><h2>5</h2></main>");
  expect_unchanged({move("#b", "aside")}, "<aside></aside><p id=b>x</p><aside></aside>");
  expect_unchanged({move("#b", "main", "h2")}, "<main><p id=b>x</p><i>1</i></main><h2>5</h2>");
  expect_unchanged({move("#b", "main", "h2")}, "<main><p id=b>x</p><i>1<h2>5</h2></i></main>");
  expect_unchanged({move("#b", "#b")}, "<main><p id=b>x</p><i>1</i></main>");
  expect_unchanged({move("#b", "i")}, "<main><p id=b>x<i></i></p><i>1</i></main>");
  expect_unchanged({move("#b", "main", "i")}, "<main><p id=b>x<i></i></p><u></u><i>1</i></main>");
  expect_unchanged({move("#b", "main", "#c")}, "<main><p id=b>x</p><i>1</i></main>");
  expect_unchanged({move("#b", "aside")}, "<main><p id=b>x</p><i>1</i></main>");
}

void the_first_match_counts(void**) {
  expect({move("p", "main", "i")}, "<main><p>1</p><p>2</p><i>1</i><i>2</i></main>",
         "<main><p>2</p><p data-pz-moved=\"0\">1</p><i>1</i><i>2</i></main>");
  expect({move("p:nth-of-type(2)", "main")}, "<main><p>1</p><p>2</p><p>3</p></main>",
         "<main><p>1</p><p>3</p><p data-pz-moved=\"0\">2</p></main>");
}

// What the parser would make of it elsewhere is not known for certain.
void doubtful_markup_is_the_browsers(void**) {
  for (const char* page : {
           "<main><p id=b>x<i>1</i><h2></h2></main>",                // an end tag that is left out
           "<main><li id=b>x<li><h2></h2></main>",                   //
           "<main><p>1<div id=b>x</div>2<h2></h2></main>",           // it ends another one
           "<main><b><div id=b>x</div></b><i></i><h2></h2></main>",  // formatting
           "<main><div id=b><b>x</div><i></i><h2></h2></main>",      //
           "<main><div id=b>x</section></div><i></i><h2></h2></main>",  // a lone end tag
           "<main><div id=b>x</p></div><i></i><h2></h2></main>",        //
           "<main><div id=b>x</div><p>1<h2></h2></main>",  // the place ends another one
           "<table><tr><td><main><p id=b>x</p><i></i><h2></h2></main></table>",
           "<main><form id=b>x</form><i></i><h2></h2></main>",
           "<main><p id=b>x</p><i></i><script>b.id</script><h2></h2></main>",
           "<main><p id=b>x<script src=a></script></p><i></i><h2></h2></main>",
           "<main><template><p id=b>x</p></template><i></i><h2></h2></main>",
           "<main><div><template shadowrootmode=open><p id=b>x</p></template></div><p id=b>y</p>"
           "<i></i><h2></h2></main>",
       }) {
    expect_unchanged({move("#b", "main", "h2")}, page);
  }
  expect_unchanged({move("#b", "p")}, "<u></u><div id=b>x</div><p></p>");
  expect_unchanged({move("#b", "main")}, "<main><p id=b>x</p><ul><li>1</main>");
  expect_unchanged({move("#b", "ul")}, "<u></u><p id=b>x</p><ul><li>1</ul>");
  expect_unchanged({move("#b", "svg")}, "<u></u><p id=b>x</p><svg></svg>");
  expect_unchanged({move("#b", "body")}, "<body><p id=b>x</p><i></i></body>");
  expect_unchanged({move("#b", "form")}, "<u></u><div id=b><form>x</form></div><form></form>");
  expect_unchanged({move("#b", "main")},
                   "<main><form><p id=b>x</form></p><u></u></form><u></u></main>");
  expect({move("#b", "form")}, "<u></u><p id=b>x</p><form></form>",
         "<u></u><form><p data-pz-moved=\"0\" id=b>x</p></form>");
  expect({move("#b", "main")}, "<main><div id=b><form>x</form></div><u></u></main>",
         "<main><u></u><div data-pz-moved=\"0\" id=b><form>x</form></div></main>");
  expect({move("#b", "main", "h2")},
         "<main><p id=b>x</p><script type=application/ld+json>{}</script>"
         "<script async src=a></script><h2></h2></main>",
         "<main><script type=application/ld+json>{}</script>"
         "<script async src=a></script><p data-pz-moved=\"0\" id=b>x</p><h2></h2></main>");
  expect({move("#b", "body", "footer")}, "<body><p id=b>x</p><i></i><footer></footer></body>",
         "<body><i></i><p data-pz-moved=\"0\" id=b>x</p><footer></footer></body>");
  // Siblings are read alike.
  expect({move("#b", "li", "u")}, "<ul><li><b id=b>x</b><i>1</i><u></u></ul>",
         "<ul><li><i>1</i><b data-pz-moved=\"0\" id=b>x</b><u></u></ul>");
}

void places_that_are_far_are_the_browsers(void**) {
  const auto page = [](std::size_t between) {
    return "<main><p id=b>x</p><i>" + std::string(between, '-') + "</i><h2></h2></main>";
  };
  const std::size_t around = page(0).size() - std::string("<main></main>").size();
  const auto moved = [](const std::string& html) {
    return html.find("data-pz-moved") != std::string::npos;
  };
  VisualServer server({experiment({move("#b", "main", "h2")})});
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{4096}, std::size_t{200000}}) {
    assert_true(moved(server.stream(page(longest_move - around), chunk)));
    const std::string far = page(longest_move);
    assert_string_equal(server.stream(far, chunk).c_str(), far.c_str());
  }
  assert_string_equal(server.by_plan(page(longest_move)).c_str(), page(longest_move).c_str());
}

void other_changes_are_made_in_a_moved_element(void**) {
  expect({mutation("#b", "class", "append", "c"), mutation("#b > i", "html", "set", "new"),
          move("#b", "main", "h2")},
         "<main><p id=b class=a>x<i>y</i></p><u></u><h2></h2></main>",
         "<main><u></u><p data-pz-moved=\"2\" id=b  class=\"a c\">x<i>new</i></p><h2></h2></main>");
  // What takes the place of an element takes it with it, and keeps what comes later.
  expect({mutation("main", "html", "set", "new"), move("#b", "main", "h2")},
         "<main><p id=b>x</p><u></u><h2></h2></main>", "<main>new</main>");
  expect({mutation("aside", "html", "set", "new"), move("#b", "aside", "h2")},
         "<u></u><p id=b>x</p><aside><u></u><h2></h2></aside>",
         "<u></u><p id=b>x</p><aside>new</aside>");
  expect({mutation("aside", "html", "append", "new"), move("#b", "aside")},
         "<u></u><p id=b>x</p><aside></aside>", "<u></u><p id=b>x</p><aside>new</aside>");
  expect({mutation("aside", "html", "append", "new"), move("#b", "aside", "h2")},
         "<u></u><p id=b>x</p><aside><h2></h2></aside>",
         "<u></u><aside><p data-pz-moved=\"1\" id=b>x</p><h2></h2>new</aside>");
}

void several_elements_move(void**) {
  expect({move("#b", "#m", "#h"), move("#c", "#n")},
         "<div id=m><p id=b>x</p><p id=c>y</p><i></i><u id=h></u></div><div id=n>z</div>",
         "<div id=m><i></i><p data-pz-moved=\"0\" id=b>x</p><u id=h></u></div>"
         "<div id=n>z<p data-pz-moved=\"1\" id=c>y</p></div>");
  // Within each other.
  expect({move("#c", "#n"), move("#b", "#m")},
         "<u></u><div id=b>1<p id=c>y</p></div><div id=n></div><div id=m></div>",
         "<u></u><div id=n><p data-pz-moved=\"0\" id=c>y</p></div>"
         "<div id=m><div data-pz-moved=\"1\" id=b>1</div></div>");
  expect({move("#c", "#n"), move("#b", "#m")},
         "<u></u><p id=c>y</p><div id=b>1<i id=n></i></div><div id=m></div>",
         "<u></u><div id=m><div data-pz-moved=\"1\" id=b>1<i id=n><p data-pz-moved=\"0\" "
         "id=c>y</p></i>"
         "</div></div>");
}

// Each knows the page as the one before has left it.
void moves_that_depend_on_others_are_the_browsers(void**) {
  const auto streams = [](const DomMutation& first, const DomMutation& second) {
    VisualServer server({experiment({first, second})});
    return server.changes().all()[1].streams();
  };
  assert_true(streams(move("#a", "#p", "#b"), move("div#c.x", "#p", "#d")));
  assert_false(streams(move("#a", "#p"), move("#c", "#p")));
  assert_false(streams(move("#a", "#p"), move("#a", "#q")));
  assert_false(streams(move("#a", "#p"), move("#c", "#a")));
  assert_false(streams(move("#a", "#p", "#c"), move("#c", "#q")));
  assert_false(streams(move(".a", "#p"), move("#c", "#q")));
  assert_false(streams(move("#a", "#p"), move("main > #c", "#q")));
  assert_false(streams(move("#a", "#p"), move("#c", "#q", "p")));
  assert_false(streams(mutation("p", "class", "append", "x"), move("#a", ".x")));
  assert_false(streams(mutation("p", "class", "append", "x"), move("#a", "p", ".x")));
}

// Of experiments it counts which a visitor is in.
void moves_of_other_experiments_count_where_they_are_made(void**) {
  const std::string page = "<main><b id=b>x</b><i></i><u>1</u><h2></h2></main>";
  VisualServer server(
      {experiment({move("u", "main", "p")}), experiment({move("#b", "main", "h2")})});
  assert_true(server.changes().all()[1].streams());
  assert_string_equal(server.stream(page).c_str(), page.c_str());
  server.leave(0);
  assert_string_equal(server.stream(page).c_str(),
                      "<main><i></i><u>1</u><b data-pz-moved=\"1\" id=b>x</b><h2></h2></main>");
}

// Nobody has both.
void variations_move_an_element_to_different_places(void**) {
  const std::string page = "<main><p id=b class=x>x</p><i></i><h1></h1><h2></h2></main>";
  auto one = experiment({move("#b", "main", "h1")});
  one.variations.push_back(one.variations[1]);
  one.variations[2].mutations = {move(".x", "main", "h2")};
  VisualServer server({one});
  assert_string_equal(
      server.stream(page).c_str(),
      "<main><i></i><p data-pz-moved=\"0\" id=b class=x>x</p><h1></h1><h2></h2></main>");
}

void the_browser_knows_what_may_have_moved(void**) {
  VisualServer server({experiment({move("#b", "main", "h2")})});
  server.writes_head = true;
  const std::string html = server.stream(
      "<html><head></head><body><main><p id=b>x</p><i></i><h2></h2></main></body></html>");
  const auto has = [&](const char* part) { assert_non_null(std::strstr(html.c_str(), part)); };
  has(":root:not(:has([data-pz-moved=\"0\"])) :is(#b){animation:");
  has("\"moves\":0");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(an_element_moves_before_a_later_one),
    cmocka_unit_test(an_element_moves_to_an_end),
    cmocka_unit_test(an_element_stays_where_it_stands_already),
    cmocka_unit_test(places_that_come_earlier_are_the_browsers),
    cmocka_unit_test(the_first_match_counts),
    cmocka_unit_test(doubtful_markup_is_the_browsers),
    cmocka_unit_test(places_that_are_far_are_the_browsers),
    cmocka_unit_test(other_changes_are_made_in_a_moved_element),
    cmocka_unit_test(several_elements_move),
    cmocka_unit_test(moves_that_depend_on_others_are_the_browsers),
    cmocka_unit_test(moves_of_other_experiments_count_where_they_are_made),
    cmocka_unit_test(variations_move_an_element_to_different_places),
    cmocka_unit_test(the_browser_knows_what_may_have_moved),
};
const Suite suite(__FILE__, tests);

}  // namespace
