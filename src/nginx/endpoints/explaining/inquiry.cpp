#include "nginx/endpoints/explaining/inquiry.h"

#include <algorithm>
#include <cmath>

#include "base/numbers/date.h"
#include "base/text/ascii.h"
#include "base/text/form.h"
#include "base/text/text.h"
#include "nginx/platform/core_conf.h"

namespace personalize {

namespace {

constexpr std::size_t most_arguments = 200;

// Returns the name after a prefix such as "header.", nullopt if the text does not begin with it.
std::optional<std::string_view> name_after(std::string_view text, std::string_view prefix) {
  if (text.size() == prefix.size() || !ascii::starts_with(text, prefix)) {
    return std::nullopt;
  }
  return text.substr(prefix.size());
}

const ServerConf& conf_of(const ngx_http_core_srv_conf_t& core) {
  return *static_cast<const ServerConf*>(core.ctx->srv_conf[ngx_http_personalize_module.ctx_index]);
}

}  // namespace

Inquiry::Inquiry(ngx_http_request_t* r, std::pmr::memory_resource* memory)
    : r_(r),
      memory_(memory),
      asking_(r),
      server_(&server_conf(r)),
      headers_(memory),
      variables_(memory),
      element_values_(memory),
      element_(memory),
      cookies_(memory),
      cookie_line_(memory),
      error_(memory) {
  std::size_t count = 0;
  for (std::string_view rest = view(r->args); !rest.empty();) {
    auto value = ascii::take_until(rest, '&');
    if (value.empty()) {
      continue;
    }
    if (++count > most_arguments) {
      refuse("more than " + std::to_string(most_arguments) + " arguments");
      return;
    }
    const auto name = ascii::take_until(value, '=');
    read(decode_argument(name, memory), decode_argument(value, memory));
  }
  for (const auto cookie : cookies_) {
    cookie_line_ += cookie_line_.empty() ? "" : "; ";
    cookie_line_ += cookie;
  }
  find_server();
  make_element();
}

void Inquiry::refuse(const std::string& message) {
  if (error_.empty()) {
    error_ = message;
  }
}

void Inquiry::read(std::string_view name, std::string_view value) {
  if (name == "uri") {
    set_target(value);
  } else if (name == "host") {
    host_ = value;
  } else if (name == "method") {
    method_ = value;
  } else if (name == "scheme") {
    scheme_ = value;
  } else if (name == "visitor") {
    visitor_ = value;
  } else if (name == "person") {
    person_ = value;
  } else if (name == "ip") {
    set_address(value);
  } else if (name == "time") {
    set_time(value);
  } else if (name == "referer") {
    headers_.push_back({name, value});
  } else if (const auto header = name_after(name, "header.")) {
    const auto lower = ascii::to_lower(*header, memory_);
    if (lower == "cookie") {
      cookies_.push_back(value);
    } else {
      headers_.push_back({lower, value});
    }
  } else if (const auto cookie = name_after(name, "cookie.")) {
    std::pmr::string pair(*cookie, memory_);
    pair += '=';
    pair += value;
    cookies_.push_back(copy_to_pool(r_->pool, pair));
  } else if (const auto variable = name_after(name, "var.")) {
    variables_.push_back({ascii::to_lower(*variable, memory_), value});
  } else if (const auto field = name_after(name, "page.")) {
    set_page_field(*field, value);
  } else if (const auto data = name_after(name, "slot.data.")) {
    std::pmr::string plain(*data, memory_);
    std::replace(plain.begin(), plain.end(), '-', '_');
    element_values_.push_back({copy_to_pool(r_->pool, plain), value});
  } else {
    refuse("unknown argument \"" + std::string(name) +
           "\"; the arguments are uri, host, method, scheme, referer, header.NAME, cookie.NAME, "
           "var.NAME, page.FIELD, slot.data.NAME, person, visitor, ip and time");
  }
}

void Inquiry::set_page_field(std::string_view name, std::string_view value) {
  const auto field = find_page_field(name);
  if (!field) {
    refuse("unknown page field \"" + std::string(name) + "\"; the fields are " +
           list_page_fields());
    return;
  }
  page_[*field] = value.empty() ? Value() : Value::string(value);
}

// Sets the path as NGINX would hand it to a location, without resolving `..` and doubled slashes,
// which addresses of pages do not have.
void Inquiry::set_target(std::string_view uri) {
  if (uri.empty() || uri.front() != '/') {
    refuse("uri= begins with a slash, as in uri=/shop?a=b");
    return;
  }
  has_target_ = true;
  target_ = uri.substr(0, uri.find('#'));
  const auto question = target_.find('?');
  arguments_ =
      question == std::string_view::npos ? std::string_view() : target_.substr(question + 1);

  const auto encoded = target_.substr(0, question);
  auto* path = static_cast<u_char*>(memory_->allocate(encoded.size(), 1));
  u_char* from = ngx_view(encoded).data;
  u_char* to = path;
  ngx_unescape_uri(&to, &from, encoded.size(), 0);
  path_ = {reinterpret_cast<const char*>(path), static_cast<std::size_t>(to - path)};
}

void Inquiry::set_address(std::string_view text) {
  ngx_addr_t address;
  if (ngx_parse_addr(r_->pool, &address, ngx_view(text).data, text.size()) != NGX_OK) {
    refuse("ip= is not an IPv4 or IPv6 address");
    return;
  }
  address_ = address.sockaddr;
}

void Inquiry::set_time(std::string_view text) {
  const auto seconds = read_instant(Value::string(text));
  constexpr double latest = 253402300800;  // the year 10000
  if (!seconds || !(std::fabs(*seconds) < latest)) {
    refuse("time= is a date such as 2026-11-22T12:00:00+01:00, or seconds since 1970");
    return;
  }
  now_ms_ = static_cast<std::int64_t>(*seconds * 1000);
}

// Finds the server among those that listen on the address of the real request, as NGINX does.
void Inquiry::find_server() {
  if (!host_) {
    return;
  }
  std::string_view name = *host_;
  if (const auto colon = name.rfind(':'); colon != std::string_view::npos && name.back() != ']') {
    name = name.substr(0, colon);
  }
  name = ascii::to_lower(name, memory_);
  const ngx_http_addr_conf_t* address = r_->http_connection->addr_conf;
  server_ = &conf_of(*address->default_server);
  ngx_http_virtual_names_t* names = address->virtual_names;
  if (names == nullptr) {
    return;
  }
  ngx_str_t host = ngx_view(name);
  const auto* found = static_cast<const ngx_http_core_srv_conf_t*>(ngx_hash_find_combined(
      &names->names, ngx_hash_key(host.data, host.len), host.data, host.len));
#if (NGX_PCRE)
  for (ngx_uint_t i = 0; found == nullptr && i < names->nregex; ++i) {
    if (ngx_regex_exec(names->regex[i].regex->regex, &host, nullptr, 0) >= 0) {
      found = names->regex[i].server;
    }
  }
#endif
  if (found != nullptr) {
    server_ = &conf_of(*found);
  }
}

void Inquiry::make_element() {
  if (element_values_.empty() || server_->site == nullptr) {
    return;
  }
  const auto& names = server_->site->elements.names;
  const auto value_of = [&](std::string_view name) {
    const auto given = std::find_if(element_values_.begin(), element_values_.end(),
                                    [&](const Pair& pair) { return pair.first == name; });
    return given == element_values_.end() ? std::nullopt : std::optional(given->second);
  };
  for (const auto& [name, value] : element_values_) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      refuse("slot.data." + std::string(name) + " is used by no campaign of this server" +
             (names.empty() ? "" : "; used are " + list_names(names)));
      return;
    }
  }
  for (const std::string& name : names) {
    ElementData::add(element_, value_of(name), false);
  }
}

