#include "nginx/redis_client/connection/hosts.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "nginx/memory.h"

namespace personalize {

namespace {

// All connections to a server notice its loss at the same time.
constexpr ngx_msec_t ask_interval = 1000;

}  // namespace

RedisHosts::SocketAddress RedisHosts::copy(const sockaddr* address, socklen_t size) noexcept {
  SocketAddress copy;
  copy.size = std::min<socklen_t>(size, sizeof(copy.storage));
  std::memcpy(&copy.storage, address, copy.size);
  return copy;
}

void RedisHosts::add(std::string_view host, in_port_t port, const ngx_addr_t* addresses,
                     std::size_t count) {
  Host& added = hosts_.emplace_back();
  added.owner = this;
  added.name = view(addresses[0].name);
  added.host = host;
  added.port = port;
  for (std::size_t i = 0; i < count; ++i) {
    added.known.push_back(addresses[i].sockaddr);
    added.current.push_back(copy(addresses[i].sockaddr, addresses[i].socklen));
  }
}

void RedisHosts::use(ngx_resolver_t* resolver, ngx_msec_t timeout) noexcept {
  resolver_ = resolver;
  timeout_ = timeout;
}

RedisHosts::Host* RedisHosts::host_of(std::string_view name) noexcept {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                  [&](const Host& host) { return host.name == name; });
  return found == hosts_.end() ? nullptr : &*found;
}

RedisHosts::Target RedisHosts::find(const ngx_addr_t& address) noexcept {
  if (Host* host = host_of(view(address.name))) {
    const auto known = std::find(host->known.begin(), host->known.end(), address.sockaddr);
    if (known != host->known.end()) {
      const auto index = static_cast<std::size_t>(known - host->known.begin());
      SocketAddress& current = host->current[index % host->current.size()];
      return {reinterpret_cast<sockaddr*>(&current.storage), current.size};
    }
  }
  return {address.sockaddr, address.socklen};
}

void RedisHosts::ask_again(std::string_view name) noexcept {
  Host* host = resolver_ == nullptr ? nullptr : host_of(name);
  if (host == nullptr || host->asking ||
      (host->asked &&
       static_cast<ngx_msec_int_t>(ngx_current_msec - host->asked_at - ask_interval) < 0)) {
    return;
  }
  ngx_resolver_ctx_t* context = ngx_resolve_start(resolver_, nullptr);
  if (context == nullptr || context == NGX_NO_RESOLVER) {
    return;
  }
  context->name = ngx_view(host->host);
  context->handler = on_answer;
  context->data = host;
  context->timeout = timeout_;
  context->cancelable = 1;  // does not delay a worker's exit
  host->asking = true;
  host->asked = true;
  host->asked_at = ngx_current_msec;
  // On failure, NGINX has freed the context.
  if (ngx_resolve_name(context) != NGX_OK) {
    host->asking = false;
  }
}

void RedisHosts::on_answer(ngx_resolver_ctx_t* context) noexcept {
  Host& host = *static_cast<Host*>(context->data);
  host.asking = false;
  if (context->state == NGX_OK && context->naddrs != 0) {
    host.owner->take(host, *context);
  } else {
    ngx_log_error(
        NGX_LOG_WARN, ngx_cycle->log, 0,
        "personalize: redis host %s cannot be resolved (%i: %s), so it is looked for where "
        "it was before",
        host.host.c_str(), context->state, ngx_resolver_strerror(context->state));
  }
  ngx_resolve_name_done(context);
}

void RedisHosts::take(Host& host, const ngx_resolver_ctx_t& answer) noexcept {
  try {
    std::vector<SocketAddress> addresses;
    for (ngx_uint_t i = 0; i < answer.naddrs; ++i) {
      SocketAddress& one =
          addresses.emplace_back(copy(answer.addrs[i].sockaddr, answer.addrs[i].socklen));
      ngx_inet_set_port(reinterpret_cast<sockaddr*>(&one.storage), host.port);
    }
    host.current = std::move(addresses);
  } catch (const std::bad_alloc&) {
    return;
  }
  u_char text[NGX_SOCKADDR_STRLEN];
  SocketAddress& first = host.current.front();
  const std::size_t size =
      ngx_sock_ntop(reinterpret_cast<sockaddr*>(&first.storage), first.size, text, sizeof(text), 1);
  ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "personalize: redis host %s is now at %*s",
                host.name.c_str(), size, text);
}

}  // namespace personalize
