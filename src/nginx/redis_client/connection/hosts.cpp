#include "nginx/redis_client/connection/hosts.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "nginx/platform/event_timer.h"
#include "nginx/platform/memory.h"

namespace personalize {

namespace {

// All connections to a server notice its loss at the same time.
constexpr ngx_msec_t ask_interval = 1000;

// How long a name is kept that no server uses.
constexpr ngx_msec_t kept_unused = 60000;

std::string name_of(const std::string& host, in_port_t port) {
  return host + ":" + std::to_string(port);
}

}  // namespace

RedisHosts::SocketAddress RedisHosts::copy(const sockaddr* address, socklen_t size) noexcept {
  SocketAddress copy;
  copy.size = std::min<socklen_t>(size, sizeof(copy.storage));
  std::memcpy(&copy.storage, address, copy.size);
  return copy;
}

bool RedisHosts::is_same(const SocketAddress& a, const SocketAddress& b) noexcept {
  const auto address = [](const SocketAddress& one) {
    return const_cast<sockaddr*>(reinterpret_cast<const sockaddr*>(&one.storage));
  };
  return ngx_cmp_sockaddr(address(a), a.size, address(b), b.size, 1) == NGX_OK;
}

std::string RedisHosts::list(const std::vector<SocketAddress>& addresses) {
  std::string names;
  for (SocketAddress one : addresses) {
    u_char text[NGX_SOCKADDR_STRLEN];
    const std::size_t size =
        ngx_sock_ntop(reinterpret_cast<sockaddr*>(&one.storage), one.size, text, sizeof(text), 1);
    names += names.empty() ? "" : ", ";
    names.append(reinterpret_cast<const char*>(text), size);
  }
  return names;
}

void RedisHosts::add(std::string_view host, in_port_t port, const ngx_addr_t* addresses,
                     std::size_t count) {
  Host& added = *hosts_.emplace_back(std::make_shared<Host>());
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

RedisHosts::Host* RedisHosts::announce(const std::string& host, in_port_t port) {
  forget_unused();
  if (hosts_.size() >= most_announced) {
    return nullptr;
  }
  auto added = std::make_shared<Host>();
  added->owner = this;
  added->name = name_of(host, port);
  added->host = host;
  added->port = port;
  added->is_announced = true;
  added->placeholder.storage.ss_family = AF_INET;
  added->placeholder.size = sizeof(sockaddr_in);
  auto* placeholder = reinterpret_cast<sockaddr*>(&added->placeholder.storage);
  added->known.push_back(placeholder);
  added->address = {placeholder, added->placeholder.size, ngx_view(added->name)};
  hosts_.push_back(std::move(added));
  return hosts_.back().get();
}

void RedisHosts::forget_unused() noexcept {
  const auto is_unused = [](const std::shared_ptr<Host>& host) {
    return host->is_announced && host.use_count() == 1 && !host->asking &&
           is_due(host->asked_at + kept_unused);
  };
  hosts_.erase(std::remove_if(hosts_.begin(), hosts_.end(), is_unused), hosts_.end());
}

std::shared_ptr<const ngx_addr_t> RedisHosts::at(const std::string& host, in_port_t port) noexcept {
  try {
    const std::string name = name_of(host, port);
    auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& one) {
      return one->is_announced && one->name == name;
    });
    if (found == hosts_.end()) {
      if (!has_resolver() || announce(host, port) == nullptr) {
        return nullptr;
      }
      found = hosts_.end() - 1;
    }
    const std::shared_ptr<Host> known = *found;
    if (known->current.empty()) {
      ask(*known);  // which may answer at once
    }
    if (!known->current.empty()) {
      return {known, &known->address};
    }
  } catch (const std::bad_alloc&) {
    // It will be asked for again.
  }
  return nullptr;
}

bool RedisHosts::is_resolving(const std::string& host, in_port_t port) const noexcept {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& one) {
    return one->is_announced && one->asking && one->host == host && one->port == port;
  });
}

RedisHosts::Target RedisHosts::find(const ngx_addr_t& address) noexcept {
  for (const auto& host : hosts_) {
    const auto known = std::find(host->known.begin(), host->known.end(), address.sockaddr);
    if (known != host->known.end() && !host->current.empty()) {
      const auto index = static_cast<std::size_t>(known - host->known.begin());
      SocketAddress& current = host->current[index % host->current.size()];
      return {reinterpret_cast<sockaddr*>(&current.storage), current.size};
    }
  }
  return {address.sockaddr, address.socklen};
}

void RedisHosts::ask_again(std::string_view name) noexcept {
  for (const auto& host : hosts_) {
    if (host->name == name) {
      ask(*host);
    }
  }
}

void RedisHosts::ask(Host& host) noexcept {
  if (!has_resolver() || host.asking || (host.asked && !is_due(host.asked_at + ask_interval))) {
    return;
  }
  ngx_resolver_ctx_t* context = ngx_resolve_start(resolver_, nullptr);
  if (context == nullptr || context == NGX_NO_RESOLVER) {
    return;
  }
  context->name = ngx_view(host.host);
  context->handler = on_answer;
  context->data = &host;
  context->timeout = timeout_;
  context->cancelable = 1;  // does not delay a worker's exit
  host.asking = true;
  host.asked = true;
  host.asked_at = ngx_current_msec;
  // On failure, NGINX has freed the context.
  if (ngx_resolve_name(context) != NGX_OK) {
    host.asking = false;
  }
}

void RedisHosts::on_answer(ngx_resolver_ctx_t* context) noexcept {
  Host& host = *static_cast<Host*>(context->data);
  host.asking = false;
  if (context->state == NGX_OK && context->naddrs != 0) {
    host.owner->take(host, *context);
  } else {
    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "personalize: redis host %s cannot be resolved (%i: %s)%s", host.host.c_str(),
                  context->state, ngx_resolver_strerror(context->state),
                  host.current.empty() ? "" : "; its last known addresses stay in use");
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
    // NGINX's resolver gives the addresses in a random order.
    const bool is_changed = !std::is_permutation(addresses.begin(), addresses.end(),
                                                 host.current.begin(), host.current.end(), is_same);
    const bool is_new = host.current.empty();
    host.current = std::move(addresses);
    if (is_changed) {
      ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "personalize: redis host %s resolved to %s",
                    host.name.c_str(), list(host.current).c_str());
    }
    if (is_new && listener_ != nullptr) {
      listener_->on_resolved();
    }
  } catch (const std::bad_alloc&) {
    // What was known before stays in use.
  }
}

}  // namespace personalize
