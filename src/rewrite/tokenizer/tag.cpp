#include "rewrite/tokenizer/tag.h"

namespace personalize::rewrite {
namespace {

constexpr std::string_view kNames[] = {"",
#define X(identifier, name, traits) name,
                                       PERSONALIZE_TAGS(X)
#undef X
};

// Names without a meaning of their own that pages use a lot.
constexpr std::string_view kPlainNames[] = {
    "abbr", "audio", "bdi",     "bdo",  "canvas",  "circle",  "cite",   "data", "defs",
    "del",  "dfn",   "ellipse", "g",    "ins",     "label",   "legend", "line", "map",
    "mark", "meter", "output",  "path", "picture", "polygon", "q",      "rect", "samp",
    "slot", "stop",  "symbol",  "time", "use",     "video"};

}  // namespace

namespace detail {

KnownTags::KnownTags() : names(&memory) {
  for (std::size_t i = 1; i < kTagCount; ++i) keys[i] = names.key(kNames[i]);
}

const KnownTags kKnownTags;

}  // namespace detail

// After the names, whose keys it holds.
const TagIndex kTags;

TagIndex::TagIndex() {
  for (std::string_view name : kPlainNames) slot_for(pack_name(name));
  for (std::size_t i = 1; i < detail::kTagCount; ++i) {
    auto tag = static_cast<Tag>(i);
    Entry& entry = slot_for(key_of(tag));
    entry.kind = {tag, Namespace::html};
    entry.traits = traits_of(tag);
  }
}

TagIndex::Entry& TagIndex::slot_for(NameKey key) {
  std::size_t slot = slot_of(key);
  while (slots_[slot].key != 0 && slots_[slot].key != key) ++slot;
  if (slots_[slot].key == 0) ++used_;
  slots_[slot].key = key;
  return slots_[slot];
}

bool TagIndex::want(NameKey key) {
  if (used_ == kMostUsed) return false;
  slot_for(key).traits |= kWanted;
  return true;
}

void TagIndex::want_all() {
  other_.traits |= kWanted;
  for (Entry& entry : slots_) entry.traits |= kWanted;
}

std::string_view name_of(Tag tag) {
  return kNames[static_cast<std::size_t>(tag)];
}

}  // namespace personalize::rewrite
