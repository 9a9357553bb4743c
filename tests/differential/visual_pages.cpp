// What the engine makes of pages with visual changes, for visual.test.mjs to compare.
//
//   visual_pages < CASES
//
// CASES: a JSON object a line, {"html": PAGE, "mutations": [{"selector": …}, …]}; with "keep" the
// page keeps what is replaced, with "head": false nothing is written into its head. Prints one a
// line:
// {"html": what is sent, "streamed": [whether the stream makes the mutation, …]}.
#include <string>
#include <vector>

#include "../unit/visual/harness.h"
#include "decision/growthbook/visual_changes.h"
#include "json_lines.h"

namespace {

Json::Value answer(const Json::Value& one) {
  Json::Value json;
  json["key"] = "test";
  json["variations"].append(Json::objectValue);
  json["variations"].append(Json::objectValue)["domMutations"] = one["mutations"];
  std::vector<std::string> mistakes;
  auto experiment = personalize::testing::experiment({});
  experiment.variations = personalize::decision::visual_variations(json, mistakes);
  personalize::testing::VisualServer server({experiment});
  server.writes_head = one.get("head", true).asBool();
  if (one["keep"].asBool()) {
    server.page().keep_originals();
  }
  Json::Value result(Json::objectValue);
  result["html"] = server.stream(one["html"].asString(), 1000);
  result["streamed"] = Json::Value(Json::arrayValue);
  for (const auto& change : server.changes().all()) {
    result["streamed"].append(change.streams());
  }
  return result;
}

}  // namespace

int main() {
  return answer_json_lines(answer);
}
