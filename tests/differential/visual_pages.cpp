// What the engine makes of pages with visual changes, for visual.test.mjs to compare.
//
//   visual_pages < CASES
//
// CASES: a JSON object a line, {"html": PAGE, "mutations": [{"selector": …}, …]}. Prints one a
// line:
// {"html": what is sent, "streamed": [whether the stream makes the mutation, …]}.
#include <json/reader.h>
#include <json/writer.h>

#include <iostream>
#include <memory>
#include <string>

#include "../unit/visual/harness.h"
#include "decision/growthbook/visual_changes.h"

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
  server.writes_head = true;
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
  std::ios::sync_with_stdio(false);
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  for (std::string line; std::getline(std::cin, line);) {
    Json::Value one;
    std::string errors;
    if (!reader->parse(line.data(), line.data() + line.size(), &one, &errors)) {
      std::cerr << errors << '\n';
      return 1;
    }
    std::cout << Json::writeString(writer, answer(one)) << '\n';
  }
  return 0;
}
