// The variants that a visitor keeps, during one request: read from a cookie, given back with the
// response's head.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/decision/sticky.h"
#include "personalize/signals/request_view.h"

namespace personalize {

// Says when variants may be remembered.
class StickyGate {
 public:
  // Returns whether everything is known that the experiment depends on. Before that it may still
  // come out otherwise.
  virtual bool is_decidable(std::string_view experiment) noexcept = 0;
  // Returns whether the visitor lets anything be remembered.
  virtual bool may_remember() noexcept = 0;

 protected:
  ~StickyGate() = default;
};

class StickyVariants final : public StickyAssignments {
 public:
  // Both must outlive this. Throws what `memory` throws.
  StickyVariants(RequestView& request, StickyGate& gate, std::pmr::memory_resource* memory);

  bool has(const Bucket& bucket) noexcept override {
    return gate_.may_remember() && cookie_.has(bucket);
  }
  bool is(const Bucket& bucket, std::string_view variation) noexcept override {
    return gate_.may_remember() && cookie_.is(bucket, variation);
  }
  // Remembers nothing of an experiment that is not decidable yet.
  void assign(const Bucket& bucket, std::string_view variation) noexcept override;

  // Appends the value of a Set-Cookie header; nothing if the browser knows everything.
  void write(const CookieScope& scope, std::pmr::string& out) const;

 private:
  StickyGate& gate_;
  StickyCookie cookie_;
};

}  // namespace personalize
