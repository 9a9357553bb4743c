#include "rewrite/tag.h"

namespace personalize::rewrite {
namespace {

constexpr std::string_view kNames[] = {"",
#define X(identifier, name, traits) name,
                                       PERSONALIZE_TAGS(X)
#undef X
};

}  // namespace

namespace detail {

TagIndex::TagIndex() : names_(&memory_) {
  for (std::size_t i = 1; i < kTagCount; ++i) {
    NameKey key = names_.key(kNames[i]);
    keys_[i] = key;
    std::size_t slot = slot_of(key);
    while (slots_[slot].key != 0) slot = (slot + 1) % kSlots;
    slots_[slot] = {key, static_cast<Tag>(i)};
  }
}

const TagIndex kTagIndex;

}  // namespace detail

std::string_view name_of(Tag tag) {
  return kNames[static_cast<std::size_t>(tag)];
}

}  // namespace personalize::rewrite
