// find_nonces(): reads policies as CSP Level 3 says in "Parse a serialized CSP" and "Does element
// match source list for type and source?".
#include <array>

#include "personalize/render/render.h"

namespace personalize {

namespace {

constexpr std::string_view white_space = " \t\n\f\r";

bool equals_ignoring_case(std::string_view s, std::string_view lower) {
  if (s.size() != lower.size()) {
    return false;
  }
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i] >= 'A' && s[i] <= 'Z' ? static_cast<char>(s[i] + ('a' - 'A')) : s[i];
    if (c != lower[i]) {
      return false;
    }
  }
  return true;
}

// Takes what stands before the next `separator` off `rest`.
std::string_view take_until(char separator, std::string_view& rest) {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

// Takes the next word off `rest`; "" at its end.
std::string_view take_word(std::string_view& rest) {
  const auto begin = rest.find_first_not_of(white_space);
  if (begin == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(begin);
  const auto word = rest.substr(0, rest.find_first_of(white_space));
  rest.remove_prefix(word.size());
  return word;
}

// What stands between the quotes of 'nonce-…'; "" where the word is none.
std::string_view nonce_in(std::string_view source) {
  constexpr std::string_view head = "'nonce-";
  if (source.size() <= head.size() + 1 || source.back() != '\'' ||
      !equals_ignoring_case(source.substr(0, head.size()), head)) {
    return {};
  }
  const auto nonce = source.substr(head.size(), source.size() - head.size() - 1);
  for (const char c : nonce) {
    const bool base64 = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' || c == '_' ||
                        c == '=';
    if (!base64) {
      return {};
    }
  }
  return nonce;
}

bool is_hash(std::string_view source) {
  for (const std::string_view head : {"'sha256-", "'sha384-", "'sha512-"}) {
    if (equals_ignoring_case(source.substr(0, head.size()), head)) {
      return true;
    }
  }
  return false;
}

// A directive's source list, for the kinds that fall back on each other: the first of `names` that
// the policy has. False where it has none: the policy does not restrict the kind.
bool find_sources(std::string_view policy, const std::array<std::string_view, 3>& names,
                  std::string_view& sources) {
  for (const auto name : names) {
    auto rest = policy;
    while (!rest.empty()) {
      auto directive = take_until(';', rest);
      if (equals_ignoring_case(take_word(directive), name)) {
        sources = directive;
        return true;
      }
    }
  }
  return false;
}

// Whether what stands in the page may run without a nonce.
bool allows_all_inline(std::string_view sources) {
  bool unsafe_inline = false;
  for (auto source = take_word(sources); !source.empty(); source = take_word(sources)) {
    if (equals_ignoring_case(source, "'unsafe-inline'")) {
      unsafe_inline = true;
    } else if (!nonce_in(source).empty() || is_hash(source) ||
               equals_ignoring_case(source, "'strict-dynamic'")) {
      return false;
    }
  }
  return unsafe_inline;
}

bool has_nonce(std::string_view sources, std::string_view nonce) {
  for (auto source = take_word(sources); !source.empty(); source = take_word(sources)) {
    if (nonce_in(source) == nonce) {
      return true;
    }
  }
  return false;
}

// Calls `f(policy)` for each policy, until it says false; whether it never did.
template <class F>
bool each_policy(const std::string_view* headers, std::size_t count, F f) {
  for (std::size_t i = 0; i < count; ++i) {
    auto rest = headers[i];
    while (!rest.empty()) {
      if (!f(take_until(',', rest))) {
        return false;
      }
    }
  }
  return true;
}

std::string_view find_nonce(const std::string_view* headers, std::size_t count,
                            const std::array<std::string_view, 3>& names) {
  const auto allows = [&](std::string_view policy, std::string_view nonce) {
    std::string_view sources;
    return !find_sources(policy, names, sources) || has_nonce(sources, nonce) ||
           allows_all_inline(sources);
  };

  std::string_view found;
  each_policy(headers, count, [&](std::string_view policy) {
    std::string_view sources;
    if (!find_sources(policy, names, sources)) {
      return true;
    }
    for (auto source = take_word(sources); !source.empty(); source = take_word(sources)) {
      const auto nonce = nonce_in(source);
      const bool will_do =
          !nonce.empty() &&
          each_policy(headers, count, [&](std::string_view other) { return allows(other, nonce); });
      if (will_do) {
        found = nonce;
        return false;
      }
    }
    return true;
  });
  return found;
}

}  // namespace

Nonces find_nonces(const std::string_view* policies, std::size_t count) noexcept {
  return {find_nonce(policies, count, {"script-src-elem", "script-src", "default-src"}),
          find_nonce(policies, count, {"style-src-elem", "style-src", "default-src"})};
}

}  // namespace personalize
