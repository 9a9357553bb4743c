#include "rewrite/tokenizer/fingerprints.h"

#include <algorithm>

#include "rewrite/tokenizer/name.h"

namespace personalize::rewrite {

void Fingerprints::add(std::string_view word, bool any_case) {
  // Into the bucket that comes to match the fewest other bytes by that.
  std::uint8_t best = 0;
  std::size_t least = ~std::size_t{0};
  for (int i = 0; i < 8; ++i) {
    const auto bucket = static_cast<std::uint8_t>(1U << i);
    Fingerprints with = *this;
    with.put(word, any_case, bucket);
    const std::size_t grown = with.matched(bucket) - matched(bucket);
    if (grown < least) {
      least = grown;
      best = bucket;
    }
  }
  put(word, any_case, best);
  for (int place = 0; place < byte_count; ++place) {
    for (std::size_t byte = 0; byte < whole[place].size(); ++byte) {
      whole[place][byte] = low[place][byte & 0x0F] & high[place][byte >> 4];
    }
  }
}

void Fingerprints::put(std::string_view word, bool any_case, std::uint8_t bucket) {
  const bool is_certain = has_own_bytes(word);
  for (int place = 0; place < byte_count; ++place) {
    auto from_end = static_cast<std::size_t>(byte_count - place);
    // A line feed can be written in several ways.
    if (!is_certain || word.size() < from_end ||
        ascii::is_html_space(word[word.size() - from_end])) {
      add_any(place, bucket);
      continue;
    }
    char c = word[word.size() - from_end];
    add_byte(place, c, bucket);
    if (any_case && ascii::is_letter(c)) {
      add_byte(place, static_cast<char>(c ^ 0x20), bucket);
    }
  }
}

std::size_t Fingerprints::matched(std::uint8_t bucket) const {
  std::size_t product = 1;
  for (int place = 0; place < byte_count; ++place) {
    const auto has = [bucket](std::uint8_t entry) { return (entry & bucket) != 0; };
    const auto lows = std::count_if(low[place].begin(), low[place].end(), has);
    const auto highs = std::count_if(high[place].begin(), high[place].end(), has);
    product *= static_cast<std::size_t>(lows * highs);
  }
  return product;
}

}  // namespace personalize::rewrite
