// Numbers as text, the same in every locale.
#pragma once

#include <optional>
#include <string_view>

namespace personalize::decision {

// A decimal number and nothing else: "-12", "3.5", ".5", "1e6". No white space, no hexadecimal.
// What is too large for a double reads as infinity, what is too small as zero.
std::optional<double> read_decimal(std::string_view text) noexcept;

}  // namespace personalize::decision
