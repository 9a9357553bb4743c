// The hash pz:switches in Redis: campaigns and experiments turned on and off while NGINX runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace personalize {

enum class Switch : std::uint8_t {
  unset,  // the configuration decides
  on,
  off,
};

// The switches of one Program by the index in its switch_names(), two bits each.
class Switches {
 public:
  Switches() = default;
  explicit Switches(std::size_t count) : words_((count + per_word - 1) / per_word) {}

  // Returns `unset` for an index past the last.
  Switch get(std::size_t i) const noexcept {
    return i / per_word < words_.size()
               ? static_cast<Switch>(words_[i / per_word] >> shift(i) & mask)
               : Switch::unset;
  }
  void set(std::size_t i, Switch value) noexcept {
    auto& word = words_[i / per_word];
    word = (word & ~(mask << shift(i))) | static_cast<std::uint64_t>(value) << shift(i);
  }

 private:
  static constexpr std::size_t per_word = 32;
  static constexpr std::uint64_t mask = 3;
  static constexpr std::size_t shift(std::size_t i) { return i % per_word * 2; }

  std::vector<std::uint64_t> words_;
};

}  // namespace personalize
