// A request made of what a test sets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "personalize/signals/request_view.h"

struct FakeRequest final : personalize::RequestView {
  std::map<std::string, std::string, std::less<>> headers;
  std::vector<std::string> cookies;
  std::string method_ = "GET", scheme_ = "https", host_ = "shop.example", path_ = "/", arguments_,
              target_ = "/";
  std::vector<std::optional<std::string>> variables;
  const sockaddr* address = nullptr;
  std::int64_t now = 0;
  int header_reads = 0, address_reads = 0;

  std::string_view header(std::string_view name) noexcept override {
    header_reads++;
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
  std::optional<std::string_view> cookie_header(std::size_t i) noexcept override {
    return i < cookies.size() ? std::optional<std::string_view>(cookies[i]) : std::nullopt;
  }
  std::string_view method() noexcept override { return method_; }
  std::string_view scheme() noexcept override { return scheme_; }
  std::string_view host() noexcept override { return host_; }
  std::string_view path() noexcept override { return path_; }
  std::string_view arguments() noexcept override { return arguments_; }
  std::string_view target() noexcept override { return target_; }
  std::optional<std::string_view> variable(std::uint32_t index) noexcept override {
    return variables.at(index) ? std::optional<std::string_view>(*variables.at(index))
                               : std::nullopt;
  }
  const sockaddr* client_address() noexcept override {
    address_reads++;
    return address;
  }
  std::int64_t now_ms() noexcept override { return now; }
};
