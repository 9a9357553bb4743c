// What campaigns take from groups and from each other.
#include "personalize/decision/campaign_declarations.h"

#include "fixture.h"
#include "suite.h"

namespace {

using fixture::declare;
using personalize::Declaration;

std::string text_of(const std::vector<personalize::Statement>& statements) {
  std::string text;
  for (const auto& statement : statements) {
    for (const auto& word : statement.words) {
      text += word + (&word == &statement.words.back() ? "" : " ");
    }
    text += statement.block.empty() ? "; " : " { " + text_of(statement.block) + "} ";
  }
  return text;
}

std::string expanded(const std::vector<Declaration>& campaigns,
                     const std::vector<Declaration>& groups = {}, std::size_t which = 0) {
  return text_of(personalize::expand_campaigns(campaigns, groups)[which].statements);
}

void test_like(void** /*state*/) {
  const auto base = declare(
      "base",
      "slot a; priority 5; when profile.x; unless profile.y; widget hello-bar; set text Hi; "
      "set link /a; cap 1/day; stop after=dismiss; stop after=click; group g 1/view; trigger "
      "load;");
  assert_string_equal(
      expanded({declare("own",
                        "like base; any { when profile.z; when profile.w; } set text Bye; "
                        "stop after=click for=1d; cap 2/day;"),
                base})
          .c_str(),
      "slot a; priority 5; widget hello-bar; set link /a; stop after=dismiss; group g 1/view; "
      "trigger load; any { when profile.z; when profile.w; } set text Bye; "
      "stop after=click for=1d; cap 2/day; ");
  // Through a third one; what is shown counts as one.
  assert_string_equal(
      expanded({declare("a", "like b; content x;"), declare("b", "like base; slot c;"), base})
          .substr(0, 60)
          .c_str(),
      "priority 5; when profile.x; unless profile.y; set text Hi; s");
  assert_string_equal(expanded({base}).c_str(), text_of(base.statements).c_str());
}

void test_groups(void** /*state*/) {
  const std::vector<Declaration> groups = {
      declare("promo", "when profile.calm; cap 2/session 1/view; hours 9-18;"),
      declare("quiet", "unless profile.busy;")};
  assert_string_equal(
      expanded({declare("a", "slot a; group promo; group quiet; when profile.x;")}, groups).c_str(),
      "slot a; when profile.calm; hours 9-18; group promo 2/session 1/view; unless profile.busy; "
      "when profile.x; ");
  assert_string_equal(
      expanded({declare("a", "hours 20-22; group promo; group other 1/day;")}, groups).c_str(),
      "hours 20-22; when profile.calm; group promo 2/session 1/view; group other 1/day; ");
}

std::string error_of(const std::vector<Declaration>& campaigns,
                     const std::vector<Declaration>& groups) {
  try {
    personalize::expand_campaigns(campaigns, groups);
    return "";
  } catch (const personalize::ConfigError& error) {
    return error.what();
  }
}

void test_mistakes(void** /*state*/) {
  const auto assert_has = [](const std::string& error, const char* part) {
    if (error.find(part) == std::string::npos) {
      fail_msg("\"%s\" lacks \"%s\"", error.c_str(), part);
    }
  };
  assert_has(error_of({declare("a", "like b;")}, {}),
             "unknown campaign \"b\" in \"like\": declared are a");
  assert_has(error_of({declare("a", "like;")}, {}), "takes the name of another campaign");
  assert_has(error_of({declare("a", "like a;")}, {}), "is like itself");
  assert_has(error_of({declare("a", "like b;"), declare("b", "like a;")}, {}), "is like itself");
  assert_has(error_of({declare("a", "like b;"), declare("b", "slot x;")}, {}),
             "is all like \"b\", which is shown in its place");
  assert_has(error_of({declare("a", "like b; like c;"), declare("b", ""), declare("c", "")}, {}),
             "\"like\" is duplicate");
  assert_has(error_of({}, {declare("g", "")}), "group \"g\" is empty");
  assert_has(error_of({}, {declare("g", "cap 1/day;"), declare("g", "cap 1/day;")}),
             "group \"g\" is duplicate");
  assert_has(error_of({}, {declare("g", "cap 1/day; cap 2/day;")}), "\"cap\" is duplicate");
  assert_has(error_of({declare("a", "group g 3/day;")}, {declare("g", "cap 1/day;")}),
             "has its limits in test.conf:1: write \"group g\"");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_like),
    cmocka_unit_test(test_groups),
    cmocka_unit_test(test_mistakes),
};
const Suite suite(__FILE__, tests);

}  // namespace
