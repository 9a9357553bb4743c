#include "rewrite/tokenizer/name.h"

#include <string>

#include "personalize/base/fnv.h"

namespace personalize::rewrite {
namespace {

constexpr std::size_t buckets = 256;

std::uint32_t hash_of(std::string_view name) {
  return static_cast<std::uint32_t>(fnv1a(name));
}

}  // namespace

NameTable::NameTable(std::pmr::memory_resource* memory, const NameTable* base)
    : base_(base),
      first_(base == nullptr ? 0 : base->first_ + base->entries_.size()),
      entries_(memory),
      buckets_(memory) {}

NameKey NameTable::key(std::string_view name) {
  bool plain = name.size() <= 8;
  for (char c : name) {
    plain = plain && c != '\0';
  }
  if (plain) {
    char bytes[8] = {};
    std::memcpy(bytes, name.data(), name.size());
    NameKey key;
    std::memcpy(&key, bytes, 8);
    key = ascii_lower8(key);
    if ((key & interned_name) == 0) {
      return key;
    }
  }
  std::pmr::string lower(entries_.get_allocator().resource());
  lower.reserve(name.size() + 8);
  for (char c : name) {
    if (c == '\0') {
      lower += "\xEF\xBF\xBD";
    } else {
      lower += ascii::lower(c);
    }
  }
  return intern(lower);
}

std::string_view NameTable::long_name(NameKey key) const {
  const std::size_t index = key & ~interned_name;
  return index < first_ ? base_->long_name(key) : entries_[index - first_].name;
}

const NameTable::Entry* NameTable::find(std::string_view lower, std::uint32_t hash,
                                        std::size_t& index) const {
  if (buckets_.empty()) {
    return nullptr;
  }
  for (std::uint32_t at = buckets_[hash % buckets]; at != 0; at = entries_[at - 1].next) {
    const Entry& entry = entries_[at - 1];
    if (entry.hash == hash && entry.name == lower) {
      index = first_ + at - 1;
      return &entry;
    }
  }
  return nullptr;
}

NameKey NameTable::intern(std::string_view lower) {
  std::uint32_t hash = hash_of(lower);
  std::size_t index = 0;
  for (const NameTable* table = this; table != nullptr; table = table->base_) {
    if (table->find(lower, hash, index) != nullptr) {
      return interned_name | index;
    }
  }
  if (entries_.size() == max_names) {
    return too_many_names;
  }
  if (buckets_.empty()) {
    buckets_.resize(buckets);
  }

  auto* copy = static_cast<char*>(entries_.get_allocator().resource()->allocate(lower.size(), 1));
  std::memcpy(copy, lower.data(), lower.size());
  std::uint32_t& bucket = buckets_[hash % buckets];
  entries_.push_back({hash, bucket, {copy, lower.size()}});
  bucket = static_cast<std::uint32_t>(entries_.size());
  return interned_name | (first_ + entries_.size() - 1);
}

}  // namespace personalize::rewrite
