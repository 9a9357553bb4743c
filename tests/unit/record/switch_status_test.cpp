// Switches as personalize_status shows them.
#include "personalize/record/switch_status.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

using personalize::Switch;
using personalize::Switches;

namespace {

const std::vector<std::string> names = {"campaign:a", "campaign:\"b\\\n\x01", "experiment:c"};

void only_those_that_are_set(void**) {
  Switches switches(names.size());
  std::pmr::string json;
  append_switches_json(names, switches, json);
  assert_string_equal(json.c_str(), "{}");

  switches.set(1, Switch::off);
  switches.set(2, Switch::on);
  json.clear();
  append_switches_json(names, switches, json);
  assert_string_equal(json.c_str(), R"({"campaign:\"b\\\n?":"off","experiment:c":"on"})");

  std::pmr::string text;
  append_switches_prometheus(names, switches, text);
  assert_true(text.find(R"(personalize_switch{name="campaign:\"b\\\n?"} 0)") != std::string::npos);
  assert_true(text.find("personalize_switch{name=\"experiment:c\"} 1\n") != std::string::npos);
  assert_true(text.find("campaign:a") == std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(only_those_that_are_set)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
