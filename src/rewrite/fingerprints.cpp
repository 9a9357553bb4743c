#include "rewrite/fingerprints.h"

#include "rewrite/name.h"

namespace personalize::rewrite {

void Fingerprints::add(std::string_view word, bool any_case) {
  auto bucket = static_cast<std::uint8_t>(1U << (added_++ % 8));
  // A page can have NUL in the place of U+FFFD, and a line feed in several ways.
  bool changed = word.find("\xEF\xBF\xBD") != std::string_view::npos;
  for (int place = 0; place < kBytes; ++place) {
    auto from_end = static_cast<std::size_t>(kBytes - place);
    if (changed || word.size() < from_end || is_space(word[word.size() - from_end])) {
      add_any(place, bucket);
      continue;
    }
    char c = word[word.size() - from_end];
    add_byte(place, c, bucket);
    if (any_case && is_ascii_alpha(c)) add_byte(place, static_cast<char>(c ^ 0x20), bucket);
  }
  for (int place = 0; place < kBytes; ++place) {
    for (std::size_t byte = 0; byte < whole[place].size(); ++byte) {
      whole[place][byte] = low[place][byte & 0x0F] & high[place][byte >> 4];
    }
  }
}

}  // namespace personalize::rewrite
