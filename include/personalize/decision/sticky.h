// Variants that visitors were given earlier, so that they keep them when an experiment changes.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/signals/own_cookies.h"

namespace personalize {

// GrowthBook's sticky buckets (https://docs.growthbook.io/app/sticky-bucketing): a value of an
// attribute is assigned a variation of one version of an experiment.
class StickyAssignments {
 public:
  struct Bucket {
    std::string_view attribute;
    std::string_view value;
    std::string_view experiment;
    int version;
  };

  virtual bool has(const Bucket& bucket) noexcept = 0;
  // Returns whether the bucket is assigned the variation of that key.
  virtual bool is(const Bucket& bucket, std::string_view variation) noexcept = 0;
  virtual void assign(const Bucket& bucket, std::string_view variation) noexcept = 0;

 protected:
  ~StickyAssignments() = default;
};

// Assignments in a cookie: a digest of the bucket (48 bits) and one of the variation (24 bits) for
// each, so that the visitor's id does not appear in it. At most 64, of which the oldest is dropped
// first. Visitors who change the cookie change only their own variants.
class StickyCookie final : public StickyAssignments {
 public:
  static constexpr std::string_view cookie_name = variants_cookie;
  static constexpr std::size_t most = 64;
  static constexpr std::size_t longest = most * 12;  // of the value

  // Reads the cookie's value; a malformed one is taken for empty. Takes a kilobyte from `memory`,
  // and throws what that throws; nothing after it does.
  StickyCookie(std::string_view value, std::pmr::memory_resource* memory);

  bool has(const Bucket& bucket) noexcept override;
  bool is(const Bucket& bucket, std::string_view variation) noexcept override;
  void assign(const Bucket& bucket, std::string_view variation) noexcept override;

  // Returns whether there are assignments that the cookie does not have yet.
  bool is_changed() const noexcept { return changed_; }
  // Appends the cookie's new value: letters, digits, `-` and `_`, 12 for each assignment.
  void write(std::pmr::string& out) const;

 private:
  struct Entry {
    std::uint64_t bucket;
    std::uint32_t variation;
  };

  Entry* find(const Bucket& bucket) noexcept;

  std::pmr::vector<Entry> entries_;  // newest last
  bool changed_ = false;
};

}  // namespace personalize
