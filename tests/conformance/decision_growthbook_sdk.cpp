// Experiments, features, sticky buckets, addresses and encrypted payloads of GrowthBook's SDK
// cases.
#include "growthbook_sdk.h"

#include <cstdio>
#include <string>

#include "decision/growthbook/encrypted_payload.h"
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

// Equal, but for the sixth decimal of numbers, and for members of objects that only `got` has where
// `loose`.
bool same(const Json::Value& got, const Json::Value& expected, bool loose = false) {
  if (got.isNumeric() && expected.isNumeric()) {
    return std::fabs(got.asDouble() - expected.asDouble()) < 1e-6;
  }
  if (got.isObject() && expected.isObject()) {
    for (const auto& name : expected.getMemberNames()) {
      if (!got.isMember(name) || !same(got[name], expected[name])) {
        return false;
      }
    }
    return loose || got.size() == expected.size();
  }
  if (got.isArray() && expected.isArray()) {
    for (Json::ArrayIndex i = 0; i < expected.size(); ++i) {
      if (!got.isValidIndex(i) || !same(got[i], expected[i])) {
        return false;
      }
    }
    return got.size() == expected.size();
  }
  return got == expected;
}

std::string line(const Json::Value& json) {
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  return Json::writeString(writer, json);
}

// Whether a part of the suite must have cases: the given data lacks some parts.
enum class Cases { required, if_any };

// Runs check(case) over one part of the suite; it returns what was got where that is wrong.
template <class Check>
void run_cases(const char* part, Check&& check, Cases needs = Cases::required) {
  const Json::Value suite = growthbook_cases();
  if (suite.isNull()) {
    skip();
  }
  const Json::Value& cases = suite[part];
  unsigned failed = 0;
  for (const auto& one : cases) {
    if (const auto wrong = check(one)) {
      ++failed;
      print_error("%s: %s\n  got %s\n", part, line(one).c_str(), line(*wrong).c_str());
    }
  }
  print_message("%s: %u of %u cases pass\n", part, cases.size() - failed, cases.size());
  assert_true(needs == Cases::if_any || cases.size() > 0);
  assert_int_equal(failed, 0);
}

using Wrong = std::optional<Json::Value>;

// [name, context, experiment, value, inExperiment, hashUsed]
void test_run(void** /*state*/) {
  run_cases("run", [](const Json::Value& one) -> Wrong {
    growthbook::Sdk sdk(one[1], false);
    const Json::Value got = sdk.run(one[2]);
    const bool right =
        same(got["value"], one[3]) && got["inExperiment"] == one[4] && got["hashUsed"] == one[5];
    return right ? Wrong() : got;
  });
}

// [name, context, feature, result]. The experiment in a result is the one that was given.
Wrong check_feature(const Json::Value& one) {
  growthbook::Sdk sdk(one[1], false);
  const Json::Value got = sdk.feature(one[2].asString());
  Json::Value expected = one[3];
  expected.removeMember("experiment");
  return same(got, expected) ? Wrong() : got;
}

void test_feature(void** /*state*/) {
  run_cases("feature", check_feature);
}

void test_contextual_bandit(void** /*state*/) {
  run_cases("contextualBandit", check_feature, Cases::if_any);
}

// [name, text, key, plain text or null]
void test_decrypt(void** /*state*/) {
  run_cases(
      "decrypt",
      [](const Json::Value& one) -> Wrong {
        const auto plain = personalize::decision::decrypt(one[1].asString(), one[2].asString());
        const Json::Value got = plain ? Json::Value(*plain) : Json::Value();
        return same(got, one[3]) ? Wrong() : got;
      },
      Cases::if_any);
}

// [name, context, documents, feature, experimentResult or null, documents after]
void test_sticky_bucket(void** /*state*/) {
  run_cases("stickyBucket", [](const Json::Value& one) -> Wrong {
    growthbook::Sdk sdk(one[1], true);
    sdk.set_sticky_documents(sdk.documents_of_visitor(one[2]));
    Json::Value got(Json::arrayValue);
    got.append(sdk.feature(one[3].asString())["experimentResult"]);
    got.append(sdk.sticky_documents());
    const bool right = same(got[0], one[4]) && same(got[1], one[5]);
    return right ? Wrong() : got;
  });
}

// [name, key, url, variations, expected]
void test_query_string_override(void** /*state*/) {
  run_cases("getQueryStringOverride", [](const Json::Value& one) -> Wrong {
    const auto variation = personalize::decision::query_override(
        one[1].asString(), one[2].asString(), one[3].asUInt());
    const Json::Value got = variation ? Json::Value(Json::UInt64(*variation)) : Json::Value();
    return same(got, one[4]) ? Wrong() : got;
  });
}

// [name, context, redirects]
void test_url_redirect(void** /*state*/) {
  run_cases("urlRedirect", [](const Json::Value& one) -> Wrong {
    growthbook::Sdk sdk(one[1], false);
    const Json::Value got = sdk.redirects();
    return same(got, one[2]) ? Wrong() : got;
  });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_run),
      cmocka_unit_test(test_feature),
      cmocka_unit_test(test_contextual_bandit),
      cmocka_unit_test(test_decrypt),
      cmocka_unit_test(test_sticky_bucket),
      cmocka_unit_test(test_query_string_override),
      cmocka_unit_test(test_url_redirect),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
