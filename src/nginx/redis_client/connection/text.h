// What Redis and the system say, fit for a log.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "nginx/ngx.h"

namespace personalize {

// What a server says may be anything; a log is read on terminals.
struct Printable {
  explicit Printable(std::string_view bytes) noexcept {
    bytes = bytes.substr(0, text.size() - 1);
    std::transform(bytes.begin(), bytes.end(), text.begin(),
                   [](char c) { return c >= ' ' && c <= '~' ? c : '?'; });
  }
  const char* c_str() const noexcept { return text.data(); }

  std::array<char, 160> text{};
};

struct ErrorText {
  explicit ErrorText(ngx_err_t error) noexcept {
    ngx_strerror(error, reinterpret_cast<u_char*>(text.data()), text.size() - 1);
  }
  const char* c_str() const noexcept { return text.data(); }

  std::array<char, 64> text{};
};

// Why a server is of no use, as the log has it.
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

// Whether the server knows the command and the user may not use it, or is too old to know it.
bool is_not_granted(std::string_view error) noexcept;

// What to do about an error that Redis sent; `otherwise` where it does not say.
const char* remedy_or(std::string_view error, const char* otherwise) noexcept;

}  // namespace personalize
