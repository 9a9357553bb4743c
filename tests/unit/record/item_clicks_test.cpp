// In which lists what is bought was clicked.
#include "suite.h"

#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/record/item_clicks.h"
#include "words_reply.h"

namespace {

using namespace personalize;

constexpr std::int64_t now = 1764460800;

std::string click_of(const ItemClick& click, std::int64_t at = now) {
  std::pmr::string text;
  append_item_click(click, at, text);
  return std::string(text);
}

std::string name(std::string_view items, const std::vector<std::string>& clicks) {
  std::pmr::monotonic_buffer_resource memory;
  const WordsReply reply(clicks);
  return std::string(name_item_lists(items, reply.get(), now, &memory));
}

void assert_named(std::string_view items, const char* expected,
                  const std::vector<std::string>& clicks) {
  assert_string_equal(name(items, clicks).c_str(), expected);
}

void what_is_kept_of_a_click(void**) {
  assert_string_equal(click_of({"sku-1", "similar", 3}).c_str(),
                      R"({"i":"sku-1","l":"similar","p":3,"t":1764460800})");
  assert_string_equal(click_of({"a \"b\"", "x\n", {}}, 5).c_str(),
                      R"({"i":"a \"b\"","l":"x\u000a","t":5})");
}

void ids_alone(void**) {
  const std::vector<std::string> clicks = {click_of({"sku-2", "similar", 3}),
                                           click_of({"ü, x", "top", {}})};
  assert_named("sku-1, sku-2,sku-2",
               R"([{"item_id":"sku-1"},)"
               R"({"item_id":"sku-2","item_list_id":"similar","index":3}])",
               clicks);
  assert_named(R"(["sku-1","ü, x"])", R"(["sku-1",{"item_id":"ü, x","item_list_id":"top"}])",
               clicks);
  assert_named("sku-1", "", clicks);
  assert_named("", "", clicks);
  assert_named("[]", "", clicks);
}

void items_stay_as_they_are_written(void**) {
  const std::vector<std::string> clicks = {click_of({"7", "similar", 1}),
                                           click_of({"8", "top", 2})};
  assert_named(
      R"( [ {"item_id": 7, "note": "a ] } , \" b", "sizes": [1, {"x": 2}]} , {"id":"9"}, 8 ] )",
      R"([{"item_id": 7, "note": "a ] } , \" b", "sizes": [1, {"x": 2}],"item_list_id":"similar","index":1},)"
      R"({"id":"9"},{"item_id":8,"item_list_id":"top","index":2}])",
      clicks);
  assert_named(R"({"item_id":"7","quantity":2})",
               R"({"item_id":"7","quantity":2,"item_list_id":"similar","index":1})", clicks);
}

void what_the_shop_says_stays(void**) {
  const std::vector<std::string> clicks = {click_of({"7", "similar", 1})};
  assert_named(R"([{"item_id":"7","item_list_id":"mine"}])", "", clicks);
  assert_named(R"([{"item_id":"7","item_list_name":"Mine"}])", "", clicks);
  assert_named(R"([{"item_id":"7","index":9}])",
               R"([{"item_id":"7","index":9,"item_list_id":"similar"}])", clicks);
}

void the_last_click_counts_for_a_month(void**) {
  const std::int64_t month = std::int64_t{30} * 86400;
  assert_named("7", R"([{"item_id":"7","item_list_id":"b"}])",
               {click_of({"7", "b", {}}), click_of({"7", "a", {}})});
  assert_named("7", R"([{"item_id":"7","item_list_id":"b"}])",
               {click_of({"7", "b", {}}, now - month)});
  assert_named("7", "", {click_of({"7", "b", {}}, now - month - 1)});
}

void what_is_no_click_is_passed_over(void**) {
  const std::string good = click_of({"7", "similar", {}});
  for (const char* bad : {"", "[", "null", "7", "[]", "{}", R"({"i":"7","l":"x"})",
                          R"({"i":7,"l":"x","t":1764460800})", R"({"i":"7","l":"","t":1764460800})",
                          R"({"i":"7","l":["x"],"t":1764460800})",
                          R"({"i":"7","l":"x","t":"1764460800"})", "\xff\xfe"}) {
    assert_named("7", R"([{"item_id":"7","item_list_id":"similar"}])", {bad, good});
  }
  for (const char* place : {"0", "-1", "1e300", "\"3\"", "null"}) {
    assert_named("7", R"([{"item_id":"7","item_list_id":"similar"}])",
                 {R"({"i":"7","l":"similar","t":1764460800,"p":)" + std::string(place) + "}"});
  }
  std::pmr::monotonic_buffer_resource memory;
  RedisReply error;
  error.kind = RedisReply::Kind::error;
  error.text = "WRONGTYPE";
  assert_true(name_item_lists("7", error, now, &memory).empty());
}

void broken_items(void**) {
  const std::vector<std::string> clicks = {click_of({"7", "similar", 1})};
  for (const char* items :
       {"[", "{", "[{]", R"([{"item_id":"7"})", "[,]", R"({"item_id":)", "[7"}) {
    assert_named(items, "", clicks);
  }
  assert_true(name(std::string(longest_named_items + 1, '7'), clicks).empty());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_is_kept_of_a_click),
    cmocka_unit_test(ids_alone),
    cmocka_unit_test(items_stay_as_they_are_written),
    cmocka_unit_test(what_the_shop_says_stays),
    cmocka_unit_test(the_last_click_counts_for_a_month),
    cmocka_unit_test(what_is_no_click_is_passed_over),
    cmocka_unit_test(broken_items),
};
const Suite suite(__FILE__, tests);

}  // namespace
