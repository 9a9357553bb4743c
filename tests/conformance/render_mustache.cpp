// Runs Mustache's specification (https://github.com/mustache/spec) against the template engine.
#include <json/json.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "personalize/base/document.h"
#include "render/templates/template.h"

namespace personalize {
namespace {

// Cases whose outcome legitimately differs, each with the reason.
const std::vector<std::string> differing = {
    // Ends with a bare "<": what follows in the page would be read as a tag.
    "comments.json: Variable Name Collision",
    // Puts a value behind a bare "<", where it would be read as a tag name.
    "partials.json: Recursion",
};

class NoFacts : public Facts {
 public:
  Value get(AttributeId) noexcept override { return {}; }
};

void build(const Json::Value& json, DocumentBuilder& builder) {
  switch (json.type()) {
    case Json::nullValue:
      builder.null();
      break;
    case Json::booleanValue:
      builder.boolean(json.asBool());
      break;
    case Json::stringValue:
      builder.string(json.asString());
      break;
    case Json::arrayValue:
      builder.begin_array();
      for (const auto& element : json) {
        build(element, builder);
      }
      builder.end();
      break;
    case Json::objectValue:
      builder.begin_object();
      for (const auto& name : json.getMemberNames()) {
        builder.key(name);
        build(json[name], builder);
      }
      builder.end();
      break;
    default:
      builder.number(json.asDouble());
  }
}

// "" where the case passes.
std::string run(const Json::Value& test, const Locale& locale) {
  const auto partials = [&](std::string_view name, const Where&) {
    return test["partials"].get(std::string(name), "").asString();
  };
  TemplateOptions options;
  options.data = true;
  options.raw = true;

  DocumentBuilder builder(std::pmr::get_default_resource());
  build(test["data"], builder);
  const std::string document(builder.finish());

  AttributeTable attributes;
  std::pmr::string output;
  try {
    const Template compiled("case", test["template"].asString(), Template::Mode::html, attributes,
                            partials, Where{}, options);
    NoFacts facts;
    if (!compiled.render(facts, locale, {{}, nullptr, Value::document(document)}, output)) {
      return "not rendered";
    }
  } catch (const ConfigError& error) {
    return std::string("refused: ") + error.what();
  }
  const auto expected = test["expected"].asString();
  return std::string_view(output) == expected
             ? ""
             : "expected " + expected + "\n  got      " + std::string(output);
}

std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".json") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

int run_all() {
  const char* data = std::getenv("CONFORMANCE_DATA");
  const auto suites = data != nullptr ? std::filesystem::path(data)
                                      : std::filesystem::path(__FILE__).parent_path() /
                                            "../../../shared/conformance";
  const auto files = json_files(suites / "mustache");
  if (files.empty()) {
    std::cout << "skipped: " << (suites / "mustache").string() << " is absent\n";
    return 0;
  }

  const Locale locale("en-US", "USD");
  int passed = 0, failed = 0, differed = 0;
  for (const auto& file : files) {
    Json::Value suite;
    std::ifstream(file) >> suite;
    for (const auto& test : suite["tests"]) {
      const auto name = file.filename().string() + ": " + test["name"].asString();
      const auto problem = run(test, locale);
      const bool may_differ =
          std::find(differing.begin(), differing.end(), name) != differing.end();
      if (problem.empty() == may_differ) {
        std::cout << name << (may_differ ? "\n  passes, but is listed\n" : "\n  " + problem + "\n");
        ++failed;
      } else {
        ++(may_differ ? differed : passed);
      }
    }
  }
  std::cout << "mustache: " << passed << " passed, " << differed << " differ by intent, " << failed
            << " failed\n";
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace personalize

int main() {
  return personalize::run_all();
}
