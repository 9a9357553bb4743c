// Writes page views, purchases, and what visitors do with items, to Redis in the background. No
// request waits for the replies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory_resource>

#include "nginx/redis_client/redis_client.h"
#include "personalize/record/session_commands.h"
#include "personalize/sources/answers.h"

namespace personalize {

class SessionWriter final : private RedisCommandHandler {
 public:
  // `redis` is nullptr if none is configured; it must outlive this.
  explicit SessionWriter(RedisClient* redis);
  ~SessionWriter();
  SessionWriter(const SessionWriter&) = delete;
  SessionWriter& operator=(const SessionWriter&) = delete;

  // Writes a page view. `options` must live as long as the configuration; `view` is copied where it
  // is needed later. If Redis takes no commands, or too many are in flight, the view is dropped and
  // counted. Throws bad_alloc.
  void write(const SessionOptions& options, const PageView& view);
  // Writes a purchase, of the page's order, unless that order was written before. The same holds.
  void write_purchase(const SessionOptions& options, const PageView& view);

  // Writes what a visitor was offered, in the same way.
  void write_offers(const PageView& view, const std::pmr::vector<std::string_view>& offers);

  // Writes what a visitor has clicked in lists (record/item_clicks.h), in the same way.
  void write_item_clicks(const PageView& view, const std::pmr::vector<std::string_view>& clicks);

  // Writes what a visitor has told, in the same way.
  void write_answers(std::string_view visitor, const AnswerForms::Answers& answers,
                     std::int64_t keep_s);

  // Writes other commands, whose replies nothing depends on, in the same way. Returns whether all
  // were sent.
  bool write_commands(const std::pmr::vector<Command>& commands) { return write_list(commands); }

  // Returns false for some seconds after Redis has refused to write anything, as it does when it is
  // full or read-only: what is sent then is most probably lost.
  bool takes_writes() const noexcept;

  // Writes how a page was looked at, in the same way. Of `view` the visitor counts.
  void write_attention(const SessionOptions& options, const PageView& view,
                       const Attention& attention);

  // Writes what a visitor has done with items, in the same way. Of `view` the visitor and the time
  // count.
  void write_items(const SessionOptions& options, const PageView& view, ItemChange change,
                   const ItemList& items);

 private:
  class Pending;
  // What the reply that something waits for decides.
  enum class Step : std::uint8_t {
    view,   // whether a session begins
    visit,  // what the last visit was
    order,  // whether the order is a new one
  };

  // Replies to commands that nothing depends on.
  void on_reply(const RedisReply& reply) noexcept override;
  void on_failure(RedisFailure why) noexcept override;

  using List = std::pmr::list<Pending>;

  void begin(const std::pmr::vector<Command>& list, const SessionOptions& options,
             const PageView& view, Step step);

  bool write_list(const std::pmr::vector<Command>& list);
  bool send(const Command& command, RedisCommandHandler& handler) noexcept;
  bool send_all(const std::pmr::vector<Command>& commands, RedisCommandHandler& last) noexcept;
  void finish_command(const RedisReply* reply) noexcept;

  RedisClient* redis_;
  std::size_t in_flight_ = 0;         // commands
  std::uint64_t writes_from_ms_ = 0;  // by the clock of ngx_current_msec
  std::pmr::unsynchronized_pool_resource memory_;
  List pending_;
};

}  // namespace personalize
