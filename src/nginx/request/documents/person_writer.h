// Writes what is kept of persons to Redis in the background, and has them take over what a browser
// gathered before they were known there. No request waits for the replies.
#pragma once

#include <cstddef>
#include <list>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/request/documents/session_writer.h"
#include "personalize/record/person_merge.h"
#include "personalize/redis/command.h"

namespace personalize {

class PersonWriter {
 public:
  // Both must outlive this; `redis` is nullptr if none is configured.
  PersonWriter(RedisClient* redis, SessionWriter& sessions);
  ~PersonWriter();
  PersonWriter(const PersonWriter&) = delete;
  PersonWriter& operator=(const PersonWriter&) = delete;

  // Writes commands. If Redis takes none, or too many are in flight, they are dropped and counted.
  // Returns whether they are on their way to a Redis that, as far as is known, writes.
  bool write(const std::pmr::vector<Command>& commands) {
    return sessions_.write_commands(commands) && takes_writes();
  }
  bool takes_writes() const noexcept { return sessions_.takes_writes(); }

  // Takes over what a visitor has gathered, once for that occasion (SignIn::occasion): only the
  // first of several such calls does, whichever worker makes it. `caps` are written then, too.
  // Everything is copied but what `merge.session` points to, which lives as long as the
  // configuration. Throws bad_alloc.
  void take_over(const PersonMerge& merge, std::string_view occasion,
                 const std::pmr::vector<Command>& caps);

 private:
  class Merging;

  RedisClient* redis_;
  SessionWriter& sessions_;
  std::pmr::unsynchronized_pool_resource memory_;
  std::pmr::list<Merging> mergings_;
};

}  // namespace personalize
