// The visual changes of a GrowthBook payload: which are read, and who has them on which page.
#include <json/reader.h>

#include "decision/addresses/url_target.h"
#include "decision/growthbook/visual_changes.h"
#include "fixture.h"
#include "suite.h"

namespace {

using fixture::Server;
using personalize::Decision;
using personalize::DomMutation;
using personalize::ExperimentText;
using personalize::VisualChoice;
using personalize::decision::UrlTarget;

Json::Value json_of(const std::string& text) {
  Json::Value json;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  std::string errors;
  if (!reader->parse(text.data(), text.data() + text.size(), &json, &errors)) {
    throw std::invalid_argument(errors);
  }
  return json;
}

ExperimentText payload(const std::string& experiments, bool with_js = false) {
  personalize::FeaturesDeclaration declaration;
  declaration.where = {"test.conf", 1};
  declaration.path = "features.json";
  declaration.visual = true;
  declaration.visual_js = with_js;
  declaration.payload = std::make_shared<Json::Value>(
      json_of("{\"features\": {}, \"experiments\": [" + experiments + "]}"));
  ExperimentText result;
  result.features.push_back(std::move(declaration));
  return result;
}

// All visitors have the second variation.
std::string experiment(const std::string& key, const std::string& pattern,
                       const std::string& variation, const std::string& more = "") {
  return R"({"key": ")" + key + R"(", "weights": [0, 1], "hashVersion": 2, "urlPatterns": [{"type":
      "simple", "include": true, "pattern": ")" +
         pattern + R"("}], "variations": [{}, )" + variation + "]" + more + "}";
}

// The keys of those that ada has on a page, in their order.
std::string chosen(const std::string& experiments, const std::string& url, bool with_js = false,
                   bool may_run_js = true) {
  Server server({}, {}, payload(experiments, with_js));
  server.facts.set("visitor.id", "\"ada\"");
  server.facts.set("request.url", "\"" + url + "\"");
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  std::pmr::vector<VisualChoice> choices;
  decision.choose_visual(may_run_js, choices);
  std::string keys;
  for (const VisualChoice& choice : choices) {
    keys += choice.experiment->key + std::to_string(choice.variation) + " ";
  }
  return keys;
}

constexpr const char* css = R"({"css": "a{}"})";

void test_pages_and_visitors(void**) {
  const std::string shop = experiment("shop", "/shop/*", css);
  assert_string_equal(chosen(shop, "https://a.b/shop/1").c_str(), "shop1 ");
  assert_string_equal(chosen(shop, "https://a.b/about").c_str(), "");
  assert_string_equal(
      chosen(shop + "," + experiment("all", "*", css), "https://a.b/shop/1").c_str(),
      "shop1 all1 ");
  for (const char* more :
       {R"(, "status": "draft")", R"(, "status": "stopped")", R"(, "manual": true)",
        R"(, "active": false)", R"(, "coverage": 0)", R"(, "namespace": ["n", 0, 0])",
        R"(, "condition": {"id": "bob"})", R"(, "hashAttribute": "company")",
        R"(, "filters": [{"seed": "s", "ranges": [[0, 0]]}])"}) {
    assert_string_equal(chosen(experiment("x", "*", css, more), "https://a.b/").c_str(), "");
  }
  // For testers, as in the SDK.
  assert_string_equal(chosen(experiment("x", "*", css), "https://a.b/?x=0").c_str(), "x0 ");
  assert_string_equal(
      chosen(experiment("x", "*", css, R"(, "coverage": 0)"), "https://a.b/?x=1").c_str(), "x1 ");
}

