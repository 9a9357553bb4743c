#include "personalize/redis/cluster.h"

#include "base/numbers/number.h"

namespace personalize {

namespace {

template <class Number>
bool read_number(std::string_view text, Number& value) noexcept {
  const auto number = read_integer<Number>(text);
  value = number.value_or(0);
  return number.has_value();
}

}  // namespace

bool is_redirection(std::string_view error_code) noexcept {
  return error_code == "MOVED" || error_code == "ASK";
}

std::optional<Redirection> read_redirection(const RedisReply& reply) noexcept {
  const std::string_view code = reply.error_code();
  if (!is_redirection(code) || reply.text.size() == code.size()) {
    return std::nullopt;
  }
  Redirection redirection;
  redirection.kind = code == "ASK" ? Redirection::Kind::ask : Redirection::Kind::moved;

  const std::string_view words = reply.text.substr(code.size() + 1);
  const auto space = words.find(' ');
  const auto colon = words.rfind(':');  // an IPv6 address has others before it
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space ||
      !read_number(words.substr(0, space), redirection.slot) ||
      !read_number(words.substr(colon + 1), redirection.port)) {
    return std::nullopt;
  }
  const std::string_view host = words.substr(space + 1, colon - space - 1);
  if (host != "?") {
    redirection.host = host;
  }
  const bool is_host = redirection.host.empty() ? redirection.port > 0
                                                : is_plausible(redirection.host, redirection.port);
  if (!is_host || redirection.slot >= hash_slot_count) {
    return std::nullopt;
  }
  return redirection;
}

}  // namespace personalize
