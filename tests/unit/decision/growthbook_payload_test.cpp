// personalize_features: what a GrowthBook payload means for the decision, beside what the SDK's own
// cases and the differential test say.
#include <json/reader.h>

#include <algorithm>

#include "fixture.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using fixture::declare;
using fixture::Server;
using personalize::Decision;
using personalize::DecisionInputs;
using personalize::ExperimentText;
using personalize::Switch;
using personalize::Switches;

ExperimentText payload(const std::string& text, bool sticky = false) {
  personalize::FeaturesDeclaration declaration;
  declaration.where = {"test.conf", 1};
  declaration.path = "features.json";
  declaration.attributes = {{"plan", "profile.plan"}};
  declaration.sticky = sticky;
  auto json = std::make_shared<Json::Value>();
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  std::string errors;
  if (!reader->parse(text.data(), text.data() + text.size(), json.get(), &errors)) {
    throw std::invalid_argument(errors);
  }
  declaration.payload = std::move(json);
  ExperimentText result;
  result.features.push_back(std::move(declaration));
  return result;
}

// A feature "banner" of which a bandit with these leaves decides, with more members of its rule and
// more features.
std::string bandit(const std::string& more, const std::string& contexts,
                   const std::string& reference = "cb", const std::string& features = "") {
  return R"({"features": {"banner": {"defaultValue": "none", "rules": [{"key": "copy",
      "hashVersion": 2, "meta": [{"key": "a"}, {"key": "b"}], "contextualVariations": ["A", "B"],
      "weights": [0.5, 0.5], "contextualBanditRef": ")" +
         reference + "\"" + more + "}]}" + features +
         R"(}, "contextualBandits": {"cb": {"banditVersion": 3, "contexts": [)" + contexts + "]}}}";
}

constexpr const char* gold_is_a =
    R"({"leafId": 1, "condition": {"plan": "gold"}, "weights": [1, 0]})";
constexpr const char* tin_is_b =
    R"({"leafId": 2, "condition": {"plan": "tin"}, "weights": [0, 1]})";

void visit(Server& server, const std::string& id, const std::string& plan = "") {
  server.facts.set("visitor.id", "\"" + id + "\"");
  server.facts.set("profile", plan.empty() ? "" : R"({"plan": ")" + plan + "\"}");
}

std::string text(const personalize::Value& value) {
  return value.kind() == personalize::Kind::string ? std::string(value.as_string()) : "";
}

// The value of the payload's only feature.
std::string feature(Server& server, DecisionInputs inputs = {}) {
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource(), inputs);
  return text(decision.feature(0));
}

// What the first twenty visitors of a plan get, a letter each.
std::string features(Server& server, const std::string& plan) {
  std::string got;
  for (int i = 0; i < 20; ++i) {
    visit(server, std::to_string(i), plan);
    got += feature(server);
  }
  return got;
}

bool has_warning(const Server& server, const std::string& part) {
  for (const auto& [where, message] : server.program->warnings()) {
    if (message.find(part) != std::string::npos) {
      return true;
    }
  }
  return false;
}

void test_a_bandit_weighs_by_who_asks(void** /*state*/) {
  Server server({}, {}, payload(bandit("", std::string(gold_is_a) + "," + tin_is_b)));
  assert_string_equal(features(server, "gold").c_str(), std::string(20, 'A').c_str());
  assert_string_equal(features(server, "tin").c_str(), std::string(20, 'B').c_str());
  // Who is in no leaf: by the rule's weights, as if it were no bandit.
  Server plain({}, {}, payload(bandit("", gold_is_a, "unknown")));
  const std::string others = features(server, "wood");
  assert_string_equal(others.c_str(), features(plain, "wood").c_str());
  assert_string_equal(others.c_str(), features(plain, "gold").c_str());
  assert_true(others.find('A') != std::string::npos && others.find('B') != std::string::npos);
  assert_true(has_warning(plain, "\"unknown\""));
  assert_false(has_warning(server, "bandit"));
}

void test_the_first_leaf_that_holds_counts(void** /*state*/) {
  const std::string everybody = R"({"leafId": 3, "condition": {}, "weights": [0, 1]})";
  Server first({}, {}, payload(bandit("", everybody + "," + gold_is_a)));
  assert_string_equal(features(first, "gold").c_str(), std::string(20, 'B').c_str());
  Server last({}, {}, payload(bandit("", std::string(gold_is_a) + "," + everybody)));
  assert_string_equal(features(last, "gold").c_str(), std::string(20, 'A').c_str());
  assert_string_equal(features(last, "tin").c_str(), std::string(20, 'B').c_str());
}