// The same experiment can have changes for several pages.
void test_one_key_in_several_entries(void**) {
  const std::string both = experiment("x", "/a", css, R"(, "changeId": "1")") + "," +
                           experiment("x", "/b", css, R"(, "changeId": "2")");
  Server server({}, {}, payload(both));
  server.facts.set("visitor.id", "\"ada\"");
  server.facts.set("request.url", R"("https://a.b/b")");
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  const auto& visual = server.program->visual();
  assert_int_equal(visual.size(), 2);
  assert_false(decision.targets_page(visual[0]));
  assert_true(decision.targets_page(visual[1]));
  std::pmr::vector<VisualChoice> choices;
  decision.choose_visual(true, choices);
  assert_int_equal(choices.size(), 1);
  assert_string_equal(choices[0].experiment->change.c_str(), "2");
  assert_true(decision.is_exposed(visual[1].name));
}

void test_nothing_runs_behind_a_redirect_test(void**) {
  const std::string moved = experiment("moved", "/a", R"({"urlRedirect": "https://a.b/new"})");
  const std::string all =
      experiment("first", "*", css) + "," + moved + "," + experiment("last", "*", css);
  assert_string_equal(chosen(all, "https://a.b/a").c_str(), "first1 ");
  assert_string_equal(chosen(all, "https://a.b/b").c_str(), "first1 last1 ");
}

void test_scripts_are_asked_for(void**) {
  const std::string all = experiment("js", "*", R"j({"js": "a()"})j") + "," +
                          experiment("on", "*", R"j({"domMutations": [{"selector": "a",
                              "attribute": "onClick", "action": "set", "value": "a()"}]})j") +
                          "," + experiment("css", "*", css);
  assert_string_equal(chosen(all, "https://a.b/").c_str(), "css1 ");
  assert_string_equal(chosen(all, "https://a.b/", true).c_str(), "js1 on1 css1 ");
  assert_string_equal(chosen(all, "https://a.b/", true, false).c_str(), "css1 ");
}

bool is_visual(const std::string& text) {
  return personalize::decision::has_visual_changes(json_of(text));
}

void test_which_experiments_have_changes(void**) {
  assert_true(is_visual(R"({"variations": [{}, {"domMutations": []}]})"));
  assert_true(is_visual(R"({"variations": [{"css": ""}, {}]})"));
  assert_true(is_visual(R"({"variations": [{}, {"js": ""}]})"));
  assert_false(is_visual(R"({"variations": [{}, {}]})"));
  assert_false(is_visual(R"({"variations": [1, "css"]})"));
  assert_false(is_visual(R"({"variations": {"css": 1}})"));
  assert_false(
      is_visual(R"({"urlPatterns": [], "variations": [{"urlRedirect": ""}, {"css": ""}]})"));
  assert_true(is_visual(R"({"variations": [{"urlRedirect": ""}, {"css": ""}]})"));
}

void test_mutations_are_read_as_dom_mutator_takes_them(void**) {
  std::vector<std::string> mistakes;
  const auto variations = personalize::decision::visual_variations(json_of(R"({"key": "x",
      "variations": [{"domMutations": "none"}, 7, {"css": "c", "js": "j", "domMutations": [
        {"selector": "a", "action": "set", "attribute": "html", "value": "v"},
        {"selector": "a", "action": "remove", "attribute": "html"},
        {"selector": "a", "action": "append", "attribute": "class", "value": 7},
        {"selector": "a", "action": "set", "attribute": "position", "parentSelector": "p",
         "insertBeforeSelector": "q"},
        {"selector": "a", "action": "set", "attribute": "position"},
        {"selector": "a", "action": "set", "attribute": "1x"},
        {"selector": "a", "action": "swap", "attribute": "title"},
        {"action": "set", "attribute": "title"},
        {"selector": "a", "action": "remove", "attribute": "className"},
        null]}]})"),
                                                                   mistakes);
  assert_int_equal(variations.size(), 3);
  assert_true(variations[0].empty() && variations[1].empty());
  const auto& made = variations[2];
  assert_string_equal(made.css.c_str(), "c");
  assert_string_equal(made.js.c_str(), "j");
  assert_int_equal(made.mutations.size(), 4);
  assert_true(made.mutations[0].target == DomMutation::Target::html);
  assert_true(made.mutations[1].target == DomMutation::Target::classes);
  assert_string_equal(made.mutations[1].value.c_str(), "");
  assert_string_equal(made.mutations[2].before.c_str(), "q");
  assert_true(made.mutations[3].target == DomMutation::Target::class_name);
  const std::vector<std::string> told = {
      R"(2 of variation 2 (selector "a") is passed over: its attribute "html" can have no action )"
      R"("remove")",
      R"(5 of variation 2 (selector "a") is passed over: it has no parentSelector)",
      R"(6 of variation 2 (selector "a") is passed over: "1x" is no name of an attribute)",
      R"(7 of variation 2 (selector "a") is passed over: its attribute "title" can have no action )"
      R"("swap")",
      R"(8 of variation 2 (action "set") is passed over: it has no selector)",
      R"(10 of variation 2 (action "") is passed over: it has no selector)"};
  assert_int_equal(mistakes.size(), told.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    assert_string_equal(mistakes[i].c_str(), ("experiment \"x\": change " + told[i]).c_str());
  }
}

