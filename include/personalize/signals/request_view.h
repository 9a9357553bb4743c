// A request as the signals see it. src/nginx implements it over ngx_http_request_t; tests fake it.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace personalize {

// Everything that is handed out lives as long as the request. Nothing throws. Asked only for what
// an attribute of the configuration needs.
class RequestView {
 public:
  // The first header of that name, given in lower case; "" where there is none. Not for cookies.
  virtual std::string_view header(std::string_view name) noexcept = 0;
  // The value of the `i`th Cookie header; nothing past the last.
  virtual std::optional<std::string_view> cookie_header(std::size_t i) noexcept = 0;

  virtual std::string_view method() noexcept = 0;  // "GET"
  virtual std::string_view scheme() noexcept = 0;  // "http" or "https"
  // The host that the client asked for; a port and upper case do no harm.
  virtual std::string_view host() noexcept = 0;
  // The path of the page that the client asked for: decoded and normalised, without arguments.
  virtual std::string_view path() noexcept = 0;
  // What stands behind the `?`, as sent.
  virtual std::string_view arguments() noexcept = 0;
  // What the client asked for, as sent: path and arguments.
  virtual std::string_view target() noexcept = 0;

  // The value of the variable to which src/nginx bound Attribute::index; nothing where NGINX has no
  // value for it.
  virtual std::optional<std::string_view> variable(std::uint32_t index) noexcept = 0;

  // The client, after realip. nullptr where it is not known.
  virtual const sockaddr* client_address() noexcept = 0;
  // Milliseconds since 1970-01-01T00:00:00Z.
  virtual std::int64_t now_ms() noexcept = 0;

 protected:
  ~RequestView() = default;
};

}  // namespace personalize
