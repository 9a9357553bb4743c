// A set of the ids of items, for one request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/base/word_hash.h"

namespace personalize {

// Returns a hash of an id. It is not secure: whoever chooses ids can make them collide, which costs
// time, bounded by how many ids of a list are looked at.
inline std::uint32_t hash_of_item(std::string_view id) noexcept {
  return static_cast<std::uint32_t>(hash_words(id, id.size()) >> 32U);
}

// Open addressing: memory is taken only when it grows.
class ItemIds {
 public:
  explicit ItemIds(std::pmr::memory_resource* memory) : slots_(memory) {}

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  bool contains(std::string_view id) const noexcept { return contains(id, hash_of_item(id)); }
  bool contains(std::string_view id, std::uint32_t hash) const noexcept {
    return count_ != 0 && slots_[find(id, hash)].data != nullptr;
  }

  // Adds an id, which must live as long as this; "" is ignored. Returns whether it is new. Throws
  // what the memory throws.
  bool insert(std::string_view id) { return insert(id, hash_of_item(id)); }
  bool insert(std::string_view id, std::uint32_t hash) {
    if (id.empty()) {
      return false;
    }
    if (2 * count_ >= slots_.size()) {
      grow();
    }
    Slot& slot = slots_[find(id, hash)];
    if (slot.data != nullptr) {
      return false;
    }
    slot = {id.data(), static_cast<std::uint32_t>(id.size()), hash};
    ++count_;
    return true;
  }

 private:
  struct Slot {
    const char* data = nullptr;  // of the id; nullptr for none
    std::uint32_t size = 0;
    std::uint32_t hash = 0;

    std::string_view id() const noexcept { return {data, size}; }
  };

  // Returns where the id is, or would be.
  std::size_t find(std::string_view id, std::uint32_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].data != nullptr && !(slots_[at].hash == hash && slots_[at].id() == id)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  void grow() {
    constexpr std::size_t least = 128;
    std::pmr::vector<Slot> before(slots_.empty() ? least : 4 * slots_.size(),
                                  slots_.get_allocator());
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.data != nullptr) {
        slots_[find(slot.id(), slot.hash)] = slot;
      }
    }
  }

  std::pmr::vector<Slot> slots_;  // a power of two
  std::size_t count_ = 0;
};

}  // namespace personalize
