// What a request to ENDPOINT/slots asks for.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

namespace personalize {

struct VisitorRule;

struct SlotsQuestion {
  // What of the answer counts.
  enum class Counts : std::uint8_t {
    nothing,
    exposures,  // in events, once in their window: the page is one that was counted
    view,       // a page view with its exposures
  };

  explicit SlotsQuestion(std::pmr::memory_resource* memory) : slots(memory) {}

  std::string_view path;  // of the page, with its arguments, as a browser would send it
  std::pmr::vector<std::string_view> slots;  // names; all that campaigns fill if there are none
  bool as_data = false;                      // fields in place of HTML
  Counts counts = Counts::exposures;
  // In whose place another server asks; nothing if the visitor's browser or app does.
  std::optional<std::string_view> visitor;
  const VisitorRule* vouched_by = nullptr;  // whose key has signed that
};

}  // namespace personalize
