#include "personalize/sources/kept_documents.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "personalize/base/word_hash.h"

namespace personalize {

namespace {

// Buckets have room for twice as many documents as there are of usual products, with their notes.
constexpr std::size_t ordinary_size = 512;
constexpr std::size_t least_useful = std::size_t{64} << 10;
constexpr std::size_t asked_count = 1024;
constexpr std::size_t warmed_lines = 3;
constexpr std::size_t line = 64;

}  // namespace

void KeptDocument::warm_note(const void* owner, const void* variant) const noexcept {
  const std::uint32_t tag = tag_of(owner, variant);
  for (std::size_t i = 0; i < note_count_; ++i) {
    if (tags_[i] == tag) {
      const char* note = reinterpret_cast<const char*>(notes_[i]);
      for (std::size_t at = 0; at < warmed_lines; ++at) {
        __builtin_prefetch(note + at * line);
      }
    }
  }
}

bool KeptDocument::has_key(const KeyParts& key) const noexcept {
  if (key_size_ != key.size()) {
    return false;
  }
  const char* id = text() + key.before.size();
  return std::string_view(id, key.id.size()) == key.id &&
         std::string_view(text(), key.before.size()) == key.before &&
         std::string_view(id + key.id.size(), key.after.size()) == key.after;
}

void KeptDocument::free() noexcept {
  for (std::size_t i = 0; i < note_count_; ++i) {
    ::operator delete(static_cast<void*>(notes_[i]));
  }
  while (more_notes_ != nullptr) {
    Note* note = more_notes_;
    more_notes_ = note->next;
    ::operator delete(static_cast<void*>(note));
  }
  ::operator delete(static_cast<void*>(this));
}

HeldDocuments::~HeldDocuments() {
  for (KeptDocument* document : documents_) {
    if (--document->holders_ == 0 && document->is_dropped_) {
      document->free();
    }
  }
}

void HeldDocuments::hold(KeptDocument& document) {
  constexpr std::size_t usual = 16;
  if (documents_.capacity() == 0) {
    documents_.reserve(usual);
  }
  documents_.push_back(&document);
  ++document.holders_;
}

KeptDocuments::KeptDocuments(const DocumentCache& cache, std::size_t most_bytes)
    : cache_(cache), most_bytes_(most_bytes) {
  if (most_bytes < least_useful) {
    return;
  }
  std::size_t count = 1;
  while (count * ways * ordinary_size < most_bytes) {
    count *= 2;
  }
  buckets_.resize(count);
  asked_.resize(asked_count);
}

KeptDocuments::~KeptDocuments() {
  for (Bucket& bucket : buckets_) {
    for (KeptDocument*& document : bucket.documents) {
      if (document != nullptr) {
        drop(document);
      }
    }
  }
}

// Whoever makes up keys can make them collide, which costs them their places here.
std::uint64_t KeptDocuments::hash_of(std::uint32_t source, std::string_view key) noexcept {
  const std::uint64_t hash = hash_words(key, source ^ key.size() << 32U);
  return hash ^ hash >> 29U;
}

std::uint64_t KeptDocuments::hash_of_id(std::uint32_t source, std::uint32_t hash) noexcept {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
  const std::uint64_t mixed = (std::uint64_t{source} << 32U | hash) * factor;
  return mixed ^ mixed >> 29U;
}

void KeptDocuments::warm(std::uint64_t hash) const noexcept {
  if (!buckets_.empty()) {
    __builtin_prefetch(&buckets_[hash & (buckets_.size() - 1)]);
  }
}

// An object and its key are in three lines.
void KeptDocuments::warm_document(std::uint64_t hash) const noexcept {
  if (buckets_.empty()) {
    return;
  }
  const Bucket& bucket = buckets_[hash & (buckets_.size() - 1)];
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  for (std::size_t way = 0; way < ways; ++way) {
    if (bucket.tags[way] == tag) {
      const char* document = reinterpret_cast<const char*>(bucket.documents[way]);
      for (std::size_t at = 0; at < warmed_lines; ++at) {
        __builtin_prefetch(document + at * line);
      }
      return;
    }
  }
}

KeptDocument* KeptDocuments::find(std::uint32_t source, const KeyParts& key, std::uint64_t hash,
                                  std::int64_t now) noexcept {
  if (buckets_.empty()) {
    return nullptr;
  }
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  Bucket& bucket = bucket_of(hash);
  for (std::size_t way = 0; way < ways; ++way) {
    KeptDocument* document = bucket.documents[way];
    if (bucket.tags[way] != tag || document == nullptr || document->source_ != source ||
        !document->has_key(key)) {
      continue;
    }
    if (now >= document->good_until_ ||
        document->generation_ != cache_.generation(document->key_hash_)) {
      drop(bucket.documents[way]);
      return nullptr;
    }
    document->was_used_ = true;
    return document;
  }
  return nullptr;
}

// Returns whether the key was asked for before, as far as is remembered.
bool KeptDocuments::is_asked_again(std::uint64_t hash) noexcept {
  Asked& asked = asked_[(hash >> 8U) % asked_.size()];
  const auto tag = static_cast<std::uint32_t>(hash >> 32U) | 1U;
  if (std::find(asked.begin(), asked.end(), tag) != asked.end()) {
    return true;
  }
  // The oldest one is forgotten.
  std::copy_backward(asked.begin(), asked.end() - 1, asked.end());
  asked.front() = tag;
  return false;
}

KeptDocument* KeptDocuments::keep(std::uint32_t source, std::string_view key, std::uint64_t hash,
                                  const Cached& cached, std::int64_t now) noexcept {
  if (buckets_.empty() || cached.state != Cached::State::fresh || cached.bytes.size() > largest ||
      !is_asked_again(hash)) {
    return nullptr;
  }
  const std::size_t taken = sizeof(KeptDocument) + key.size() + cached.bytes.size();
  void* memory = ::operator new(taken, std::nothrow);
  if (memory == nullptr) {
    return nullptr;
  }
  auto* document = new (memory) KeptDocument;
  document->key_hash_ = cache_.key(source, key).hash;
  document->generation_ = cached.generation;
  document->good_until_ = std::min(cached.fresh_until, now + recheck_ms);
  document->taken_ = taken;
  document->source_ = source;
  document->key_size_ = static_cast<std::uint32_t>(key.size());
  document->size_ = static_cast<std::uint32_t>(cached.bytes.size());
  document->was_used_ = true;
  std::memcpy(document->text(), key.data(), key.size());
  std::memcpy(document->text() + key.size(), cached.bytes.data(), cached.bytes.size());

  Bucket& bucket = bucket_of(hash);
  const std::size_t way = choose_way(bucket);
  if (bucket.documents[way] != nullptr) {
    drop(bucket.documents[way]);
  }
  bucket.tags[way] = static_cast<std::uint32_t>(hash >> 32U);
  bucket.documents[way] = document;
  size_ += taken;
  make_room(document);
  return document;
}

void* KeptDocuments::add_note(KeptDocument& document, const void* owner, std::size_t size,
                              const void* variant) noexcept {
  using Note = KeptDocument::Note;
  const std::size_t taken = sizeof(Note) + size;
  void* memory = document.is_dropped_ ? nullptr : ::operator new(taken, std::nothrow);
  if (memory == nullptr) {
    return nullptr;
  }
  auto* note = new (memory) Note;
  note->owner = owner;
  note->variant = variant;
  if (document.note_count_ < document.notes_.size()) {
    document.tags_[document.note_count_] = KeptDocument::tag_of(owner, variant);
    document.notes_[document.note_count_++] = note;
  } else {
    note->next = document.more_notes_;
    document.more_notes_ = note;
  }
  document.taken_ += taken;
  size_ += taken;
  make_room(&document);
  return note + 1;
}

void KeptDocuments::drop(KeptDocument*& place) noexcept {
  KeptDocument* document = place;
  place = nullptr;
  size_ -= document->taken_;
  document->is_dropped_ = true;
  if (document->holders_ == 0) {
    document->free();
  }
}

// Returns the first place that is free, or else one that was not used lately.
std::size_t KeptDocuments::choose_way(const Bucket& bucket) noexcept {
  const auto* begin = std::begin(bucket.documents);
  const auto* end = std::end(bucket.documents);
  const auto* found = std::find(begin, end, nullptr);
  if (found == end) {
    found = std::find_if(begin, end, [](const KeptDocument* one) { return !one->was_used_; });
  }
  if (found != end) {
    return static_cast<std::size_t>(found - begin);
  }
  for (KeptDocument* one : bucket.documents) {
    one->was_used_ = false;
  }
  return 0;
}

// A hand goes round: what was not used since it went by is dropped.
void KeptDocuments::make_room(const KeptDocument* spared) noexcept {
  for (std::size_t left = 2 * buckets_.size(); size_ > most_bytes_ && left > 0; --left) {
    for (KeptDocument*& document : buckets_[hand_].documents) {
      if (document == nullptr || document == spared) {
        continue;
      }
      if (document->was_used_) {
        document->was_used_ = false;
      } else {
        drop(document);
      }
    }
    hand_ = (hand_ + 1) & (buckets_.size() - 1);
  }
}

}  // namespace personalize
