// Has the events of what visitors buy name the lists in which they have clicked it.
#pragma once

#include <cstddef>
#include <list>
#include <memory_resource>
#include <string_view>

#include "nginx/delivery/event_log.h"
#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"

namespace personalize {

// Redis is asked once the response has been sent; no request waits. An event that nothing is known
// of in time is written as it is.
class ItemLists {
 public:
  // All must outlive this.
  ItemLists(RedisClient& redis, EventLog& events, ngx_log_t* log);
  // Writes what is left.
  ~ItemLists();
  ItemLists(const ItemLists&) = delete;
  ItemLists& operator=(const ItemLists&) = delete;

  // Writes the event of a conversion, which has items, once it is known what its visitor, or the
  // person, has clicked. Returns false, and has written nothing, if that cannot be asked for.
  bool write(const Event& event, SharedEvents::Mark mark, std::string_view visitor) noexcept;

 private:
  class Pending;
  using List = std::pmr::list<Pending>;

  void write_all() noexcept;
  void finish(Pending& pending, const RedisReply* clicks) noexcept;

  RedisClient& redis_;
  EventLog& events_;
  EventTimer timer_;  // set while events wait: a worker that shuts down writes them, too
  std::pmr::unsynchronized_pool_resource memory_;
  List pending_;
};

}  // namespace personalize
