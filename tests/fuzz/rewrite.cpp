// Any page, cut anywhere, gives the same splices, the same doubts and the same output; with nothing
// filled, the page itself.
//
// Cut at every byte, all tags go through the states of the standard; whole, most go the short ways.
// So this also compares the two with each other.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "../unit/rewrite/harness.h"

using namespace personalize;
using personalize::testing::Fills;
using personalize::testing::Rewritten;

namespace {

struct Setup {
  std::vector<std::string> names;
  SlotMatcher matcher;
  Scanner::Limits limits;
};

SlotRule rule(SlotId slot, const char* selector, Placement placement, bool all = false) {
  return {Where{"fuzz", 1}, slot, selector, placement, all};
}

SlotRule early(SlotId slot, const char* selector, Placement placement) {
  return {Where{"fuzz", 1}, slot, selector, placement, true, true};
}

SlotRule attribute(SlotId slot, const char* selector, const char* name) {
  return {Where{"fuzz", 1}, slot, selector, Placement::inner, true, false, name};
}

// The slot moves an element.
SlotRule move(SlotId slot, const char* selector, MovePart part, bool to_end = false) {
  SlotRule made = rule(slot, selector, to_end ? Placement::append : Placement::before);
  made.move = part;
  return made;
}

const Setup& setup(unsigned number) {
  static const Setup setups[] = {
      {{"a", "b", "head-end", "body-start", "body-end"},
       {{"a", "b", "head-end", "body-start", "body-end"},
        {rule(0, "#a", Placement::replace), rule(1, ".b", Placement::inner)}},
       {}},
      {{"a", "b"},
       {{"a", "b"},
        {rule(0, "p", Placement::replace, true), rule(1, "p", Placement::after, true),
         rule(1, "div > p", Placement::inner, true)},
        {{"a", "b_c"}, {true, true}}},
       {}},
      {{"a", "b"},
       {{"a", "b"},
        {rule(0, "*", Placement::append, true), rule(1, "td b, li", Placement::prepend, true)}},
       {}},
      {{"a", "b"},
       {{"a", "b"},
        {rule(0, "body", Placement::append),
         rule(1, "[class~=b]:not(div)", Placement::before, true)}},
       {200, 30}},
      {{"a"},
       {{"a"}, {rule(0, "p:nth-child(2n), b", Placement::inner, true)}, {{"a"}, {true}}},
       {40, 1000}},
      {{"a", "b", "body-end"},
       {{"a", "b", "body-end"},
        {early(0, "div, li", Placement::inner), early(1, "p, b, svg", Placement::replace),
         rule(1, "section", Placement::inner, true)}},
       {60, 100}},
      {{"a", "b"},
       {{"a", "b"},
        {attribute(0, "p, img, div > b:nth-of-type(2)", "id"),
         rule(1, "p + b, li ~ li, i:nth-of-type(2n), :not(p > b, i) > :nth-child(2 of .b)",
              Placement::before, true)}},
       {}},
      {{"", "a", "b"},
       {{"", "a", "b"},
        {rule(1, ".b", Placement::inner, true), early(2, "section", Placement::inner),
         move(0, "p, li", MovePart::element), move(0, "div", MovePart::parent),
         move(0, "div > b, div > p + p", MovePart::before)}},
       {}},
      {{"", "", "a", "b"},
       {{"", "", "a", "b"},
        {rule(2, "li", Placement::replace, true), attribute(3, "p", "id"),
         move(0, "#a, b", MovePart::element, true), move(0, "section, ul", MovePart::parent, true),
         move(1, "h1, h2", MovePart::element), move(1, "section, div + div", MovePart::parent),
         move(1, ".b, img", MovePart::before)}},
       {}},
  };
  return setups[number % 9];
}

// Markup from one byte each, so that structure is found sooner than by chance.
const char* const pieces[] = {
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<i class=b>",
    "</i>",
    "<a href=#>",
    "</a>",
    "<ul>",
    "</ul>",
    "<li>",
    "</li>",
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<tbody>",
    "</tbody>",
    "<caption>",
    "<col>",
    "<select>",
    "</select>",
    "<option>",
    "<svg>",
    "</svg>",
    "<math>",
    "<mi>",
    "</mi>",
    "<desc>",
    "</desc>",
    "<title>",
    "</title>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<!--",
    "-->",
    "<!--pz:a-->",
    "<!--pz:b-->",
    "<!--/pz-->",
    "<![CDATA[",
    "]]>",
    "<template>",
    "</template>",
    "<button>",
    "</button>",
    "<form>",
    "</form>",
    "<h1>",
    "</h1>",
    "<h2>",
    "<br>",
    "<img id=a>",
    "<hr>",
    "</br>",
    "<body>",
    "</body>",
    "</html>",
    "<html>",
    "<head>",
    "</head>",
    "<!doctype html>",
    "text ",
    " ",
    "\n",
    "<p id=a>",
    "<div class='x b'>",
    "<div data-pz-slot=a>",
    "<span class=\"b c\" title=\">\">",
    "</span>",
    "<object>",
    "</object>",
    "<nobr>",
    "<dd>",
    "<dt>",
    "<ruby>",
    "<rt>",
    "<foreignObject>",
    "</foreignObject>",
    "<p/>",
    "<path/>",
    "<x-y>",
    "</x-y>",
    "<a b='",
    "<a b=\"",
    "<a b=c",
    "\"",
    "'",
    ">",
    "<",
    "/>",
    "&amp;",
    "<textarea>",
    "</textarea>",
    "<plaintext>",
    "<section>",
    "</section>",
    "<blockquote>",
    "</blockquote>",
    "<em>",
    "</em>",
    "<strong>",
    "<article class=\"card b\">",
    "<b>x</b>",
    "<i class=c>x</i>",
    "<a href=#>x</a>",
    "<p>x</p>",
    "<td>x</td>",
    "<th class=c>",
    "</th>",
    "<nobr>x</nobr>",
    "<span>x</span>",
    "<p data-a='&amp;1' data-B-c=2>",
};
constexpr std::size_t piece_count = sizeof pieces / sizeof pieces[0];

void check(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// Where a slot keeps its default content, how long it is looked at depends on the cuts, and so does
// what is found out about its end. What is sent does not, nor do doubts about the page as a whole.
void compare_sent(const Rewritten& a, const Rewritten& b, const char* what) {
  check(a.html == b.html, what);
  const auto not_html = static_cast<std::size_t>(personalize::Doubt::not_html);
  check(a.doubts[not_html] == b.doubts[not_html], what);
}

// Where every slot is filled, nothing depends on the cuts.
void compare(const Rewritten& a, const Rewritten& b, const char* what) {
  check(a.html == b.html, what);
  for (std::size_t i = 0; i < std::size(a.doubts); ++i) check(a.doubts[i] == b.doubts[i], what);
  check(a.splices.size() == b.splices.size(), what);
  for (std::size_t i = 0; i < a.splices.size(); ++i) {
    check(a.splices[i].begin == b.splices[i].begin && a.splices[i].end == b.splices[i].end &&
              a.splices[i].slot == b.splices[i].slot && a.data[i] == b.data[i],
          what);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Setup& with = setup(data[0] >> 1);
  bool in_pieces = (data[0] & 1) != 0;
  unsigned step = data[1];
  std::string page = in_pieces ? "<" : "";
  for (std::size_t i = 2; i < size; ++i) {
    if (in_pieces) {
      page += pieces[data[i] % piece_count];
    } else {
      page += static_cast<char>(data[i]);
    }
  }
  if (in_pieces) page.erase(0, 1);
  const Fills fills = {{"", " m"}, {"a", "<A>"}, {"head-end", "<H>"}, {"body-end", "<E>"}};
  auto run = [&](const Fills& filled, const std::vector<std::size_t>& cuts) {
    return personalize::testing::rewrite_in_chunks(with.matcher, with.names, filled, page, cuts,
                                                   with.limits);
  };
  Rewritten whole = run(fills, {});
  std::vector<std::size_t> every;
  std::vector<std::size_t> some;
  for (std::size_t cut = 1; cut < page.size(); ++cut) {
    every.push_back(cut);
    if (cut % (step + 2U) == 0) some.push_back(cut);
  }
  compare_sent(whole, run(fills, every), "byte by byte gives something else");
  compare_sent(whole, run(fills, some), "cut in pieces gives something else");
  Fills all;
  for (const auto& name : with.names) all[name] = "<" + name + ">";
  const Rewritten filled = run(all, {});
  compare(filled, run(all, every), "filled whole, byte by byte gives something else");
  compare(filled, run(all, some), "filled whole, cut in pieces gives something else");
  check(run({}, some).html == page, "unfilled, the page is not the same");
  // The harness puts what it finds wrong before the page, in brackets.
  check(whole.html.empty() || whole.html[0] != '[' || page[0] == '[', whole.html.c_str());
  return 0;
}
