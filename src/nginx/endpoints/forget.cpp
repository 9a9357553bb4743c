#include "nginx/endpoints/forget.h"

#include "nginx/endpoints/own_pages.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/visitor/response_cookies.h"
#include "nginx/worker.h"
#include "personalize/learn/lesson.h"
#include "personalize/record/session_commands.h"
#include "personalize/signals/beacon.h"
#include "personalize/sources/person.h"

namespace personalize {

namespace {

// Keys are deleted whether or not sessions are kept now.
const SessionOptions& session_options(const ServerConf& server) noexcept {
  static const SessionOptions usual;
  return server.session == nullptr ? usual : server.session->options;
}

void write_event(ngx_http_request_t* r, RequestView& request, std::string_view visitor) noexcept {
  EventLog* log = worker().events.get();
  Pseudonyms::Text pseudonym;
  if (visitor.empty() || log == nullptr || !log->pseudonyms().make(visitor, pseudonym)) {
    return;
  }
  Event event;
  event.kind = EventKind::forget;
  event.time_ms = request.now_ms();
  event.visitor = {pseudonym.data(), pseudonym.size()};
  event.host = view(r->headers_in.server);
  log->write(event);
}

// Ends the request when everything was deleted.
ngx_int_t confirm(ngx_http_request_t* r, std::string_view visitor) noexcept {
  RequestAdapter request(r);
  write_event(r, request, visitor);
  if (!ResponseCookies(r, server_conf(r)).forget_visitor(request) ||
      !add_header(r, "Cache-Control", "no-store")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  count(Counter::visitor_forgotten);
  r->headers_out.status = NGX_HTTP_NO_CONTENT;
  r->header_only = 1;
  return ngx_http_send_header(r);
}

// A request that waits until Redis has deleted the visitor's keys. Lives as long as the request.
class Forgetting final : public RedisCommandHandler {
 public:
  // "" for a visitor without a proven id, and for a person's key if nobody is known.
  Forgetting(ngx_http_request_t* r, std::string_view visitor, std::string_view person)
      : r_(r), visitor_(visitor), person_(person) {}
  ~Forgetting() {
    if (waiting_ != 0) {
      worker().redis->cancel(*this);
    }
  }
  Forgetting(const Forgetting&) = delete;
  Forgetting& operator=(const Forgetting&) = delete;

  // Returns how many commands were sent; what could not be sent has failed. Throws what `memory`
  // throws.
  std::size_t send(std::pmr::memory_resource* memory) {
    for (const auto owner : {visitor_, person_}) {
      if (!owner.empty()) {
        send_all(owner, memory);
      }
    }
    if (!person_.empty()) {
      std::pmr::string key(person_head, memory);
      key += person_;
      send(Command({"DEL", key}, memory));
    }
    return waiting_;
  }

  void on_reply(const RedisReply& reply) noexcept override {
    finish(reply.kind == RedisReply::Kind::integer);
  }
  void on_failure(RedisFailure) noexcept override { finish(false); }

 private:
  // Deletes what is kept of a visitor, or of a person in the same way.
  void send_all(std::string_view owner, std::pmr::memory_resource* memory) {
    const PageView page{owner, RequestAdapter(r_).now_ms() / 1000, {}, {}};
    SessionCommands commands(session_options(server_conf(r_)), page, memory);
    for (const Command& command : commands.forget()) {
      send(command);
    }
    for (const auto& key : learned_of_visitor(owner, memory)) {
      send(Command({"DEL", key}, memory));
    }
  }

  void send(const Command& command) noexcept {
    const bool is_sent = worker().redis->send(command.data(), command.size(), *this);
    waiting_ += is_sent ? 1 : 0;
    has_failed_ = has_failed_ || !is_sent;
  }

  void finish(bool is_done) noexcept {
    has_failed_ = has_failed_ || !is_done;
    if (--waiting_ != 0) {
      return;
    }
    ngx_connection_t* connection = r_->connection;
    ngx_http_finalize_request(r_,
                              has_failed_ ? NGX_HTTP_SERVICE_UNAVAILABLE : confirm(r_, visitor_));
    ngx_http_run_posted_requests(connection);
  }

  ngx_http_request_t* r_;
  std::string_view visitor_;
  std::string_view person_;
  std::size_t waiting_ = 0;
  bool has_failed_ = false;
};

// Returns the id, whether the visitor agrees to be recognized or not; "" if it is not signed.
std::string_view signed_id(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                           std::pmr::memory_resource* memory) noexcept {
  Visitor visitor;
  const VisitorRule* rule = visitor_rule(r, server);
  if (rule != nullptr && rule->cookie != nullptr) {
    rule->cookie->read(request, memory, visitor);
  }
  return visitor.verified ? visitor.id : std::string_view();
}

// Returns the key of whoever is signed in; "" for nobody. Throws what `memory` throws.
std::string_view key_of_person(const ServerConf& server, RequestView& request,
                               std::pmr::memory_resource* memory) {
  const auto id = server.person == nullptr
                      ? std::nullopt
                      : request.variable(static_cast<std::uint32_t>(server.person->variable));
  return id ? person_from_variable(*id, memory).key : std::string_view();
}

ngx_int_t answer(ngx_http_request_t* r) {
  PoolMemory memory(r->pool);
  RequestAdapter request(r);
  const auto id = signed_id(r, server_conf(r), request, &memory);
  const auto key = key_of_person(server_conf(r), request, &memory);
  if (id.empty() && key.empty()) {
    return NGX_HTTP_FORBIDDEN;
  }
  const auto visitor = copy_to_pool(r->pool, id);
  const auto person = copy_to_pool(r->pool, key);
  if (worker().redis == nullptr) {
    return confirm(r, visitor);
  }
  auto* forgetting = make_in_pool<Forgetting>(r->pool, r, visitor, person);
  if (forgetting->send(&memory) == 0) {
    return NGX_HTTP_SERVICE_UNAVAILABLE;
  }
  ++r->main->count;
  return NGX_DONE;
}

}  // namespace

ngx_int_t serve_forget(ngx_http_request_t* r) {
  const ngx_int_t method = require_post(r);
  if (method != NGX_OK) {
    return method;
  }
  RequestAdapter request(r);
  if (!is_from_own_page(r, request)) {
    return NGX_HTTP_FORBIDDEN;
  }
  const ngx_int_t rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) {
    return rc;
  }
  try {
    return answer(r);
  } catch (const std::bad_alloc&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
