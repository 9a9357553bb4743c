// The cookies that the module keeps beside the visitor's id.
#pragma once

#include <string_view>

namespace personalize {

constexpr std::string_view state_cookie = "pz";              // visitor_state.h
constexpr std::string_view preview_cookie = "pz-preview";    // preview.h
constexpr std::string_view variants_cookie = "pz_variants";  // decision/sticky.h

constexpr std::string_view own_cookies[] = {state_cookie, preview_cookie, variants_cookie};

}  // namespace personalize
