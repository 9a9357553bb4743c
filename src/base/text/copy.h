// Copies of texts and numbers in memory that somebody else frees, as arenas do.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <string_view>

namespace personalize {

// Returns a copy of the text that lives as long as `memory`. Throws what that throws.
inline std::string_view copy_text(std::string_view text, std::pmr::memory_resource* memory) {
  auto* copy = static_cast<char*>(memory->allocate(std::max<std::size_t>(text.size(), 1), 1));
  std::copy(text.begin(), text.end(), copy);
  return {copy, text.size()};
}

// Returns the digits of the number, as copy_text does.
inline std::string_view copy_digits(std::int64_t number, std::pmr::memory_resource* memory) {
  constexpr std::size_t most_digits = 24;
  char digits[most_digits];
  const auto* end = std::to_chars(digits, std::end(digits), number).ptr;
  return copy_text({digits, static_cast<std::size_t>(end - digits)}, memory);
}

}  // namespace personalize
