// How a session begins, as a request tells; what of a page concerns it.
#include <memory_resource>
#include <string>

#include "assert_values.h"
#include "fake_request.h"
#include "personalize/signals/session_start.h"
#include "suite.h"

using namespace personalize;

namespace {

class Start {
 public:
  explicit Start(FakeRequest request) : request_(std::move(request)) {
    start = read_session_start(request_, &memory_);
  }

 private:
  FakeRequest request_;
  std::pmr::monotonic_buffer_resource memory_;

 public:
  SessionStart start;
};

FakeRequest request_of(std::string path, std::string arguments, std::string referer = {}) {
  FakeRequest request;
  request.path_ = std::move(path);
  request.arguments_ = std::move(arguments);
  if (!referer.empty()) {
    request.headers["referer"] = std::move(referer);
  }
  return request;
}

void of_a_page_that_was_come_to_from_elsewhere(void**) {
  const Start from(request_of("/sale", "a=1&utm_source=mail+1&utm_medium=%41&utm_campaign=",
                              "https://Search.Example:8080/q?utm_source=x"));
  assert_text(from.start.landing_path, "/sale");
  assert_text(from.start.referer_host, "search.example");
  assert_text(from.start.utm_source, "mail 1");
  assert_text(from.start.utm_medium, "A");
  assert_text(from.start.utm_campaign, "");
}

void of_a_page_that_was_come_to_from_nowhere(void**) {
  for (const char* referer : {"", "about:blank", "no url", "https://", "/sale"}) {
    const Start from(request_of("/", "", referer));
    assert_text(from.start.landing_path, "/");
    assert_text(from.start.referer_host, "");
    assert_text(from.start.utm_source, "");
  }
}

// As a link it would lead to the host evil.example.
void a_landing_path_names_no_host(void**) {
  for (const char* path : {"//evil.example/", "///evil.example/", "/\\evil.example/",
                           "/%2Fevil.example/", "/%5C%2fevil.example/"}) {
    const Start from(request_of("/", "", std::string("https://shop.example") + path));
    assert_text(from.start.landing_path.substr(1), "evil.example/");
  }
  const Start direct(request_of("//evil.example", ""));
  assert_text(direct.start.landing_path, "/evil.example");
}

void of_a_page_that_was_come_to_from_this_host(void**) {
  const auto landing = [](const char* referer) {
    const Start from(request_of("/here", "utm_source=here", referer));
    assert_text(from.start.referer_host, "");
    return std::string(from.start.landing_path) + " " + std::string(from.start.utm_source);
  };
  assert_text(landing("https://shop.example/sale?utm_source=mail#x"), "/sale mail");
  assert_text(landing("http://SHOP.example:81/a%20b%zz%4?utm_source=%3Cb%3E"), "/a b%zz%4 <b>");
  assert_text(landing("https://shop.example/#/x"), "/ ");
  assert_text(landing("https://shop.example"), "/ ");
}

void long_ones_are_cut_between_characters(void**) {
  const std::string umlauts = [] {
    std::string text;
    for (int i = 0; i < 300; ++i) {
      text += "ü";
    }
    return text;
  }();
  const Start from(request_of("/" + umlauts,
                              "utm_source=" + umlauts + "&utm_medium=" + std::string(127, 'x') +
                                  "€&utm_campaign=" + std::string(300, '\x80'),
                              "https://" + std::string(300, 'h') + "/"));
  assert_int_equal(from.start.landing_path.size(), 511);  // the next byte is half a character
  assert_int_equal(from.start.utm_source.size(), 128);
  assert_int_equal(from.start.utm_medium.size(), 127);
  assert_int_equal(from.start.utm_campaign.size(), 128);  // no UTF-8: cut where it must be
  assert_true(from.start.referer_host.size() <= 255);
}

using Page = std::array<Value, page_fields.size()>;

Page page_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  Page page;
  for (const auto& [name, value] : fields) {
    page[*find_page_field(name)] = Value::string(value);
  }
  return page;
}

