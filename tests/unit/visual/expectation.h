// What unit tests expect of visual changes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness.h"
#include "suite.h"

namespace personalize::testing {

// Expects what becomes of a page, however it is cut and by its plan; and nothing without the
// experiment.
inline void expect(const std::vector<DomMutation>& mutations, const std::string& html,
                   const std::string& expected) {
  VisualServer server({experiment(mutations)});
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{3}, html.size() + 1}) {
    assert_string_equal(server.stream(html, chunk).c_str(), expected.c_str());
  }
  assert_string_equal(server.by_plan(html).c_str(), expected.c_str());
  server.leave();
  assert_string_equal(server.stream(html).c_str(), html.c_str());
  assert_string_equal(server.by_plan(html).c_str(), html.c_str());
}

}  // namespace personalize::testing
