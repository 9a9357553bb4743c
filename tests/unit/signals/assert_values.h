// cmocka for C++, and checks that say both sides when they fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"
#include "suite.h"

inline void check_text(std::string_view actual, std::string_view expected, const char* file,
                       int line) {
  if (actual != expected) {
    print_error("\"%.*s\" is not \"%.*s\"\n", static_cast<int>(actual.size()), actual.data(),
                static_cast<int>(expected.size()), expected.data());
    _fail(file, line);
  }
}
#define assert_text(actual, expected) check_text(actual, expected, __FILE__, __LINE__)

// `run` throws a ConfigError whose message contains `part`.
template <typename Run>
void check_config_error(Run run, std::string_view part, const char* file, int line) {
  try {
    run();
  } catch (const personalize::ConfigError& error) {
    if (std::string_view(error.what()).find(part) == std::string_view::npos) {
      print_error("\"%s\" does not say \"%.*s\"\n", error.what(), static_cast<int>(part.size()),
                  part.data());
      _fail(file, line);
    }
    return;
  }
  print_error("no ConfigError\n");
  _fail(file, line);
}
#define assert_config_error(expression, part) \
  check_config_error([&] { static_cast<void>(expression); }, part, __FILE__, __LINE__)
