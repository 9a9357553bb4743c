// Hashing and bucketing of GrowthBook's SDK cases.
#include <cmath>
#include <cstdio>
#include <string>

#include "decision/experiments/bucketing.h"
#include "growthbook_cases.h"

// Last: its macros have names that others use.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

namespace decision = personalize::decision;
using decision::BucketRange;

// The suite writes fractions with up to six decimals.
bool same(double a, double b) {
  return std::fabs(a - b) < 1e-6;
}

// Runs check(case) over one part of the suite and fails unless all pass. The last element of a case
// is what is expected.
template <class Check>
void run_cases(const char* part, Check&& check) {
  const Json::Value suite = growthbook_cases();
  if (suite.isNull()) {
    skip();
  }
  const Json::Value& cases = suite[part];
  unsigned failed = 0;
  for (const auto& one : cases) {
    if (!check(one, one[one.size() - 1])) {
      ++failed;
      print_error("%s: %s\n", part, one.toStyledString().c_str());
    }
  }
  print_message("%s: %u of %u cases pass\n", part, cases.size() - failed, cases.size());
  assert_true(cases.size() > 0);
  assert_int_equal(failed, 0);
}

std::vector<BucketRange> read_ranges(const Json::Value& json) {
  std::vector<BucketRange> ranges;
  for (const auto& range : json) {
    ranges.push_back({range[0].asDouble(), range[1].asDouble()});
  }
  return ranges;
}

void test_hash(void** /*state*/) {
  run_cases("hash", [](const Json::Value& one, const Json::Value& expected) {
    const auto got = decision::hash(one[0].asString(), one[1].asString(), one[2].asInt());
    return got ? expected.isNumeric() && same(*got, expected.asDouble()) : expected.isNull();
  });
}

void test_bucket_ranges(void** /*state*/) {
  run_cases("getBucketRange", [](const Json::Value& one, const Json::Value& expected) {
    std::vector<double> weights;
    for (const auto& weight : one[1][2]) {
      weights.push_back(weight.asDouble());
    }
    const auto got =
        decision::bucket_ranges(one[1][0].asInt(), one[1][1].asDouble(), std::move(weights));
    const auto ranges = read_ranges(expected);
    bool equal = got.size() == ranges.size();
    for (std::size_t i = 0; equal && i < got.size(); ++i) {
      equal = same(got[i].begin, ranges[i].begin) && same(got[i].end, ranges[i].end);
    }
    return equal;
  });
}

void test_choose_variation(void** /*state*/) {
  run_cases("chooseVariation", [](const Json::Value& one, const Json::Value& expected) {
    const auto got = decision::choose_variation(one[1].asDouble(), read_ranges(one[2]));
    return (got ? static_cast<int>(*got) : -1) == expected.asInt();
  });
}

void test_equal_weights(void** /*state*/) {
  run_cases("getEqualWeights", [](const Json::Value& one, const Json::Value& expected) {
    const auto got = decision::equal_weights(one[0].asInt());
    bool equal = got.size() == expected.size();
    for (Json::ArrayIndex i = 0; equal && i < expected.size(); ++i) {
      equal = same(got[i], expected[i].asDouble());
    }
    return equal;
  });
}

void test_in_namespace(void** /*state*/) {
  run_cases("inNamespace", [](const Json::Value& one, const Json::Value& expected) {
    const decision::Namespace space = {one[2][0].asString(),
                                       {one[2][1].asDouble(), one[2][2].asDouble()}};
    return decision::in_namespace(one[1].asString(), space) == expected.asBool();
  });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_hash),
      cmocka_unit_test(test_bucket_ranges),
      cmocka_unit_test(test_choose_variation),
      cmocka_unit_test(test_equal_weights),
      cmocka_unit_test(test_in_namespace),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
