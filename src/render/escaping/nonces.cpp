// Reads policies as CSP Level 3 says in "Parse a serialized CSP" and "Does element match source
// list for type and source?".
#include "personalize/render/nonces.h"

#include <algorithm>
#include <array>

#include "base/text/ascii.h"

namespace personalize {

namespace {

using ascii::equal_ignoring_case;
using ascii::take_until;

// Takes the next word off `rest`; "" at its end.
std::string_view take_word(std::string_view& rest) {
  rest = ascii::trim_html_space(rest);
  const auto end = std::find_if(rest.begin(), rest.end(), ascii::is_html_space);
  const auto word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(word.size());
  return word;
}

// Returns the value of 'nonce-…'; "" for any other word.
std::string_view nonce_in(std::string_view source) {
  constexpr std::string_view head = "'nonce-";
  if (source.size() <= head.size() + 1 || source.back() != '\'' ||
      !equal_ignoring_case(source.substr(0, head.size()), head)) {
    return {};
  }
  const auto nonce = source.substr(head.size(), source.size() - head.size() - 1);
  for (const char c : nonce) {
    const bool base64 = ascii::is_letter(c) || ascii::is_digit(c) || c == '+' || c == '/' ||
                        c == '-' || c == '_' || c == '=';
    if (!base64) {
      return {};
    }
  }
  return nonce;
}

bool is_hash(std::string_view source) {
  for (const std::string_view head : {"'sha256-", "'sha384-", "'sha512-"}) {
    if (equal_ignoring_case(source.substr(0, head.size()), head)) {
      return true;
    }
  }
  return false;
}

// Finds the source list of the first directive of `names` that the policy has, each falling back on
// the next. Returns false if it has none of them, and so does not restrict the kind.
bool find_sources(std::string_view policy, const std::array<std::string_view, 3>& names,
                  std::string_view& sources) {
  for (const auto name : names) {
    auto rest = policy;
    while (!rest.empty()) {
      auto directive = take_until(rest, ';');
      if (equal_ignoring_case(take_word(directive), name)) {
        sources = directive;
        return true;
      }
    }
  }
  return false;
}

// Returns whether anything inline may run without a nonce.
bool allows_all_inline(std::string_view sources) {
  bool unsafe_inline = false;
  for (auto source = take_word(sources); !source.empty(); source = take_word(sources)) {
    if (equal_ignoring_case(source, "'unsafe-inline'")) {
      unsafe_inline = true;
    } else if (!nonce_in(source).empty() || is_hash(source) ||
               equal_ignoring_case(source, "'strict-dynamic'")) {
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

// Calls `f(policy)` for each policy until it returns false. Returns whether it never did.
template <class F>
bool each_policy(const std::string_view* headers, std::size_t count, F f) {
  for (std::size_t i = 0; i < count; ++i) {
    auto rest = headers[i];
    while (!rest.empty()) {
      if (!f(take_until(rest, ','))) {
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

// Returns whether what stands in the page itself runs without a nonce.
bool needs_no_nonce(const std::string_view* headers, std::size_t count,
                    const std::array<std::string_view, 3>& names) {
  return each_policy(headers, count, [&](std::string_view policy) {
    std::string_view sources;
    return !find_sources(policy, names, sources) || allows_all_inline(sources);
  });
}

constexpr std::array<std::string_view, 3> script_names = {"script-src-elem", "script-src",
                                                          "default-src"};
constexpr std::array<std::string_view, 3> style_names = {"style-src-elem", "style-src",
                                                         "default-src"};

}  // namespace

Nonces find_nonces(const std::string_view* policies, std::size_t count) noexcept {
  Nonces nonces;
  nonces.script = find_nonce(policies, count, script_names);
  nonces.style = find_nonce(policies, count, style_names);
  nonces.runs_scripts = !nonces.script.empty() || needs_no_nonce(policies, count, script_names);
  nonces.applies_styles = !nonces.style.empty() || needs_no_nonce(policies, count, style_names);
  return nonces;
}

}  // namespace personalize
