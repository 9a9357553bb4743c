// Why a response of a personalized location is passed on as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "nginx/config/configuration.h"
#include "personalize/record/counters.h"

namespace personalize {

enum class Refusal : std::uint8_t {
  none,
  off,     // the location that answered is not personalized
  method,  // neither GET nor HEAD
  status,
  type,
  attachment,    // it is saved, not shown
  charset,       // bytes of the page could be mistaken for markup
  encoding,      // compressed, and nobody inflated it
  no_transform,  // the upstream forbids to change it
};

// Returns why the response is no page to be personalized by this location, as far as its head tells
// before other filters have seen it.
Refusal judge(ngx_http_request_t* r, LocationConf& location) noexcept;
// Does the same when the other filters are done with the head.
Refusal judge_again(ngx_http_request_t* r) noexcept;

// Whether the response is of a type that the location personalizes.
bool has_type_of_page(ngx_http_request_t* r, LocationConf& location) noexcept;

// The value of $personalize_result.
std::string_view to_string(Refusal refusal) noexcept;

std::optional<Counter> counter_of(Refusal refusal) noexcept;

}  // namespace personalize
