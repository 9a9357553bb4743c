#include "rewrite/tag.h"

#include <array>

namespace personalize::rewrite {
namespace {

constexpr const char* kNames[] = {"",
#define X(identifier, name, traits) name,
                                  PERSONALIZE_TAGS(X)
#undef X
};
constexpr std::size_t kTags = sizeof kNames / sizeof kNames[0];

// Open addressing over a multiplicative hash; filled once, when the program starts.
class TagIndex {
 public:
  TagIndex() : names_(&memory_) {
    for (std::size_t i = 1; i < kTags; ++i) {
      NameKey key = names_.key(kNames[i]);
      keys_[i] = key;
      std::size_t slot = slot_of(key);
      while (slots_[slot].key != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = {key, static_cast<Tag>(i)};
    }
  }

  Tag find(NameKey key) const {
    for (std::size_t slot = slot_of(key); slots_[slot].key != 0; slot = (slot + 1) % kSlots) {
      if (slots_[slot].key == key) return slots_[slot].tag;
    }
    return Tag::other;
  }

  NameKey key(Tag tag) const { return keys_[static_cast<std::size_t>(tag)]; }
  const NameTable& names() const { return names_; }

 private:
  static constexpr std::size_t kSlots = 1024;
  struct Slot {
    NameKey key = 0;
    Tag tag = Tag::other;
  };

  static std::size_t slot_of(NameKey key) {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> 54);
  }

  std::pmr::monotonic_buffer_resource memory_;
  NameTable names_;
  std::array<NameKey, kTags> keys_{};
  std::array<Slot, kSlots> slots_{};
};

const TagIndex& index() {
  static const TagIndex instance;
  return instance;
}

}  // namespace

Tag tag_of(NameKey key) {
  return index().find(key);
}

NameKey key_of(Tag tag) {
  return index().key(tag);
}

std::string_view name_of(Tag tag) {
  return kNames[static_cast<std::size_t>(tag)];
}

const NameTable& known_names() {
  return index().names();
}

}  // namespace personalize::rewrite
