// Events for databases.
#include "report/exporting/event_writer.h"

#include <string>

#include "suite.h"

namespace {

namespace report = personalize::report;
using report::Event;
using report::Field;

std::string written(const Event& event, report::ExportFormat format) {
  std::string out;
  report::append_event(event, format, out);
  return out;
}

// PostgreSQL refuses it in texts and in jsonb.
void no_nul_is_exported(void**) {
  Event event;
  event.set(Field::event, "view");
  event.set(Field::path, {"/\0", 2});
  event.set(Field::attributes, R"({"a":"\u0000\\u0000"})");
  assert_string_equal(written(event, report::ExportFormat::json).c_str(),
                      "{\"event\":\"view\",\"path\":\"/\xef\xbf\xbd\","
                      R"("attributes":{"a":"\ufffd\\u0000"}})"
                      "\n");
  const std::string csv = written(event, report::ExportFormat::csv);
  assert_true(csv.find("/\xef\xbf\xbd,") != std::string::npos);
  assert_true(csv.find(R"("{""a"":""\ufffd\\u0000""}")") != std::string::npos);
}

void attributes_that_are_no_json_are_a_text(void**) {
  Event event;
  event.set(Field::event, "view");
  event.set(Field::attributes, R"({"a":"\u0000)");
  assert_string_equal(written(event, report::ExportFormat::json).c_str(),
                      R"({"event":"view","attributes":"{\"a\":\"\\u0000"})"
                      "\n");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(no_nul_is_exported),
    cmocka_unit_test(attributes_that_are_no_json_are_a_text),
};
const Suite suite(__FILE__, tests);

}  // namespace
