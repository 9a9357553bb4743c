#include "signals/request_fields.h"

#include <algorithm>

#include "base/text/ascii.h"

namespace personalize {

namespace {

// Returns whether a host name or an address may contain the character; browsers send others as
// punycode or percent-encoded.
bool is_host_character(char c) {
  return ascii::is_letter(c) || ascii::is_digit(c) ||
         std::string_view("-._~%:[]!$&'()*+,;=").find(c) != std::string_view::npos;
}

}  // namespace

std::string_view host_name(std::string_view authority, std::pmr::memory_resource* memory) {
  if (!std::all_of(authority.begin(), authority.end(), is_host_character)) {
    return {};
  }
  if (!authority.empty() && authority.front() == '[') {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? std::string_view()
                                         : ascii::to_lower(authority.substr(0, end + 1), memory);
  }
  return ascii::to_lower(authority.substr(0, authority.find(':')), memory);
}

std::string_view url_host(std::string_view url, std::pmr::memory_resource* memory) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos || url.find_first_of("/?#") < scheme) {
    return {};
  }
  // Browsers take a backslash for a slash.
  auto authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#\\"));
  const auto user = authority.rfind('@');
  if (user != std::string_view::npos) {
    authority.remove_prefix(user + 1);
  }
  return host_name(authority, memory);
}

std::string_view page_url(std::string_view scheme, std::string_view host, std::string_view target,
                          std::pmr::memory_resource* memory) {
  constexpr std::string_view separator = "://";
  if (target.substr(0, 1) != "/") {
    return target;
  }
  if (host.empty()) {
    return {};
  }
  const std::size_t size = scheme.size() + separator.size() + host.size() + target.size();
  char* const text = static_cast<char*>(memory->allocate(size, 1));
  char* end = text;
  for (const auto part : {scheme, separator, host, target}) {
    end = std::copy(part.begin(), part.end(), end);
  }
  return {text, size};
}

std::string_view local_path(std::string_view path) {
  const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
  while (path.size() > 1 && is_slash(path[0]) && is_slash(path[1])) {
    path.remove_prefix(1);
  }
  return path;
}

std::string_view write_date(const LocalTime& time, std::pmr::memory_resource* memory) {
  constexpr std::size_t length = 10;
  auto* text = static_cast<char*>(memory->allocate(length, 1));
  const auto write = [&](std::size_t at, unsigned digits, unsigned number) {
    for (std::size_t i = at + digits; i-- > at; number /= 10) {
      text[i] = static_cast<char>('0' + number % 10);
    }
  };
  write(0, 4, static_cast<unsigned>(time.year));
  text[4] = '-';
  write(5, 2, time.month);
  text[7] = '-';
  write(8, 2, time.day);
  return {text, length};
}

}  // namespace personalize
