// The weights of experiments as personalize_status shows them.
#include "personalize/record/experiment_weights.h"

#include <memory_resource>
#include <string>

#include "suite.h"

using namespace personalize;

namespace {

void servers_that_differ_have_none(void**) {
  ExperimentWeights weights;
  weights.add("same", {{"a", 0.25}, {"b", 0.75}});
  weights.add("same", {{"a", 0.25}, {"b", 0.75}});
  weights.add("other", {{"a", 0.5}, {"b", 0.5}});
  weights.add("other", {{"a", 0.4}, {"b", 0.6}});
  weights.add("other", {{"a", 0.5}, {"b", 0.5}});
  weights.add("unknown", {});
  std::pmr::string out;
  JsonWriter writer(out);
  weights.write(writer);
  writer.end();
  assert_string_equal(out.c_str(), R"({"experiment_weight":{"same":{"a":0.250000,"b":0.750000}}})");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(servers_that_differ_have_none),
};
const Suite suite(__FILE__, tests);

}  // namespace
