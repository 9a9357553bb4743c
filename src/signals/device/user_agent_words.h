// Classifies a client by the words of its User-Agent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize::user_agent {

// classify_device() combines the hints of all words.
enum Hint : std::uint16_t {
  bot = 1 << 0,
  lone_bot = 1 << 1,  // a bot, unless there is "Mozilla" as well
  mobile = 1 << 2,
  tablet = 1 << 3,
  android = 1 << 4,     // a tablet, unless "Mobile" is there
  desktop = 1 << 5,     // not a tablet in spite of "Tablet": a laptop with a pen
  television = 1 << 6,  // not a tablet in spite of "Android" without "Mobile"
  no_bot = 1 << 7,      // in spite of what is in the word
  compatible = 1 << 8,  // a bot, unless it is an old browser
  old_browser = 1 << 9,
  domain = 1 << 10,  // a bot, if a host name ends with the word
  mozilla = 1 << 11,
};

// A whole run of letters and digits.
struct FoundWord {
  std::size_t begin, end;  // equal if there is no word
  std::uint16_t hints;     // of the list's row, or none
  bool has_bot_part;       // "crawl" anywhere, "bot" at its end
};

// Returns the first word of the text that begins at `from` or after it.
FoundWord next_word(std::string_view text, std::size_t from) noexcept;

}  // namespace personalize::user_agent
