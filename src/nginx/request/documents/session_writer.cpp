#include "nginx/request/documents/session_writer.h"

#include <array>
#include <new>

#include "nginx/worker.h"

namespace personalize {

namespace {

// Half of what a connection takes; the rest is for requests that wait for a reply.
constexpr std::size_t most_in_flight = 512;

}  // namespace

// A page view that may begin a session. Whether it does is known when Redis has answered, which is
// after the request is over, so this has its own copy of what is written then.
class SessionWriter::Start final : public RedisCommandHandler {
 public:
  Start(SessionWriter& writer, const SessionOptions& options, const PageView& view)
      : options(options), view(view), writer_(writer), texts_(&writer.memory_) {
    std::string_view* const copied[] = {
        &this->view.visitor,
        &this->view.start.landing_path,
        &this->view.start.referer_host,
        &this->view.start.utm_source,
        &this->view.start.utm_medium,
        &this->view.start.utm_campaign,
    };
    std::size_t size = 0;
    for (const auto* text : copied) {
      size += text->size();
    }
    texts_.reserve(size);
    for (auto* text : copied) {
      const auto begin = texts_.size();
      texts_ += *text;
      *text = std::string_view(texts_).substr(begin);
    }
    this->view.page = {};
  }

  // May end this object.
  void on_reply(const RedisReply& reply) noexcept override {
    writer_.finish_command(&reply);
    bool goes_on = false;
    try {
      goes_on = has_begun_ ? write_visit(reply) : write_start(reply);
    } catch (const std::bad_alloc&) {
      count(Counter::session_refused);
    }
    if (!goes_on) {
      writer_.starts_.erase(place);
    }
  }

  void on_failure(RedisFailure) noexcept override {
    writer_.finish_command(nullptr);
    writer_.starts_.erase(place);
  }

  const SessionOptions& options;
  PageView view;
  Starts::iterator place;  // of this object

 private:
  // Handles the reply to the first command, 1 if the session begins with this page. Returns whether
  // another reply is to come to this object.
  bool write_start(const RedisReply& reply) {
    if (reply.kind != RedisReply::Kind::integer || reply.integer != 1) {
      return false;
    }
    has_begun_ = true;
    Room room;
    SessionCommands commands(options, view, &room.arena);
    return writer_.send_all(commands.session_start(), *this);
  }

  // Handles the reply with the time when the previous visit began.
  bool write_visit(const RedisReply& reply) {
    const bool is_answer =
        reply.kind == RedisReply::Kind::string || reply.kind == RedisReply::Kind::nil;
    if (is_answer) {
      Room room;
      SessionCommands commands(options, view, &room.arena);
      writer_.send_all(commands.visit(reply.text), writer_);
    }
    return false;
  }

  struct Room {
    std::array<std::byte, 2048> bytes;
    std::pmr::monotonic_buffer_resource arena{bytes.data(), bytes.size()};
  };

  SessionWriter& writer_;
  std::pmr::string texts_;
  bool has_begun_ = false;
};

SessionWriter::SessionWriter(RedisClient* redis) : redis_(redis), starts_(&memory_) {}

SessionWriter::~SessionWriter() {
  if (redis_ == nullptr) {
    return;
  }
  redis_->cancel(*this);
  for (Start& start : starts_) {
    redis_->cancel(start);
  }
}

void SessionWriter::write(const SessionOptions& options, const PageView& view) {
  std::array<std::byte, 4096> bytes;
  std::pmr::monotonic_buffer_resource arena(bytes.data(), bytes.size());
  SessionCommands commands(options, view, &arena);
  const auto& list = commands.page_view();
  if (in_flight_ + list.size() > most_in_flight) {
    count(Counter::session_refused, list.size());
    return;
  }

  Start& start = starts_.emplace_front(*this, options, view);
  start.place = starts_.begin();
  if (!send(list.front(), start)) {
    count(Counter::session_refused, list.size());
    starts_.pop_front();
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
  std::array<std::byte, 4096> bytes;
  std::pmr::monotonic_buffer_resource arena(bytes.data(), bytes.size());
  SessionCommands commands(options, view, &arena);
  const auto& list = commands.items(change, items);
  if (in_flight_ + list.size() > most_in_flight) {
    count(Counter::session_refused, list.size());
    return;
  }
  for (const Command& command : list) {
    if (!send(command, *this)) {
      count(Counter::session_refused);
    }
  }
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
  }
}

}  // namespace personalize