struct Targeted {
  UrlTarget::Type type;
  const char* url;
  const char* pattern;
  bool matches;
};

// The cases of GrowthBook's own tests (packages/sdk-js/test/visual-changes.test.ts).
void test_patterns_as_in_the_sdk(void**) {
  constexpr auto regex = UrlTarget::Type::regex;
  constexpr auto simple = UrlTarget::Type::simple;
  constexpr const char* page = "https://www.example.com/foo?bar=1&baz=2";
  constexpr Targeted cases[] = {
      {regex, "https://www.example.com/post/123", "^/post/[0-9]+", true},
      {regex, "https://www.example.com/post/abc", "^/post/[0-9]+", false},
      {regex, "https://www.example.com/new/post/123", "^/post/[0-9]+", false},
      {regex, "https://www.example.com/new/post/123", "example\\.com.*/post/[0-9]+", true},
      {simple, page, "/foo", true},
      {simple, page, "/foo?baz=2", true},
      {simple, page, "/foo?foo=3", false},
      {simple, page, "/bar?baz=2", false},
      {simple, page, "foo", true},
      {simple, page, "*?baz=2&bar=1", true},
      {simple, page, "*.example.com/foo", true},
      {simple, page, "blah.example.com/foo", false},
      {simple, page, "https://www.*.com/foo", true},
      {simple, page, "*.example.com", false},
      {simple, page, "http://www.example.com/foo", true},
      {simple, page, "f", false},
      {simple, page, "f*", true},
      {simple, page, "*f*", true},
      {simple, page, "/foo/", true},
      {simple, page, "/foo/bar", false},
      {simple, page, "/bar/foo", false},
      {simple, "https://www.example.com/foo/bar/baz", "/foo/*/baz", true},
      {simple, "https://www.example.com/foo/bar/(baz", "/foo/*", true},
      {simple, "https://www.example.com/foo/bar/#test", "/foo/*", true},
      {simple, "https://www.example.com/foo/#test", "/foo/", true},
      {simple, "https://www.example.com/foo/#test", "/foo/#test", true},
      {simple, "https://www.example.com/foo/#test", "/foo/#blah", false},
      {simple, "/foo/bar/?baz=1", "http://example.com/foo/bar", false},
      {simple, "/foo/bar/?baz=1", "/foo/bar", true},
      {simple, "&??*&&(", "/foo/bar", false},
      {simple, "&??*&&(", "((*)(*$&#@!!)))", false},
  };
  for (const Targeted& one : cases) {
    const auto url =
        personalize::decision::parse_url(one.url, "_", std::pmr::new_delete_resource());
    std::vector<UrlTarget> targets;
    targets.emplace_back(one.type, one.pattern, true);
    personalize::RegexBudget budget;
    if (personalize::decision::is_targeted(url ? &*url : nullptr, targets, budget) != one.matches) {
      fail_msg("%s for %s", one.pattern, one.url);
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_pages_and_visitors),
    cmocka_unit_test(test_one_key_in_several_entries),
    cmocka_unit_test(test_nothing_runs_behind_a_redirect_test),
    cmocka_unit_test(test_scripts_are_asked_for),
    cmocka_unit_test(test_which_experiments_have_changes),
    cmocka_unit_test(test_mutations_are_read_as_dom_mutator_takes_them),
    cmocka_unit_test(test_patterns_as_in_the_sdk),
};
const Suite suite(__FILE__, tests);

}  // namespace
