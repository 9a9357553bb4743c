// The report knows the events that the module writes by the same words.
#include <string>
#include <vector>

#include "personalize/record/event.h"
#include "personalize/report/event.h"
#include "suite.h"

using namespace personalize;

namespace {

void assert_text(std::string_view is, std::string_view should) {
  assert_string_equal(std::string(is).c_str(), std::string(should).c_str());
}

void kinds_have_the_same_names(void**) {
  const auto kinds = static_cast<unsigned>(report::EventKind::other);
  for (unsigned i = 0; i < kinds; ++i) {
    assert_text(to_string(static_cast<EventKind>(i)),
                report::kind_name(static_cast<report::EventKind>(i)));
  }
  // Nothing is written that the report does not know.
  assert_text(to_string(static_cast<EventKind>(kinds)), "");
}

void fields_have_the_same_names_and_order(void**) {
  Event event;
  std::string_view* const texts[] = {
      &event.visitor,  &event.session, &event.host,     &event.path,  &event.experiment,
      &event.variant,  &event.version, &event.campaign, &event.slot,  &event.item,
      &event.list,     &event.metric,  &event.currency, &event.order, &event.items,
      &event.question, &event.answer,  &event.split};
  for (auto* text : texts) {
    *text = "x";
  }
  event.position = 1;
  event.value = 1;
  event.attributes = "{}";
  std::string record;
  encode_event(event, "1", record);

  std::vector<std::string> written;
  EventField field;
  for (std::string_view rest = record; take_field(rest, field);) {
    written.emplace_back(field.name);
  }
  assert_int_equal(written.size(), most_event_fields);
  std::size_t i = 0;
  for (std::size_t known = 0; known < report::field_count; ++known) {
    const auto which = static_cast<report::Field>(known);
    if (which != report::Field::holdout) {  // of earlier versions
      assert_text(report::field_name(which), written.at(i++));
    }
  }
  assert_int_equal(i, written.size());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(kinds_have_the_same_names),
    cmocka_unit_test(fields_have_the_same_names_and_order),
};
const Suite suite(__FILE__, tests);

}  // namespace
