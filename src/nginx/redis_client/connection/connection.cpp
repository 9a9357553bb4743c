#include "nginx/redis_client/connection/connection.h"

#include <algorithm>

#include "nginx/platform/memory.h"

namespace personalize {

namespace {

// Reads before other connections have their turn.
constexpr int reads_in_a_row = 16;

constexpr std::size_t pool_size = 512;

}  // namespace

RedisConnection::RedisConnection(RedisConnectionOwner& owner, RedisTls* tls, RedisHosts& hosts,
                                 ngx_log_t* log) noexcept
    : owner_(owner), tls_(tls), hosts_(hosts), log_(log), silent_log_(*log), tls_log_(*log) {
  silent_log_.log_level = NGX_LOG_STDERR;
  tls_log_.log_level = NGX_LOG_INFO;
  tls_log_.next = nullptr;
  tls_log_.wdata = this;
  tls_log_.writer = [](ngx_log_t* log, ngx_uint_t, u_char* line, std::size_t size) {
    static_cast<RedisConnection*>(log->wdata)
        ->keep_tls_error({reinterpret_cast<const char*>(line), size});
  };
}

ngx_err_t RedisConnection::open(const ngx_addr_t& address) noexcept {
  ngx_peer_connection_t peer{};
  const RedisHosts::Target target = hosts_.find(address);
  peer.sockaddr = target.address;
  peer.socklen = target.size;
  peer.name = const_cast<ngx_str_t*>(&address.name);  // NGINX only prints it
  peer.get = ngx_event_get_peer;
  peer.log = &silent_log_;
  peer.log_error = NGX_ERROR_INFO;
  peer.so_keepalive = 1;

  ngx_set_socket_errno(0);
  const ngx_int_t connecting = ngx_event_connect_peer(&peer);
  if (connecting != NGX_OK && connecting != NGX_AGAIN) {
    const ngx_err_t error = ngx_socket_errno;
    look_up_again(view(address.name));
    return error != 0 ? error : NGX_ENFILE;
  }

  address_ = view(address.name);
  tls_error_ = {};
  ngx_log_t* log = tls_ == nullptr ? log_ : &tls_log_;
  connection_ = peer.connection;
  connection_->log = log;
  connection_->read->log = log;
  connection_->write->log = log;
  connection_->pool = ngx_create_pool(pool_size, log_);
  if (connection_->pool == nullptr) {
    close();
    return NGX_ENOMEM;
  }
  connection_->data = this;
  connection_->idle = 1;  // a worker that shuts down asks it to close
  connection_->read->handler = read_handler;
  connection_->write->handler = write_handler;
  if (connecting == NGX_OK) {
    write_soon();  // notices that it is connected
  }
  return NGX_OK;
}

void RedisConnection::close() noexcept {
  if (connection_ == nullptr) {
    return;
  }
  ngx_pool_t* pool = connection_->pool;
  RedisTls::end(connection_);
  connection_->log = log_;
  ngx_close_connection(connection_);
  if (pool != nullptr) {
    ngx_destroy_pool(pool);
  }
  connection_ = nullptr;
  connected_ = false;
  look_up_again(address_);
}

void RedisConnection::look_up_again(std::string_view address) noexcept {
  const bool is_ending = ngx_exiting != 0 || ngx_quit != 0 || ngx_terminate != 0;
  if (!is_ending) {
    hosts_.ask_again(address);
  }
}

void RedisConnection::write_soon() noexcept {
  if (connection_ != nullptr) {
    ngx_post_event(connection_->write, &ngx_posted_events);
  }
}

void RedisConnection::read_handler(ngx_event_t* event) noexcept {
  static_cast<RedisConnection*>(static_cast<ngx_connection_t*>(event->data)->data)->read();
}

void RedisConnection::write_handler(ngx_event_t* event) noexcept {
  static_cast<RedisConnection*>(static_cast<ngx_connection_t*>(event->data)->data)->write();
}

void RedisConnection::read() noexcept {
  ngx_connection_t* connection = connection_;
  if (connection->read->ready) {
    if (!connected_ && !finish_connecting()) {
      return;
    }
    if (!receive(connection)) {
      return;
    }
  }
  if (connection->close) {
    owner_.on_exiting(connection->error);
  }
}

// Reads what has arrived. Returns false if the connection is closed or lost.
bool RedisConnection::receive(ngx_connection_t* connection) noexcept {
  std::array<u_char, 16384> buffer;
  for (int i = 0; i < reads_in_a_row; ++i) {
    const ssize_t size = connection->recv(connection, buffer.data(), buffer.size());
    if (size == NGX_AGAIN) {
      if (ngx_handle_read_event(connection->read, 0) == NGX_OK) {
        return true;
      }
      owner_.on_lost(ngx_socket_errno);
      return false;
    }
    if (size <= 0) {
      owner_.on_lost(size == 0 ? 0 : ngx_socket_errno);
      return false;
    }
    if (!owner_.on_bytes(
            {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(size)})) {
      return false;
    }
  }
  ngx_post_event(connection->read, &ngx_posted_next_events);
  return true;
}

void RedisConnection::write() noexcept {
  ngx_connection_t* connection = connection_;
  if (!connection->write->ready) {
    return;
  }
  if (!connected_ && !finish_connecting()) {
    return;
  }
  for (std::string_view bytes = owner_.unsent(); !bytes.empty(); bytes = owner_.unsent()) {
    // NGINX does not write to what it sends.
    auto* data = reinterpret_cast<u_char*>(const_cast<char*>(bytes.data()));
    const ssize_t size = connection->send(connection, data, bytes.size());
    if (size == NGX_ERROR) {
      // The server has closed the connection, perhaps with an error reply that is still to be read.
      // Reading will notice the end.
      return;
    }
    if (size <= 0) {
      break;
    }
    owner_.on_sent(static_cast<std::size_t>(size));
  }
  if (ngx_handle_write_event(connection->write, 0) != NGX_OK) {
    owner_.on_lost(ngx_socket_errno);
  }
}

// Returns false if connecting goes on with TLS, or has failed; then the owner has been called.
bool RedisConnection::finish_connecting() noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(connection_->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1) {
    error = ngx_socket_errno;
  }
  if (error != 0) {
    owner_.on_lost(error);
    return false;
  }
  // Commands are small, and are not held back until the last one is acknowledged. An error only
  // makes the connection slower.
  ngx_tcp_nodelay(connection_);
  if (tls_ != nullptr) {
    return begin_tls();
  }
  connected_ = true;
  return true;
}

