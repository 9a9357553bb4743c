// Which pages an experiment is for, by their address, and what the address itself says of variants:
// GrowthBook's `urlPatterns` and its override by query argument.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/addresses/url.h"
#include "decision/regex/regex.h"

namespace personalize::decision {

// One pattern. `simple`: an address in which `*` stands for anything; its scheme and the slashes
// around its path do not count, of its arguments those that it names. `regex`: matches somewhere in
// the whole address, or in what stands behind the host.
class UrlTarget {
 public:
  enum class Type { simple, regex, other };

  // A pattern that cannot be, and a type other than the two, match nothing.
  UrlTarget(Type type, std::string_view pattern, bool include);

  bool is_valid() const noexcept { return url_.has_value() || regex_.has_value(); }
  bool includes() const noexcept { return include_; }
  // Throws what the memory of `url` throws.
  bool matches(const Url& url) const;

 private:
  std::optional<Url> url_;  // simple
  UrlArguments arguments_;
  std::optional<Regex> regex_;  // regex
  bool include_;
};

// Whether an experiment with these patterns runs on the page: none that excludes matches, and one
// that includes does, if there are any. Not where there is no pattern at all. An address that is
// none (nullptr) matches nothing.
bool is_targeted(const Url* url, const std::vector<UrlTarget>& targets);

// Of "https://example.com/?my-test=1", the variation that it forces for the experiment "my-test".
std::optional<std::size_t> query_override(std::string_view key, std::string_view url,
                                          std::size_t variations) noexcept;

}  // namespace personalize::decision
