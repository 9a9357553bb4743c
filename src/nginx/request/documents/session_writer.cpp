#include "nginx/request/documents/session_writer.h"

#include <array>
#include <new>

#include "base/text/text.h"
#include "nginx/worker.h"
#include "personalize/record/answer_commands.h"

namespace personalize {

namespace {

// Half of what a connection takes; the rest is for requests that wait for a reply.
constexpr std::size_t most_in_flight = 512;

// How long Redis is believed to write nothing.
constexpr std::uint64_t refusal_ms = 5000;

// Returns whether the refusal is about the server (OOM, READONLY, MISCONF, NOPERM …), and not about
// what one key holds.
bool is_of_server(std::string_view error_code) noexcept {
  constexpr std::string_view of_key[] = {"WRONGTYPE", "ERR"};
  return !error_code.empty() && !is_one_of(error_code, of_key);
}

// Memory for the commands of one page view.
struct Arena {
  std::array<std::byte, 4096> bytes;
  std::pmr::monotonic_buffer_resource memory{bytes.data(), bytes.size()};
};

}  // namespace

// A page view or an order of which more is written when Redis has answered, which is after the
// request is over, so this has its own copy of it.
class SessionWriter::Pending final : public RedisCommandHandler {
 public:
  Pending(SessionWriter& writer, const SessionOptions& options, const PageView& view, Step step)
      : options(options), view(view), writer_(writer), texts_(&writer.memory_), step_(step) {
    std::size_t size = 0;
    for_each_text([&](const std::string_view& text) { size += text.size(); });
    texts_.reserve(size);
    for_each_text([&](std::string_view& text) {
      const auto begin = texts_.size();
      texts_ += text;
      text = std::string_view(texts_).substr(begin);
    });
  }

  // May end this object.
  void on_reply(const RedisReply& reply) noexcept override {
    writer_.finish_command(&reply);
    bool goes_on = false;
    try {
      goes_on = go_on(reply);
    } catch (const std::bad_alloc&) {
      count(Counter::session_refused);
    }
    if (!goes_on) {
      writer_.pending_.erase(place);
    }
  }

  void on_failure(RedisFailure) noexcept override {
    writer_.finish_command(nullptr);
    writer_.pending_.erase(place);
  }

  const SessionOptions& options;
  PageView view;
  List::iterator place;  // of this object

 private:
  // Calls visit(text) for each text of the view that is written later.
  template <class Visit>
  void for_each_text(Visit visit) {
    visit(view.visitor);
    if (step_ == Step::order) {
      for (auto* text : {&view.page.order, &view.page.order_value, &view.page.order_items}) {
        visit(*text);
      }
      return;
    }
    for (auto* text : {&view.start.landing_path, &view.start.referer_host, &view.start.utm_source,
                       &view.start.utm_medium, &view.start.utm_campaign, &view.page.type,
                       &view.page.item, &view.page.cart_value}) {
      visit(*text);
    }
    for (auto& text : view.start.args) {
      visit(text);
    }
  }

  // Returns whether another reply is to come to this object.
  bool go_on(const RedisReply& reply) {
    const bool is_first = reply.kind == RedisReply::Kind::integer && reply.integer == 1;
    Arena arena;
    SessionCommands commands(options, view, &arena.memory);
    switch (step_) {
      case Step::order:
        if (is_first) {
          writer_.send_all(commands.purchase(), writer_);
        }
        return false;
      case Step::view:
        if (is_first) {
          step_ = Step::visit;
          return writer_.send_all(commands.session_start(), *this);
        }
        break;
      case Step::visit:
        if (reply.kind != RedisReply::Kind::array) {
          return false;
        }
        writer_.send_all(commands.visit(SessionCommands::read_last_visit(reply)), writer_);
        break;
    }
    if (reply.kind != RedisReply::Kind::error) {
      writer_.send_all(commands.trace(), writer_);
    }
    return false;
  }

