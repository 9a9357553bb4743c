// Why a response of a personalized location is passed on as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "personalize/record/counters.h"

namespace personalize {

enum class Refusal : std::uint8_t {
  none,
  off,  // the location that answered is not personalized
  status,
  type,
  charset,   // bytes of the page could be mistaken for markup
  encoding,  // compressed, and nobody inflated it
};

// The value of $personalize_result.
std::string_view to_string(Refusal refusal) noexcept;

std::optional<Counter> counter_of(Refusal refusal) noexcept;

}  // namespace personalize
