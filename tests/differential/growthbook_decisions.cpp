// What the engine says of GrowthBook's experiments, features and conditions, for
// growthbook.test.mjs to compare.
//
//   growthbook_decisions < CASES
//
// CASES: a JSON object a line, {"kind": …, "context": {…}, …}. Prints a JSON value a line.
#include <string>

#include "../conformance/growthbook_sdk.h"
#include "json_lines.h"

namespace {

Json::Value answer(const Json::Value& one) {
  const std::string kind = one["kind"].asString();
  growthbook::Sdk sdk(one["context"], kind == "sticky");
  if (kind == "condition") {
    return sdk.condition(one["condition"]);
  }
  if (kind == "run") {
    return sdk.run(one["experiment"]);
  }
  if (kind == "feature") {
    return sdk.feature(one["feature"].asString());
  }
  if (kind == "redirect") {
    return sdk.redirects();
  }
  sdk.set_sticky_documents(one["documents"]);
  Json::Value result(Json::objectValue);
  result["result"] = sdk.feature(one["feature"].asString());
  result["documents"] = sdk.sticky_documents();
  return result;
}

}  // namespace

int main() {
  return answer_json_lines(answer);
}
