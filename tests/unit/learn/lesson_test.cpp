// What is learned, by which commands, and how it fades.
#include "personalize/learn/lesson.h"

#include <cmath>
#include <string>

#include "learn/learned_shop.h"
#include "suite.h"

namespace {

using personalize::LessonKind;

constexpr double now = 1795176000;  // noon of 2026-11-20, UTC
constexpr double day = 86400;

void check(const std::string& is, const std::string& expected) {
  assert_string_equal(is.c_str(), expected.c_str());
}
void check_close(double is, double expected, double tolerance = 0.02) {
  if (std::fabs(is - expected) > tolerance * std::fabs(expected)) {
    fail_msg("%f, not %f", is, expected);
  }
}

void test_a_visitor_counts_once_in_a_day(void** /*state*/) {
  LearnedShop shop;
  assert_true(shop.view("ann", "a", now));
  assert_false(shop.view("ann", "a", now + 60));
  assert_false(shop.view("ann", "a", now + day - 1));
  assert_false(shop.view("ann", "a", now + 2 * day - 10));  // was looked at a day ago
  assert_true(shop.view("ann", "a", now + 3 * day));
  assert_true(shop.view("bob", "a", now + 3 * day));
  check_close(shop.trending(now + 3 * day).front().score, 2 + std::exp2(-1));
}

void test_nearness(void** /*state*/) {
  LearnedShop shop;
  double time = now;
  for (const char* item : {"a", "b", "c", "d", "e", "f", "g"}) {
    assert_true(shop.view("ann", item, time += 10));
  }
  const auto list = shop.also("viewed", "g", time);
  check(LearnedShop::ids(list), "f e d c b");  // a is too far
  for (std::size_t i = 0; i < list.size(); ++i) {
    const double near = 1.0 / static_cast<double>(i + 1);
    check_close(list[i].together, near);
    check_close(list[i].score, near * near / (near + 2.5));
    check_close(list[i].count, 1);
  }
  // What is looked at again is the last.
  assert_false(shop.view("ann", "a", time += 10));
  assert_true(shop.view("ann", "h", time += 10));
  check(LearnedShop::ids(shop.also("viewed", "h", time)), "a g f e d");
}

void test_a_pause_ends_a_session(void** /*state*/) {
  LearnedShop shop;
  shop.view("ann", "a", now);
  shop.view("ann", "b", now + 1799);
  shop.view("ann", "c", now + 1799 + 1801);
  check(LearnedShop::ids(shop.also("viewed", "b", now + 4000)), "a");
  check(LearnedShop::ids(shop.also("viewed", "c", now + 4000)), "");
}

// Whoever looks at the most popular item as often as everybody says nothing.
void test_popularity_is_taken_away(void** /*state*/) {
  LearnedShop shop;
  for (int i = 0; i < 400; ++i) {
    const std::string visitor = "v" + std::to_string(i);
    shop.view(visitor, "everybody's", now + i);
    shop.view(visitor, "item " + std::to_string(i % 20), now + i + 1);
    shop.view(visitor, "mate " + std::to_string(i % 20), now + i + 2);
  }
  const auto list = shop.also("viewed", "item 7", now + 1000);
  check(LearnedShop::ids(list).substr(0, 6), "mate 7");
  assert_true(list[0].score > 3 * list[1].score);
}

void test_orders(void** /*state*/) {
  LearnedShop shop;
  const auto buy = [&](const char* visitor, const char* items, double time) {
    return shop.learn(LessonKind::order, visitor, items, time);
  };
  assert_true(buy("ann", "a,b,c", now));
  assert_false(buy("ann", "c,a,b", now + 600));
  assert_true(buy("bob", R"([{"item_id": "a"}, {"sku": "b"}, 7])", now));
  assert_true(buy("cid", "a", now));
  const auto list = shop.also("bought", "a", now);
  check(LearnedShop::ids(list), "b 7 c");
  check_close(list[0].together, 2);
  check_close(list[0].count, 2);
  // Of what comes later, only what is new counts: and its pairs.
  assert_true(buy("ann", "a,d", now + 600));
  check_close(shop.also("bought", "d", now)[0].count, 3);
  check(LearnedShop::ids(shop.list({"bestsellers"}, "bestsellers\n\n\n", now)), "a b d 7 c");
  // A cart is worth three views, an order five.
  shop.learn(LessonKind::cart, "dan", "e", now);
  shop.view("dan", "f", now);
  const auto trending = shop.trending(now);
  check_close(trending[0].score, 15);
  check_close(trending[5].score, 3);
  check_close(trending[6].score, 1);
}

// Orders name items, and their pages say what these are.
void test_parts_of_orders(void** /*state*/) {
  personalize::LearnOptions options;
  options.by_category = true;
  LearnedShop shop(options);
  shop.view("ann", "a", now, "Shoes");
  shop.view("ann", "b", now, "Hats");
  shop.learn(LessonKind::order, "ann", "a,b,c", now);
  const auto best = [&](const std::string& category) {
    return LearnedShop::ids(shop.list({"bestsellers"}, "bestsellers\n\n" + category + "\n", now));
  };
  check(best("Shoes"), "a");
  check(best("Hats"), "b");
  check(best(""), "a b c");
}

void test_trending_follows_what_changes(void** /*state*/) {
  LearnedShop shop;
  for (int i = 0; i < 100; ++i) {
    shop.view("old" + std::to_string(i), "yesterday's", now);
  }
  for (int i = 0; i < 60; ++i) {
    shop.view("new" + std::to_string(i), "today's", now + 3 * day);
  }
  check(LearnedShop::ids(shop.trending(now + day)), "today's yesterday's");
  check(LearnedShop::ids(shop.trending(now + 3 * day)), "today's yesterday's");
  // What nobody has met for `keep` is over, also across a change of the period.
  check_close(shop.trending(now + 30 * day).back().score, 100 * std::exp2(-10.0));
  check(LearnedShop::ids(shop.trending(now + 60 * day)), "");
}

void test_parts(void** /*state*/) {
  personalize::LearnOptions options;
  options.by_category = options.by_country = true;
  LearnedShop shop(options);
  shop.view("ann", "a", now, "Shoes", "PL");
  shop.view("bob", "b", now, "Shoes", "RO");
  shop.view("cid", "c", now, "Hats", "PL");
  check(LearnedShop::ids(shop.trending(now)), "a b c");
  check(LearnedShop::ids(shop.trending(now, "PL")), "a c");
  check(LearnedShop::ids(shop.trending(now, "", "Shoes")), "a b");
  check(LearnedShop::ids(shop.trending(now, "PL", "Shoes")), "a");
  check(LearnedShop::ids(shop.trending(now, "DE")), "");
}

// Every key has an end, and no set more members than it may; the names that stay are the ones that
// count most.
void test_all_is_bounded(void** /*state*/) {
  personalize::LearnOptions options;
  options.top = 20;
  LearnedShop shop(options);
  for (int i = 0; i < 3000; ++i) {
    const std::string visitor = "v" + std::to_string(i);
    shop.view(visitor, "hub", now + i);
    shop.view(visitor, i % 3 == 0 ? "friend" : "item " + std::to_string(i), now + i + 0.5);
  }
  for (const auto& [key, set] : shop.redis.sets) {
    assert_true(shop.redis.expiring.count(key) == 1);
    if (set.size() > 20 + 100) {
      fail_msg("%s has %zu members", key.c_str(), set.size());
    }
  }
  const auto list = shop.also("viewed", "hub", now + 3000);
  check(list.front().id, "friend");
  check_close(list.front().together, 1000);
  // Newer ones are let in.
  assert_true(list.back().id > "item 1");
}

void test_hostile_replies(void** /*state*/) {
  using Reply = personalize::RedisReply;
  std::pmr::monotonic_buffer_resource memory;
  personalize::Lesson lesson(&memory);
  lesson.visitor = "ann";
  lesson.items.emplace_back("a", "", "");
  lesson.now_ms = 1000;
  const personalize::LearnOptions options;
  personalize::LessonCommands commands(options, lesson, &memory);
  commands.question();
  Reply odd;
  odd.kind = Reply::Kind::array;
  Reply elements[3];
  odd.elements = elements;
  odd.count = 3;
  Reply added;
  added.kind = Reply::Kind::integer;
  added.integer = 1;
  commands.take(1, odd);
  commands.take(2, added);
  assert_false(commands.is_news());
  odd.count = 2;
  commands.take(1, odd);  // nil, and no time
  assert_true(commands.is_news());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_a_visitor_counts_once_in_a_day),
    cmocka_unit_test(test_nearness),
    cmocka_unit_test(test_a_pause_ends_a_session),
    cmocka_unit_test(test_popularity_is_taken_away),
    cmocka_unit_test(test_orders),
    cmocka_unit_test(test_parts_of_orders),
    cmocka_unit_test(test_trending_follows_what_changes),
    cmocka_unit_test(test_parts),
    cmocka_unit_test(test_all_is_bounded),
    cmocka_unit_test(test_hostile_replies),
};
const Suite suite(__FILE__, tests);

}  // namespace
