// Numbers for names.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace personalize::report {

class Names {
 public:
  // Of more names than this, the further ones are all known as "(others)": the memory stays bounded
  // whatever events claim.
  explicit Names(std::size_t most = 60000) : most_(most) {}

  // Returns the name's number, from 0 on in the order of arrival.
  std::uint32_t number(std::string_view name) {
    if (last_ < names_.size() && names_[last_] == name) {
      return last_;
    }
    const auto found = numbers_.find(name);
    if (found != numbers_.end()) {
      return last_ = found->second;
    }
    if (names_.size() == most_) {
      name = "(others)";
    } else if (names_.size() > most_) {
      return static_cast<std::uint32_t>(most_);
    }
    last_ = static_cast<std::uint32_t>(names_.size());
    numbers_.emplace(names_.emplace_back(name), last_);
    return last_;
  }

  std::optional<std::uint32_t> find(std::string_view name) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
  }

  const std::string& operator[](std::uint32_t number) const { return names_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }

 private:
  std::size_t most_;
  std::deque<std::string> names_;  // which stay where they are
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::uint32_t last_ = 0;
};

}  // namespace personalize::report
