// The variants that visitors were given earlier, so that they keep them when an experiment changes.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

// GrowthBook's sticky buckets: a value of an attribute is assigned a variation of one version of an
// experiment.
class StickyAssignments {
 public:
  struct Bucket {
    std::string_view attribute;
    std::string_view value;
    std::string_view experiment;
    int version;
  };

  virtual bool has(const Bucket& bucket) noexcept = 0;
  // Whether it has one, and of that key.
  virtual bool is(const Bucket& bucket, std::string_view variation) noexcept = 0;
  virtual void assign(const Bucket& bucket, std::string_view variation) noexcept = 0;

 protected:
  ~StickyAssignments() = default;
};

// Assignments in a cookie: for each a digest of the bucket (48 bits) and of the variation (24
// bits), so that it says nothing of the visitor's id, and at most 64, of which the oldest goes
// first. Who changes the cookie changes their own variants only.
class StickyCookie final : public StickyAssignments {
 public:
  static constexpr std::string_view cookie_name = "pz_variants";
  static constexpr std::size_t most = 64;

  // `value` is the cookie's; what is not one of ours is taken for empty. Takes a kilobyte of
  // `memory`, and throws what that throws; nothing after it throws.
  StickyCookie(std::string_view value, std::pmr::memory_resource* memory);

  bool has(const Bucket& bucket) noexcept override;
  bool is(const Bucket& bucket, std::string_view variation) noexcept override;
  void assign(const Bucket& bucket, std::string_view variation) noexcept override;

  // Whether there is something to remember that `value` did not have.
  bool is_changed() const noexcept { return changed_; }
  // The cookie's new value: letters, digits, `-` and `_`, 12 for each assignment.
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
