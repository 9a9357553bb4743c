// What the engine says of GrowthBook's experiments, features and conditions, for
// growthbook.test.mjs to compare.
//
//   growthbook_decisions < CASES
//
// CASES: a JSON object a line, {"kind": …, "context": {…}, …}. Prints a JSON value a line.
#include <iostream>
#include <memory>
#include <string>

#include "../conformance/growthbook_sdk.h"

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
  std::ios::sync_with_stdio(false);
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  writer["emitUTF8"] = true;
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
