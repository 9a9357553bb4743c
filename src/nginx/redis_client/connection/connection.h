// A socket to Redis on NGINX's event loop: connects, with or without TLS, and reads and writes
// bytes.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/connection/tls.h"

namespace personalize {

// Uses a connection. Is called from the event loop, never from inside a call of the connection.
class RedisConnectionOwner {
 public:
  // Takes bytes. Returns false if it has closed the connection (and may have opened a new one).
  virtual bool on_bytes(std::string_view bytes) noexcept = 0;

  // Returns the bytes to send; on_sent() is called with how many of them were.
  virtual std::string_view unsent() noexcept = 0;
  virtual void on_sent(std::size_t size) noexcept = 0;

  // Called when the connection could not be made, was closed by the server (`error` is 0), or
  // broke. The owner closes it.
  virtual void on_lost(ngx_err_t error) noexcept = 0;

  // Called when the worker shuts down: the owner closes the connection when it is not needed any
  // more, or, with `now`, at once.
  virtual void on_exiting(bool now) noexcept = 0;

 protected:
  ~RedisConnectionOwner() = default;
};

class RedisConnection {
 public:
  // All must outlive this. `tls` may be null.
  RedisConnection(RedisConnectionOwner& owner, RedisTls* tls, RedisHosts& hosts,
                  ngx_log_t* log) noexcept;
  ~RedisConnection() { close(); }
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Starts to connect. Returns NGX_OK, or the error with nothing open (NGX_ENFILE if NGINX has no
  // free connection). Logs nothing: the owner knows what has been logged already.
  ngx_err_t open(const ngx_addr_t& address) noexcept;

  // Closes and frees everything; does nothing if nothing is open. The server's host name, if it has
  // one, is resolved again for the next time.
  void close() noexcept;

  bool is_open() const noexcept { return connection_ != nullptr; }
  // Returns whether it is connected; with TLS, whether the handshake is done and the server's
  // certificate was accepted.
  bool is_connected() const noexcept { return connected_; }

  // Returns why TLS failed on the last connection, which may be closed by now; "" if it did not.
  const char* tls_error() const noexcept { return tls_error_.data(); }

  // Sends unsent() before this pass of the event loop ends, together with what is added until then.
  void write_soon() noexcept;

 private:
  static void read_handler(ngx_event_t* event) noexcept;
  static void write_handler(ngx_event_t* event) noexcept;

  void read() noexcept;
  void write() noexcept;
  bool receive(ngx_connection_t* connection) noexcept;
  void look_up_again(std::string_view address) noexcept;
  bool finish_connecting() noexcept;
  bool begin_tls() noexcept;
  bool finish_tls(ngx_int_t outcome) noexcept;
  void keep_tls_error(std::string_view text) noexcept;

  RedisConnectionOwner& owner_;
  RedisTls* tls_;
  RedisHosts& hosts_;
  ngx_log_t* log_;
  ngx_log_t silent_log_;  // for connecting; the owner logs its errors
  ngx_log_t tls_log_;     // for NGINX's SSL; its messages become tls_error_
  std::array<char, 192> tls_error_{};
  std::string_view address_;                // of the server, as ngx_addr_t::name has it
  ngx_connection_t* connection_ = nullptr;  // with a pool of its own
  bool connected_ = false;
};

}  // namespace personalize
