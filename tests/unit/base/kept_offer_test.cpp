// What is kept of an offer.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <memory_resource>
#include <string>

#include "base/values/json/json.h"
#include "base/values/kept_offer.h"

namespace {

using namespace personalize;

std::string written(std::string_view campaign, std::string_view per,
                    std::initializer_list<KeptValue> values) {
  std::pmr::monotonic_buffer_resource memory;
  std::pmr::vector<KeptValue> list(values, &memory);
  std::pmr::string out("x", &memory);
  const bool fits = append_kept_offer(campaign, per, 1700000000, list, out);
  assert_int_equal(out.size() > 1, fits);
  return std::string(out.substr(1));
}

void what_is_written(void**) {
  assert_string_equal(written("a", "", {}).c_str(), R"({"c":"a","p":"","t":1700000000,"v":{}})");
  assert_string_equal(
      written("a\"b", "sku\n1",
              {{"profile.rate", Value::number(12.5)},
               {"profile.list", Value()},
               {"profile.id", Value::number(9007199254740992, "9007199254740993")},
               {"x", Value::number(NAN)},
               {"profile.name", Value::string("A\xff")},
               {"profile.gold", Value::boolean(true)}})
          .c_str(),
      "{\"c\":\"a\\\"b\",\"p\":\"sku\\u000a1\",\"t\":1700000000,\"v\":{\"profile.rate\":12.5,"
      "\"profile.id\":9007199254740993,\"profile.name\":\"A\xef\xbf\xbd\",\"profile.gold\":true}}");
  assert_string_equal(written("a", std::string(600, 'x'), {}).c_str(), "");
}

void the_first_one_counts(void**) {
  DocumentBuilder builder(std::pmr::get_default_resource());
  assert_true(decode_json(R"([{"c": "a", "p": "1", "t": 3}, {"c": "a", "p": "2", "t": 2},
                              {"c": "a", "p": "1", "t": 1}, 7, {"c": 1, "p": "1"}])",
                          builder));
  const Value offers = Value::document(builder.finish());
  assert_true(find_kept_offer(offers, "a", "1").find("t").as_number() == 1);
  assert_true(find_kept_offer(offers, "a", "2").find("t").as_number() == 2);
  assert_true(find_kept_offer(offers, "a", "").is_missing());
  assert_true(find_kept_offer(offers, "b", "1").is_missing());
  assert_true(find_kept_offer(Value::string("a"), "a", "1").is_missing());
}

const CMUnitTest tests[] = {cmocka_unit_test(what_is_written),
                            cmocka_unit_test(the_first_one_counts)};
const Suite suite(__FILE__, tests);

}  // namespace
