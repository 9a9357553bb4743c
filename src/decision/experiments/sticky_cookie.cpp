#include <algorithm>

#include "base/siphash.h"
#include "base/text/base64url.h"
#include "personalize/decision/sticky.h"

namespace personalize {

namespace {

constexpr std::size_t bucket_digits = 8;
constexpr std::size_t variation_digits = 4;
constexpr std::size_t entry_digits = bucket_digits + variation_digits;

// Fixed, since every server of a site must read the cookies, under all later configurations.
constexpr std::uint64_t key_low = 0x737469636b792031;
constexpr std::uint64_t key_high = 0x706572736f6e616c;

std::uint64_t digest(std::string_view text, std::uint64_t chained) noexcept {
  return siphash(key_low ^ chained, key_high, text);
}

std::uint64_t digest(const StickyAssignments::Bucket& bucket) noexcept {
  std::uint64_t hash = digest(bucket.attribute, static_cast<std::uint64_t>(bucket.version));
  hash = digest(bucket.value, hash);
  hash = digest(bucket.experiment, hash);
  return hash >> (64 - 6 * bucket_digits);
}

std::uint32_t digest_of_variation(std::string_view variation) noexcept {
  return static_cast<std::uint32_t>(digest(variation, 0) >> (64 - 6 * variation_digits));
}

bool read_digits(std::string_view text, std::uint64_t& number) noexcept {
  number = 0;
  for (const char c : text) {
    const auto digit = base64url_digits.find(c);
    if (digit == std::string_view::npos) {
      return false;
    }
    number = number << 6 | digit;
  }
  return true;
}

void write_digits(std::uint64_t number, std::size_t digits, std::pmr::string& out) {
  for (std::size_t i = digits; i > 0; --i) {
    out += base64url_digits[number >> (6 * (i - 1)) & 63];
  }
}

}  // namespace

StickyCookie::StickyCookie(std::string_view value, std::pmr::memory_resource* memory)
    : entries_(memory) {
  entries_.reserve(most);
  if (value.size() % entry_digits != 0 || value.size() > most * entry_digits) {
    return;
  }
  for (; !value.empty(); value.remove_prefix(entry_digits)) {
    std::uint64_t bucket = 0;
    std::uint64_t variation = 0;
    if (!read_digits(value.substr(0, bucket_digits), bucket) ||
        !read_digits(value.substr(bucket_digits, variation_digits), variation)) {
      entries_.clear();
      return;
    }
    entries_.push_back({bucket, static_cast<std::uint32_t>(variation)});
  }
}

StickyCookie::Entry* StickyCookie::find(const Bucket& bucket) noexcept {
  const std::uint64_t wanted = digest(bucket);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.bucket == wanted; });
  return found == entries_.end() ? nullptr : &*found;
}

bool StickyCookie::has(const Bucket& bucket) noexcept {
  return find(bucket) != nullptr;
}

bool StickyCookie::is(const Bucket& bucket, std::string_view variation) noexcept {
  const Entry* entry = find(bucket);
  return entry != nullptr && entry->variation == digest_of_variation(variation);
}

void StickyCookie::assign(const Bucket& bucket, std::string_view variation) noexcept {
  const std::uint32_t wanted = digest_of_variation(variation);
  if (Entry* entry = find(bucket)) {
    changed_ = changed_ || entry->variation != wanted;
    entry->variation = wanted;
    return;
  }
  changed_ = true;
  if (entries_.size() == most) {
    entries_.erase(entries_.begin());
  }
  entries_.push_back({digest(bucket), wanted});  // within the reserved capacity
}

void StickyCookie::write(std::pmr::string& out) const {
  for (const Entry& entry : entries_) {
    write_digits(entry.bucket, bucket_digits, out);
    write_digits(entry.variation, variation_digits, out);
  }
}

}  // namespace personalize
