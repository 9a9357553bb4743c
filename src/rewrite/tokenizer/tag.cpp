#include "rewrite/tokenizer/tag.h"

namespace personalize::rewrite {
namespace {

constexpr std::string_view tag_names[] = {"",
#define X(identifier, name, traits) name,
                                          PERSONALIZE_TAGS(X)
#undef X
};

// Names without a meaning of their own that pages use a lot.
constexpr std::string_view plain_names[] = {
    "abbr", "audio", "bdi",     "bdo",  "canvas",  "circle",  "cite",   "data", "defs",
    "del",  "dfn",   "ellipse", "g",    "ins",     "label",   "legend", "line", "map",
    "mark", "meter", "output",  "path", "picture", "polygon", "q",      "rect", "samp",
    "slot", "stop",  "symbol",  "time", "use",     "video"};

}  // namespace

namespace detail {

KnownTags::KnownTags() : names(&memory) {
  for (std::size_t i = 1; i < tag_count; ++i) {
    keys[i] = names.key(tag_names[i]);
  }
}

const KnownTags known_tags;

}  // namespace detail

// After the names, whose keys it holds.
const TagIndex standard_tags;

TagIndex::TagIndex() {
  for (std::string_view name : plain_names) {
    slot_for(pack_name(name));
  }
  for (std::size_t i = 1; i < detail::tag_count; ++i) {
    auto tag = static_cast<Tag>(i);
    Entry& entry = slot_for(key_of(tag));
    entry.kind = {tag, Namespace::html};
    entry.traits = traits_of(tag);
  }
}

TagIndex::Entry& TagIndex::slot_for(NameKey key) {
  std::size_t slot = slot_of(key);
  while (slots_[slot].key != 0 && slots_[slot].key != key) {
    ++slot;
  }
  if (slots_[slot].key == 0) {
    ++used_;
  }
  slots_[slot].key = key;
  return slots_[slot];
}

bool TagIndex::want(NameKey key) {
  if (used_ == most_used) {
    return false;
  }
  slot_for(key).traits |= trait::wanted;
  return true;
}

void TagIndex::want_all() {
  other_.traits |= trait::wanted;
  for (Entry& entry : slots_) {
    entry.traits |= trait::wanted;
  }
}

std::string_view name_of(Tag tag) {
  return tag_names[static_cast<std::size_t>(tag)];
}

}  // namespace personalize::rewrite