  SessionWriter& writer_;
  std::pmr::string texts_;
  Step step_;
};

SessionWriter::SessionWriter(RedisClient* redis) : redis_(redis), pending_(&memory_) {}

SessionWriter::~SessionWriter() {
  if (redis_ == nullptr) {
    return;
  }
  redis_->cancel(*this);
  for (Pending& pending : pending_) {
    redis_->cancel(pending);
  }
}

void SessionWriter::write(const SessionOptions& options, const PageView& view) {
  Arena arena;
  SessionCommands commands(options, view, &arena.memory);
  begin(commands.page_view(), options, view, Step::view);
}

void SessionWriter::write_purchase(const SessionOptions& options, const PageView& view) {
  Arena arena;
  SessionCommands commands(options, view, &arena.memory);
  if (!view.page.order.empty()) {
    begin(commands.order(), options, view, Step::order);
    return;
  }
  write_list(commands.purchase());
}

// Sends commands, and goes on when the first is answered.
void SessionWriter::begin(const std::pmr::vector<Command>& list, const SessionOptions& options,
                          const PageView& view, Step step) {
  if (in_flight_ + list.size() > most_in_flight) {
    count(Counter::session_refused, list.size());
    return;
  }
  Pending& pending = pending_.emplace_front(*this, options, view, step);
  pending.place = pending_.begin();
  if (!send(list.front(), pending)) {
    count(Counter::session_refused, list.size());
    pending_.pop_front();
    return;
  }
  for (auto command = list.begin() + 1; command != list.end(); ++command) {
    if (!send(*command, *this)) {
      count(Counter::session_refused);
    }
  }
}

void SessionWriter::write_items(const SessionOptions& options, const PageView& view,
                                ItemChange change, const ItemList& items) {
  Arena arena;
  write_list(SessionCommands(options, view, &arena.memory).items(change, items));
}

void SessionWriter::write_attention(const SessionOptions& options, const PageView& view,
                                    const Attention& attention) {
  Arena arena;
  write_list(SessionCommands(options, view, &arena.memory).attention(attention));
}

void SessionWriter::write_offers(const PageView& view,
                                 const std::pmr::vector<std::string_view>& offers) {
  static const SessionOptions none;  // offers do not depend on them
  Arena arena;
  write_list(SessionCommands(none, view, &arena.memory).offers(offers));
}

void SessionWriter::write_item_clicks(const PageView& view,
                                      const std::pmr::vector<std::string_view>& clicks) {
  static const SessionOptions none;  // nor do clicks
  Arena arena;
  write_list(SessionCommands(none, view, &arena.memory).item_clicks(clicks));
}

void SessionWriter::write_answers(std::string_view visitor, const AnswerForms::Answers& answers,
                                  std::int64_t keep_s) {
  Arena arena;
  write_list(answer_commands(visitor, answers, keep_s, &arena.memory));
}

// Sends commands whose replies nothing depends on.
bool SessionWriter::write_list(const std::pmr::vector<Command>& list) {
  if (in_flight_ + list.size() > most_in_flight) {
    count(Counter::session_refused, list.size());
    return false;
  }
  return list.empty() || send_all(list, *this);
}

bool SessionWriter::send(const Command& command, RedisCommandHandler& handler) noexcept {
  if (!redis_->send(command.data(), command.size(), handler)) {
    return false;
  }
  ++in_flight_;
  count(Counter::session_sent);
  return true;
}

// Sends all; `last` gets the reply to the last one. Returns whether that one was sent.
bool SessionWriter::send_all(const std::pmr::vector<Command>& commands,
                             RedisCommandHandler& last) noexcept {
  bool sent = false;
  for (const auto& command : commands) {
    RedisCommandHandler& self = *this;
    sent = send(command, &command == &commands.back() ? last : self);
    if (!sent) {
      count(Counter::session_refused);
    }
  }
  return sent;
}

void SessionWriter::on_reply(const RedisReply& reply) noexcept {
  finish_command(&reply);
}

void SessionWriter::on_failure(RedisFailure) noexcept {
  finish_command(nullptr);
}

void SessionWriter::finish_command(const RedisReply* reply) noexcept {
  --in_flight_;
  const bool is_refusal = reply != nullptr && reply->kind == RedisReply::Kind::error;
  if (reply == nullptr || is_refusal) {
    count(Counter::session_failed);
  }
  if (is_refusal) {
    worker().log(Counter::session_failed, ngx_cycle->log,
                 "Redis refused a session command: ", reply->text);
    if (is_of_server(reply->error_code())) {
      writes_from_ms_ = ngx_current_msec + refusal_ms;
    }
  }
}

bool SessionWriter::takes_writes() const noexcept {
  return ngx_current_msec >= writes_from_ms_;
}

}  // namespace personalize
