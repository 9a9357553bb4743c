#include "personalize/redis/reply_reader.h"

#include <hiredis/hiredis.h>  // HIREDIS_MAJOR
#include <hiredis/read.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>

#include "redis/protocol/reply_frames.h"

namespace personalize {

// Passes on to hiredis what ReplyFrames lets through, and replaces each skipped string by a nil
// that is then made a reply of Kind::too_large.
class ReplyReader::Parser {
 public:
  explicit Parser(const ReplyLimits& limits);
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() = default;

  Status read(std::string_view& input) noexcept;
  const RedisReply& reply() const noexcept { return *reply_; }
  std::string_view error() const noexcept { return error_; }

 private:
  struct Construction;  // hiredis's callbacks
  struct FreeReader {
    void operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }
  };

  Status broken(std::string_view why) noexcept;
  bool feed(std::string_view bytes) noexcept;
  bool parse() noexcept;
  bool replace_too_large(std::uint64_t length) noexcept;
  Status complete() noexcept;
  RedisReply* place(const redisReadTask* task) noexcept;

  ReplyFrames frames_;
  alignas(std::max_align_t) std::array<std::byte, 4096> first_block_;
  std::pmr::monotonic_buffer_resource arena_;  // of one reply
  std::unique_ptr<redisReader, FreeReader> reader_;
  bool begins_reply_ = true;
  std::uint64_t replaced_ = 0;  // length of the skipped string that the next nil replaces
  bool replacing_ = false;
  const RedisReply* reply_ = nullptr;
  std::string_view error_;
};

// Makes a reply for hiredis, outer arrays before their elements. A null pointer ends the connection
// as out of memory. Called from C: nothing may throw.
struct ReplyReader::Parser::Construction {
#if HIREDIS_MAJOR >= 1
  using Count = std::size_t;
#else
  using Count = int;
#endif

  static Parser& self(const redisReadTask* task) {
    return *static_cast<Parser*>(task->privdata);
  }

  static void* string(const redisReadTask* task, char* bytes, std::size_t size) {
    RedisReply* reply = self(task).place(task);
    if (reply == nullptr) {
      return nullptr;
    }
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
    if (reply == nullptr) {
      return nullptr;
    }
    const auto elements = static_cast<std::size_t>(count);  // ReplyFrames bounds it
    try {
      void* memory = self(task).arena_.allocate(elements * sizeof(RedisReply), alignof(RedisReply));
      auto* first = static_cast<RedisReply*>(memory);
      for (std::size_t i = 0; i < elements; ++i) {
        new (first + i) RedisReply;
      }
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
    if (reply == nullptr) {
      return nullptr;
    }
    reply->kind = RedisReply::Kind::integer;
    reply->integer = value;
    return reply;
  }

  static void* nil(const redisReadTask* task) {
    RedisReply* reply = self(task).place(task);
    if (reply == nullptr) {
      return nullptr;
    }
    if (self(task).replacing_) {
      reply->kind = RedisReply::Kind::too_large;
      reply->integer = static_cast<std::int64_t>(self(task).replaced_);
    }
    return reply;
  }

  // The arena is freed as a whole.
  static void free(void*) {}

  // hiredis declares them writable, but does not write. The functions for types of RESP3, which
  // never reach it, stay null.
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

ReplyReader::Parser::Parser(const ReplyLimits& limits)
    : frames_(limits),
      arena_(first_block_.data(), first_block_.size(), std::pmr::new_delete_resource()),
      reader_(redisReaderCreateWithFunctions(Construction::functions())) {
  if (reader_ == nullptr) {
    throw std::bad_alloc();
  }
  reader_->privdata = this;
}

ReplyReader::Status ReplyReader::Parser::read(std::string_view& input) noexcept {
  if (!error_.empty()) {
    return Status::broken;
  }
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
        if (!feed(piece.bytes)) {
          return Status::broken;
        }
        break;
      case ReplyFrames::Piece::Kind::too_large:
        if (!replace_too_large(piece.length)) {
          return Status::broken;
        }
        break;
    }
    if (piece.ends_reply) {
      return complete();
    }
  }
}

ReplyReader::Status ReplyReader::Parser::broken(std::string_view why) noexcept {
  error_ = why;
  return Status::broken;
}

bool ReplyReader::Parser::feed(std::string_view bytes) noexcept {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK) {
    return true;
  }
  broken(reader_->errstr);
  return false;
}

// Has hiredis make objects of everything it was fed.
bool ReplyReader::Parser::parse() noexcept {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    broken(reader_->errstr);
    return false;
  }
  reply_ = static_cast<const RedisReply*>(reply);
  return true;
}

// Parses what precedes the string first, so that the nil that nil() then sees is this one.
bool ReplyReader::Parser::replace_too_large(std::uint64_t length) noexcept {
  if (!parse() || !feed("$-1\r\n")) {
    return false;
  }
  replaced_ = length;
  replacing_ = true;
  const bool parsed = parse();
  replacing_ = false;
  return parsed;
}

ReplyReader::Status ReplyReader::Parser::complete() noexcept {
  begins_reply_ = true;
  if (reply_ == nullptr && !parse()) {
    return Status::broken;
  }
  if (reply_ == nullptr) {
    return broken("a reply that hiredis did not take as complete");
  }
  return Status::reply;
}

// Returns where to make the reply of `task`: in the array around it, or on its own; nullptr if
// allocation fails.
RedisReply* ReplyReader::Parser::place(const redisReadTask* task) noexcept {
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

ReplyReader::ReplyReader(const ReplyLimits& limits) : parser_(std::make_unique<Parser>(limits)) {}

ReplyReader::~ReplyReader() = default;

ReplyReader::Status ReplyReader::read(std::string_view& input) noexcept {
  return parser_->read(input);
}

const RedisReply& ReplyReader::reply() const noexcept {
  return parser_->reply();
}

std::string_view ReplyReader::error() const noexcept {
  return parser_->error();
}

}  // namespace personalize
