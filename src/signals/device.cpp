// Classifies a User-Agent by its words, in one pass: the hash of each word is computed while its
// letters go by, and looked up in a table that the compiler has filled.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"
#include "personalize/base/fnv.h"
#include "personalize/signals/signals.h"

namespace personalize {

namespace {

// What a word says about the client; classify_device() combines the hints.
enum Hint : std::uint8_t {
  bot = 1 << 0,
  mobile = 1 << 1,
  tablet = 1 << 2,
  android = 1 << 3,     // a tablet, unless "Mobile" is there
  desktop = 1 << 4,     // not a tablet in spite of "Tablet": a laptop with a pen
  television = 1 << 5,  // not a tablet in spite of "Android" without "Mobile"
  not_a_bot = 1 << 6,   // in spite of its ending
};

struct Word {
  std::string_view text;  // lower case, a whole run of letters and digits
  std::uint8_t hints;
};

// Words with the endings of says_bot() need no entry.
constexpr Word words[] = {
    // search engines and their tools
    {"adsense", bot},
    {"apis", bot},
    {"archiver", bot},
    {"bingpreview", bot},
    {"daumoa", bot},
    {"duplexweb", bot},
    {"favicon", bot},
    {"feedfetcher", bot},
    {"googleother", bot},
    {"googleproducer", bot},
    {"heritrix", bot},
    {"inspectiontool", bot},
    {"lighthouse", bot},
    {"mediapartners", bot},
    {"nutch", bot},
    {"pagespeed", bot},
    {"qwantify", bot},
    {"slurp", bot},
    {"verification", bot},
    {"yandexdirect", bot},
    {"yandexfavicons", bot},
    {"yandeximages", bot},
    {"yandexmetrika", bot},
    {"yeti", bot},
    // readers for language models
    {"anthropic", bot},
    {"chatgpt", bot},
    {"claude", bot},
    {"cohere", bot},
    {"externalagent", bot},
    {"externalfetcher", bot},
    {"mistralai", bot},
    {"perplexity", bot},
    // link previews and feed readers
    {"cardyb", bot},
    {"embedly", bot},
    {"facebookcatalog", bot},
    {"facebookexternalhit", bot},
    {"feedburner", bot},
    {"feedly", bot},
    {"iframely", bot},
    {"imgproxy", bot},
    {"inoreader", bot},
    {"mastodon", bot},
    {"preview", bot},
    {"skypeuripreview", bot},
    {"vkshare", bot},
    {"whatsapp", bot},
    // monitors and auditors
    {"ahrefssiteaudit", bot},
    {"barkrowler", bot},
    {"catchpoint", bot},
    {"datadogsynthetics", bot},
    {"googlehc", bot},
    {"googlestackdrivermonitoring", bot},
    {"gtmetrix", bot},
    {"healthchecker", bot},
    {"kube", bot},
    {"newrelicpinger", bot},
    {"pingdom", bot},
    {"ptst", bot},
    {"site24x7", bot},
    {"statuscake", bot},
    {"validator", bot},
    // scanners and harvesters
    {"censysinspect", bot},
    {"httrack", bot},
    {"masscan", bot},
    {"megaindex", bot},
    {"nikto", bot},
    {"nmap", bot},
    {"nuclei", bot},
    {"scrapy", bot},
    {"sqlmap", bot},
    {"zgrab", bot},
    // browsers without a person in front of them
    {"headlesschrome", bot},
    {"phantomjs", bot},
    {"prerender", bot},
    {"rendertron", bot},

    {"cubot", not_a_bot},  // a maker of phones

    {"bb10", mobile},
    {"blackberry", mobile},
    {"iemobile", mobile},
    {"iphone", mobile},
    {"ipod", mobile},
    {"j2me", mobile},
    {"kaios", mobile},
    {"midp", mobile},
    {"mini", mobile},  // Opera Mini
    {"mobi", mobile},  // Opera Mobi
    {"mobile", mobile},
    {"phone", mobile},  // Windows Phone
    {"series60", mobile},
    {"symbian", mobile},
    {"symbianos", mobile},

    {"ipad", tablet},
    {"kindle", tablet},
    {"playbook", tablet},
    {"silk", tablet},  // the browser of Amazon's tablets
    {"tablet", tablet},
    {"android", android},

    {"cros", desktop},
    {"macintosh", desktop},
    {"windows", desktop},

    {"aftb", television},  // Amazon's sticks
    {"aftm", television},
    {"aftmm", television},
    {"afts", television},
    {"aftss", television},
    {"aftt", television},
    {"bravia", television},
    {"crkey", television},  // Chromecast
    {"googletv", television},
    {"shield", television},
    {"smarttv", television},
    {"tv", television},
};

constexpr std::uint32_t hash_step(std::uint32_t hash, char c) {
  return fnv1a_32_step(hash, static_cast<unsigned char>(c));
}

// The words by their hashes: open addressing, at most a quarter full.
class WordTable {
 public:
  constexpr WordTable() {
    static_assert(std::size(words) < 256 && std::size(words) * 4 <= size);
    for (std::size_t w = 0; w < std::size(words); w++) {
      std::size_t i = slot(fnv1a_32(words[w].text));
      while (slots_[i] != 0) {
        i = (i + 1) % size;
      }
      slots_[i] = static_cast<std::uint8_t>(w + 1);
    }
  }

