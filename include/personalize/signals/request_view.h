// A request as the signals see it. src/nginx implements it over ngx_http_request_t, and tests by a
// fake.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace personalize {

// What is returned lives as long as the request. Nothing throws. Only what an attribute of the
// configuration needs is called.
class RequestView {
 public:
  // Returns the first header of that name, which is in lower case; "" if there is none. Not for
  // cookies.
  virtual std::string_view header(std::string_view name) noexcept = 0;
  // Returns the value of the `i`th Cookie header; nothing past the last.
  virtual std::optional<std::string_view> cookie_header(std::size_t i) noexcept = 0;

  virtual std::string_view method() noexcept = 0;  // "GET"
  virtual std::string_view scheme() noexcept = 0;  // "http" or "https"
  // Returns the host that the client asked for; it may have a port and upper case.
  virtual std::string_view host() noexcept = 0;
  // Returns the path of the page that the client asked for: decoded and normalized, without
  // arguments.
  virtual std::string_view path() noexcept = 0;
  // Returns what follows the `?`, as sent.
  virtual std::string_view arguments() noexcept = 0;
  // Returns what the client asked for, as sent: path and arguments.
  virtual std::string_view target() noexcept = 0;

  // Returns the value of the variable to which src/nginx bound Attribute::index; nothing if NGINX
  // has no value for it.
  virtual std::optional<std::string_view> variable(std::uint32_t index) noexcept = 0;

  // Returns the client, as realip found it; nullptr if it is not known.
  virtual const sockaddr* client_address() noexcept = 0;
  // Milliseconds since 1970-01-01T00:00:00Z.
  virtual std::int64_t now_ms() noexcept = 0;

 protected:
  ~RequestView() = default;
};

}  // namespace personalize
