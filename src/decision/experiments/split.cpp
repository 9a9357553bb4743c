#include "decision/experiments/split.h"

#include <charconv>
#include <iterator>

namespace personalize::decision {

void append_split(std::string_view variant, double share, std::string& split) {
  constexpr int significant = 6;
  char digits[32];
  const char* end =
      std::to_chars(digits, std::end(digits), share, std::chars_format::general, significant).ptr;
  split += split.empty() ? "" : ",";
  split += variant;
  split += '=';
  split.append(static_cast<const char*>(digits), end);
}

}  // namespace personalize::decision
