// Documents that a process has read lately, in its own memory beside the cache that all share:
// found without a lock, used in place, and kept with what others have made of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/sources/cache.h"

namespace personalize {

// A key by its parts: the key of an item is found without being put together.
struct KeyParts {
  std::string_view before;
  std::string_view id;
  std::string_view after;

  std::size_t size() const noexcept { return before.size() + id.size() + after.size(); }
};

class KeptDocument {
 public:
  std::string_view bytes() const noexcept { return {text() + key_size_, size_}; }

  // Returns what was made of the document for `owner`, which may have several that are told apart
  // by `variant`; nullptr if nothing was. It lives as long as the document.
  const void* note(const void* owner, const void* variant = nullptr) const noexcept {
    const std::uint32_t tag = tag_of(owner, variant);
    for (std::size_t i = 0; i < note_count_; ++i) {
      if (tags_[i] == tag && notes_[i]->owner == owner && notes_[i]->variant == variant) {
        return notes_[i] + 1;
      }
    }
    for (const Note* note = more_notes_; note != nullptr; note = note->next) {
      if (note->owner == owner && note->variant == variant) {
        return note + 1;
      }
    }
    return nullptr;
  }
  // Has it loaded.
  void warm_note(const void* owner, const void* variant = nullptr) const noexcept;

 private:
  friend class KeptDocuments;
  friend class HeldDocuments;

  struct alignas(std::max_align_t) Note {
    const void* owner = nullptr;
    const void* variant = nullptr;
    Note* next = nullptr;  // of more_notes_
  };
  static constexpr std::size_t quick_notes = 7;

  // The key and the bytes follow this object.
  const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
  bool has_key(const KeyParts& key) const noexcept;
  void free() noexcept;
  static std::uint32_t tag_of(const void* owner, const void* variant) noexcept {
    constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
    const auto both = reinterpret_cast<std::uintptr_t>(owner) * factor ^
                      reinterpret_cast<std::uintptr_t>(variant);
    return static_cast<std::uint32_t>(both * factor >> 32U);
  }

  std::uint64_t key_hash_ = 0;  // CacheKey::hash
  std::uint64_t generation_ = 0;
  std::int64_t good_until_ = 0;
  std::uint32_t source_ = 0;
  std::uint32_t key_size_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t holders_ = 0;
  bool was_used_ = false;    // since the hand went by
  bool is_dropped_ = false;  // it is freed when the last holder releases it
  std::uint8_t note_count_ = 0;
  std::array<std::uint32_t, quick_notes> tags_{};  // of notes_: others need not be loaded
  std::array<Note*, quick_notes> notes_{};
  Note* more_notes_ = nullptr;
  std::size_t taken_ = 0;  // bytes, with the notes
};

// The documents that somebody uses: they are not freed meanwhile.
class HeldDocuments {
 public:
  // Throws what `memory` throws, as hold() does.
  explicit HeldDocuments(std::pmr::memory_resource* memory) : documents_(memory) {}
  ~HeldDocuments();
  HeldDocuments(const HeldDocuments&) = delete;
  HeldDocuments& operator=(const HeldDocuments&) = delete;

  void hold(KeptDocument& document);

 private:
  std::pmr::vector<KeptDocument*> documents_;
};

// One for each process. What it has is what the cache has: a document is found as long as it would
// be fresh there, and no longer than it takes until the cache is told again that it is in use.
//
// It takes at most `most_bytes`, and what is held of documents that had to make room; what was not
// used lately makes room first. A document comes in when it is asked for the second time, so that
// those of visitors who are not seen again do not push out what all pages show.
//
// Times are those of the cache. Nothing throws.
class KeptDocuments {
 public:
  // The cache is asked again after that time, in milliseconds.
  static constexpr std::int64_t recheck_ms = 10000;
  // Larger ones are not kept.
  static constexpr std::size_t largest = std::size_t{16} << 10;

  // `cache` must outlive this. Keeps nothing if `most_bytes` is less than there is to gain by it.
  KeptDocuments(const DocumentCache& cache, std::size_t most_bytes);
  // Documents that are still held are not freed.
  ~KeptDocuments();
  KeptDocuments(const KeptDocuments&) = delete;
  KeptDocuments& operator=(const KeptDocuments&) = delete;

  // Returns the document at a key, by Source::id; nullptr if it is not kept. It lives until the
  // next call that adds something, unless it is held.
  KeptDocument* find(std::uint32_t source, std::string_view key, std::int64_t now) noexcept {
    return find(source, {{}, key, {}}, hash_of(source, key), now);
  }

  // Return the hash of a key, also by a hash of the id that tells it from others of its source. A
  // document is found by the hash with which it was kept.
  static std::uint64_t hash_of(std::uint32_t source, std::string_view key) noexcept;
  static std::uint64_t hash_of_id(std::uint32_t source, std::uint32_t hash) noexcept;
  // For several keys, whose documents are loaded while the others are looked for: take the hashes
  // of all, then warm() all, then warm_document() all, then find() them.
  void warm(std::uint64_t hash) const noexcept;
  void warm_document(std::uint64_t hash) const noexcept;
  KeptDocument* find(std::uint32_t source, const KeyParts& key, std::uint64_t hash,
                     std::int64_t now) noexcept;
  // Keeps a copy of what DocumentCache::find() has just returned; returns it. nullptr if it is not
  // kept: it is not fresh, it was not asked for before, or there is no room.
  KeptDocument* keep(std::uint32_t source, std::string_view key, std::uint64_t hash,
                     const Cached& cached, std::int64_t now) noexcept;
  KeptDocument* keep(std::uint32_t source, std::string_view key, const Cached& cached,
                     std::int64_t now) noexcept {
    return keep(source, key, hash_of(source, key), cached, now);
  }

  // Adds a note of `size` bytes, which has none yet for `owner`; returns its memory, aligned for
  // anything. nullptr if there is none. The document stays, but others may make room.
  void* add_note(KeptDocument& document, const void* owner, std::size_t size,
                 const void* variant = nullptr) noexcept;

  std::size_t size() const noexcept { return size_; }  // bytes

 private:
  // A bucket is what processors load at once.
  static constexpr std::size_t line = 64;
  static constexpr std::size_t ways = 5;
  struct alignas(line) Bucket {
    std::uint32_t tags[ways] = {};
    KeptDocument* documents[ways] = {};
  };

  Bucket& bucket_of(std::uint64_t hash) noexcept { return buckets_[hash & (buckets_.size() - 1)]; }
  bool is_asked_again(std::uint64_t hash) noexcept;
  void drop(KeptDocument*& place) noexcept;
  static std::size_t choose_way(const Bucket& bucket) noexcept;
  void make_room(const KeptDocument* spared) noexcept;

  const DocumentCache& cache_;
  std::size_t most_bytes_;
  std::vector<Bucket> buckets_;  // a power of two; empty if nothing is kept
  using Asked = std::array<std::uint32_t, 8>;
  std::vector<Asked> asked_;  // hashes of keys that were asked for lately, the last one first
  std::size_t hand_ = 0;      // the bucket from which room is made next
  std::size_t size_ = 0;
};

}  // namespace personalize