  // `word` is in any case, `hash` that of its lower case.
  std::uint8_t hints(std::uint32_t hash, std::string_view word) const {
    for (std::size_t i = slot(hash); slots_[i] != 0; i = (i + 1) % size) {
      const Word& candidate = words[slots_[i] - 1];
      if (ascii::equal_ignoring_case(candidate.text, word)) {
        return candidate.hints;
      }
    }
    return 0;
  }

 private:
  static constexpr std::size_t size = 512;
  static constexpr std::size_t slot(std::uint32_t hash) { return (hash ^ hash >> 15) % size; }

  std::array<std::uint8_t, size> slots_ = {};  // 1 + index of the word; 0 is empty
};

constexpr WordTable table;

bool starts_with(std::string_view word, std::string_view start) {
  return ascii::equal_ignoring_case(word.substr(0, start.size()), start);
}

bool ends_with(std::string_view word, std::string_view end) {
  return word.size() >= end.size() &&
         ascii::equal_ignoring_case(word.substr(word.size() - end.size()), end);
}

// Recognises Googlebot, Baiduspider, Crawler4j, and the /bot.html in the address of a page about a
// bot.
bool says_bot(std::string_view word) {
  return ends_with(word, "bot") || ends_with(word, "spider") || ends_with(word, "crawler") ||
         starts_with(word, "crawl");
}

unsigned word_hints(std::uint32_t hash, std::string_view word) {
  const unsigned hints = table.hints(hash, word);
  return hints == 0 && says_bot(word) ? static_cast<unsigned>(bot) : hints;
}

unsigned collect_hints(std::string_view user_agent) {
  unsigned hints = 0;
  std::uint32_t hash = fnv1a_32_start;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= user_agent.size(); i++) {
    const char c = i < user_agent.size() ? ascii::lower(user_agent[i]) : ' ';
    if ((c >= 'a' && c <= 'z') || ascii::is_digit(c)) {
      hash = hash_step(hash, c);
      continue;
    }
    if (i > begin) {
      hints |= word_hints(hash, user_agent.substr(begin, i - begin));
    }
    hash = fnv1a_32_start;
    begin = i + 1;
  }
  return hints;
}

}  // namespace

Device classify_device(std::string_view user_agent, std::string_view sec_ch_ua_mobile) noexcept {
  // No browser's is longer.
  constexpr std::size_t max_length = 2048;
  const bool says_mobile = sec_ch_ua_mobile == "?1";  // a boolean of RFC 8941
  const unsigned hints = collect_hints(user_agent.substr(0, max_length));

  if ((hints & bot) != 0) {
    return Device::bot;
  }
  // An iPad also says "Mobile".
  if ((hints & tablet) != 0 && (hints & desktop) == 0) {
    return Device::tablet;
  }
  if ((hints & mobile) != 0 || says_mobile) {
    return Device::mobile;
  }
  if ((hints & android) != 0 && (hints & (television | desktop)) == 0) {
    return Device::tablet;
  }
  return user_agent.empty() && sec_ch_ua_mobile.empty() ? Device::unknown : Device::desktop;
}

}  // namespace personalize
