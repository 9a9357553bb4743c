// Documents that are made of the replies to several commands, and of commands that depend on these.
// A source says who makes its document so (Source::gatherer); everything else treats it as others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"
#include "personalize/redis/command.h"
#include "personalize/redis/reply.h"
#include "personalize/sources/sources.h"

namespace personalize {

// One document that is being made, in rounds: the commands of a round are sent together, each to
// the server that has its key, and the next round begins when all have been answered.
class Gathering {
 public:
  virtual ~Gathering() = default;

  // Returns the commands of the next round; none if there is no more to ask. They live until the
  // next call. Throws bad_alloc, as the others do.
  virtual const std::pmr::vector<Command>& commands() = 0;
  // Takes the reply to a command of this round, by its number. Replies may come in any order.
  virtual void take(std::size_t command, const RedisReply& reply) = 0;
  // Adds the document to `out`, after the last round. Returns what read_reply() returns.
  virtual Lookup finish(DocumentBuilder& out) = 0;
};

// How the documents of a source are made. Compiled with the configuration.
class Gatherer {
 public:
  virtual ~Gatherer() = default;

  // Begins to make the document of a key, which is not Redis's: it is what the source's key expands
  // to, and only the gatherer knows its meaning. `now_s` are seconds since 1970. All memory is from
  // `memory`; throws what that throws.
  virtual std::unique_ptr<Gathering> begin(std::string_view key, std::int64_t now_s,
                                           std::pmr::memory_resource* memory) const = 0;
};

}  // namespace personalize
