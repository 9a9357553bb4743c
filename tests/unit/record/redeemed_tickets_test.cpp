// Tickets count once.
#include "personalize/record/redeemed_tickets.h"

#include <memory>

#include "suite.h"

using namespace personalize;

namespace {

constexpr std::int64_t hour = 3600;
constexpr std::int64_t now = 1'760'000'000;

std::uint64_t nonce(std::uint64_t i) {
  return i * 0x9E3779B97F4A7C15U;
}

void once(void**) {
  const auto tickets = std::make_unique<RedeemedTickets>();
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    assert_true(tickets->redeem(nonce(i), now, hour));
  }
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    assert_false(tickets->redeem(nonce(i), now + hour - 1, hour));
  }
  // By then it is too old for anybody to take it.
  assert_true(tickets->redeem(nonce(1), now + hour, hour));
}

void a_full_table_forgets_the_oldest(void**) {
  const auto tickets = std::make_unique<RedeemedTickets>();
  // Nine that share the low bits, of which a set has room for eight.
  const auto crowded = [](std::uint64_t i) { return (i << 32U) | 5U; };
  for (std::uint64_t i = 0; i < 9; ++i) {
    assert_true(tickets->redeem(crowded(i), now + static_cast<std::int64_t>(i), hour));
  }
  for (std::uint64_t i = 1; i < 9; ++i) {
    assert_false(tickets->redeem(crowded(i), now + 9, hour));
  }
  assert_true(tickets->redeem(crowded(0), now + 9, hour));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(once),
    cmocka_unit_test(a_full_table_forgets_the_oldest),
};
const Suite suite(__FILE__, tests);

}  // namespace
