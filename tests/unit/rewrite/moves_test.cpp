// Elements that are moved to a later place, among slots.
#include "harness.h"
#include "suite.h"

using namespace personalize;
using testing::Fills;
using testing::Output;

namespace {

// The slot without a name moves #e before #b, which is in #p; `s` is marked by pages, `r` replaces
// #r, and `early` sends its content at once.
const std::vector<std::string> names = {"", "s", "r", "early"};
constexpr SlotId moves = 0;

std::vector<SlotRule> rules(bool to_end) {
  const auto placement = to_end ? Placement::append : Placement::before;
  std::vector<SlotRule> rules = {
      {{}, 2, "#r", Placement::replace},
      {{}, 3, "#early", Placement::inner, false, true},
  };
  const auto add = [&](const char* selector, MovePart part) {
    rules.push_back({{}, moves, selector, placement});
    rules.back().move = part;
  };
  add("#e", MovePart::element);
  add("#p", MovePart::parent);
  if (!to_end) {
    add("#b", MovePart::before);
  }
  return rules;
}

// Of pages: a part of one stays as it is.
const std::string doctype = "<!doctype html>";

void expect(const Fills& fills, const std::string& inside, const std::string& expected_inside,
            bool to_end = false) {
  const std::string page = doctype + inside;
  const std::string expected = doctype + expected_inside;
  const SlotMatcher matcher(names, rules(to_end));
  std::vector<std::size_t> each;
  for (std::size_t i = 1; i < page.size(); ++i) {
    each.push_back(i);
  }
  for (const auto& cuts : {std::vector<std::size_t>{}, each}) {
    const auto streamed = testing::rewrite_in_chunks(matcher, names, fills, page, cuts);
    assert_string_equal(streamed.html.c_str(), expected.c_str());
    assert_string_equal(testing::rewrite_by_plan(matcher, names, fills, page, cuts).c_str(),
                        expected.c_str());
  }
}

const std::string page =
    "<main id=p><div id=e>1<!--pz:s-->2<!--/pz-->3</div>4<u></u>5<i id=b></i></main>";

void slots_in_the_element_go_with_it(void**) {
  expect({{"", " m"}}, page,
         "<main id=p>4<u></u>5<div m id=e>1<!--pz:s-->2<!--/pz-->3</div><i id=b></i></main>");
  expect({{"", " m"}, {"s", "new"}}, page,
         "<main id=p>4<u></u>5<div m id=e>1<!--pz:s-->new<!--/pz-->3</div><i id=b></i></main>");
  expect({{"s", "new"}}, page,
         "<main id=p><div id=e>1<!--pz:s-->new<!--/pz-->3</div>4<u></u>5<i id=b></i></main>");
}

void slots_around_it_are_filled(void**) {
  const std::string around =
      "<main id=p><div id=e>1</div><!--pz:s-->2<!--/pz--><u></u><i id=b></i></main>";
  expect({{"", ""}, {"s", "new"}}, around,
         "<main id=p><!--pz:s-->new<!--/pz--><u></u><div id=e>1</div><i id=b></i></main>");
  const std::string outer =
      "<div><!--pz:s--><p id=p><b id=e>1</b><u></u><i id=b></i></p><!--/pz--></div>";
  expect({{"", ""}}, outer,
         "<div><!--pz:s--><p id=p><u></u><b id=e>1</b><i id=b></i></p><!--/pz--></div>");
  expect({{"", ""}, {"s", "new"}}, outer, "<div><!--pz:s-->new<!--/pz--></div>");
  const std::string beside =
      "<main id=p><!--pz:s--><div id=e>1</div><!--/pz--><u></u><i id=b></i></main>";
  expect({{"", ""}}, beside,
         "<main id=p><!--pz:s--><!--/pz--><u></u><div id=e>1</div><i id=b></i></main>");
  expect({{"", ""}, {"s", "new"}}, beside,
         "<main id=p><!--pz:s-->new<!--/pz--><u></u><i id=b></i></main>");
}

// Where the place may vanish, the element does not go.
void a_place_that_is_replaced_takes_nothing(void**) {
  const std::string marked =
      "<main><div id=e>1</div><!--pz:s--><p>2</p><nav id=p><i id=b></i></nav><!--/pz--></main>";
  expect({{"", ""}}, marked,
         "<main><!--pz:s--><p>2</p><nav id=p><div id=e>1</div><i id=b></i></nav><!--/pz--></main>");
  expect({{"", ""}, {"s", "new"}}, marked,
         "<main><div id=e>1</div><!--pz:s-->new<!--/pz--></main>");
  const std::string replaced =
      "<main><div id=e>1</div><div id=r><p>2</p><nav id=p><i id=b></i></nav></div></main>";
  expect({{"", ""}, {"r", "new"}}, replaced, "<main><div id=e>1</div>new</main>");
  expect({{"", ""}}, replaced,
         "<main><div id=r><p>2</p><nav id=p><div id=e>1</div><i id=b></i></nav></div></main>");
  const std::string early =
      "<main><div id=e>1</div><div id=early><p>2</p><nav id=p><i id=b></i></nav></div></main>";
  expect({{"", ""}, {"early", "new"}}, early,
         "<main><div id=e>1</div><div id=early>new</div></main>");
}

void what_replaces_the_element_stays(void**) {
  const std::string page = doctype + "<main><div id=r class=e>1</div><u></u><p id=p></p></main>";
  std::vector<SlotRule> all = rules(true);
  all[2].selector = ".e";
  const SlotMatcher matcher(names, all);
  const Fills fills = {{"", ""}, {"r", "new"}};
  assert_string_equal(testing::rewrite_in_chunks(matcher, names, fills, page, {}).html.c_str(),
                      (doctype + "<main>new<u></u><p id=p></p></main>").c_str());
  assert_string_equal(testing::rewrite_by_plan(matcher, names, fills, page, {}).c_str(),
                      (doctype + "<main>new<u></u><p id=p></p></main>").c_str());
}

void it_goes_behind_what_slots_put_there(void**) {
  expect({{"", ""}, {"r", "new"}}, "<main id=p><div id=e>1</div><div id=r>2</div></main>",
         "<main id=p>new<div id=e>1</div></main>", true);
}

// A slot is pending as often as it is asked for, until it is ready.
class Slow final : public SlotFiller {
 public:
  Fill fill(const Splice& splice, SlotHtml& html) noexcept override {
    html.text = splice.slot == moves ? "" : "new";
    return splice.slot != moves && !ready ? Fill::pending : Fill::content;
  }
  bool ready = false;
};

struct Stream {
  explicit Stream(const std::string& page) : matcher(names, rules(false)), output(page) {
    scanner.emplace(matcher, Scanner::Limits{}, &memory);
  }
  std::string sent() const { return output.html.substr(doctype.size()); }
  void scan(std::string_view bytes, bool last) {
    std::pmr::vector<Splice> splices(&memory);
    scanner->scan(bytes, last, splices);
    for (const Splice& splice : splices) {
      splicer.add(splice);
    }
  }
  bool advance(SlotFiller& filler) { return splicer.advance(scanner->settled(), filler, output); }

