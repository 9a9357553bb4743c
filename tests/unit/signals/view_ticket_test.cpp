// Tickets of prefetched pages: what they say, who may hand them in, and for how long.
#include "personalize/signals/view_ticket.h"

#include <set>
#include <string>

#include "assert_values.h"
#include "suite.h"

using namespace personalize;

namespace {

std::pmr::monotonic_buffer_resource memory;

constexpr std::int64_t now = 1'760'000'000;
const TicketHolder ann{"shop.example", "ann"};
const TicketKey key{1, 2, 3};

ViewTicket full() {
  ViewTicket ticket(&memory);
  ticket.issued_s = now;
  ticket.is_view = true;
  ticket.start = {"/landing", "search.example", "news", "mail", "spring", {"a", "b"}};
  ticket.page.type = "product";
  ticket.page.item = "sku-1";
  ticket.page.price = "9.90";
  ticket.page.category = "shoes";
  ticket.page.brand = "Acme";
  ticket.page.cart_value = "12.50";
  ticket.page.cart_items = "3";
  ticket.page.order = "1001";
  ticket.page.order_value = "20";
  ticket.page.order_items = "sku-1,sku-2";
  ticket.page.counts[3] = "green";
  ticket.exposures = {{"bars", "b"}, {"shop", "new"}};
  return ticket;
}

std::string seal(const ViewTicket& ticket, const TicketHolder& holder = ann,
                 const TicketKey& with = key) {
  std::pmr::string out(&memory);
  assert_true(seal_ticket(ticket, holder, with, out));
  return std::string(out);
}

std::optional<ViewTicket> open(const std::string& sealed, std::int64_t at = now,
                               const TicketHolder& holder = ann, const TicketKey& with = key) {
  return open_ticket(sealed, holder, with, at, &memory);
}

void what_was_sealed_is_opened(void**) {
  const auto ticket = open(seal(full()));
  assert_true(ticket.has_value());
  assert_true(ticket->is_view);
  assert_text(ticket->start.landing_path, "/landing");
  assert_text(ticket->start.referer_host, "search.example");
  assert_text(ticket->start.utm_source, "news");
  assert_text(ticket->start.utm_medium, "mail");
  assert_text(ticket->start.utm_campaign, "spring");
  assert_text(ticket->page.item, "sku-1");
  assert_text(ticket->page.category, "shoes");
  assert_text(ticket->page.brand, "Acme");
  assert_text(ticket->page.cart_value, "12.50");
  assert_text(ticket->page.cart_items, "3");
  assert_text(ticket->page.type, "product");
  assert_text(ticket->page.price, "9.90");
  assert_text(ticket->page.order, "1001");
  assert_text(ticket->page.order_value, "20");
  assert_text(ticket->page.order_items, "sku-1,sku-2");
  assert_text(ticket->page.counts[3], "green");
  assert_text(ticket->start.args[1], "b");
  assert_int_equal(ticket->exposures.size(), 2);
  assert_text(ticket->exposures[1].first, "shop");
  assert_text(ticket->exposures[1].second, "new");
}

void exposures_without_a_view(void**) {
  auto ticket = full();
  ticket.is_view = false;
  const auto opened = open(seal(ticket));
  assert_true(opened.has_value() && !opened->is_view);
  assert_text(opened->start.landing_path, "");
  assert_int_equal(opened->exposures.size(), 2);
  ticket.exposures.clear();
  assert_true(open(seal(ticket))->exposures.empty());
}

void only_the_holder_can_hand_it_in(void**) {
  const auto sealed = seal(full());
  assert_true(open(sealed).has_value());
  for (const TicketHolder& other :
       {TicketHolder{"shop.example", "bob"}, TicketHolder{"shop.example", ""},
        TicketHolder{"shop.example", "an"}, TicketHolder{"shop.exampl", "eann"},
        TicketHolder{"other.example", "ann"}, TicketHolder{"", "ann"}}) {
    assert_false(open(sealed, now, other).has_value());
  }
  assert_false(open(sealed, now, ann, TicketKey{1, 2, 4}).has_value());
  // Where nobody is known, it is anybody's.
  const TicketHolder nobody{"shop.example", ""};
  assert_true(open(seal(full(), nobody), now, nobody).has_value());
}

void nothing_can_be_changed_or_read(void**) {
  const auto sealed = seal(full());
  assert_true(sealed.find("bars") == std::string::npos);
  assert_true(sealed.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_") == std::string::npos);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    assert_false(open(changed).has_value());
    assert_false(open(sealed.substr(0, i)).has_value());
  }
  assert_false(open(sealed + "A").has_value());
  assert_false(open(std::string(ViewTicket::max_size + 1, 'A')).has_value());
}

void it_is_good_for_an_hour(void**) {
  const auto sealed = seal(full());
  assert_true(open(sealed, now + ViewTicket::lifetime_s).has_value());
  assert_false(open(sealed, now + ViewTicket::lifetime_s + 1).has_value());
  assert_true(open(sealed, now - 60).has_value());
  assert_false(open(sealed, now - 61).has_value());
}

void all_have_another_nonce(void**) {
  std::set<ViewTicket::Nonce> nonces;
  std::set<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    texts.insert(seal(full()));
    nonces.insert(open(seal(full()))->nonce);
  }
  assert_int_equal(texts.size(), 100);
  assert_int_equal(nonces.size(), 100);
}

void however_much_there_is_it_has_a_size(void**) {
  auto ticket = full();
  const std::string path(512, 'p'), name(256, 'n'), host(255, 'h'), utm(128, 'u'), amount(32, '1');
  ticket.start = {path, host, utm, utm, utm, {}};
  ticket.start.args.fill(utm);
  ticket.page = {"category", name, amount, name, name, amount, amount, name, amount, path, {}};
  ticket.page.counts.fill(name);
  const std::string experiment(100, 'e');
  ticket.exposures.assign(100, {experiment, "variant"});
  const auto sealed = seal(ticket);
  assert_true(sealed.size() <= ViewTicket::max_size);
  const auto opened = open(sealed);
  assert_true(opened.has_value() && opened->is_view);
  assert_int_equal(opened->exposures.size(), 18);
  assert_text(opened->page.item, name);
  assert_text(opened->start.landing_path, "");
  // Without so many, there is room for all.
  ticket.exposures.assign(9, {"experiment", "variant"});
  assert_text(open(seal(ticket))->start.landing_path, path);
}

void keys_come_from_secrets(void**) {
  const auto one = derive_ticket_key("a secret of some length, as it should be");
  const auto other = derive_ticket_key("b secret of some length, as it should be");
  assert_true(one.has_value() && other.has_value() && *one != *other);
  assert_true(one == derive_ticket_key("a secret of some length, as it should be"));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_was_sealed_is_opened),
    cmocka_unit_test(exposures_without_a_view),
    cmocka_unit_test(only_the_holder_can_hand_it_in),
    cmocka_unit_test(nothing_can_be_changed_or_read),
    cmocka_unit_test(it_is_good_for_an_hour),
    cmocka_unit_test(all_have_another_nonce),
    cmocka_unit_test(however_much_there_is_it_has_a_size),
    cmocka_unit_test(keys_come_from_secrets),
};
const Suite suite(__FILE__, tests);

}  // namespace