void test_leaves_that_are_odd(void** /*state*/) {
  Server plain({}, {}, payload(bandit("", "", "unknown")));
  const std::string even = features(plain, "gold");
  // Nothing is looked at behind what is no leaf; weights that do not fit are equal.
  for (const std::string& odd :
       {"null," + std::string(gold_is_a), std::string(R"({"leafId": 1, "weights": [1, 0, 0]})"),
        std::string(R"({"leafId": 1})"), std::string(R"({"weights": "x", "condition": null})")}) {
    Server server({}, {}, payload(bandit("", odd)));
    assert_string_equal(features(server, "gold").c_str(), even.c_str());
  }
  // The rule's own ranges stand above all weights.
  Server ranges({}, {}, payload(bandit(R"(, "ranges": [[0, 0], [0, 1]])", gold_is_a)));
  assert_string_equal(features(ranges, "gold").c_str(), std::string(20, 'B').c_str());
  // What only a bandit can have, without one.
  Server none({}, {}, payload(R"({"features": {"banner": {"defaultValue": "none", "rules": [
      {"contextualVariations": ["A", "B"], "weights": [0, 1], "hashVersion": 2}]}}})"));
  assert_string_equal(features(none, "gold").c_str(), std::string(20, 'B').c_str());
}

// A payload may have been written by anything: one range too many is nobody's, as is one too few.
void test_ranges_that_are_not_one_for_each_variation(void** /*state*/) {
  const auto features_of = [](const std::string& ranges) {
    Server server({}, {},
                  payload(R"({"features": {"banner": {"defaultValue": "none", "rules": [
        {"variations": ["A", "B"], "hashVersion": 2, "ranges": )" +
                          ranges + "}]}}}"));
    return features(server, "gold");
  };
  const std::string nobody = features_of("[[0, 0], [0, 0]]");
  assert_string_equal(features_of("[]").c_str(), nobody.c_str());
  assert_string_equal(features_of("[[0, 1]]").c_str(), std::string(20, 'A').c_str());
  assert_string_equal(features_of("[[0, 0], [0, 0], [0, 1]]").c_str(), nobody.c_str());
}

void test_a_namespace_without_a_name(void** /*state*/) {
  for (const std::string& name : {std::string("[]"), std::string("{}"), std::string("null")}) {
    Server server({}, {},
                  payload(R"({"features": {"banner": {"defaultValue": "none", "rules": [
        {"variations": ["A", "A"], "namespace": [)" +
                          name + R"(, 0, 1]}]}}})"));
    assert_string_equal(features(server, "gold").c_str(), std::string(20, 'A').c_str());
  }
}

void test_coverage_targeting_and_holdouts_of_a_bandit(void** /*state*/) {
  Server covered({}, {}, payload(bandit(R"(, "coverage": 0.5)", gold_is_a)));
  const std::string got = features(covered, "gold");
  assert_true(got.find('B') == std::string::npos);
  assert_true(got.find("none") != std::string::npos && got.find('A') != std::string::npos);

  Server targeted({}, {}, payload(bandit(R"(, "condition": {"plan": "tin"})", gold_is_a)));
  visit(targeted, "1", "gold");
  assert_string_equal(feature(targeted).c_str(), "none");

  // A holdout of GrowthBook's is a feature that the rule depends on.
  const std::string held = R"(, "parentConditions": [{"id": "$holdout:1", "condition":
      {"value": "genpop"}}])";
  const std::string holdout = R"(, "$holdout:1": {"defaultValue": "genpop", "rules": [
      {"condition": {"id": "held"}, "force": "holdout"}]})";
  Server open({}, {}, payload(bandit(held, gold_is_a, "cb", holdout)));
  const auto banner = open.attributes.intern("feature.banner", {});
  const personalize::FeatureId id = open.attributes[banner].index;
  visit(open, "1", "gold");
  Decision taken(*open.program, open.facts, std::pmr::new_delete_resource());
  assert_string_equal(::text(taken.feature(id)).c_str(), "A");
  visit(open, "held", "gold");
  Decision held_out(*open.program, open.facts, std::pmr::new_delete_resource());
  assert_string_equal(::text(held_out.feature(id)).c_str(), "none");
}

