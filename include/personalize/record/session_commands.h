// What is written of a page view: the Redis commands that keep a visitor's session. The keys and
// their contents are described in personalize/sources/session.h.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/base/item_ids.h"
#include "personalize/redis/command.h"
#include "personalize/redis/reply.h"
#include "personalize/signals/attention.h"
#include "personalize/sources/session.h"

namespace personalize {

// How many there are of each of them.
constexpr std::uint32_t categories_of_session = 20;
constexpr std::uint32_t orders_kept = 100;

// A page that a visitor has looked at.
struct PageView {
  std::string_view visitor;  // its id
  std::int64_t now_s = 0;    // seconds since 1970
  SessionStart start;
  SessionPage page;
};

// What a visitor has done with items.
enum class ItemChange : std::uint8_t {
  purchased,  // they are in the cart no longer
  dismissed,
  put_into_cart,
  taken_from_cart,
  cart_holds,  // these, and no others
};

// Makes the commands, and keeps the words that had to be written for them. Those for one key are in
// the order in which they have to be executed.
class SessionCommands {
 public:
  // Takes all from `memory`; constructing and adding throws what it throws. `options` and `view`
  // must outlive this.
  SessionCommands(const SessionOptions& options, const PageView& view,
                  std::pmr::memory_resource* memory);
  SessionCommands(const SessionCommands&) = delete;
  SessionCommands& operator=(const SessionCommands&) = delete;

  // Each returns commands that live until the next of these calls; their words live as long as
  // `memory` and what the view refers to.

  // Returns those of every page view. The reply to the first is 1 if a session begins with the
  // page; trace() and what comes of session_start() follow that reply.
  const std::pmr::vector<Command>& page_view();
  // Returns those of a page view with which a session begins. The last one asks what is known of
  // the last visit.
  const std::pmr::vector<Command>& session_start();
  // Returns those of a change of what is kept of items; none without items.
  const std::pmr::vector<Command>& items(ItemChange change, const ItemList& items);
  // Returns those that add to what the session has of it; none if it is nothing.
  const std::pmr::vector<Command>& attention(const Attention& told);
  // Returns those that follow session_start(): `last` is the reply to its last command, in the
  // order of LastVisit.
  struct LastVisit {
    std::string_view began, item, cart_value;
    std::optional<std::uint32_t> stage;  // of page_stages
  };
  const std::pmr::vector<Command>& visit(const LastVisit& last);
  // Reads the reply to the last command of session_start(). Views into the reply.
  static LastVisit read_last_visit(const RedisReply& reply) noexcept;
  // Returns those that note how far the visit has come with this page; none if the page says
  // nothing of that.
  const std::pmr::vector<Command>& trace();

  // Returns those that note the page's order; the reply to the first is 1 if it is a new one.
  const std::pmr::vector<Command>& order();
  // Returns those of a purchase, with the page's order_value and order_items.
  const std::pmr::vector<Command>& purchase();
  // Returns those that add to what the visitor was offered: objects of base/values/kept_offer.h.
  const std::pmr::vector<Command>& offers(const std::pmr::vector<std::string_view>& offers);
  // Returns those that add to what the visitor has clicked in lists: objects of
  // personalize/record/item_clicks.h, the latest last.
  const std::pmr::vector<Command>& item_clicks(const std::pmr::vector<std::string_view>& clicks);
  // Returns those that delete everything that is kept of the view's visitor.
  const std::pmr::vector<Command>& forget();

  // Return the key of a part of the session, or of something else that is kept of the visitor.
  std::string_view key(SessionPart part);
  std::string_view own_key(std::string_view head);

 private:
  std::string_view order_key() { return own_key(orders_head); }
  std::string_view number(std::int64_t n);
  std::string_view text(std::string_view s);
  void add(std::initializer_list<std::string_view> words);
  void add_fields(Command& command,
                  std::initializer_list<std::pair<std::string_view, std::string_view>> fields);
  void add_expiry(std::string_view key, std::int64_t seconds);
  const std::pmr::vector<Command>& push(std::string_view key,
                                        const std::pmr::vector<std::string_view>& records,
                                        std::uint32_t most, std::int64_t seconds);
  void add_items(SessionPart part, const ItemList& items, std::uint32_t most, std::int64_t seconds);
  void add_purchased(const ItemList& items);
  void remove_from_cart(const ItemList& items);
  void add_affinity(SessionPart part, std::string_view name);
  void add_price();

  const SessionOptions& options_;
  const PageView& view_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Command> commands_;
};

}  // namespace personalize
