// TLS on connections to Redis, by NGINX's own SSL. Where NGINX was built without it, only that can
// be said.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "nginx/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

// tls=on and what belongs to it, of personalize_redis.
struct RedisTlsOptions {
  std::string ca;           // file of trusted certificates; empty: those that the system trusts
  std::string certificate;  // of the client; empty: none
  std::string key;
  std::string server_name;  // empty: the host of the address
  bool verify = true;       // the server's chain and name
};

// What all connections of a worker share: NGINX's context, and for each server the session that the
// next handshake takes up.
class RedisTls {
 public:
  // Throws ConfigError where a file is of no use, or NGINX has no SSL.
  RedisTls(ngx_conf_t* cf, RedisTlsOptions options, const Where& where);
  ~RedisTls();
  RedisTls(const RedisTls&) = delete;
  RedisTls& operator=(const RedisTls&) = delete;

  // Whether the server at `address` (`HOST:PORT`, as ngx_addr_t::name has it) has a name to verify.
  bool can_name(std::string_view address) const;

  // Begins TLS on a connected socket, which has a pool. False where memory is out.
  bool begin(ngx_connection_t* connection, std::string_view address) noexcept;

  // Goes on with the handshake. NGX_OK; NGX_AGAIN, and `done` is called when it is over; or
  // NGX_ERROR. May be called again from `done`.
  ngx_int_t handshake(ngx_connection_t* connection, void (*done)(ngx_connection_t*)) noexcept;

  // Whether the handshake ended well.
  static bool is_established(const ngx_connection_t* connection) noexcept;

  // Why the server's certificate was refused; nullptr where it was not.
  const char* refusal(ngx_connection_t* connection) const noexcept;

  // Keeps what the server gave for the next handshake. Called by NGINX at any time after this one.
  void keep_session(ngx_connection_t* connection, std::string_view address) noexcept;

  // Frees what belongs to TLS, and sends nothing.
  static void end(ngx_connection_t* connection) noexcept;

  using SessionHandler = void (*)(ngx_connection_t*);
  // Is told of sessions, and calls keep_session().
  static void on_session(ngx_connection_t* connection, SessionHandler handler) noexcept;

 private:
  struct Context;

  std::string_view server_name(std::string_view address) const noexcept;

  RedisTlsOptions options_;
  std::unique_ptr<Context> context_;
};

}  // namespace personalize