// Returns false if there is nothing to read or write yet: the handshake goes on, or has failed;
// then the owner has been called.
bool RedisConnection::begin_tls() noexcept {
  if (!tls_->begin(connection_, address_)) {
    owner_.on_lost(NGX_ENOMEM);
    return false;
  }
  RedisTls::on_session(connection_, [](ngx_connection_t* connection) {
    auto* self = static_cast<RedisConnection*>(connection->data);
    self->tls_->keep_session(connection, self->address_);
  });
  const ngx_int_t outcome = tls_->handshake(connection_, [](ngx_connection_t* connection) {
    auto* self = static_cast<RedisConnection*>(connection->data);
    if (self->finish_tls(RedisTls::is_established(connection) ? NGX_OK : NGX_ERROR)) {
      self->write_soon();
      ngx_post_event(connection->read, &ngx_posted_events);
    }
  });
  return outcome != NGX_AGAIN && finish_tls(outcome);
}

bool RedisConnection::finish_tls(ngx_int_t outcome) noexcept {
  // The handshake has set handlers of its own.
  connection_->read->handler = read_handler;
  connection_->write->handler = write_handler;
  if (outcome != NGX_OK) {
    if (const char* refusal = tls_->refusal(connection_)) {
      keep_tls_error(refusal);
    }
    owner_.on_lost(NGX_ECONNABORTED);
    return false;
  }
  connected_ = true;
  return true;
}

// Keeps a message without the time and the like that NGINX puts before it.
void RedisConnection::keep_tls_error(std::string_view text) noexcept {
  const std::size_t begin = std::min(text.find("SSL"), text.find("peer "));
  if (begin != std::string_view::npos && text.find('[') < begin) {
    text.remove_prefix(begin);
  }
  text = text.substr(0, std::min(text.find('\n'), tls_error_.size() - 1));
  tls_error_ = {};
  std::copy(text.begin(), text.end(), tls_error_.begin());
}

}  // namespace personalize
