// What is done to keys of what is learned now and then, and not each time.
#pragma once

#include <string_view>

namespace personalize {

class Upkeep {
 public:
  // Returns whether the key is to be told again when it expires, and what else is said of it once
  // in a while.
  virtual bool is_due(std::string_view key) noexcept = 0;
  // Notes that it was not told after all.
  virtual void forget(std::string_view key) noexcept = 0;

 protected:
  ~Upkeep() = default;
};

}  // namespace personalize
