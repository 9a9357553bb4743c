#include "nginx/endpoints/answers.h"

#include "nginx/endpoints/request_body.h"
#include "nginx/request/counting/claims.h"
#include "nginx/request/counting/request_events.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/visitor/preview_cookie.h"
#include "nginx/worker.h"
#include "personalize/record/answer_commands.h"

namespace personalize {

namespace {

constexpr std::size_t max_body = 4096;

ngx_int_t refuse(Counter why, ngx_int_t status) noexcept {
  count(why);
  return status;
}

std::string_view host_of(const ngx_http_request_t* r) noexcept {
  const ngx_table_elt_t* host = r->headers_in.host;
  return host == nullptr ? std::string_view() : view(host->value);
}

// Returns the path and arguments of the page that the form is on; "/" if that is not known.
std::string_view page_of_form(RequestView& request, std::string_view host) noexcept {
  const auto target = target_of_referer(request, host);
  // `//` would be the beginning of another host.
  const bool is_path = target.size() < 2 || (target[1] != '/' && target[1] != '\\');
  return is_path && !target.empty() ? target : "/";
}

// Returns whether a browser shows what is answered: a form was sent without a script.
bool is_shown(RequestView& request) noexcept {
  const auto mode = request.header("sec-fetch-mode");
  return mode.empty() ? request.header("accept").find("text/html") != std::string_view::npos
                      : mode == "navigate";
}

ngx_int_t confirm(ngx_http_request_t* r, RequestView& request) {
  if (!add_header(r, "Cache-Control", "no-store")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  r->headers_out.status = NGX_HTTP_NO_CONTENT;
  if (is_shown(request)) {
    const auto page = copy_to_pool(r->pool, page_of_form(request, host_of(r)));
    if (!add_header(r, "Location", page)) {
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    r->headers_out.status = NGX_HTTP_SEE_OTHER;
    r->headers_out.content_length_n = 0;
  }
  r->header_only = 1;
  return ngx_http_send_header(r);
}

// A form whose answers Redis is asked to keep. Lives as long as the request.
class PendingAnswers final : public RedisCommandHandler {
 public:
  PendingAnswers(ngx_http_request_t* r, std::string_view visitor) noexcept
      : r_(r), visitor_(visitor), memory_(r->pool) {}
  ~PendingAnswers() {
    if (waiting_ != 0) {
      worker().redis->cancel(*this);
    }
  }
  PendingAnswers(const PendingAnswers&) = delete;
  PendingAnswers& operator=(const PendingAnswers&) = delete;

  // Takes the body of the form. Returns what the handler is to return. Throws bad_alloc.
  ngx_int_t begin(std::string_view body) {
    const AnswerForms& forms = server_conf(r_).site->forms;
    answers_ = forms.read(body, &memory_);
    if (!answers_) {
      return refuse(Counter::answers_unknown, NGX_HTTP_BAD_REQUEST);
    }
    for (const auto& command : answer_commands(visitor_, *answers_, forms.keep_s(), &memory_)) {
      const bool is_sent = worker().redis->send(command.data(), command.size(), *this);
      waiting_ += is_sent ? 1 : 0;
      has_failed_ = has_failed_ || !is_sent;
    }
    if (waiting_ == 0) {
      return conclude();
    }
    ++r_->main->count;
    return NGX_DONE;
  }

  void on_reply(const RedisReply& reply) noexcept override {
    finish(reply.kind == RedisReply::Kind::integer);
  }
  void on_failure(RedisFailure) noexcept override { finish(false); }

 private:
  void finish(bool is_done) noexcept {
    has_failed_ = has_failed_ || !is_done;
    if (--waiting_ != 0) {
      return;
    }
    ngx_connection_t* connection = r_->connection;
    ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    try {
      rc = conclude();
    } catch (const std::exception&) {
      count(Counter::answers_failed);  // out of memory
    }
    ngx_http_finalize_request(r_, rc);
    ngx_http_run_posted_requests(connection);
  }

  ngx_int_t conclude() {
    if (has_failed_) {
      return refuse(Counter::answers_failed, NGX_HTTP_SERVICE_UNAVAILABLE);
    }
    RequestAdapter request(r_);
    count(Counter::answers_kept);
    write_events(request);
    return confirm(r_, request);
  }

  void write_events(RequestView& request) {
    if (worker().events == nullptr) {
      return;
    }
    const ServerConf& server = server_conf(r_);
    Identity identity(r_, server, request, &memory_, Identity::Issue::no);
    RequestEvents events(r_, server, request, identity);
    events.set_path(path_of_referer(request, host_of(r_), &memory_));
    for (const auto& answer : *answers_) {
      Event event;
      event.kind = EventKind::answer;
      event.campaign = answer.form->name;
      event.question = answer.field->name;
      event.answer = answer.text;
      events.write_claim(event);
    }
  }

  ngx_http_request_t* r_;
  std::string_view visitor_;
  PoolMemory memory_;
  std::optional<AnswerForms::Answers> answers_;
  std::size_t waiting_ = 0;
  bool has_failed_ = false;
};

ngx_int_t answer(ngx_http_request_t* r) {
  PoolMemory memory(r->pool);
  const auto body = body_of(r, max_body, &memory);
  if (!body) {
    return refuse(Counter::answers_refused, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE);
  }
  const ServerConf& server = server_conf(r);
  RequestAdapter request(r);
  if (read_preview_cookie(server, request, &memory).grant) {
    return confirm(r, request);  // nothing is kept in a preview
  }
  Identity identity(r, server, request, &memory, Identity::Issue::no);
  const Visitor& visitor = identity.owner();
  if (!visitor.is_known() || !visitor.verified || identity.is_bot()) {
    return refuse(Counter::answers_refused, NGX_HTTP_FORBIDDEN);
  }
  std::pmr::string sender("answers ", &memory);  // claims have a budget of their own
  sender += visitor.id;
  if (!main_conf(r).shared_claims.admit(sender)) {
    count(Counter::answers_too_many);
    return add_header(r, "Retry-After", "60") ? NGX_HTTP_TOO_MANY_REQUESTS
                                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  if (worker().redis == nullptr) {
    return refuse(Counter::answers_failed, NGX_HTTP_SERVICE_UNAVAILABLE);
  }
  auto* pending = make_in_pool<PendingAnswers>(r->pool, r, copy_to_pool(r->pool, visitor.id));
  return pending->begin(copy_to_pool(r->pool, *body));
}

void on_body(ngx_http_request_t* r) {
  ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
  try {
    rc = answer(r);
  } catch (const std::exception&) {
    count(Counter::answers_failed);  // out of memory
  }
  ngx_http_finalize_request(r, rc);
}

}  // namespace

ngx_int_t serve_answers(ngx_http_request_t* r) {
  if (server_conf(r).site->forms.empty()) {
    return NGX_HTTP_NOT_FOUND;
  }
  return read_own_form(r, max_body, Counter::answers_refused, on_body);
}

}  // namespace personalize
