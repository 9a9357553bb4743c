#include "rewrite/match/element.h"

#include <algorithm>

#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {

void WantedAttributes::read(const RawTag& tag) {
  clear();
  AttributeWalk walk(tag.text, tag.name_length);
  TagAttribute attribute;
  while (walk.next(attribute)) {
    std::uint32_t number = matcher_.attribute(attribute.name);
    if (number == SlotMatcher::Compiled::not_wanted || find(number) != nullptr) {
      continue;
    }
    const bool is_cut = tag.is_cut() && attribute.value.size() > tag.most_of_value;
    found_.push_back({number, attribute.value, is_cut});
  }
  for (Attribute& found : found_) {
    if (found.is_cut || !needs_decoding(found.value)) {
      continue;
    }
    // The strings' bytes must not move while views of them are handed out.
    if (decoded_.capacity() < found_.size()) {
      decoded_.reserve(std::max<std::size_t>(found_.size(), 8));
    }
    std::pmr::string& decoded = decoded_.emplace_back();
    if (decode_value(found.value, decoded)) {
      found.value = decoded;
    }
  }
}

std::uint32_t AncestorMarks::set(std::uint32_t parent_entry, std::uint32_t entry,
                                 std::uint32_t serial, std::uint32_t mark) {
  if (entry == parent_entry) {
    // Entries beyond the parent's belong to elements that have ended.
    owners_.resize(parent_entry);
    bits_.resize(owners_.size() * 2 * words_);
    owners_.push_back(serial);
    bits_.resize(bits_.size() + 2 * words_);
    entry = static_cast<std::uint32_t>(owners_.size());
    if (parent_entry != 0) {
      std::copy_n(&bits_[offset(parent_entry, true)], words_, &bits_[offset(entry, true)]);
    }
  }
  std::uint64_t bit = std::uint64_t{1} << (mark % 64);
  bits_[offset(entry, false) + mark / 64] |= bit;
  bits_[offset(entry, true) + mark / 64] |= bit;
  return entry;
}

}  // namespace personalize::rewrite
