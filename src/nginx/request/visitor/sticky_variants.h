// The variants that a visitor keeps, during one request: read from a cookie, given back with the
// response's head.
#pragma once

#include <memory_resource>
#include <optional>
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

  // Says what is kept of a person, as StickyCookie reads it. From now on variants by the person's
  // id are kept there, and are not in the cookie. Throws what the memory throws.
  void take_person(std::string_view id, std::string_view variants);
  // Says whose variants are not to be in the cookie, before it is known which they are.
  void expect_person(std::string_view id) noexcept { person_ = id; }
  // Returns those that the person has got since, as StickyCookie writes them.
  std::string_view new_of_person() const noexcept { return new_of_person_; }

  bool has(const Bucket& bucket) noexcept override {
    StickyCookie* kept = kept_for(bucket);
    return gate_.may_remember() && kept != nullptr && kept->has(bucket);
  }
  bool is(const Bucket& bucket, std::string_view variation) noexcept override {
    StickyCookie* kept = kept_for(bucket);
    return gate_.may_remember() && kept != nullptr && kept->is(bucket, variation);
  }
  // Remembers nothing of an experiment that is not decidable yet.
  void assign(const Bucket& bucket, std::string_view variation) noexcept override;

  // Appends the value of a Set-Cookie header; nothing if the browser knows everything.
  void write(const CookieScope& scope, std::pmr::string& out) const;

 private:
  // Returns where the bucket's variant is kept; nullptr while that is not known.
  StickyCookie* kept_for(const Bucket& bucket) noexcept {
    const bool is_of_person = !person_.empty() && bucket.value == person_;
    return !is_of_person ? &cookie_ : of_person_ ? &*of_person_ : nullptr;
  }

  StickyGate& gate_;
  std::pmr::memory_resource* memory_;
  StickyCookie cookie_;
  std::string_view person_;  // the id; "" for nobody
  std::optional<StickyCookie> of_person_;
  std::pmr::string new_of_person_;
};

}  // namespace personalize
