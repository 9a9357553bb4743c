#include "personalize/decision/consent.h"

#include <memory_resource>

#include "../signals/assert_values.h"
#include "../signals/fake_request.h"
#include "suite.h"

using namespace personalize;

namespace {

const Where here = {"nginx.conf", 7};

Statement when(std::vector<std::string> words) {
  words.insert(words.begin(), "when");
  return {here, std::move(words), {}};
}

bool given(const Consent& consent, FakeRequest& request) {
  const Visitor visitor;
  TimeZones zones;
  std::pmr::monotonic_buffer_resource memory;
  Signals signals(request, visitor, nullptr, zones, &memory);
  RegexBudget budget;
  return consent.is_given(request, signals, budget, &memory);
}

void all_conditions_must_hold(void**) {
  const Consent consent(
      {}, {when({"cookie.consent", "=", "yes"}), when({"request.arg.a", "=", "1"})}, here);
  FakeRequest request;
  assert_false(given(consent, request));
  request.cookies = {"consent=yes"};
  assert_false(given(consent, request));
  request.arguments_ = "a=1";
  assert_true(given(consent, request));
}

void without_conditions_it_is_assumed(void**) {
  FakeRequest request;
  assert_true(given(Consent({}, {}, here), request));
}

void global_privacy_control_is_a_no_unless_ignored(void**) {
  FakeRequest request;
  request.headers["sec-gpc"] = "1";
  assert_true(asks_for_privacy(request));
  assert_false(given(Consent({}, {}, here), request));
  assert_false(given(Consent({"gpc=refuse"}, {}, here), request));
  assert_true(given(Consent({"gpc=ignore"}, {}, here), request));
  request.headers["sec-gpc"] = "0";
  assert_false(asks_for_privacy(request));
  assert_true(given(Consent({}, {}, here), request));
}

void without_memory_there_is_none(void**) {
  FakeRequest request;
  const Visitor visitor;
  TimeZones zones;
  Signals signals(request, visitor, nullptr, zones, std::pmr::null_memory_resource());
  RegexBudget budget;
  assert_false(
      Consent({}, {}, here).is_given(request, signals, budget, std::pmr::null_memory_resource()));
}

void what_would_need_consent_cannot_be_asked_for(void**) {
  for (const char* name : {"visitor.id", "profile.x", "segment.a", "page.type", "session.views",
                           "experiment.a", "consent.personalization"}) {
    assert_config_error(Consent({}, {when({name})}, here), "nothing is looked up");
    assert_config_error(Consent({}, {{here, {"any"}, {when({name})}}}, here),
                        "nothing is looked up");
  }
  assert_config_error(Consent({}, {{here, {"json", "file"}, {}}}, here), "no \"json\"");
  assert_config_error(Consent({"gpc=no"}, {}, here), "gpc=ignore");
}

// What a consent tool writes for a no is no yes.
void an_answer_must_be_said(void**) {
  for (const char* name : {"cookie.consent", "cookie.consent.marketing", "cookie.consent_*",
                           "request.arg.consent", "request.header.x-consent", "var.cookie_consent",
                           "var.arg_consent", "var.http_x_consent", "var.choice"}) {
    const std::string line = "when " + std::string(name);
    assert_config_error(Consent({}, {when({name})}, here), line + " = yes\"");
    assert_config_error(Consent({}, {{here, {"any"}, {when({name})}}}, here), line + " exists\"");
    Consent({}, {when({name, "exists"})}, here);
  }
  assert_config_error(Consent({}, {{here, {"unless", "cookie.optout"}, {}}}, here),
                      "unless cookie.optout = yes");
  Consent({}, {when({"geo.in_eu"}), when({"var.consent", "=", "1"})}, here);
}

Statement unless(std::vector<std::string> words) {
  words.insert(words.begin(), "unless");
  return {here, std::move(words), {}};
}

void no_answer_is_warned_of_as_a_yes(void**) {
  const Statement refusal = when({"cookie.c", "!=", "no"});
  const Statement answer = when({"cookie.c", "exists"});
  const Statement yes = when({"cookie.d", "=", "yes"});
  const Statement outside = unless({"geo.in_eu"});
  const auto any = [](std::vector<Statement> block) {
    return Statement{here, {"any"}, std::move(block)};
  };
  const auto all = [](std::vector<Statement> block) {
    return Statement{here, {"all"}, std::move(block)};
  };
  const std::vector<std::vector<Statement>> opt_outs = {
      {refusal},
      {when({"cookie.c", "not_in", "no", "never"})},
      {when({"cookie.c.marketing", "!~", "^n"})},
      {unless({"cookie.c", "=", "no"})},
      {unless({"request.arg.consent", "in", "no"})},
      {unless({"var.cookie_c", "=", "no"})},
      {outside, refusal},
      {any({outside, refusal})},
      {any({yes, refusal})},
      {any({yes, all({outside, refusal})})},
  };
  for (const auto& conditions : opt_outs) {
    const auto warnings = Consent({}, conditions, here).warnings();
    assert_int_equal(warnings.size(), 1);
    assert_true(warnings[0].second.find("everybody who has not answered") != std::string::npos);
  }
  const std::vector<std::vector<Statement>> others = {
      {},
      {yes},
      {answer, refusal},
      {yes, unless({"request.header.dnt", "=", "1"})},
      {yes, any({outside, refusal})},
      {any({yes, all({answer, refusal})})},
      {any({outside, yes})},
      {when({"cookie.optout", "missing"})},
      {unless({"cookie.optout", "exists"})},
      {unless({"cookie.c", "!=", "yes"})},
      {when({"var.choice", "!=", "no"})},
      {unless({"request.path", "=", "/legal"})},
  };
  for (const auto& conditions : others) {
    assert_true(Consent({}, conditions, here).warnings().empty());
  }
}

// As consent tools write their cookies.
void answers_are_read_where_they_are(void**) {
  const struct {
    const char* name;
    const char* operation;
    const char* answer;
    const char* yes;
    const char* no;
  } cases[] = {
      {"cookie.klaro.marketing", "=", "true", "klaro=%7B%22marketing%22%3Atrue%7D",
       "klaro=%7B%22marketing%22%3Afalse%7D"},
      {"cookie.OptanonConsent.groups", "has", "C0002:1",
       "OptanonConsent=isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A1",
       "OptanonConsent=isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A0"},
      {"cookie.OptanonConsent.groups.C0002", "=", "1",
       "OptanonConsent=isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A1&x=1",
       "OptanonConsent=isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A0&x=1"},
      {"cookie.CookieConsent.marketing", "=", "true",
       "CookieConsent={stamp:%27ab==%27%2Cmarketing:true%2Cver:1}",
       "CookieConsent={stamp:%27ab==%27%2Cmarketing:false%2Cver:1}"},
  };
  for (const auto& one : cases) {
    const Consent consent({}, {when({one.name, one.operation, one.answer})}, here);
    FakeRequest request;
    assert_false(given(consent, request));
    request.cookies = {one.yes};
    assert_true(given(consent, request));
    request.cookies = {one.no};
    assert_false(given(consent, request));
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(all_conditions_must_hold),
    cmocka_unit_test(without_conditions_it_is_assumed),
    cmocka_unit_test(global_privacy_control_is_a_no_unless_ignored),
    cmocka_unit_test(without_memory_there_is_none),
    cmocka_unit_test(what_would_need_consent_cannot_be_asked_for),
    cmocka_unit_test(an_answer_must_be_said),
    cmocka_unit_test(no_answer_is_warned_of_as_a_yes),
    cmocka_unit_test(answers_are_read_where_they_are),
};
const Suite suite(__FILE__, tests);

}  // namespace
