#include "nginx/redis_client/connection/tls.h"

#include <map>
#include <utility>

#include "nginx/platform/memory.h"

#if (NGX_SSL)

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// A module built for an NGINX with SSL can be loaded by one without.
#pragma weak ngx_ssl_create
#pragma weak ngx_ssl_cleanup_ctx
#pragma weak ngx_ssl_certificate
#pragma weak ngx_ssl_client_session_cache
#pragma weak ngx_ssl_create_connection
#pragma weak ngx_ssl_handshake
#pragma weak ngx_ssl_shutdown
#pragma weak ngx_ssl_set_session
#pragma weak ngx_ssl_get_session

#endif

namespace personalize {

namespace {

[[noreturn]] void refuse_without_ssl(const Where& where) {
  throw ConfigError(where,
                    "personalize_redis: tls=on needs NGINX's SSL, which this NGINX was built "
                    "without; use one that was configured --with-http_ssl_module, or connect "
                    "through a TLS proxy on this machine");
}

// Removes port and brackets from `HOST:PORT` and `[ADDRESS]:PORT`. Returns "" for a Unix socket.
std::string_view host_of(std::string_view address) noexcept {
  if (address.substr(0, 5) == "unix:") {
    return {};
  }
  if (!address.empty() && address.front() == '[') {
    const auto end = address.find(']');
    return end == std::string_view::npos ? std::string_view() : address.substr(1, end - 1);
  }
  const auto colon = address.rfind(':');
  // More than one colon: an IPv6 address alone.
  return address.find(':') == colon ? address.substr(0, colon) : address;
}

}  // namespace

std::string_view RedisTls::server_name(std::string_view address) const noexcept {
  return options_.server_name.empty() ? host_of(address) : std::string_view(options_.server_name);
}

bool RedisTls::can_name(std::string_view address) const {
  return !options_.verify || !server_name(address).empty();
}

#if (NGX_SSL)

namespace {

bool is_ip_address(const std::string& name) noexcept {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str());
  const bool is_one = address != nullptr;
  ASN1_OCTET_STRING_free(address);
  ERR_clear_error();
  return is_one;
}

struct FreeSession {
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};

}  // namespace

struct RedisTls::Context {
  ~Context() {
    if (ssl.ctx != nullptr) {
      ngx_ssl_cleanup_ctx(&ssl);
    }
  }

  ngx_ssl_t ssl{};
  std::map<std::string, std::unique_ptr<SSL_SESSION, FreeSession>, std::less<>> sessions;
};

