// Selectors against the elements that the suite says they match.
//
// A splice says where an element begins (placement `before`) or where its content does (`prepend`).
// Which of them is allowed depends on the element: nothing can be put before a cell of a table.
#include <algorithm>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include "rewrite_data.h"  // before cmocka, whose macros have the names of standard functions
extern "C" {
#include <cmocka.h>
}

#include "../unit/rewrite/harness.h"

using namespace personalize;

namespace {

std::set<std::uint64_t> offsets(const std::string& selector, Placement placement,
                                const std::string& html, std::uint32_t& doubts) {
  SlotMatcher matcher({"x"}, {SlotRule{Where{"suite", 1}, 0, selector, placement, true}});
  std::set<std::uint64_t> result;
  auto rewritten = personalize::testing::rewrite_in_chunks(matcher, {"x"}, {}, html, {});
  for (const Splice& splice : rewritten.splices) result.insert(splice.begin);
  doubts = 0;
  for (std::uint32_t count : rewritten.doubts) doubts += count;
  return result;
}

void suite(void**) {
  Json::Value cases;
  if (!conformance::read_json("selectors/cases.json", cases)) skip();

  unsigned sure = 0;
  unsigned wrong = 0;
  unsigned unsupported = 0;
  unsigned left_alone = 0;
  for (const Json::Value& one : cases) {
    const std::string selector = one["selector"].asString();
    const std::string html = one["html"].asString();
    std::uint32_t doubts_before = 0;
    std::uint32_t doubts_within = 0;
    std::set<std::uint64_t> before;
    std::set<std::uint64_t> within;
    try {
      before = offsets(selector, Placement::before, html, doubts_before);
      within = offsets(selector, Placement::prepend, html, doubts_within);
    } catch (const ConfigError& error) {
      ++unsupported;
      std::printf("not supported: %s: %s\n", one["id"].asCString(), error.what());
      continue;
    }
    std::set<std::uint64_t> expected;
    std::set<std::uint64_t> expected_within;
    std::uint32_t missing = 0;
    for (const Json::Value& start : one["starts"]) {
      std::uint64_t begin = start.asUInt64();
      std::uint64_t content = html.find('>', begin) + 1;  // no case has '>' in an attribute
      expected.insert(begin);
      expected_within.insert(content);
      if (before.count(begin) == 0 && within.count(content) == 0) ++missing;
    }
    // A row of a table takes nothing before it and nothing within; then it has been counted.
    bool right = missing <= doubts_before && missing <= doubts_within;
    left_alone += missing;
    right = right && std::includes(expected.begin(), expected.end(), before.begin(), before.end());
    right = right && std::includes(expected_within.begin(), expected_within.end(), within.begin(),
                                   within.end());
    if (right) {
      ++sure;
    } else {
      ++wrong;
      std::printf("wrong: %s: %s\n%s\n", one["id"].asCString(), selector.c_str(), html.c_str());
      for (std::uint64_t begin : expected) std::printf(" %u", unsigned(begin));
      std::printf(" expected, but");
      for (std::uint64_t begin : before) std::printf(" %u", unsigned(begin));
      std::printf("\n");
    }
  }
  std::printf(
      "selectors: %u right, %u wrong, %u not supported; %u elements matched but left alone\n", sure,
      wrong, unsupported, left_alone);
  assert_int_equal(wrong, 0);
  assert_true(sure > 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(suite)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
