// TLS on connections to Redis, with NGINX's own SSL. If NGINX was built without it, tls=on is a
// configuration error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

// The parameters of personalize_redis that go with tls=on.
struct RedisTlsOptions {
  std::string ca;           // file of trusted certificates; empty: the system's
  std::string certificate;  // of the client; empty: none
  std::string key;
  std::string server_name;  // empty: the host of the address
  bool verify = true;       // checks the server's certificate and name
};

// Shared by all connections of a worker: NGINX's context, and for each server the session that the
// next handshake resumes.
class RedisTls {
 public:
  // Throws ConfigError if a file is unusable or NGINX has no SSL.
  RedisTls(ngx_conf_t* cf, RedisTlsOptions options, const Where& where);
  ~RedisTls();
  RedisTls(const RedisTls&) = delete;
  RedisTls& operator=(const RedisTls&) = delete;

  // Returns true unless a name has to be verified and the server at `address` (`HOST:PORT`, as
  // ngx_addr_t::name has it) has none.
  bool can_name(std::string_view address) const;

  // Starts TLS on a connected socket, which has a pool. Returns false if allocation fails.
  bool begin(ngx_connection_t* connection, std::string_view address) noexcept;

  // Goes on with the handshake. Returns NGX_OK, NGX_ERROR, or NGX_AGAIN and calls `done` when it is
  // over. May be called again from `done`.
  ngx_int_t handshake(ngx_connection_t* connection, void (*done)(ngx_connection_t*)) noexcept;

  // Returns whether the handshake has succeeded.
  static bool is_established(const ngx_connection_t* connection) noexcept;

  // Returns why the server's certificate was refused; nullptr if it was not.
  const char* refusal(ngx_connection_t* connection) const noexcept;

  // Keeps the session that the server offers for the next handshake. NGINX asks for that at any
  // time after the handshake.
  void keep_session(ngx_connection_t* connection, std::string_view address) noexcept;

  // Frees what belongs to TLS, without sending anything.
  static void end(ngx_connection_t* connection) noexcept;

  using SessionHandler = void (*)(ngx_connection_t*);
  // Sets the function that NGINX calls with a new session, and which calls keep_session().
  static void on_session(ngx_connection_t* connection, SessionHandler handler) noexcept;

 private:
  struct Context;

  std::string_view server_name(std::string_view address) const noexcept;

  RedisTlsOptions options_;
  std::unique_ptr<Context> context_;
};

}  // namespace personalize
