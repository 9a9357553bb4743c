// The variants that a visitor keeps, over one request: read from a cookie, written with the head.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/decision/sticky.h"
#include "personalize/signals/request_view.h"

namespace personalize {

// Says whether all is known that an experiment depends on.
class StickyGate {
 public:
  virtual bool is_settled(std::string_view experiment) noexcept = 0;
  // Whether what the browser remembers may be looked at: not without consent.
  virtual bool may_remember() noexcept = 0;

 protected:
  ~StickyGate() = default;
};

class StickyVariants final : public StickyAssignments {
 public:
  // Both must outlive it. Throws what `memory` throws.
  StickyVariants(RequestView& request, StickyGate& gate, std::pmr::memory_resource* memory);

  bool has(const Bucket& bucket) noexcept override {
    return gate_.may_remember() && cookie_.has(bucket);
  }
  bool is(const Bucket& bucket, std::string_view variation) noexcept override {
    return gate_.may_remember() && cookie_.is(bucket, variation);
  }
  // Not where the experiment's documents are not there: with them it may be another variant.
  void assign(const Bucket& bucket, std::string_view variation) noexcept override;

  // Appends the value of a Set-Cookie header; false where there is nothing to tell the browser.
  bool write(bool secure, std::pmr::string& out) const;

 private:
  StickyGate& gate_;
  StickyCookie cookie_;
};

}  // namespace personalize
