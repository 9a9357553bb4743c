// The commands that are written of a page view.
#include <cstddef>
#include <cstdint>

#include "suite.h"

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
                "HSET pz:session:ann cart_value 9.5", "HSET pz:session:ann cart_items 0",
                "EXPIRE pz:session:ann 60"});
}

void of_the_first_page(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  PageView view{"ann", 1, {}, {}};
  view.start.landing_path = "/a b";
  view.start.utm_source = "x";
  SessionCommands commands(options, view, &memory);
  assert_lines(
      commands.session_start(),
      {"HSET pz:session:ann landing_path /a b utm_source x", "EXPIRE pz:session:ann 60",
       "HINCRBY pz:visits:ann visits 1", "EXPIRE pz:visits:ann 1000", "HGET pz:visits:ann last"});
  view.start = {};
  assert_lines(commands.session_start(), {"HINCRBY pz:visits:ann visits 1",
                                          "EXPIRE pz:visits:ann 1000", "HGET pz:visits:ann last"});
}

void of_a_visit(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  const PageView view{"ann", 50, {}, {}};
  SessionCommands commands(options, view, &memory);
  assert_lines(commands.visit("20"),
               {"HSET pz:visits:ann last 50 previous 20", "EXPIRE pz:visits:ann 1000"});
  for (const char* none : {"", "x", "-1", "1234567890123", "1 "}) {
    assert_lines(commands.visit(none), {"HSET pz:visits:ann last 50", "EXPIRE pz:visits:ann 1000"});
  }
}

void of_items(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto options = options_of(100);
  const PageView view{"ann", 50, {}, {}};
  SessionCommands commands(options, view, &memory);
  assert_lines(commands.items(ItemChange::purchased, ItemList({"b", "a"}, &memory)),
               {"LREM pz:purchased:ann 0 b", "LREM pz:purchased:ann 0 a",
                "LPUSH pz:purchased:ann b a", "LTRIM pz:purchased:ann 0 99",
                "EXPIRE pz:purchased:ann 1000", "LREM pz:cart:ann 0 b", "LREM pz:cart:ann 0 a"});
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
  assert_true(commands.items(ItemChange::cart_holds, ItemList(&memory)).empty());
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
    cmocka_unit_test(any_bytes),
    cmocka_unit_test(weights_stay_finite),
};
const Suite suite(__FILE__, tests);

}  // namespace
