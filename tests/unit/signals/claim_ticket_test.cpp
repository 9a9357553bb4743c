// Tickets by which visitors claim codes and prizes.
#include "personalize/signals/claim_ticket.h"

#include <string>

#include "suite.h"

using namespace personalize;

namespace {

constexpr std::int64_t now_s = 1'790'000'000;
const TicketHolder ada = {"shop.example", "ada"};

// A request's, which is freed as a whole.
std::pmr::memory_resource* memory() {
  static std::pmr::monotonic_buffer_resource arena;
  return &arena;
}

TicketKey key(std::string_view secret = "0123456789abcdef0123456789abcdef") {
  return *derive_ticket_key(secret);
}

ClaimTicket ticket() {
  ClaimTicket made(memory());
  made.campaign = "summer";
  made.issued_s = now_s;
  return made;
}

std::pmr::string sealed(const ClaimTicket& made, const TicketHolder& holder = ada) {
  std::pmr::string out;
  assert_true(seal_claim(made, holder, key(), out));
  return out;
}

void a_ticket_of_a_pool(void**) {
  auto made = ticket();
  made.pool = "codes:summer";
  made.keep_s = 86400 * 365;
  const auto text = sealed(made);
  assert_true(text.find_first_of("+/=") == std::string::npos);
  const auto opened = open_claim(text, ada, key(), now_s, memory());
  assert_true(opened && opened->campaign == "summer" && opened->pool == "codes:summer");
  assert_true(opened->keep_s == made.keep_s && opened->prizes.empty());
}

void a_ticket_of_prizes(void**) {
  auto made = ticket();
  made.prizes = {{"TEN", "10 %", 3}, {"", "\xc5\x81uck", 0}, {"pool=codes:win", "A mug", {}}};
  const auto opened = open_claim(sealed(made), ada, key(), now_s, memory());
  assert_true(opened && opened->pool.empty() && opened->prizes.size() == 3);
  assert_true(opened->prizes[0].code == "TEN" && opened->prizes[0].stock == 3U);
  assert_true(opened->prizes[1].text == "\xc5\x81uck" && opened->prizes[1].stock == 0U);
  assert_true(opened->prizes[2].code == "pool=codes:win" && !opened->prizes[2].stock);
}

std::pmr::string mark_of(const ClaimTicket& made, const TicketHolder& holder = ada) {
  std::pmr::string out;
  append_claim_mark(made, holder, key(), out);
  return out;
}

void a_mark_is_that_of_a_visitor_and_a_campaign(void**) {
  auto made = ticket();
  made.pool = "codes:summer";
  const auto mark = mark_of(made);
  assert_true(mark.size() == 12 && mark[0] == '.');
  auto later = made;
  later.issued_s += 86400;
  later.keep_s = 60;
  assert_true(mark_of(later) == mark);
  assert_true(mark_of(made, {"shop.example", "bob"}) != mark);
  assert_true(mark_of(made, {"other.example", "ada"}) != mark);
  later.pool = "codes:winter";
  assert_true(mark_of(later) == mark);
  later.campaign = "winter";
  assert_true(mark_of(later) != mark);
  std::pmr::string other;
  append_claim_mark(made, ada, key("another secret of thirty-two bytes"), other);
  assert_true(other != mark);

  // It changes nothing of what the ticket is good for.
  const auto text = sealed(made) + mark;
  assert_true(open_claim(text, ada, key(), now_s, memory()).has_value());
  assert_true(!open_claim(mark, ada, key(), now_s, memory()));
}

void nobody_else_can_use_it(void**) {
  auto made = ticket();
  made.pool = "codes:summer";
  const auto text = sealed(made);
  assert_false(open_claim(text, {"shop.example", "bob"}, key(), now_s, memory()).has_value());
  assert_false(open_claim(text, {"other.example", "ada"}, key(), now_s, memory()).has_value());
  assert_false(
      open_claim(text, ada, key("f0123456789abcdef0123456789abcde"), now_s, memory()).has_value());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto forged = text;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    assert_false(open_claim(forged, ada, key(), now_s, memory()).has_value());
    assert_false(open_claim(text.substr(0, i), ada, key(), now_s, memory()).has_value());
  }
  // A ticket of a page view is another thing, with the same key.
  ViewTicket view(memory());
  view.issued_s = now_s;
  std::pmr::string of_view;
  assert_true(seal_ticket(view, ada, key(), of_view));
  assert_false(open_claim(of_view, ada, key(), now_s, memory()).has_value());
  assert_false(open_ticket(text, ada, key(), now_s, memory()).has_value());
}

void it_is_valid_for_a_day(void**) {
  auto made = ticket();
  made.pool = "codes:summer";
  const auto text = sealed(made);
  assert_true(open_claim(text, ada, key(), now_s + 86400, memory()).has_value());
  assert_false(open_claim(text, ada, key(), now_s + 86401, memory()).has_value());
  assert_false(open_claim(text, ada, key(), now_s - 61, memory()).has_value());
}

void what_is_too_large_is_not_sealed(void**) {
  auto made = ticket();
  const std::string text(1000, 'a');
  for (int i = 0; i < 10; ++i) {
    made.prizes.push_back({"A", text, {}});
  }
  std::pmr::string out = "x";
  assert_false(seal_claim(made, ada, key(), out));
  assert_true(out == "x");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(a_ticket_of_a_pool),
    cmocka_unit_test(a_ticket_of_prizes),
    cmocka_unit_test(a_mark_is_that_of_a_visitor_and_a_campaign),
    cmocka_unit_test(nobody_else_can_use_it),
    cmocka_unit_test(it_is_valid_for_a_day),
    cmocka_unit_test(what_is_too_large_is_not_sealed),
};
const Suite suite(__FILE__, tests);

}  // namespace
