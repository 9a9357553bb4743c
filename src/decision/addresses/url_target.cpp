#include "decision/addresses/url_target.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/values/ecmascript.h"

namespace personalize::decision {

namespace {

// Stands for an asterisk, which is invalid in a host.
constexpr std::string_view wildcard = "_____";

bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

// Returns whether the pattern, in which the wildcard stands for anything within a line, matches the
// whole text.
bool matches_whole(std::string_view text, std::string_view pattern) {
  const auto star = pattern.find(wildcard);
  if (star == std::string_view::npos) {
    return text == pattern;
  }
  const auto head = pattern.substr(0, star);
  if (text.substr(0, head.size()) != head) {
    return false;
  }
  text.remove_prefix(head.size());
  pattern.remove_prefix(star + wildcard.size());

  // Finds each piece between wildcards as early as possible, and the last one at the end.
  for (auto next = pattern.find(wildcard); next != std::string_view::npos;
       next = pattern.find(wildcard)) {
    const auto piece = pattern.substr(0, next);
    const auto at = text.find(piece);
    if (at == std::string_view::npos ||
        std::any_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_line_end)) {
      return false;
    }
    text.remove_prefix(at + piece.size());
    pattern.remove_prefix(next + wildcard.size());
  }
  if (text.size() < pattern.size() || text.substr(text.size() - pattern.size()) != pattern) {
    return false;
  }
  text.remove_suffix(pattern.size());
  return std::none_of(text.begin(), text.end(), is_line_end);
}

bool part_matches(std::string_view text, std::string_view pattern,
                  std::pmr::memory_resource* memory) {
  const ecmascript::Lowered lower_text(text, memory);
  const ecmascript::Lowered lower_pattern(pattern, memory);
  return matches_whole(lower_text.view(), lower_pattern.view());
}

std::string_view without_slashes(std::string_view path) {
  if (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
  }
  if (!path.empty() && path.back() == '/') {
    path.remove_suffix(1);
  }
  return path;
}

// Returns whether the path matches with or without a slash at either end.
bool path_matches(std::string_view path, std::string_view pattern,
                  std::pmr::memory_resource* memory) {
  pattern = without_slashes(pattern);
  for (const bool without_first : {false, true}) {
    for (const bool without_last : {false, true}) {
      std::string_view tried = path;
      if (without_first && !tried.empty() && tried.front() == '/') {
        tried.remove_prefix(1);
      }
      if (without_last && !tried.empty() && tried.back() == '/') {
        tried.remove_suffix(1);
      }
      if (part_matches(tried, pattern, memory)) {
        return true;
      }
    }
  }
  return false;
}

// Returns the pattern as an address: "example.com/shop" → "https://example.com/shop". A dot before
// any of `:/?` makes its beginning a host.
std::string simple_pattern(std::string_view pattern) {
  const auto dot = pattern.find('.');
  const bool is_host = dot != std::string_view::npos && pattern.find_first_of(":/?") > dot;
  std::string text = is_host ? "https://" : "";
  for (const char c : pattern) {
    if (c == '*') {
      text += wildcard;
    } else {
      text += c;
    }
  }
  return text;
}

// Returns the value of the first argument of that name; "" if there is none.
std::string_view argument(const UrlArguments& arguments, std::string_view name) {
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const auto& one) { return one.first == name; });
  return found == arguments.end() ? std::string_view() : std::string_view(found->second);
}

// Returns parseInt(text) if that is the number of a variation.
std::optional<std::size_t> parse_variation(std::string_view text, std::size_t variations) {
  const auto first = text.find_first_not_of(" \t\n\r\f\v");
  text.remove_prefix(std::min(first, text.size()));
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  unsigned base = 10;
  if (text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  }
  std::optional<std::size_t> number;
  for (const char c : text) {
    const char lower = ascii::lower(c);
    const unsigned digit = ascii::is_digit(c)             ? static_cast<unsigned>(c - '0')
                           : lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10
                                                          : base;
    if (digit >= base) {
      break;
    }
    number = number.value_or(0) * base + digit;
    if (*number >= variations) {
      return std::nullopt;
    }
  }
  return negative && number.value_or(0) > 0 ? std::nullopt : number;
}

}  // namespace

UrlTarget::UrlTarget(Type type, std::string_view pattern, bool include) : include_(include) {
  if (type == Type::simple) {
    url_ = parse_url(simple_pattern(pattern), wildcard, std::pmr::new_delete_resource());
    if (url_) {
      arguments_ = url_->arguments();
    }
  } else if (type == Type::regex) {
    try {
      regex_.emplace(pattern, false);
    } catch (const RegexError&) {
      regex_.reset();
    }
  }
}

bool UrlTarget::matches(const Url& url, RegexBudget& regex_budget) const {
  if (regex_) {
    return regex_->matches(url.href(), regex_budget) || regex_->matches(url.tail(), regex_budget);
  }
  if (!url_) {
    return false;
  }
  auto* memory = url.path.get_allocator().resource();
  if (!part_matches(url.host, url_->host, memory) || !path_matches(url.path, url_->path, memory) ||
      (!url_->fragment.empty() && !part_matches(url.fragment, url_->fragment, memory))) {
    return false;
  }
  const UrlArguments arguments = url.arguments();
  return std::all_of(arguments_.begin(), arguments_.end(), [&](const auto& one) {
    return part_matches(argument(arguments, one.first), one.second, memory);
  });
}

bool is_targeted(const Url* url, const std::vector<UrlTarget>& targets, RegexBudget& regex_budget) {
  bool any_includes = false;
  bool included = false;
  for (const auto& target : targets) {
    const bool matches = url != nullptr && target.matches(*url, regex_budget);
    if (!target.includes() && matches) {
      return false;
    }
    any_includes = any_includes || target.includes();
    included = included || (target.includes() && matches);
  }
  return !targets.empty() && (included || !any_includes);
}

std::optional<std::size_t> query_override(std::string_view key, std::string_view url,
                                          std::size_t variations) noexcept {
  const auto mark = url.find('?');
  if (mark == std::string_view::npos) {
    return std::nullopt;
  }
  url.remove_prefix(mark + 1);
  std::string_view rest = url.substr(0, url.find('?'));
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    auto pair = ascii::take_until(rest, '&');
    if (ascii::take_until(pair, '=') == key) {
      // The first argument of that name counts, whatever its value.
      return parse_variation(pair.substr(0, pair.find('=')), variations);
    }
  }
  return std::nullopt;
}

}  // namespace personalize::decision
