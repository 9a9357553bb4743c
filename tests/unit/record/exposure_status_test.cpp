// Exposures as personalize_status shows them.
#include "personalize/record/exposure_status.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

using personalize::ExposureCount;

const std::vector<ExposureCount> counts = {
    {"bars", "control", 12}, {"bars", "new", 0}, {"my \"test\"", "v\n1", 18446744073709551615U}};

void prometheus(void**) {
  std::pmr::string out = "before\n";
  personalize::append_exposures_prometheus(counts, out);
  assert_string_equal(
      out.c_str(),
      "before\n"
      "# HELP personalize_exposures_total Page views in which a variant of an experiment decided "
      "something.\n"
      "# TYPE personalize_exposures_total counter\n"
      "personalize_exposures_total{experiment=\"bars\",variant=\"control\"} 12\n"
      "personalize_exposures_total{experiment=\"bars\",variant=\"new\"} 0\n"
      "personalize_exposures_total{experiment=\"my \\\"test\\\"\",variant=\"v\\n1\"} "
      "18446744073709551615\n");
}

void json(void**) {
  std::pmr::string out;
  personalize::append_exposures_json(counts, out);
  assert_string_equal(
      out.c_str(),
      R"({"bars":{"control":12,"new":0},"my \"test\"":{"v\n1":18446744073709551615}})");
  out.clear();
  personalize::append_exposures_json({}, out);
  assert_string_equal(out.c_str(), "{}");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(prometheus), cmocka_unit_test(json)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