  std::pmr::monotonic_buffer_resource memory;
  SlotMatcher matcher;
  std::optional<Scanner> scanner;
  Splicer splicer{&memory};
  Output output;
};

void a_slot_is_waited_for_wherever_it_stands(void**) {
  Slow filler;
  const std::string whole = doctype + page;
  Stream inside(whole);
  inside.scan(whole, true);
  assert_false(inside.advance(filler));
  assert_string_equal(inside.sent().c_str(), "<main id=p>");
  filler.ready = true;
  assert_true(inside.advance(filler));
  assert_string_equal(
      inside.sent().c_str(),
      "<main id=p>4<u></u>5<div id=e>1<!--pz:s-->new<!--/pz-->3</div><i id=b></i></main>");

  // What stands before the slot goes out without the element.
  const std::string between =
      doctype + "<main id=p><div id=e>1</div>2<!--pz:s-->3<!--/pz--><u></u><i id=b></i></main>";
  filler.ready = false;
  Stream stream(between);
  stream.scan(between, true);
  assert_false(stream.advance(filler));
  assert_string_equal(stream.sent().c_str(), "<main id=p>2<!--pz:s-->");
  filler.ready = true;
  assert_true(stream.advance(filler));
  assert_string_equal(
      stream.sent().c_str(),
      "<main id=p>2<!--pz:s-->new<!--/pz--><u></u><div id=e>1</div><i id=b></i></main>");
}

void the_page_is_held_until_the_place_comes(void**) {
  Slow filler;
  filler.ready = true;
  const std::string page = doctype + "<main id=p>0<div id=e>1</div><u></u><i id=b></i></main>";
  const auto held = page.find("<div");
  for (std::size_t at = doctype.size(); at <= page.size(); ++at) {
    Stream stream(page);
    stream.scan(page.substr(0, at), false);
    stream.advance(filler);
    const bool holds = at > page.find("id=e") + 4 && at <= page.find("id=b") + 4;
    assert_int_equal(stream.scanner->awaits() == Scanner::Awaited::place, holds);
    assert_true(!holds || stream.output.html == page.substr(0, held));
    std::pmr::vector<Splice> none;
    stream.scanner->stop_waiting(none);
    assert_true(none.empty());
    assert_int_equal(stream.scanner->awaits(), Scanner::Awaited::nothing);
    stream.advance(filler);
    assert_true(!holds || stream.scanner->settled() + 9 >= at);
    stream.scan(page.substr(at), true);
    stream.advance(filler);
    const bool is_late = at <= page.find("id=e") + 4 || at > page.find("id=b") + 4;
    assert_string_equal(stream.sent().c_str(),
                        is_late ? "<main id=p>0<u></u><div id=e>1</div><i id=b></i></main>"
                                : page.c_str() + doctype.size());
    assert_true(stream.output.in_order);
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(slots_in_the_element_go_with_it),
    cmocka_unit_test(slots_around_it_are_filled),
    cmocka_unit_test(a_place_that_is_replaced_takes_nothing),
    cmocka_unit_test(what_replaces_the_element_stays),
    cmocka_unit_test(it_goes_behind_what_slots_put_there),
    cmocka_unit_test(a_slot_is_waited_for_wherever_it_stands),
    cmocka_unit_test(the_page_is_held_until_the_place_comes),
};
const Suite suite(__FILE__, tests);

}  // namespace
