// Which pages an experiment is for, and which variation a page's address forces: GrowthBook's
// `urlPatterns` and its override by query argument.
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

// One pattern. `simple`: an address in which `*` stands for anything. Its scheme and the slashes
// around its path do not count, and a page may have more arguments. `regex`: matches somewhere in
// the whole address, or in what follows the host.
class UrlTarget {
 public:
  enum class Type { simple, regex, other };

  // An invalid pattern and `other` match nothing.
  UrlTarget(Type type, std::string_view pattern, bool include);

  bool includes() const noexcept { return include_; }
  // Throws what the memory of `url` throws.
  bool matches(const Url& url, RegexBudget& regex_budget) const;

 private:
  std::optional<Url> url_;  // simple
  UrlArguments arguments_;
  std::optional<Regex> regex_;  // regex
  bool include_;
};

// Returns whether an experiment with these patterns runs on the page: no excluding pattern matches,
// and an including one does if there are any. False without patterns. `url` is nullptr if the
// page's address is invalid: it matches no pattern.
bool is_targeted(const Url* url, const std::vector<UrlTarget>& targets, RegexBudget& regex_budget);

// Returns the variation of the experiment `key` that the address forces, one of 0 to `variations` -
// 1: "https://example.com/?my-test=1" forces 1 for "my-test".
std::optional<std::size_t> query_override(std::string_view key, std::string_view url,
                                          std::size_t variations) noexcept;

}  // namespace personalize::decision
