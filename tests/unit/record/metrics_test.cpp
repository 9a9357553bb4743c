// Labelled metrics as personalize_status shows them.
#include "personalize/record/metrics.h"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>

#include "suite.h"

using namespace personalize;

namespace {

template <class Writer, class Write>
std::string written(Write write) {
  std::pmr::string out;
  Writer writer(out);
  write(writer);
  writer.end();
  return std::string(out);
}

void exposures(MetricsWriter& writer) {
  writer.begin(metrics::exposures);
  writer.add({"bars", "control"}, 12);
  writer.add({"bars", "new"}, 0);
  writer.add({"my \"test\"", "v\n1"}, 18446744073709551615U);
}

void switches(MetricsWriter& writer) {
  writer.begin(metrics::switches);
  writer.add({"campaign:\"b\\\n\x01"}, 0);
  writer.add({"experiment:c"}, 1);
}

void prometheus(void**) {
  assert_string_equal(
      written<PrometheusWriter>(exposures).c_str(),
      "# HELP personalize_exposures_total Page views in which a variant of an experiment decided "
      "something.\n"
      "# TYPE personalize_exposures_total counter\n"
      "personalize_exposures_total{experiment=\"bars\",variant=\"control\"} 12\n"
      "personalize_exposures_total{experiment=\"bars\",variant=\"new\"} 0\n"
      "personalize_exposures_total{experiment=\"my \\\"test\\\"\",variant=\"v\\n1\"} "
      "18446744073709551615\n");
  assert_string_equal(written<PrometheusWriter>(switches).c_str(),
                      "# HELP personalize_switch What pz:switches turns on (1) and off (0).\n"
                      "# TYPE personalize_switch gauge\n"
                      "personalize_switch{name=\"campaign:\\\"b\\\\\\n?\"} 0\n"
                      "personalize_switch{name=\"experiment:c\"} 1\n");
}

void json_trees(void**) {
  assert_string_equal(
      written<JsonWriter>(exposures).c_str(),
      R"({"exposures":{"bars":{"control":12,"new":0},"my \"test\"":{"v\n1":18446744073709551615}}})");
  assert_string_equal(
      written<JsonWriter>([](MetricsWriter& writer) { writer.begin(metrics::exposures); }).c_str(),
      R"({"exposures":{}})");
}

void json_on_and_off(void**) {
  assert_string_equal(written<JsonWriter>(switches).c_str(),
                      R"({"switches":{"campaign:\"b\\\n?":"off","experiment:c":"on"}})");
}

void json_members_follow_each_other(void**) {
  const auto write = [](MetricsWriter& writer) {
    writer.begin(metrics::exposures);
    exposures(writer);
    writer.begin(metrics::redis_servers);
    switches(writer);
  };
  assert_string_equal(written<JsonWriter>(write).c_str(),
                      R"({"exposures":{},"exposures":{"bars":{"control":12,"new":0},)"
                      R"("my \"test\"":{"v\n1":18446744073709551615}},"redis_servers":[],)"
                      R"("switches":{"campaign:\"b\\\n?":"off","experiment:c":"on"}})");
  assert_string_equal(written<JsonWriter>([](MetricsWriter&) {}).c_str(), "{}");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(prometheus),
    cmocka_unit_test(json_trees),
    cmocka_unit_test(json_on_and_off),
    cmocka_unit_test(json_members_follow_each_other),
};
const Suite suite(__FILE__, tests);

}  // namespace
