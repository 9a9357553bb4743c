// The request as the signals read it.
#pragma once

#include <optional>
#include <string_view>

#include "nginx/platform/memory.h"
#include "personalize/signals/request_view.h"

namespace personalize {

class RequestAdapter final : public RequestView {
 public:
  explicit RequestAdapter(ngx_http_request_t* r) noexcept;

  std::string_view header(std::string_view name) noexcept override;
  std::optional<std::string_view> cookie_header(std::size_t i) noexcept override;
  std::string_view method() noexcept override { return view(r_->method_name); }
  std::string_view scheme() noexcept override;
  std::string_view host() noexcept override { return view(r_->headers_in.server); }
  std::string_view path() noexcept override { return path_; }
  std::string_view arguments() noexcept override { return arguments_; }
  std::string_view target() noexcept override { return view(r_->unparsed_uri); }
  std::optional<std::string_view> variable(std::uint32_t index) noexcept override;
  const sockaddr* client_address() noexcept override { return r_->connection->sockaddr; }
  std::int64_t now_ms() noexcept override;
  // Replaces the clock for the rest of the request.
  void pretend(std::int64_t now_ms) noexcept { pretended_ms_ = now_ms; }

 private:
  ngx_http_request_t* r_;
  // Of the page that the client asked for; rewriting and internal redirects change the request's.
  std::string_view path_, arguments_;
  std::optional<std::int64_t> pretended_ms_;
};

}  // namespace personalize
