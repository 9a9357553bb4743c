// A checksum that tells damage from what was written, as fast as memory is read. Not for bytes that
// somebody chooses in order to deceive.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace personalize {

inline std::uint64_t checksum(std::string_view bytes) noexcept {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15;  // odd, and half of its bits are set
  constexpr std::size_t word = sizeof(std::uint64_t);
  const auto mix = [](std::uint64_t sum, std::uint64_t value) {
    sum = (sum ^ value) * factor;
    return sum ^ (sum >> 32);
  };
  // Four sums, so that a word does not wait for the one before it.
  std::array<std::uint64_t, 4> sums{1, 2, 3, 4};
  const std::uint64_t size = bytes.size();
  for (; bytes.size() >= sums.size() * word; bytes.remove_prefix(sums.size() * word)) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      std::uint64_t value = 0;
      std::memcpy(&value, bytes.data() + i * word, word);
      sums[i] = mix(sums[i], value);
    }
  }
  std::uint64_t total = size;
  for (const std::uint64_t sum : sums) {
    total = mix(total, sum);
  }
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < word ? bytes.size() : word)) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), bytes.size() < word ? bytes.size() : word);
    total = mix(total, value);
  }
  return total;
}

// Bytes that begin with the checksum of all that follows: seal() writes it where room was left for
// it; is_sealed() returns whether it is right.
template <class String>
void seal(String& bytes) noexcept {
  const std::uint64_t sum = checksum(std::string_view(bytes).substr(sizeof(std::uint64_t)));
  std::memcpy(bytes.data(), &sum, sizeof(sum));
}

inline bool is_sealed(std::string_view bytes) noexcept {
  std::uint64_t sum = 0;
  if (bytes.size() < sizeof(sum)) {
    return false;
  }
  std::memcpy(&sum, bytes.data(), sizeof(sum));
  return sum == checksum(bytes.substr(sizeof(sum)));
}

}  // namespace personalize
