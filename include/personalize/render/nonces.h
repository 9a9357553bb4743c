// The nonces that inserted scripts and styles need to pass the Content-Security-Policy of a
// response.
#pragma once

#include <cstddef>
#include <string_view>

namespace personalize {

// Nonces of a response's own policies. Views into the headers that they were found in; "" for none.
struct Nonces {
  std::string_view script, style;
  bool runs_scripts = true;    // what stands in the page runs, with the nonce if there is one
  bool applies_styles = true;  // the same of <style>
};

// Finds for scripts and for styles a nonce that passes every policy which restricts them (CSP Level
// 3, https://www.w3.org/TR/CSP3/). `policies` are the values of the `count` headers called
// Content-Security-Policy, each one or more policies with commas between. Empty if no nonce is
// needed, or if none would do.
Nonces find_nonces(const std::string_view* policies, std::size_t count) noexcept;

}  // namespace personalize
