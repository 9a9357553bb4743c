// The commands that are written of a page view.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <algorithm>
#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/record/session_commands.h"

namespace {

using namespace personalize;

std::vector<std::string> lines(const std::pmr::vector<Command>& commands) {
  std::vector<std::string> result;
  for (const auto& command : commands) {
    std::string line;
    for (const auto word : command) {
      line += line.empty() ? "" : " ";
      line += word;
    }
    result.push_back(line);
  }
  return result;
}

void assert_lines(const std::pmr::vector<Command>& commands,
                  const std::vector<std::string>& expected) {
  const auto found = lines(commands);
  assert_int_equal(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    assert_string_equal(found[i].c_str(), expected[i].c_str());
  }
}

SessionOptions options_of(std::int64_t half_life_s) {
  SessionOptions options;
  options.timeout_s = 60;
  options.history = 5;
  options.half_life_s = half_life_s;
  options.keep_s = 1000;
  return options;
}

void of_any_page(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  const PageView view{"ann", 3250, {}, {}};
  assert_lines(SessionCommands(options, view, &memory).page_view(),
               {"HSETNX pz:session:ann started 3250", "HINCRBY pz:session:ann views 1",
                "EXPIRE pz:session:ann 60"});
}

void of_a_product(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  PageView view{"ann", 3400, {}, {}};
  view.page.item = "7";
  view.page.category = "desk lamps";
  view.page.brand = "Acme";
  assert_lines(
      SessionCommands(options, view, &memory).page_view(),
      {"HSETNX pz:session:ann started 3400", "HINCRBY pz:session:ann views 1",
       "HINCRBY pz:session:ann item_views 1", "HSET pz:session:ann last_item 7",
       "EXPIRE pz:session:ann 60", "LREM pz:seen:ann 0 7", "LPUSH pz:seen:ann 7",
       "LTRIM pz:seen:ann 0 4", "EXPIRE pz:seen:ann 1000",
       "ZINCRBY pz:affinity:ann:category:1 4 desk lamps",
       "ZREMRANGEBYRANK pz:affinity:ann:category:1 0 -51", "EXPIRE pz:affinity:ann:category:1 1000",
       "ZINCRBY pz:affinity:ann:brand:1 4 Acme", "ZREMRANGEBYRANK pz:affinity:ann:brand:1 0 -51",
       "EXPIRE pz:affinity:ann:brand:1 1000"});
}

// Two periods on it is not read, however long `keep` is.
void affinities_of_short_half_lives_expire_soon(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(1);
  PageView view{"ann", 33, {}, {}};
  view.page.category = "c";
  const auto found = lines(SessionCommands(options, view, &memory).page_view());
  assert_string_equal(found.back().c_str(), "EXPIRE pz:affinity:ann:category:1 64");
}

void of_a_cart(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  PageView view{"ann", 1, {}, {}};
  view.page.cart_value = "9.5";
  view.page.cart_items = "0";
  assert_lines(SessionCommands(options, view, &memory).page_view(),
               {"HSETNX pz:session:ann started 1", "HINCRBY pz:session:ann views 1",
                "HSET pz:session:ann cart_value 9.5 cart_items 0", "EXPIRE pz:session:ann 60"});
}

const char* const asked =
    "HMGET pz:visits:ann last last_item cart_value at_home at_category at_product at_cart "
    "at_checkout at_order";

void of_the_first_page(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  PageView view{"ann", 1, {}, {}};
  view.start.landing_path = "/a b";
  view.start.utm_source = "x";
  SessionCommands commands(options, view, &memory);
  assert_lines(commands.session_start(),
               {"HSET pz:session:ann landing_path /a b utm_source x", "EXPIRE pz:session:ann 60",
                "HINCRBY pz:visits:ann visits 1", "EXPIRE pz:visits:ann 1000", asked});
  view.start = {};
  assert_lines(commands.session_start(),
               {"HINCRBY pz:visits:ann visits 1", "EXPIRE pz:visits:ann 1000", asked});
}

void of_a_visit(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  const PageView view{"ann", 50, {}, {}};
  SessionCommands commands(options, view, &memory);
  const std::string forgotten =
      "HDEL pz:visits:ann last_item cart_value previous_furthest previous_last_item "
      "previous_cart_value at_home at_category at_product at_cart at_checkout at_order";
  assert_lines(commands.visit({}), {"HSET pz:visits:ann last 50", "HSETNX pz:visits:ann first 50",
                                    "EXPIRE pz:visits:ann 1000"});
  assert_lines(commands.visit({"20", {}, {}, {}}),
               {forgotten, "HSET pz:visits:ann last 50 previous 20",
                "HSETNX pz:visits:ann first 20", "EXPIRE pz:visits:ann 1000"});
  assert_lines(commands.visit({"20", "7", "9.50", 3}),
               {forgotten,
                "HSET pz:visits:ann last 50 previous 20 previous_furthest cart "
                "previous_last_item 7 previous_cart_value 9.50",
                "HSETNX pz:visits:ann first 20", "EXPIRE pz:visits:ann 1000"});
  for (const char* none : {"x", "-1", "1234567890123", "1 "}) {
    assert_lines(commands.visit({none, {}, {}, {}}),
                 {forgotten, "HSET pz:visits:ann last 50", "HSETNX pz:visits:ann first 50",
                  "EXPIRE pz:visits:ann 1000"});
  }
}

void of_the_visit_before(void**) {
  RedisReply fields[9];
  fields[0] = {RedisReply::Kind::string, 0, 0, "20", nullptr};
  fields[1] = {RedisReply::Kind::string, 0, 0, "7", nullptr};
  fields[4] = fields[6] = {RedisReply::Kind::string, 0, 0, "1", nullptr};  // category, cart
  const RedisReply reply = {RedisReply::Kind::array, 9, 0, {}, fields};
  const auto last = SessionCommands::read_last_visit(reply);
  assert_true(last.began == "20" && last.item == "7" && last.cart_value.empty());
  assert_int_equal(*last.stage, 3);
  for (const RedisReply& other :
       {RedisReply(), RedisReply{RedisReply::Kind::array, 8, 0, {}, fields}}) {
    const auto none = SessionCommands::read_last_visit(other);
    assert_true(none.began.empty() && !none.stage);
  }
}

void of_how_far_a_visit_has_come(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  PageView view{"ann", 50, {}, {}};
  SessionCommands commands(options, view, &memory);
  assert_lines(commands.trace(), {});
  view.page.type = "search";
  assert_lines(commands.trace(), {});
  view.page.type = "product";
  view.page.item = "7";
  assert_lines(commands.trace(),
               {"HSET pz:visits:ann at_product 1 last_item 7", "EXPIRE pz:visits:ann 1000"});
  view.page = {};
  view.page.type = "checkout";
  view.page.cart_value = "5";
  assert_lines(commands.trace(),
               {"HSET pz:visits:ann at_checkout 1 cart_value 5", "EXPIRE pz:visits:ann 1000"});
}

void of_attention(void**) {
  std::pmr::monotonic_buffer_resource memory;
  auto options = options_of(100);
  const PageView view{"ann", 1, {}, {}};
  assert_lines(SessionCommands(options, view, &memory).attention({12, 40}),
               {"HINCRBY pz:attention:ann visible_seconds 12", "HINCRBY pz:attention:ann scroll 40",
                "EXPIRE pz:attention:ann 60"});
  assert_lines(SessionCommands(options, view, &memory).attention({0, 7}),
               {"HINCRBY pz:attention:ann scroll 7", "EXPIRE pz:attention:ann 60"});
  assert_lines(SessionCommands(options, view, &memory).attention({}), {});
  // It lasts as long as the session does.
  options.keeps_attention = true;
  assert_string_equal(lines(SessionCommands(options, view, &memory).page_view()).back().c_str(),
                      "EXPIRE pz:attention:ann 60");
}

// What ends with the session is written only if something asks for it.
void of_what_is_asked_for(void**) {
  std::pmr::monotonic_buffer_resource memory;
  auto options = options_of(100);
  options.keeps_prices = options.keeps_browsed = true;
  options.names = {{"ref", "gclid"}, {*find_page_field("item_variant")}};
  PageView view{"ann", 3200, {}, {}};
  view.page.item = "7";
  view.page.price = "9.90";
  view.page.category = "lamps";
  view.page.counts[0] = "green";
  view.start.args[1] = "abc";
  SessionCommands commands(options, view, &memory);
  const auto found = lines(commands.page_view());
  for (const char* expected :
       {"LREM pz:browsed:ann 0 lamps", "LPUSH pz:browsed:ann lamps", "LTRIM pz:browsed:ann 0 19",
        "EXPIRE pz:browsed:ann 60", "ZADD pz:prices:ann 9.9 7",
        "ZREMRANGEBYRANK pz:prices:ann 25 -26", "EXPIRE pz:prices:ann 60",
        "ZINCRBY pz:affinity:ann:item_variant:1 1 green",
        "EXPIRE pz:affinity:ann:item_variant:1 1000"}) {
    if (std::find(found.begin(), found.end(), expected) == found.end()) {
      fail_msg("%s is not written", expected);
    }
  }
  assert_string_equal(lines(commands.session_start()).front().c_str(),
                      "HSET pz:session:ann arg:gclid abc");
  view.page.price = "dear";
  for (const auto& line : lines(commands.page_view())) {
    assert_true(line.find("pz:prices") == std::string::npos);
  }
}

void of_an_order(void**) {
  std::pmr::monotonic_buffer_resource memory;
  auto options = options_of(100);
  options.keep_purchases_s = 5000;
  PageView view{"ann", 3200, {}, {}};
  view.page.order = "1001";
  view.page.order_value = "19.90";
  view.page.order_items = "a, b,,a";
  SessionCommands commands(options, view, &memory);
  assert_lines(commands.order(),
               {"ZADD pz:orders:ann NX 3200 1001", "ZREMRANGEBYRANK pz:orders:ann 0 -101",
                "EXPIRE pz:orders:ann 5000"});
  const std::vector<std::string> head = {
      "HINCRBY pz:purchases:ann purchases 1", "HINCRBYFLOAT pz:purchases:ann purchase_value 19.9",
      "HSET pz:purchases:ann last_purchase 3200", "EXPIRE pz:purchases:ann 5000"};
  const std::vector<std::string> tail = {
      "HDEL pz:session:ann cart_value cart_items", "HDEL pz:visits:ann cart_value",
      "HSET pz:visits:ann at_order 1", "EXPIRE pz:visits:ann 1000"};
  auto all = head;
  all.insert(all.end(),
             {"LREM pz:purchased:ann 0 a", "LREM pz:purchased:ann 0 b",
              "LPUSH pz:purchased:ann a b", "LTRIM pz:purchased:ann 0 99",
              "EXPIRE pz:purchased:ann 5000", "LREM pz:cart:ann 0 a", "LREM pz:cart:ann 0 b"});
  all.insert(all.end(), tail.begin(), tail.end());
  assert_lines(commands.purchase(), all);

  view.page.order_items = {};
  view.page.order_value = "a lot";
  all = head;
  all.erase(all.begin() + 1);
  all.insert(all.end(), tail.begin(), tail.end());
  assert_lines(commands.purchase(), all);
}

void of_offers(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  const PageView view{"ann", 50, {}, {}};
  SessionCommands commands(options, view, &memory);
  assert_true(commands.offers({}).empty());
  assert_lines(commands.offers({"a", "b"}), {"LPUSH pz:offers:ann a b", "LTRIM pz:offers:ann 0 99",
                                             "EXPIRE pz:offers:ann 7776000"});
}

void of_clicks(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  const PageView view{"ann", 50, {}, {}};
  SessionCommands commands(options, view, &memory);
  assert_true(commands.item_clicks({}).empty());
  assert_lines(
      commands.item_clicks({"a", "b"}),
      {"LPUSH pz:clicked:ann a b", "LTRIM pz:clicked:ann 0 99", "EXPIRE pz:clicked:ann 2592000"});
}

void everything_is_forgotten(void**) {
  std::pmr::monotonic_buffer_resource memory;
  auto options = options_of(100);
  options.names = {{}, {*find_page_field("item_variant")}};
  const PageView view{"ann", 3200, {}, {}};
  const auto found = lines(SessionCommands(options, view, &memory).forget());
  for (const char* key : {"session:ann",
                          "visits:ann",
                          "seen:ann",
                          "affinity:ann:category:1",
                          "affinity:ann:category:0",
                          "affinity:ann:brand:1",
                          "affinity:ann:brand:0",
                          "browsed:ann",
                          "prices:ann",
                          "purchases:ann",
                          "purchased:ann",
                          "dismissed:ann",
                          "cart:ann",
                          "orders:ann",
                          "offers:ann",
                          "answers:ann",
                          "clicked:ann",
                          "attention:ann",
                          "affinity:ann:item_variant:1",
                          "affinity:ann:item_variant:0"}) {
    if (std::find(found.begin(), found.end(), std::string("DEL pz:") + key) == found.end()) {
      fail_msg("%s is not deleted", key);
    }
  }
}

void of_items(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  const PageView view{"ann", 50, {}, {}};
  SessionCommands commands(options, view, &memory);
  assert_lines(
      commands.items(ItemChange::purchased, ItemList({"b", "a"}, &memory)),
      {"LREM pz:purchased:ann 0 b", "LREM pz:purchased:ann 0 a", "LPUSH pz:purchased:ann b a",
       "LTRIM pz:purchased:ann 0 99", "EXPIRE pz:purchased:ann 63072000", "LREM pz:cart:ann 0 b",
       "LREM pz:cart:ann 0 a"});
  const ItemList one({"a"}, &memory);
  assert_lines(commands.items(ItemChange::dismissed, one),
               {"LREM pz:dismissed:ann 0 a", "LPUSH pz:dismissed:ann a",
                "LTRIM pz:dismissed:ann 0 99", "EXPIRE pz:dismissed:ann 1000"});
  assert_lines(commands.items(ItemChange::put_into_cart, one),
               {"LREM pz:cart:ann 0 a", "LPUSH pz:cart:ann a", "LTRIM pz:cart:ann 0 99",
                "EXPIRE pz:cart:ann 1000"});
  assert_lines(commands.items(ItemChange::taken_from_cart, one), {"LREM pz:cart:ann 0 a"});
  assert_lines(commands.items(ItemChange::cart_holds, one),
               {"LTRIM pz:cart:ann 1 0", "LREM pz:cart:ann 0 a", "LPUSH pz:cart:ann a",
                "LTRIM pz:cart:ann 0 99", "EXPIRE pz:cart:ann 1000"});
  assert_lines(commands.items(ItemChange::cart_holds, ItemList(&memory)),
               {"LTRIM pz:cart:ann 1 0"});
  assert_true(commands.items(ItemChange::put_into_cart, ItemList(&memory)).empty());
}

void an_absurd_value_is_not_added_to_the_others(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  PageView view{"ann", 1, {}, {}};
  view.page.order = "1001";
  view.page.order_value = "1e308";
  SessionCommands commands(options, view, &memory);
  for (const Command& command : commands.purchase()) {
    assert_false(command[0] == "HINCRBYFLOAT");
  }
}

void any_bytes(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  PageView view{std::string_view("a\0\r\n*", 5), 1, {}, {}};
  view.page.item = std::string_view("\0{", 2);
  SessionCommands writer(options, view, &memory);
  const auto& commands = writer.page_view();
  assert_true(commands[0][1] == std::string_view("pz:session:a\0\r\n*", 16));
  assert_true(commands[3][3] == view.page.item);
}

void weights_stay_finite(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(1);
  PageView view{"ann", 31, {}, {}};
  view.page.brand = "b";
  const auto found = lines(SessionCommands(options, view, &memory).page_view());
  assert_string_equal(found[3].c_str(), "ZINCRBY pz:affinity:ann:brand:0 2147483648 b");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(of_any_page),
    cmocka_unit_test(of_a_product),
    cmocka_unit_test(affinities_of_short_half_lives_expire_soon),
    cmocka_unit_test(of_a_cart),
    cmocka_unit_test(of_the_first_page),
    cmocka_unit_test(of_a_visit),
    cmocka_unit_test(of_items),
    cmocka_unit_test(of_the_visit_before),
    cmocka_unit_test(of_how_far_a_visit_has_come),
    cmocka_unit_test(of_attention),
    cmocka_unit_test(of_what_is_asked_for),
    cmocka_unit_test(of_an_order),
    cmocka_unit_test(of_offers),
    cmocka_unit_test(of_clicks),
    cmocka_unit_test(everything_is_forgotten),
    cmocka_unit_test(an_absurd_value_is_not_added_to_the_others),
    cmocka_unit_test(any_bytes),
    cmocka_unit_test(weights_stay_finite),
};
const Suite suite(__FILE__, tests);

}  // namespace
