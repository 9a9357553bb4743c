// Replies of a Redis server in any cuts are the same as whole; the first byte says how they are
// cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "personalize/redis/reply_reader.h"

using namespace personalize;

namespace {

void show(const RedisReply& reply, std::string& shown) {
  shown += static_cast<char>('a' + static_cast<int>(reply.kind));
  shown += std::to_string(reply.integer);
  shown += reply.text;
  for (std::uint32_t i = 0; i < reply.count; ++i) show(reply.elements[i], shown);
  shown += ';';
}

std::string read(std::string_view input, std::size_t step) {
  ReplyLimits limits;
  limits.content = 100;
  limits.elements = 20;
  limits.line = 50;
  limits.skip = 200;
  ReplyReader reader(limits);
  std::string shown;
  while (!input.empty()) {
    // A copy of its own, so that a sanitizer sees what is kept beyond its life.
    const std::string copy(input.substr(0, step));
    input.remove_prefix(copy.size());
    std::string_view cut = copy;
    for (;;) {
      const ReplyReader::Status status = reader.read(cut);
      if (status == ReplyReader::Status::more) break;
      if (status == ReplyReader::Status::broken) return shown + "broken";
      show(reader.reply(), shown);
    }
  }
  return shown;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string whole = read(input, input.size() + 1);
  if (read(input, 1) != whole || read(input, data[0] % 16 + 2) != whole) std::abort();
  return 0;
}
