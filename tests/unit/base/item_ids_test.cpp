// The ids that conversions name.
#include "personalize/base/item_ids.h"

#include <string>

#include "suite.h"

namespace {

void assert_ids(std::string_view text, const char* expected) {
  std::pmr::monotonic_buffer_resource memory;
  std::string found;
  for (const auto id : personalize::item_ids(text, &memory)) {
    found += found.empty() ? "" : "|";
    found += id;
  }
  assert_string_equal(found.c_str(), expected);
}

void ids_with_commas_between_them(void**) {
  assert_ids("sku-1, a b ,7,,sku-1", "sku-1|a b|7");
  assert_ids(" ", "");
  assert_ids("Ä:1", "Ä:1");
}

void json(void**) {
  assert_ids(R"(["a,b", 7, {"item_id": "c", "quantity": 2}, {"sku": "d"}, null, {}, "7"])",
             "a,b|7|c|d");
  assert_ids(R"({"id": "x"})", "x");
  assert_ids(R"([9007199254740993])", "9007199254740993");
  // What only looks like it is an id.
  assert_ids("[x", "[x");
}

void so_many_and_so_long(void**) {
  std::pmr::monotonic_buffer_resource memory;
  std::string text = std::string(257, 'x');
  for (int i = 0; i < 80; ++i) {
    text += "," + std::to_string(i);
  }
  const auto ids = personalize::item_ids(text, &memory);
  assert_int_equal(ids.size(), personalize::most_named_items);
  assert_true(ids.front() == "0");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(ids_with_commas_between_them),
    cmocka_unit_test(json),
    cmocka_unit_test(so_many_and_so_long),
};
const Suite suite(__FILE__, tests);

}  // namespace
