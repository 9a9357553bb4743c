// Targeting conditions of GrowthBook's SDK cases, through the compiler and evaluator that decide
// segments.
#include <json/json.h>

#include <cstdio>
#include <memory_resource>
#include <string>

#include "base/values/json/json.h"
#include "base/values/member.h"
#include "decision/conditions/evaluator.h"
#include "decision/notations/json_compiler.h"
#include "growthbook_cases.h"
#include "personalize/sources/sources.h"

// Last: its macros have names that others use.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

using personalize::AttributeId;
using personalize::AttributeTable;
using personalize::Value;

// The attributes of a case are one document, a source called "attributes".
class DocumentFacts final : public personalize::Facts {
 public:
  DocumentFacts(const AttributeTable& attributes, Value document)
      : attributes_(attributes), document_(document) {}
  Value get(AttributeId id) noexcept override {
    return personalize::find_member(document_, attributes_[id].path);
  }

 private:
  const AttributeTable& attributes_;
  Value document_;
};

// Every name is that of an attribute of the case.
class Names final : public personalize::decision::AttributeNames {
 public:
  explicit Names(AttributeTable& attributes) : attributes_(attributes) {}
  std::optional<AttributeId> find(const std::string& name) override {
    return attributes_.intern("attributes." + name, {});
  }

 private:
  AttributeTable& attributes_;
};

class NothingDecided final : public personalize::decision::Decided {
 public:
  bool segment(std::uint32_t /*id*/) noexcept override { return false; }
  Value experiment(std::uint32_t /*id*/) noexcept override { return {}; }
  Value feature(std::uint32_t /*id*/) noexcept override { return {}; }
  Value value(std::uint32_t /*id*/) noexcept override { return {}; }
};

bool evaluate(const Json::Value& condition, const Json::Value& attributes_json,
              const Json::Value& saved_groups) {
  AttributeTable attributes;
  attributes.declare_source("attributes", {});

  personalize::decision::JsonDialect dialect;
  Names names(attributes);
  dialect.names = &names;
  dialect.saved_groups = &saved_groups;
  dialect.strict = false;
  personalize::decision::Conditions conditions;
  personalize::decision::Dependencies dependencies;
  personalize::decision::compile_json(condition, dialect, conditions, attributes, dependencies, {});

  personalize::DocumentBuilder builder(std::pmr::new_delete_resource());
  const std::string text = Json::writeString(Json::StreamWriterBuilder(), attributes_json);
  assert_true(personalize::decode_json(text, builder));
  const std::string document(builder.finish());

  DocumentFacts facts(attributes, Value::document(document));
  NothingDecided decided;
  personalize::RegexBudget budget;
  return personalize::decision::Evaluator(conditions, facts, decided,
                                          std::pmr::new_delete_resource(), budget)
      .holds(0);
}

// [name, condition, attributes, expected, savedGroups?]
void test_eval_condition(void** /*state*/) {
  const Json::Value suite = growthbook_cases();
  if (suite.isNull()) {
    skip();
  }
  const Json::Value& cases = suite["evalCondition"];
  unsigned failed = 0;
  for (const auto& one : cases) {
    const bool expected = one[3].asBool();
    const bool got = evaluate(one[1], one[2], one.get(4, Json::Value(Json::objectValue)));
    if (got != expected) {
      ++failed;
      print_error("%s: expected %s\n", one[0].asCString(), expected ? "true" : "false");
    }
  }
  print_message("evalCondition: %u of %u cases pass\n", cases.size() - failed, cases.size());
  assert_true(cases.size() > 0);
  assert_int_equal(failed, 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(test_eval_condition)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
