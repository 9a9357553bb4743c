#include "redis/protocol/reply_reader.h"

#include <hiredis/hiredis.h>  // HIREDIS_MAJOR
#include <hiredis/read.h>

#include <cstring>
#include <new>

namespace personalize {

// hiredis asks these to make a reply, outer arrays before their elements. NULL ends the connection
// as out of memory. They are called from C and do not throw.
struct ReplyReader::Construction {
#if HIREDIS_MAJOR >= 1
  using Count = std::size_t;
#else
  using Count = int;
#endif

  static ReplyReader& self(const redisReadTask* task) {
    return *static_cast<ReplyReader*>(task->privdata);
  }

  static void* string(const redisReadTask* task, char* bytes, std::size_t size) {
    RedisReply* reply = self(task).place(task);
    if (reply == nullptr) return nullptr;
    try {
      auto* copy = static_cast<char*>(self(task).arena_.allocate(size, 1));
      std::memcpy(copy, bytes, size);
      reply->text = {copy, size};
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    reply->kind = task->type == REDIS_REPLY_STATUS  ? RedisReply::Kind::status
                  : task->type == REDIS_REPLY_ERROR ? RedisReply::Kind::error
                                                    : RedisReply::Kind::string;
    return reply;
  }

  static void* array(const redisReadTask* task, Count count) {
    RedisReply* reply = self(task).place(task);
    if (reply == nullptr) return nullptr;
    const auto elements = static_cast<std::size_t>(count);  // ReplyFrames bounds it
    try {
      void* memory = self(task).arena_.allocate(elements * sizeof(RedisReply), alignof(RedisReply));
      auto* first = static_cast<RedisReply*>(memory);
      for (std::size_t i = 0; i < elements; ++i) new (first + i) RedisReply;
      reply->elements = first;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    reply->kind = RedisReply::Kind::array;
    reply->count = static_cast<std::uint32_t>(elements);
    return reply;
  }

  static void* integer(const redisReadTask* task, long long value) {
    RedisReply* reply = self(task).place(task);
    if (reply == nullptr) return nullptr;
    reply->kind = RedisReply::Kind::integer;
    reply->integer = value;
    return reply;
  }

  static void* nil(const redisReadTask* task) {
    RedisReply* reply = self(task).place(task);
    if (reply == nullptr) return nullptr;
    if (self(task).replacing_) {
      reply->kind = RedisReply::Kind::too_large;
      reply->integer = static_cast<std::int64_t>(self(task).replaced_);
    }
    return reply;
  }

  // The arena is freed as a whole.
  static void free(void*) {}

  // hiredis takes them as writable, and does not write. The types of RESP3 never reach it, so that
  // what would make those stays null.
  static redisReplyObjectFunctions* functions() {
    static redisReplyObjectFunctions all = [] {
      redisReplyObjectFunctions f{};
      f.createString = string;
      f.createArray = array;
      f.createInteger = integer;
      f.createNil = nil;
      f.freeObject = free;
      return f;
    }();
    return &all;
  }
};

void ReplyReader::FreeReader::operator()(redisReader* reader) const noexcept {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader(const ReplyLimits& limits)
    : frames_(limits),
      arena_(first_block_.data(), first_block_.size(), std::pmr::new_delete_resource()),
      reader_(redisReaderCreateWithFunctions(Construction::functions())) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyReader::~ReplyReader() = default;

ReplyReader::Status ReplyReader::read(std::string_view& input) noexcept {
  if (!error_.empty()) return Status::broken;
  if (begins_reply_) {
    arena_.release();
    reply_ = nullptr;
    begins_reply_ = false;
  }
  for (;;) {
    const ReplyFrames::Piece piece = frames_.next(input);
    switch (piece.kind) {
      case ReplyFrames::Piece::Kind::more:
        return Status::more;
      case ReplyFrames::Piece::Kind::broken:
        return broken(frames_.error());
      case ReplyFrames::Piece::Kind::bytes:
        if (!feed(piece.bytes)) return Status::broken;
        break;
      case ReplyFrames::Piece::Kind::too_large:
        if (!replace_too_large(piece.length)) return Status::broken;
        break;
    }
    if (piece.ends_reply) return complete();
  }
}

ReplyReader::Status ReplyReader::broken(std::string_view why) noexcept {
  error_ = why;
  return Status::broken;
}

bool ReplyReader::feed(std::string_view bytes) noexcept {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK) return true;
  broken(reader_->errstr);
  return false;
}

// Has hiredis make objects of all that it was fed.
bool ReplyReader::parse() noexcept {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    broken(reader_->errstr);
    return false;
  }
  reply_ = static_cast<const RedisReply*>(reply);
  return true;
}

// Parses what stands before the string, so that the nil is the only item left, which nil() then
// takes for what it is.
bool ReplyReader::replace_too_large(std::uint64_t length) noexcept {
  if (!parse() || !feed("$-1\r\n")) return false;
  replaced_ = length;
  replacing_ = true;
  const bool parsed = parse();
  replacing_ = false;
  return parsed;
}

ReplyReader::Status ReplyReader::complete() noexcept {
  begins_reply_ = true;
  if (reply_ == nullptr && !parse()) return Status::broken;
  if (reply_ == nullptr) return broken("a reply that hiredis did not take as complete");
  return Status::reply;
}

// Where the reply that `task` stands for is to be: in the array around it, or on its own.
RedisReply* ReplyReader::place(const redisReadTask* task) noexcept {
  if (task->parent != nullptr) {
    const auto* parent = static_cast<const RedisReply*>(task->parent->obj);
    return const_cast<RedisReply*>(parent->elements) + task->idx;
  }
  try {
    return new (arena_.allocate(sizeof(RedisReply), alignof(RedisReply))) RedisReply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace personalize
