// The question to personalize_explain: an imagined request, described by the arguments of the real
// one.
//
//   uri=/shop?a=b     the page; the default is /
//   host=NAME         which server's campaigns, and request.host
//   method= scheme= referer=
//   header.NAME=VALUE cookie.NAME=VALUE       as the visitor's browser would send them
//   var.NAME=VALUE    an NGINX variable
//   page.FIELD=VALUE  what personalize_page would say
//   slot.data.NAME=VALUE                      what slots know of an element, in a page
//   person=ID         who is signed in (personalize_person); nobody if it is empty
//   visitor=ID        the visitor, as if the signed cookie had come
//   ip=ADDRESS        for the geo database
//   time=2026-11-22T12:00:00+01:00            or seconds since 1970
//
// What is not given is taken from the real request, except its cookies once a cookie or a visitor
// is given.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/request/request_adapter.h"

namespace personalize {

class Inquiry final : public RequestView {
 public:
  // Reads the request's arguments. Throws bad_alloc.
  Inquiry(ngx_http_request_t* r, std::pmr::memory_resource* memory);

  // Returns what is wrong with the arguments, "" if nothing is.
  std::string_view error() const noexcept { return error_; }

  // Returns the server that answers for the host.
  const ServerConf& server() const noexcept { return *server_; }
  // Returns visitor=, nullopt if it is not given: then the cookie or variable identifies the
  // visitor.
  std::optional<std::string_view> visitor() const noexcept { return visitor_; }
  // Returns person=; "" if cookies or a visitor are given, and no variable: whoever asks is
  // somebody else. nullopt if the variable tells.
  std::optional<std::string_view> person() const noexcept;
  // Returns the page.FIELD arguments: all that is known of the page, since there is no response.
  const PageValues& page() const noexcept { return page_; }
  // Returns what slots know of an element, as ElementData has it, by the names of the server's
  // site;
  // "" if no slot.data.NAME is given.
  std::string_view element() const noexcept { return element_; }
  // Returns whether the attribute's value comes from an argument. Throws bad_alloc.
  bool is_given(const Attribute& attribute) const;

  std::string_view header(std::string_view name) noexcept override;
  std::optional<std::string_view> cookie_header(std::size_t i) noexcept override;
  std::string_view method() noexcept override { return method_.value_or("GET"); }
  std::string_view scheme() noexcept override { return scheme_.value_or(asking_.scheme()); }
  std::string_view host() noexcept override { return host_.value_or(asking_.host()); }
  std::string_view path() noexcept override { return path_; }
  std::string_view arguments() noexcept override { return arguments_; }
  std::string_view target() noexcept override { return target_; }
  std::optional<std::string_view> variable(std::uint32_t index) noexcept override;
  const sockaddr* client_address() noexcept override;
  // Sets the time that holds if there is no time=.
  void pretend(std::int64_t now_ms) noexcept { asking_.pretend(now_ms); }
  std::int64_t now_ms() noexcept override { return now_ms_.value_or(asking_.now_ms()); }

 private:
  using Pair = std::pair<std::string_view, std::string_view>;

  void read(std::string_view name, std::string_view value);
  void set_target(std::string_view uri);
  void set_page_field(std::string_view name, std::string_view value);
  void set_address(std::string_view text);
  void set_time(std::string_view text);
  void find_server();
  void make_element();
  void refuse(const std::string& message);

  ngx_http_request_t* r_;
  std::pmr::memory_resource* memory_;
  RequestAdapter asking_;
  const ServerConf* server_;
  std::string_view target_ = "/", path_ = "/", arguments_;
  bool has_target_ = false;
  std::optional<std::string_view> host_, method_, scheme_, visitor_, person_;
  std::pmr::vector<Pair> headers_;  // names in lower case
  PageValues page_;
  std::pmr::vector<Pair> variables_;       // names in lower case
  std::pmr::vector<Pair> element_values_;  // by the names of ElementNames
  std::pmr::string element_;
  std::pmr::vector<std::string_view> cookies_;
  std::pmr::string cookie_line_;
  const sockaddr* address_ = nullptr;
  std::optional<std::int64_t> now_ms_;
  std::pmr::string error_;
};

}  // namespace personalize
