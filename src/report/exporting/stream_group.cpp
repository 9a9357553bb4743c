#include "report/exporting/stream_group.h"

#include <algorithm>

#include "base/text/ascii.h"

namespace personalize::report {

namespace {

// What a consumer has not acknowledged for so long is left over from one that is gone.
constexpr std::string_view abandoned_ms = "60000";
constexpr auto claims_every = std::chrono::seconds(10);

// XREADGROUP: [[stream, entries]]; XAUTOCLAIM: [next, entries, …].
const redisReply* entries_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements == 0) {
    return nullptr;
  }
  const redisReply& first = *reply.element[0];
  const redisReply* entries = nullptr;
  if (first.type == REDIS_REPLY_ARRAY && first.elements == 2) {
    entries = first.element[1];
  } else if (reply.elements >= 2) {
    entries = reply.element[1];
  }
  return entries != nullptr && entries->type == REDIS_REPLY_ARRAY ? entries : nullptr;
}

bool has_entries(const Reply& reply) {
  const redisReply* entries = reply == nullptr ? nullptr : entries_of(*reply);
  return entries != nullptr && entries->elements != 0;
}

// Returns the number that follows a name in an answer of XINFO.
std::int64_t number_after(const redisReply& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.elements; i += 2) {
    const redisReply& value = *pairs.element[i + 1];
    if (text_of(*pairs.element[i]) == name && value.type == REDIS_REPLY_INTEGER) {
      return value.integer;
    }
  }
  return -1;
}

}  // namespace

StreamGroup::StreamGroup(RedisConnection& redis, Names names)
    : redis_(redis), names_(std::move(names)) {
  redis_.follow(names_.stream);
  const auto created =
      redis_.ask({"XGROUP", "CREATE", names_.stream, names_.group, "0", "MKSTREAM"});
  if (created->type == REDIS_REPLY_ERROR && !ascii::starts_with(text_of(*created), "BUSYGROUP")) {
    throw ReadError(names_.stream + ": " + std::string(text_of(*created)));
  }
}

std::uint64_t StreamGroup::missed() {
  const auto stream = redis_.ask({"XINFO", "STREAM", names_.stream});
  const auto groups = redis_.ask({"XINFO", "GROUPS", names_.stream});
  if (stream->type != REDIS_REPLY_ARRAY || groups->type != REDIS_REPLY_ARRAY) {
    return 0;
  }
  const auto added = number_after(*stream, "entries-added");
  const auto length = number_after(*stream, "length");
  for (std::size_t i = 0; i < groups->elements; ++i) {
    const redisReply& group = *groups->element[i];
    if (group.elements >= 2 && text_of(*group.element[1]) == names_.group) {
      const auto read = std::max<std::int64_t>(number_after(group, "entries-read"), 0);
      return added < 0
                 ? 0
                 : static_cast<std::uint64_t>(std::max<std::int64_t>(added - length - read, 0));
    }
  }
  return 0;
}

Reply StreamGroup::read(std::size_t count, std::chrono::milliseconds wait) {
  if (reads_pending_) {
    auto pending = read_from("0", count, std::chrono::milliseconds::zero());
    if (has_entries(pending)) {
      return pending;
    }
    reads_pending_ = false;
  }
  if (std::chrono::steady_clock::now() - claimed_ >= claims_every) {
    auto claimed = claim(count);
    if (has_entries(claimed)) {
      return claimed;
    }
    claimed_ = std::chrono::steady_clock::now();
  }
  return read_from(">", count, wait);
}

Reply StreamGroup::read_from(std::string_view id, std::size_t count,
                             std::chrono::milliseconds wait) {
  const std::string number = std::to_string(count);
  const std::string block = std::to_string(wait.count());
  std::vector<std::string_view> words = {"XREADGROUP",    "GROUP", names_.group,
                                         names_.consumer, "COUNT", number};
  if (wait.count() != 0) {
    words.insert(words.end(), {"BLOCK", block});
  }
  words.insert(words.end(), {"STREAMS", names_.stream, id});
  return redis_.command(words);
}

Reply StreamGroup::claim(std::size_t count) {
  auto reply = redis_.ask({"XAUTOCLAIM", names_.stream, names_.group, names_.consumer, abandoned_ms,
                           "0-0", "COUNT", std::to_string(count)});
  // Redis 6.0 and before cannot do that.
  return reply->type == REDIS_REPLY_ERROR ? nullptr : std::move(reply);
}

void StreamGroup::for_each(const redisReply& reply,
                           const std::function<void(std::string_view, const redisReply*)>& take) {
  const redisReply* entries = entries_of(reply);
  for (std::size_t i = 0; entries != nullptr && i < entries->elements; ++i) {
    const redisReply& entry = *entries->element[i];
    if (entry.type == REDIS_REPLY_ARRAY && entry.elements == 2) {
      const redisReply* pairs = entry.element[1];
      take(text_of(*entry.element[0]), pairs->type == REDIS_REPLY_ARRAY ? pairs : nullptr);
    }
  }
}

void StreamGroup::acknowledge(const std::vector<std::string>& ids) {
  if (ids.empty()) {
    return;
  }
  std::vector<std::string_view> words = {"XACK", names_.stream, names_.group};
  words.insert(words.end(), ids.begin(), ids.end());
  redis_.command(words);
}

}  // namespace personalize::report
