#include "nginx/delivery/item_lists.h"

#include <array>
#include <new>
#include <string>

#include "personalize/record/item_clicks.h"

namespace personalize {

namespace {

// Beyond that, events are written as they are.
constexpr std::size_t most_pending = 256;
// For how long an event waits for Redis.
constexpr ngx_msec_t longest_wait = 1000;

}  // namespace

// An event that waits for what its visitor has clicked.
class ItemLists::Pending final : public RedisCommandHandler {
 public:
  Pending(ItemLists& lists, const Event& event, SharedEvents::Mark mark)
      : mark(mark),
        record(lists.events_.encode(event)),
        items(event.items),
        time_ms(event.time_ms),
        lists_(lists) {}

  void on_reply(const RedisReply& reply) noexcept override { lists_.finish(*this, &reply); }
  void on_failure(RedisFailure) noexcept override { lists_.finish(*this, nullptr); }

  SharedEvents::Mark mark;
  std::string record;
  std::string items;  // the record may have a part of them
  std::int64_t time_ms;
  List::iterator place;  // of this object

 private:
  ItemLists& lists_;
};

ItemLists::ItemLists(RedisClient& redis, EventLog& events, ngx_log_t* log)
    : redis_(redis), events_(events), pending_(&memory_) {
  timer_.bind<&ItemLists::write_all>(*this, log);
  timer_.keep_worker();
}

ItemLists::~ItemLists() {
  write_all();
}

bool ItemLists::write(const Event& event, SharedEvents::Mark mark,
                      std::string_view visitor) noexcept {
  if (pending_.size() >= most_pending || event.items.size() > longest_named_items) {
    return false;
  }
  try {
    std::array<std::byte, 512> room;
    std::pmr::monotonic_buffer_resource arena(room.data(), room.size());
    const Command question = ask_item_clicks(visitor, &arena);
    Pending& pending = pending_.emplace_front(*this, event, mark);
    pending.place = pending_.begin();
    if (!redis_.send(question.data(), question.size(), pending)) {
      pending_.pop_front();
      return false;
    }
    if (!timer_.is_set()) {
      timer_.start(longest_wait);
    }
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// Writes all that wait as they are.
void ItemLists::write_all() noexcept {
  while (!pending_.empty()) {
    redis_.cancel(pending_.back());
    finish(pending_.back(), nullptr);
  }
}

void ItemLists::finish(Pending& pending, const RedisReply* clicks) noexcept {
  try {
    if (clicks != nullptr) {
      std::array<std::byte, 4096> room;
      std::pmr::monotonic_buffer_resource arena(room.data(), room.size());
      const auto named = name_item_lists(pending.items, *clicks, pending.time_ms / 1000, &arena);
      if (!named.empty()) {
        replace_items(named, pending.record);
      }
    }
  } catch (const std::bad_alloc&) {
    // It is written as it is.
  }
  events_.write_record(pending.record, pending.mark);
  pending_.erase(pending.place);
  if (pending_.empty()) {
    timer_.stop();
  }
}

}  // namespace personalize
