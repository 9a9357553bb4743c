// How to reach Redis, as personalize_redis says it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"

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
  std::vector<ngx_addr_t> addresses;  // of the same data; tried in turn. In the cycle's memory.
  std::string name;                   // for messages: the addresses as configured
  std::string user;                   // empty: the default user
  std::string password;               // empty: no AUTH
  int db = 0;
  std::string master;         // mode=sentinel: its name
  std::string sentinel_user;  // as user and password, but to the sentinels
  std::string sentinel_password;
  bool read_replica = false;         // replicas are asked first for what only reads
  bool must_be_master = false;       // a server that says otherwise is of no use
  RedisTls* tls = nullptr;           // nullptr: none. In the cycle's memory.
  RedisHosts* hosts = nullptr;       // nullptr: no address is a host's name. In the cycle's memory.
  ngx_msec_t timeout = 50;           // from send() to the reply
  ngx_msec_t connect_timeout = 250;  // until the server has answered AUTH, SELECT and PING
  std::uint32_t connections = 1;     // a worker makes to a server, at most; at least 1
  std::uint32_t max_in_flight = 1024;                // commands on one connection
  std::size_t max_reply = std::size_t{1024} * 1024;  // bytes of one reply's strings
};

enum class RedisState : std::uint8_t {
  idle,        // not connected, and nothing speaks against it
  connecting,  // commands are taken and wait for it
  connected,
  down,  // commands are refused; probes of our own find out when it is back
};
std::string_view to_string(RedisState state) noexcept;

}  // namespace personalize