void test_sticky_bandit(void** /*state*/) {
  Server before({}, {}, payload(bandit("", gold_is_a), true));
  Server after({}, {}, payload(bandit("", R"({"leafId": 1, "weights": [0, 1]})"), true));
  visit(before, "1", "gold");
  visit(after, "1", "gold");
  assert_string_equal(feature(after).c_str(), "B");
  personalize::StickyCookie cookie("", std::pmr::new_delete_resource());
  DecisionInputs inputs;
  inputs.sticky = &cookie;
  assert_string_equal(feature(before, inputs).c_str(), "A");
  assert_true(cookie.is_changed());
  // Learned anew since: who had a variation keeps it, others get the new one.
  assert_string_equal(feature(after, inputs).c_str(), "A");
  visit(after, "2", "gold");
  assert_string_equal(feature(after, inputs).c_str(), "B");
}

void test_switches_addresses_and_exposures_of_a_bandit(void** /*state*/) {
  Server server({}, {declare("bar", "slot top; when feature.banner = A;")},
                payload(bandit("", gold_is_a)));
  assert_int_equal(server.program->experiment_count(), 1);
  assert_string_equal(server.program->experiment_name(0).c_str(), "copy");
  assert_true(server.program->variant_shares(0).empty());  // they depend on the visitor
  visit(server, "1", "gold");
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  assert_string_equal(text(decision.variant(0)).c_str(), "a");
  assert_false(decision.is_exposed(0));
  assert_true(decision.winner(0) == 0);
  assert_true(decision.is_exposed(0));

  // Forced by the page's address: no exposure, and no leaf has a say.
  server.facts.set("request.url", R"("http://shop.example/?copy=1")");
  Decision forced(*server.program, server.facts, std::pmr::new_delete_resource());
  assert_string_equal(text(forced.variant(0)).c_str(), "b");
  forced.winner(0);
  assert_false(forced.is_exposed(0));

  const auto& names = server.program->switch_names();
  const auto at = std::find(names.begin(), names.end(), "experiment:copy") - names.begin();
  Switches switches(names.size());
  switches.set(static_cast<std::size_t>(at), Switch::off);
  DecisionInputs inputs;
  inputs.switches = &switches;
  server.facts.set("request.url", "");
  assert_string_equal(feature(server, inputs).c_str(), "none");
}

// A leaf's conditions are asked of documents too.
void test_needs_of_a_bandit(void** /*state*/) {
  Server server({}, {}, payload(bandit("", gold_is_a)));
  assert_true(server.program->feature_needs(0).test(0));
  assert_true(server.program->experiment_needs(0).test(0));
  Server plain({}, {}, payload(bandit("", gold_is_a, "unknown")));
  assert_true(plain.program->feature_needs(0).none());
}

constexpr const char* groups = R"({"features": {}, "savedGroups": {
    "list": ["u1", 7, true],
    "typed": {"type": "list", "attributeKey": "plan", "values": ["gold", "tin"]},
    "rich": {"type": "condition", "condition": {"profile.clv": {"$gt": 100}}},
    "both": {"type": "condition", "condition":
        {"$savedGroup": {"id": "rich"}, "$not": {"$savedGroup": {"id": "typed"}}}},
    "circle": {"type": "condition", "condition": {"$savedGroup": {"id": "circle"}}},
    "no-attribute": {"type": "list", "values": ["u2"]}, "odd": null, "text": "x"}})";

// The names of the segments that hold.
std::string segments(Server& server) {
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  std::string names;
  for (personalize::SegmentId id = 0; id < server.program->segment_count(); ++id) {
    names += decision.segment(id) ? server.program->segment_name(id) + " " : "";
  }
  return names;
}

void test_saved_groups_are_segments(void** /*state*/) {
  Server server({declare("own", "when segment.both; unless segment.typed;")},
                {declare("c", "slot top; when segment.rich;")}, payload(groups));
  // Behind those declared; not those of which only the values are known.
  assert_int_equal(server.program->segment_count(), 5);
  server.facts.set("visitor.id", R"("u1")");
  server.facts.set("profile", R"({"plan": "gold", "clv": 200})");
  assert_string_equal(segments(server).c_str(), "rich typed ");
  server.facts.set("profile", R"({"plan": "wood", "clv": 200})");
  assert_string_equal(segments(server).c_str(), "own both rich ");
  server.facts.set("profile", "");
  assert_string_equal(segments(server).c_str(), "");
  assert_true(server.program->segment_needs(0).test(0));
  assert_true(server.program->slot_needs(0).test(0));
  assert_true(has_warning(server, "segment \"circle\""));
}

