// GrowthBook's SDK cases, as the runners share them.
#pragma once

#include <json/json.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

// The whole of cases.json; null, said plainly, where the suites are absent.
inline Json::Value growthbook_cases() {
  const char* folder = std::getenv("CONFORMANCE_DATA");
  const auto suites = folder != nullptr ? std::filesystem::path(folder)
                                        : std::filesystem::path(__FILE__).parent_path() /
                                              "../../../shared/conformance";
  const auto path = suites / "growthbook/cases.json";
  std::ifstream file(path);
  if (!file) {
    std::printf("skipped: %s is absent\n", path.c_str());
    return {};
  }
  Json::Value cases;
  file >> cases;
  return cases;
}