RedisTls::RedisTls(ngx_conf_t* cf, RedisTlsOptions options, const Where& where)
    : options_(std::move(options)), context_(std::make_unique<Context>()) {
  if (&ngx_ssl_create == nullptr) {
    refuse_without_ssl(where);
  }
  ngx_ssl_t& ssl = context_->ssl;
  ssl.log = cf->log;
  if (ngx_ssl_create(&ssl, NGX_SSL_TLSv1_2 | NGX_SSL_TLSv1_3, nullptr) != NGX_OK ||
      ngx_ssl_client_session_cache(cf, &ssl, 1) != NGX_OK) {
    throw ConfigError(where, "personalize_redis: TLS cannot be set up");
  }
  SSL_CTX_set_mode(ssl.ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

  if (!options_.certificate.empty()) {
    ngx_str_t certificate = ngx_view(copy_to_pool(cf->pool, options_.certificate + '\0'));
    ngx_str_t key = ngx_view(copy_to_pool(cf->pool, options_.key + '\0'));
    --certificate.len;
    --key.len;
    if (ngx_ssl_certificate(cf, &ssl, &certificate, &key, nullptr) != NGX_OK) {
      throw ConfigError(where, "personalize_redis: cert=" + options_.certificate + " and key=" +
                                   options_.key + " are not a certificate and its key");
    }
  }
  if (!options_.verify) {
    return;
  }
  SSL_CTX_set_verify(ssl.ctx, SSL_VERIFY_PEER, nullptr);
  const bool trusts = options_.ca.empty() ? SSL_CTX_set_default_verify_paths(ssl.ctx) == 1
                                          : SSL_CTX_load_verify_locations(
                                                ssl.ctx, options_.ca.c_str(), nullptr) == 1;
  ERR_clear_error();
  if (!trusts) {
    throw ConfigError(where, "personalize_redis: ca=" + options_.ca +
                                 " is not a readable file of certificates in PEM");
  }
}

RedisTls::~RedisTls() = default;

bool RedisTls::begin(ngx_connection_t* connection, std::string_view address) noexcept {
  if (ngx_ssl_create_connection(&context_->ssl, connection, NGX_SSL_CLIENT) != NGX_OK) {
    return false;
  }
  try {
    const std::string name(server_name(address));
    SSL* ssl = connection->ssl->connection;
    bool named = true;
    if (!name.empty()) {
      const bool is_ip = is_ip_address(name);
      // An address is not sent as a name (RFC 6066).
      named = is_ip || SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
      if (options_.verify) {
        named = named && (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str())
                                : SSL_set1_host(ssl, name.c_str())) == 1;
      }
    }
    const auto known = context_->sessions.find(address);
    if (known != context_->sessions.end()) {
      ngx_ssl_set_session(connection, known->second.get());
    }
    ERR_clear_error();
    return named;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

ngx_int_t RedisTls::handshake(ngx_connection_t* connection,
                              void (*done)(ngx_connection_t*)) noexcept {
  const ngx_int_t rc = ngx_ssl_handshake(connection);
  if (rc == NGX_AGAIN) {
    connection->ssl->handler = done;
  }
  return rc;
}

bool RedisTls::is_established(const ngx_connection_t* connection) noexcept {
  return connection->ssl->handshaked != 0;
}

const char* RedisTls::refusal(ngx_connection_t* connection) const noexcept {
  if (!options_.verify || connection->ssl == nullptr) {
    return nullptr;
  }
  const long result = SSL_get_verify_result(connection->ssl->connection);
  return result == X509_V_OK ? nullptr : X509_verify_cert_error_string(result);
}

void RedisTls::on_session(ngx_connection_t* connection, SessionHandler handler) noexcept {
  connection->ssl->save_session = handler;
}

void RedisTls::keep_session(ngx_connection_t* connection, std::string_view address) noexcept {
  std::unique_ptr<SSL_SESSION, FreeSession> session(ngx_ssl_get_session(connection));
  if (session == nullptr) {
    return;
  }
  try {
    context_->sessions.insert_or_assign(std::string(address), std::move(session));
  } catch (const std::bad_alloc&) {
    // The next handshake is a full one.
  }
}

void RedisTls::end(ngx_connection_t* connection) noexcept {
  if (connection->ssl != nullptr) {
    connection->ssl->no_wait_shutdown = 1;
    connection->ssl->no_send_shutdown = 1;
    ngx_ssl_shutdown(connection);
  }
}

#else

struct RedisTls::Context {};

RedisTls::RedisTls(ngx_conf_t*, RedisTlsOptions, const Where& where) {
  refuse_without_ssl(where);
}
RedisTls::~RedisTls() = default;

// Never called: the constructor throws.
bool RedisTls::begin(ngx_connection_t*, std::string_view) noexcept {
  return false;
}
ngx_int_t RedisTls::handshake(ngx_connection_t*, void (*)(ngx_connection_t*)) noexcept {
  return NGX_ERROR;
}
bool RedisTls::is_established(const ngx_connection_t*) noexcept {
  return false;
}
const char* RedisTls::refusal(ngx_connection_t*) const noexcept {
  return nullptr;
}
void RedisTls::on_session(ngx_connection_t*, SessionHandler) noexcept {}
void RedisTls::keep_session(ngx_connection_t*, std::string_view) noexcept {}
void RedisTls::end(ngx_connection_t*) noexcept {}

#endif

}  // namespace personalize
