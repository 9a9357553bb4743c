#include "personalize/redis/sentinel.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/numbers/number.h"

namespace personalize {

namespace {

std::optional<NodeAddress> read_address(std::string_view host, std::string_view port) {
  const auto number = read_integer<unsigned>(port);
  if (!number || !is_plausible(host, *number)) {
    return std::nullopt;
  }
  return NodeAddress{std::string(host), static_cast<std::uint16_t>(*number), {}};
}

// Returns the value after `name` in an array of names and values.
std::string_view field(const RedisReply& fields, std::string_view name) noexcept {
  for (std::uint32_t i = 0; i + 1 < fields.count; i += 2) {
    if (fields.elements[i].string() == name) {
      return fields.elements[i + 1].string();
    }
  }
  return {};
}

bool has(std::string_view flags, std::string_view flag) noexcept {
  return flags.find(flag) != std::string_view::npos;
}

}  // namespace

std::optional<NodeAddress> read_master(const RedisReply& reply) {
  if (reply.kind != RedisReply::Kind::array || reply.count != 2) {
    return std::nullopt;
  }
  return read_address(reply.elements[0].string(), reply.elements[1].string());
}

std::vector<NodeAddress> read_replicas(const RedisReply& reply) {
  std::vector<NodeAddress> replicas;
  if (reply.kind != RedisReply::Kind::array) {
    return replicas;
  }
  for (std::uint32_t i = 0; i < reply.count && replicas.size() < most_replicas_of_master; ++i) {
    const RedisReply& fields = reply.elements[i];
    if (fields.kind != RedisReply::Kind::array) {
      continue;
    }
    const std::string_view flags = field(fields, "flags");
    if (has(flags, "down") || has(flags, "disconnected") ||
        field(fields, "master-link-status") != "ok") {
      continue;
    }
    if (auto replica = read_address(field(fields, "ip"), field(fields, "port"))) {
      replicas.push_back(std::move(*replica));
    }
  }
  return replicas;
}

// The payload is `NAME OLD-HOST OLD-PORT NEW-HOST NEW-PORT`.
std::optional<MasterSwitch> read_master_switch(const RedisReply& payload) {
  std::string_view rest = payload.string();
  std::array<std::string_view, 5> words;
  for (std::string_view& word : words) {
    word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  auto address = read_address(words[3], words[4]);
  if (!rest.empty() || !address) {
    return std::nullopt;
  }
  return MasterSwitch{words[0], *std::move(address)};
}

ReplyLimits sentinel_message_limits() noexcept {
  ReplyLimits limits;
  limits.content = 4096;
  limits.elements = 8;
  limits.depth = 1;
  return limits;
}

std::string_view read_role(const RedisReply& reply) noexcept {
  const bool is_role = reply.kind == RedisReply::Kind::array && reply.count > 0;
  return is_role ? reply.elements[0].string() : std::string_view();
}

}  // namespace personalize