void arguments_that_are_kept(void**) {
  SessionNames names;
  names.args = {"ref", "gclid"};
  std::pmr::monotonic_buffer_resource memory;
  auto request = request_of("/sale", "gclid=a+b&x=1&ref=" + std::string(200, 'r'));
  const auto start = read_session_start(request, &memory, &names);
  assert_text(start.args[0], std::string(128, 'r'));
  assert_text(start.args[1], "a b");
  assert_text(start.args[2], "");
}

void of_a_page_what_its_type_says(void**) {
  const std::initializer_list<std::pair<std::string_view, std::string_view>> all = {
      {"item_id", "7"},
      {"item_category", "lamps"},
      {"item_brand", "Acme"},
      {"value", "9.5"},
      {"items", "3"}};
  auto page = page_of(all);
  assert_text(session_page(page).item, "");
  page[*find_page_field("type")] = Value::string("product");
  assert_text(session_page(page).item, "7");
  assert_text(session_page(page).category, "lamps");
  assert_text(session_page(page).brand, "Acme");
  assert_text(session_page(page).cart_value, "");
  page[*find_page_field("type")] = Value::string("category");
  assert_text(session_page(page).item, "");
  assert_text(session_page(page).category, "lamps");
  page[*find_page_field("type")] = Value::string("cart");
  assert_text(session_page(page).category, "");
  assert_text(session_page(page).cart_value, "9.5");
  assert_text(session_page(page).cart_items, "3");
}

void what_is_too_long_is_not_kept(void**) {
  const std::string longest(256, 'x');
  const std::string longer(257, 'x');
  assert_text(session_page(page_of({{"type", "product"}, {"item_id", longest}})).item, longest);
  assert_text(session_page(page_of({{"type", "product"}, {"item_id", longer}})).item, "");
  assert_text(session_page(page_of({{"type", "cart"}, {"value", longest}})).cart_value, "");
}

void of_an_order(void**) {
  const auto page = session_page(page_of({{"type", "order"},
                                          {"transaction_id", "1001"},
                                          {"value", "19.90"},
                                          {"items", "a,b"},
                                          {"item_id", "7"}}));
  assert_text(page.type, "order");
  assert_text(page.order, "1001");
  assert_text(page.order_value, "19.90");
  assert_text(page.order_items, "a,b");
  assert_text(page.item, "");
  assert_text(page.cart_value, "");
  // What cannot be told from another view of it is none.
  assert_text(session_page(page_of({{"type", "order"}, {"value", "5"}})).order_value, "");
  assert_text(session_page(page_of({{"type", "cart"}, {"transaction_id", "1"}})).order, "");
}

void of_names_that_are_counted(void**) {
  SessionNames names;
  names.counts = {*find_page_field("item_variant"), *find_page_field("search_term")};
  const auto page = session_page(
      page_of({{"type", "search"}, {"search_term", "red hat"}, {"price", "3"}}), &names);
  assert_text(page.type, "search");
  assert_text(page.counts[0], "");
  assert_text(page.counts[1], "red hat");
  assert_text(page.price, "");
  assert_text(session_page(page_of({{"type", "product"}, {"price", "3"}})).price, "3");
  assert_text(session_page(page_of({{"type", "unheard"}})).type, "");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(of_a_page_that_was_come_to_from_elsewhere),
    cmocka_unit_test(of_a_page_that_was_come_to_from_nowhere),
    cmocka_unit_test(a_landing_path_names_no_host),
    cmocka_unit_test(of_a_page_that_was_come_to_from_this_host),
    cmocka_unit_test(long_ones_are_cut_between_characters),
    cmocka_unit_test(of_a_page_what_its_type_says),
    cmocka_unit_test(what_is_too_long_is_not_kept),
    cmocka_unit_test(of_an_order),
    cmocka_unit_test(of_names_that_are_counted),
    cmocka_unit_test(arguments_that_are_kept),
};
const Suite suite(__FILE__, tests);

}  // namespace
