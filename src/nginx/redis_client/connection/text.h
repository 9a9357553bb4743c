// Strings for the log: what Redis and the system answered, and what to do about it.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "nginx/platform/ngx.h"

namespace personalize {

// Bytes of a server, as printable ASCII for logs.
struct Printable {
  explicit Printable(std::string_view bytes) noexcept {
    bytes = bytes.substr(0, text.size() - 1);
    std::transform(bytes.begin(), bytes.end(), text.begin(),
                   [](char c) { return c >= ' ' && c <= '~' ? c : '?'; });
  }
  const char* c_str() const noexcept { return text.data(); }

  std::array<char, 160> text{};
};

// A system error.
struct ErrorText {
  explicit ErrorText(ngx_err_t error) noexcept {
    ngx_strerror(error, reinterpret_cast<u_char*>(text.data()), text.size() - 1);
  }
  const char* c_str() const noexcept { return text.data(); }

  std::array<char, 64> text{};
};

// Why a server is not used.
struct RedisReason {
  RedisReason() = default;
  // Formats as ngx_snprintf() does.
  template <class... Arguments>
  explicit RedisReason(const char* format, Arguments... arguments) noexcept {
    ngx_snprintf(reinterpret_cast<u_char*>(text.data()), text.size() - 1, format, arguments...);
  }
  bool empty() const noexcept { return text[0] == '\0'; }
  const char* c_str() const noexcept { return text.data(); }

  std::array<char, 384> text{};
};

// Returns whether the user may not use the command, or the server is too old to know it.
bool is_not_granted(std::string_view error) noexcept;

// Returns what to do about an error of Redis; `otherwise` if it is not a known one.
const char* remedy_or(std::string_view error, const char* otherwise) noexcept;

}  // namespace personalize
