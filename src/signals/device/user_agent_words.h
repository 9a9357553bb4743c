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

// `hash` is the FNV-1a of the word in lower case. The word is a whole run of letters and digits, in
// any case. Returns the hints of the list's row, or none.
std::uint16_t find_word(std::uint32_t hash, std::string_view word) noexcept;

// Finds parts that make a bot of a word: "crawl" anywhere, "bot" at its end. Takes the letters of a
// word one by one; digits do not count for any.
class BotParts {
 public:
  // `c` is a letter or digit in lower case.
  void feed(char c) noexcept;
  // Returns whether the word that ends here has such a part, and begins the next word.
  bool end_word() noexcept;

 private:
  std::uint8_t state_ = 0;
  bool found_ = false;
};

}  // namespace personalize::user_agent