std::string_view Inquiry::header(std::string_view name) noexcept {
  for (const auto& [given, value] : headers_) {
    if (given == name) {
      return value;
    }
  }
  return name == "host" && host_ ? *host_ : asking_.header(name);
}

std::optional<std::string_view> Inquiry::cookie_header(std::size_t i) noexcept {
  if (cookies_.empty() && !visitor_) {
    return asking_.cookie_header(i);
  }
  return i == 0 && !cookie_line_.empty() ? std::optional<std::string_view>(cookie_line_)
                                         : std::nullopt;
}

std::optional<std::string_view> Inquiry::variable(std::uint32_t index) noexcept {
  const auto& core = core_main_conf(r_);
  const auto name = view(static_cast<const ngx_http_variable_t*>(core.variables.elts)[index].name);
  for (const auto& [given, value] : variables_) {
    if (given == name) {
      return value;
    }
  }
  return asking_.variable(index);
}

std::optional<std::string_view> Inquiry::person() const noexcept {
  const bool is_of_others = (visitor_ || !cookies_.empty()) && variables_.empty();
  return person_ || !is_of_others ? person_ : std::optional<std::string_view>(std::string_view());
}

const sockaddr* Inquiry::client_address() noexcept {
  return address_ != nullptr ? address_ : asking_.client_address();
}

bool Inquiry::is_given(const Attribute& attribute) const {
  const auto names = [&](const std::pmr::vector<Pair>& list, std::string_view name) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Pair& pair) { return pair.first == name; });
  };
  switch (attribute.root) {
    case Root::visitor:
      return visitor_.has_value();
    case Root::person:
      return person_.has_value();
    case Root::cookie:
      return !cookies_.empty() || visitor_.has_value();
    case Root::variable:
      return names(variables_, ascii::to_lower(attribute.name, memory_));
    case Root::page:
      return !page_[attribute.index].is_missing();
    case Root::slot:
      return std::any_of(element_values_.begin(), element_values_.end(), [&](const Pair& pair) {
        return pair.first == server_->site->elements.names[attribute.place];
      });
    case Root::geo:
      return address_ != nullptr;
    case Root::time:
      return now_ms_.has_value();
    case Root::device:
      return names(headers_, "user-agent") || names(headers_, "sec-ch-ua-mobile");
    case Root::request:
      break;
    default:
      return false;
  }
  switch (attribute.field) {
    case Field::request_host:
      return host_.has_value();
    case Field::request_method:
      return method_.has_value();
    case Field::request_scheme:
      return scheme_.has_value();
    case Field::request_referer:
    case Field::request_referer_host:
      return names(headers_, "referer");
    case Field::request_language:
      return names(headers_, "accept-language");
    case Field::request_header:
      return names(headers_, attribute.name);
    default:
      return has_target_;
  }
}

}  // namespace personalize
