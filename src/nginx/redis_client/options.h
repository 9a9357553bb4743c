// How to reach Redis: the parameters of personalize_redis.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"

namespace personalize {

class RedisHosts;
class RedisTls;

enum class RedisMode : std::uint8_t {
  standalone,
  cluster,   // the addresses are some of its nodes
  sentinel,  // the addresses are sentinels
};

struct RedisOptions {
  RedisMode mode = RedisMode::standalone;
  std::vector<ngx_addr_t> addresses;  // tried in turn; in the cycle's memory
  std::string name;                   // for messages: the addresses as configured
  std::string user;                   // empty: the default user
  std::string password;               // empty: no AUTH
  int db = 0;
  std::string master;         // mode=sentinel: the name of the master
  std::string sentinel_user;  // as user and password, for the sentinels
  std::string sentinel_password;
  bool read_replica = false;           // commands that only read go to replicas first
  bool must_be_master = false;         // a server that says it is a replica is not used
  RedisTls* tls = nullptr;             // nullptr: no TLS; in the cycle's memory
  RedisHosts* hosts = nullptr;         // of host names; never null in use. In the cycle's memory
  ngx_msec_t timeout = 50;             // from send() to the reply
  ngx_msec_t connect_timeout = 250;    // until the server has answered AUTH, SELECT and PING
  std::uint32_t connections = 1;       // of a worker to a server, at most; at least 1
  std::uint32_t max_in_flight = 1024;  // commands on one connection
  std::size_t max_reply = std::size_t{1024} * 1024;  // bytes of one reply's strings
};

// The command that authenticates a connection. Refers to the options.
class RedisAuth {
 public:
  explicit RedisAuth(const RedisOptions& options) noexcept
      : words_{"AUTH", options.user.empty() ? options.password : options.user, options.password},
        count_(options.password.empty() ? 0
               : options.user.empty()   ? 2
                                        : 3) {}

  const std::string_view* words() const noexcept { return words_.data(); }
  std::size_t count() const noexcept { return count_; }  // 0: no password, no command

 private:
  std::array<std::string_view, 3> words_;
  std::size_t count_;
};

}  // namespace personalize
