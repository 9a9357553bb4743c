#include "personalize/redis/info.h"

#include <algorithm>
#include <charconv>

namespace personalize {

// Lines like `cmdstat_swapdb:calls=2,usec=9,…` after `# Commandstats`.
std::optional<std::uint64_t> read_command_calls(const RedisReply& reply,
                                                std::string_view command) noexcept {
  constexpr std::string_view title = "# Commandstats";
  constexpr std::string_view prefix = "cmdstat_";
  constexpr std::string_view calls = ":calls=";
  std::string_view rest = reply.string();
  if (rest.substr(0, title.size()) != title) {
    return std::nullopt;
  }

  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.substr(0, prefix.size()) != prefix) {
      continue;
    }
    line.remove_prefix(prefix.size());
    if (line.substr(0, command.size()) != command) {
      continue;
    }
    line.remove_prefix(command.size());
    if (line.substr(0, calls.size()) != calls) {
      continue;
    }
    line.remove_prefix(calls.size());
    std::uint64_t count = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), count);
    if (parsed.ec != std::errc()) {
      return std::nullopt;
    }
    return count;
  }
  return 0;
}

}  // namespace personalize
