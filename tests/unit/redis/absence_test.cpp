#include "personalize/redis/reply.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "suite.h"

namespace {

using personalize::is_nothing;
using personalize::RedisReply;
using Kind = RedisReply::Kind;

RedisReply reply(Kind kind, std::string_view text = {}, std::int64_t integer = 0) {
  RedisReply made;
  made.kind = kind;
  made.text = text;
  made.integer = integer;
  return made;
}

bool is_nothing_in(std::initializer_list<RedisReply> elements) {
  const std::vector<RedisReply> kept(elements);
  RedisReply array = reply(Kind::array);
  array.elements = kept.data();
  array.count = static_cast<std::uint32_t>(kept.size());
  return is_nothing(array);
}

void nothing_is_there(void**) {
  assert_true(is_nothing(reply(Kind::nil)));
  assert_true(is_nothing(reply(Kind::string)));
  assert_true(is_nothing(reply(Kind::integer)));
  assert_true(is_nothing_in({}));
  assert_true(is_nothing_in({reply(Kind::nil), reply(Kind::nil)}));
}

void something_is_there(void**) {
  assert_false(is_nothing(reply(Kind::string, "{}")));
  assert_false(is_nothing(reply(Kind::integer, {}, 1)));
  assert_false(is_nothing(reply(Kind::status, "OK")));
  assert_false(is_nothing(reply(Kind::too_large, {}, 70000)));
  // A field or an element that is empty is one.
  assert_false(is_nothing_in({reply(Kind::nil), reply(Kind::string)}));
}

void an_error_is_no_answer(void**) {
  assert_false(is_nothing(reply(Kind::error, "ERR")));
  assert_false(is_nothing(reply(Kind::error)));
  assert_false(is_nothing_in({reply(Kind::nil), reply(Kind::error, "ERR")}));
}

void who_cannot_answer_now(void**) {
  using personalize::is_unable;
  assert_true(is_unable("LOADING") && is_unable("MASTERDOWN") && is_unable("CLUSTERDOWN"));
  assert_false(is_unable("") || is_unable("ERR") || is_unable("WRONGTYPE") || is_unable("NOPERM"));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(nothing_is_there),
    cmocka_unit_test(something_is_there),
    cmocka_unit_test(an_error_is_no_answer),
    cmocka_unit_test(who_cannot_answer_now),
};
const Suite suite(__FILE__, tests);

}  // namespace
