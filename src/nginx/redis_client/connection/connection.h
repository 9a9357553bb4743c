// One socket to Redis on NGINX's event loop: connects, with TLS or without, reads and writes bytes,
// knows no protocol.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "nginx/ngx.h"
#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/connection/tls.h"

namespace personalize {

// What uses a connection. All calls come from the event loop, never from inside a call into the
// connection.
class RedisConnectionOwner {
 public:
  // Bytes came. False where the owner has closed the connection (it may have opened a new one).
  virtual bool on_bytes(std::string_view bytes) noexcept = 0;

  // What waits to be sent; on_sent() says how much of it went out.
  virtual std::string_view unsent() noexcept = 0;
  virtual void on_sent(std::size_t size) noexcept = 0;

  // The connection could not be made, was closed by the server (`error` is 0) or broke. It is still
  // open: the owner closes it.
  virtual void on_lost(ngx_err_t error) noexcept = 0;

  // The worker is shutting down: close when nothing is under way, or, with `now`, at once.
  virtual void on_exiting(bool now) noexcept = 0;

 protected:
  ~RedisConnectionOwner() = default;
};

class RedisConnection {
 public:
  // All must outlive this. `tls` and `hosts` are nullptr where there are none.
  RedisConnection(RedisConnectionOwner& owner, RedisTls* tls, RedisHosts* hosts,
                  ngx_log_t* log) noexcept;
  ~RedisConnection() { close(); }
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Begins to connect. NGX_OK, else the error (NGX_ENFILE where NGINX has no connection to give)
  // and nothing is open. Logs nothing: the owner knows how often it has been said.
  ngx_err_t open(const ngx_addr_t& address) noexcept;

  // Closes and frees everything; does nothing where nothing is open. Where the server has a name,
  // it is looked up again for the next time.
  void close() noexcept;

  bool is_open() const noexcept { return connection_ != nullptr; }
  // With TLS, once the handshake is over and the server is who it should be.
  bool is_connected() const noexcept { return connected_; }

  // Why TLS failed on the connection last opened, also when that is closed; "" where it did not.
  const char* tls_error() const noexcept { return tls_error_.data(); }

  // Has unsent() sent before this pass of the event loop ends, together with what is added to it
  // until then.
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
  RedisHosts* hosts_;
  ngx_log_t* log_;
  ngx_log_t silent_log_;  // of connecting
  ngx_log_t tls_log_;     // what NGINX's SSL would log is tls_error_
  std::array<char, 192> tls_error_{};
  std::string_view address_;                // of the server, as ngx_addr_t::name has it
  ngx_connection_t* connection_ = nullptr;  // with a pool of its own
  bool connected_ = false;
};

}  // namespace personalize