void test_of_groups_with_one_id_the_first_counts(void** /*state*/) {
  ExperimentText text = payload(groups);
  text.features.push_back(payload(R"({"features": {}, "savedGroups": {
      "typed": {"type": "list", "attributeKey": "plan", "values": ["none"]},
      "late": {"type": "list", "attributeKey": "plan", "values": ["none"]},
      "words": ["none"]}})")
                              .features[0]);
  Server server({declare("own", "when profile.plan in_group words;")}, {}, text);
  server.facts.set("profile", R"({"plan": "none"})");
  assert_string_equal(segments(server).c_str(), "own late ");
  server.facts.set("profile", R"({"plan": "tin"})");
  assert_string_equal(segments(server).c_str(), "typed ");
}

bool holds(std::string_view line, const std::string& id) {
  Server server({declare("tested", line)}, {}, payload(groups));
  server.facts.set("visitor.id", id);
  Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  return decision.segment(0);
}

void test_values_of_groups(void** /*state*/) {
  constexpr const char* in = "when visitor.id in_group list;";
  assert_true(holds(in, R"("u1")"));
  assert_true(holds(in, R"("7")"));  // as `in` has it: a literal takes the attribute's type
  assert_true(holds(in, "7"));
  assert_true(holds(in, "true"));
  assert_true(holds(in, R"(["x", "u1"])"));
  assert_false(holds(in, R"("u2")"));
  assert_false(holds(in, ""));
  assert_true(holds("when visitor.id in_group no-attribute;", R"("u2")"));
  assert_true(holds("when visitor.id in_group typed;", R"("gold")"));
  assert_true(holds("when visitor.id not_in_group list;", R"("u2")"));
  assert_true(holds("when visitor.id not_in_group list;", ""));
  assert_false(holds("unless visitor.id in_group list;", R"("u1")"));
}

std::string error_of(const std::string& segment, const ExperimentText& text) {
  try {
    Server server({declare("tested", segment)}, {}, text);
    return "";
  } catch (const personalize::ConfigError& error) {
    return error.what();
  }
}

void test_groups_that_are_none(void** /*state*/) {
  const auto assert_error = [](const std::string& segment, const ExperimentText& text,
                               const char* part) {
    const std::string error = error_of(segment, text);
    if (error.find(part) == std::string::npos) {
      fail_msg("%s: \"%s\" lacks \"%s\"", segment.c_str(), error.c_str(), part);
    }
  };
  assert_error("when visitor.id in_group gone;", payload(groups), "unknown saved group \"gone\"");
  assert_error("when visitor.id in_group rich;", payload(groups), "when segment.rich");
  assert_error("when visitor.id in_group odd;", payload(groups), "no list of values");
  assert_error("when visitor.id in_group text;", payload(groups), "no list of values");
  assert_error("when visitor.id in_group;", payload(groups), "in_group ID");
  assert_error("when visitor.id in_group list;", {}, "savedGroups");
  assert_error("when visitor.id in_group list;", payload(R"({"features": {}})"), "savedGroups");
  assert_error("when segment.list;", payload(groups), "unknown segment \"list\"");
  ExperimentText clash = payload(R"({"savedGroups": {"tested":
      {"type": "condition", "condition": {}}}})");
  assert_error("when visitor.id;", clash, "\"tested\" is duplicate");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_a_bandit_weighs_by_who_asks),
    cmocka_unit_test(test_the_first_leaf_that_holds_counts),
    cmocka_unit_test(test_leaves_that_are_odd),
    cmocka_unit_test(test_a_namespace_without_a_name),
    cmocka_unit_test(test_ranges_that_are_not_one_for_each_variation),
    cmocka_unit_test(test_coverage_targeting_and_holdouts_of_a_bandit),
    cmocka_unit_test(test_sticky_bandit),
    cmocka_unit_test(test_switches_addresses_and_exposures_of_a_bandit),
    cmocka_unit_test(test_needs_of_a_bandit),
    cmocka_unit_test(test_saved_groups_are_segments),
    cmocka_unit_test(test_of_groups_with_one_id_the_first_counts),
    cmocka_unit_test(test_values_of_groups),
    cmocka_unit_test(test_groups_that_are_none),
};
const Suite suite(__FILE__, tests);

}  // namespace
