// The words of User-Agents by which a client is recognized. A new bot is a row of one of these
// lists; tests/differential/devices.test.mjs compares them with public lists of crawlers and
// browsers.
#include "signals/device/user_agent_words.h"

#include <array>

#include "base/text/ascii.h"
#include "personalize/base/fnv.h"

namespace personalize {

namespace {

using namespace user_agent;

struct Word {
  std::string_view text;  // lower case, a whole run of letters and digits
  std::uint16_t hints;
};

// Words with one of the parts below need no row.
constexpr Word all_words[] = {
    // search engines and their tools
    {"adsense", bot},
    {"adwords", bot},
    {"apis", bot},
    {"bingpreview", bot},
    {"coccoc", bot},
    {"daumoa", bot},
    {"duplexweb", bot},
    {"favicon", bot},
    {"favicons", bot},
    {"geedop", bot},
    {"geedoshopproductfinder", bot},
    {"gigablast", bot},
    {"gigablastopensource", bot},
    {"googleother", bot},
    {"googleproducer", bot},
    {"heritrix", bot},
    {"indexer", bot},
    {"lighthouse", bot},
    {"mediapartners", bot},
    {"nutch", bot},
    {"pagespeed", bot},
    {"physicalweb", bot},
    {"playstore", bot},
    {"qwantify", bot},
    {"robots", bot},
    {"slurp", bot},
    {"swisscows", bot},
    {"verification", bot},
    {"xrawler", bot},
    {"yandexdirect", bot},
    {"yandexfavicons", bot},
    {"yandeximages", bot},
    {"yandexmetrika", bot},
    {"yeti", bot},
    {"conversions", bot},
    {"globalwebsearchx", bot},
    {"wesee", bot},
    {"searchexpress", bot},
    // readers for language models
    {"anthropic", bot},
    {"chatgpt", bot},
    {"claude", bot},
    {"cohere", bot},
    {"externalagent", bot},
    {"externalfetcher", bot},
    {"imagemind", bot},
    {"manus", bot},
    {"mistralai", bot},
    {"newsai", bot},
    {"novellum", bot},
    {"perplexity", bot},
    {"spawning", bot},
    {"turingos", bot},
    // link previews and feed readers
    {"cardyb", bot},
    {"collapsify", bot},
    {"embedly", bot},
    {"externalads", bot},
    {"externalhit", bot},
    {"facebookcatalog", bot},
    {"facebookexternalhit", bot},
    {"feedburner", bot},
    {"feedly", bot},
    {"hatena", bot},
    {"iframely", bot},
    {"imgproxy", bot},
    {"inoreader", bot},
    {"mastodon", bot},
    {"newsnow", bot},
    {"nuzzel", bot},
    {"onebox", bot},
    {"preview", bot},
    {"skypeuripreview", bot},
    {"vkshare", bot},
    {"whatsapp", bot},
    // monitors and auditors
    {"ahrefssiteaudit", bot},
    {"appinsights", bot},
    {"barkrowler", bot},
    {"catchpoint", bot},
    {"cloudflare", bot},
    {"cookiehubscan", bot},
    {"dareboost", bot},
    {"datadog", bot},
    {"datadogsynthetics", bot},
    {"googlehc", bot},
    {"googlestackdrivermonitoring", bot},
    {"gtmetrix", bot},
    {"hardenize", bot},
    {"kube", bot},
    {"linktiger", bot},
    {"marketgoo", bot},
    {"nagios", bot},
    {"newrelicpinger", bot},
    {"newrelicsynthetics", bot},
    {"optimizer", bot},
    {"pingdom", bot},
    {"pingdomtms", bot},
    {"ptst", bot},
    {"pwabuilderhttpagent", bot},
    {"readable", bot},
    {"rigor", bot},
    {"ruxitsynthetic", bot},
    {"securityheaders", bot},
    {"silktide", bot},
    {"sindup", bot},
    {"site24x7", bot},
    {"sitelock", bot},
    {"statuscake", bot},
    {"synthetic", bot},
    {"synthetics", bot},
    {"thousandeyes", bot},
    {"validator", bot},
    {"watchtowr", bot},
    {"ylt", bot},
    {"zabbix", bot},
    // scanners and harvesters
    {"acunetix", bot},
    {"bitdiscovery", bot},
    {"censysinspect", bot},
    {"datanyze", bot},
    {"dlc", bot},
    {"foregenix", bot},
    {"httrack", bot},
    {"ips", bot},
    {"masscan", bot},
    {"megaindex", bot},
    {"nikto", bot},
    {"nmap", bot},
    {"nuclei", bot},
    {"openvas", bot},
    {"outbrain", bot},
    {"scrapy", bot},
    {"sqlmap", bot},
    {"zgrab", bot},
    // browsers without a person in front of them
    {"headlesschrome", bot},
    {"phantomjs", bot},
    {"playwright", bot},
    {"prerender", bot},
    {"puppeteer", bot},
    {"rendertron", bot},
    {"selenium", bot},
    {"splash", bot},
    {"testlocally", bot},
    // programs that name themselves and nothing else; browsers may have these words, too
    {"acquia", lone_bot},
    {"adminlabs", lone_bot},
    {"adventurer", lone_bot},
    {"alienfarm", lone_bot},
    {"antenna", lone_bot},
    {"appsiteassociation", lone_bot},
    {"asana", lone_bot},
    {"asnriskscorer", lone_bot},
    {"betterstack", lone_bot},
    {"biglotron", lone_bot},
    {"bigsur", lone_bot},
    {"blackboard", lone_bot},
    {"blackbox", lone_bot},
    {"blackduck", lone_bot},
    {"bling", lone_bot},
    {"blogtrottr", lone_bot},
    {"bluesky", lone_bot},
    {"botpoke", lone_bot},
    {"brandwatch", lone_bot},
    {"bushbaby", lone_bot},
    {"bw", lone_bot},
    {"callout", lone_bot},
    {"camo", lone_bot},
    {"capitaloneshopping", lone_bot},
    {"certificate", lone_bot},
    {"check", lone_bot},
    {"checkr", lone_bot},
    {"classifier", lone_bot},
    {"connector", lone_bot},
    {"copier", lone_bot},
    {"corporama", lone_bot},
    {"crusty", lone_bot},
    {"csup", lone_bot},
    {"cyotekwebcopy", lone_bot},
    {"daily", lone_bot},
    {"datafeedwatch", lone_bot},
    {"dcv", lone_bot},
    {"determ", lone_bot},
    {"digicert", lone_bot},
    {"discourse", lone_bot},
    {"disqus", lone_bot},
    {"dmbrowser", lone_bot},
    {"ds9", lone_bot},
    {"easybill", lone_bot},
    {"ec2", lone_bot},
    {"ec2linkfinder", lone_bot},
    {"emailwolf", lone_bot},
    {"emoney", lone_bot},
    {"erp", lone_bot},
    {"exodusmovement", lone_bot},
    {"fastdast", lone_bot},
    {"fastmailua", lone_bot},
    {"freshping", lone_bot},
    {"funnelback", lone_bot},
    {"giftedvisitor", lone_bot},
    {"google", lone_bot},
    {"googleassociationservice", lone_bot},
    {"gopay", lone_bot},
    {"happywing", lone_bot},
    {"health", lone_bot},
    {"hello", lone_bot},
    {"hook", lone_bot},
    {"hotjar", lone_bot},
    {"httpd", lone_bot},
    {"instapaper", lone_bot},
    {"integromat", lone_bot},
    {"iubenda", lone_bot},
    {"jumio", lone_bot},
    {"keycdn", lone_bot},
    {"klaviyo", lone_bot},
    {"knowledge", lone_bot},
    {"l9explore", lone_bot},
    {"legalmonster", lone_bot},
    {"magellan", lone_bot},
    {"magicsearchdev", lone_bot},
    {"make", lone_bot},
    {"managewp", lone_bot},
    {"marginalia", lone_bot},
    {"mediavinemetadataparser", lone_bot},
    {"metorik", lone_bot},
    {"mobileok", lone_bot},
    {"modularconnector", lone_bot},
    {"mollie", lone_bot},
    {"monit", lone_bot},
    {"netapi", lone_bot},
    {"netvigie", lone_bot},
    {"newsgathering", lone_bot},
    {"nextcloud", lone_bot},
    {"ning", lone_bot},
    {"nodeping", lone_bot},
    {"nvdorz", lone_bot},
    {"omnisend", lone_bot},
    {"onetrust", lone_bot},
    {"panopta", lone_bot},
    {"parser", lone_bot},
    {"pdf24", lone_bot},
    {"penthouse", lone_bot},
    {"potions", lone_bot},
    {"probe", lone_bot},
    {"probes", lone_bot},
    {"proxy", lone_bot},
    {"radar", lone_bot},
    {"reelevant", lone_bot},
    {"remove", lone_bot},
    {"reward", lone_bot},
    {"ripper", lone_bot},
    {"risk", lone_bot},
    {"safeassign", lone_bot},
    {"safety", lone_bot},
    {"screen", lone_bot},
    {"searcherweb", lone_bot},
    {"searcherxweb", lone_bot},
    {"searchx", lone_bot},
    {"sendgrid", lone_bot},
    {"sfdc", lone_bot},
    {"shopify", lone_bot},
    {"sitesucker", lone_bot},
    {"sleuth", lone_bot},
    {"snipcart", lone_bot},
    {"sora", lone_bot},
    {"sparkpost", lone_bot},
    {"sparkshipping", lone_bot},
    {"speed", lone_bot},
    {"ssl", lone_bot},
    {"stape", lone_bot},
    {"steam", lone_bot},
    {"termly", lone_bot},
    {"theinternetsearchx", lone_bot},
    {"trellis", lone_bot},
    {"trust", lone_bot},
    {"trustly", lone_bot},
    {"tumblr", lone_bot},
    {"twilioproxy", lone_bot},
    {"umbrella", lone_bot},
    {"unicorn", lone_bot},
    {"updown", lone_bot},
    {"upflow", lone_bot},
    {"uptimekuma", lone_bot},
    {"uptrends", lone_bot},
    {"urlcheckr", lone_bot},
    {"vaultpress", lone_bot},
    {"venus", lone_bot},
    {"viber", lone_bot},
    {"w3c", lone_bot},
    {"webcopier", lone_bot},
    {"webcopy", lone_bot},
    {"whatweb", lone_bot},
    {"wjhro", lone_bot},
    {"wordup", lone_bot},
    {"wordupinfosearch", lone_bot},
    {"wpumbrella", lone_bot},
    {"xenu", lone_bot},
    {"yahoocachesystem", lone_bot},
    {"yokoygroupag", lone_bot},
    {"zapier", lone_bot},
    {"zmeu", lone_bot},

    // the ends of host names: "(+example.com)"
    {"com", domain},
    {"de", domain},
    {"eu", domain},
    {"fr", domain},
    {"info", domain},
    {"io", domain},
    {"me", domain},
    {"net", domain},
    {"org", domain},
    {"ru", domain},
    {"ua", domain},

    // browsers that say "compatible" as bots do
    {"konqueror", old_browser},
    {"msie", old_browser},
    {"trident", old_browser},
    {"compatible", compatible},
    {"mozilla", mozilla},

    {"cubot", no_bot},  // a maker of phones

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

// Of each byte: 0 to 25 for a letter in any case, then the digits; `none` for everything else.
constexpr std::uint8_t letters = 26;
constexpr std::uint8_t symbols = letters + 10;
constexpr std::uint8_t none = symbols;
class Symbols {
 public:
  constexpr Symbols() {
    for (std::size_t c = 0; c < of_.size(); ++c) {
      const char letter = ascii::lower(static_cast<char>(c));
      of_[c] = static_cast<std::uint8_t>(ascii::is_letter(letter)  ? letter - 'a'
                                         : ascii::is_digit(letter) ? letter - '0' + letters
                                                                   : none);
    }
  }
  constexpr std::uint8_t operator[](char c) const { return of_[static_cast<unsigned char>(c)]; }

 private:
  std::array<std::uint8_t, 256> of_ = {};
};

constexpr Symbols symbol_of;

// The words by their hashes, which are the FNV-1a of their symbols: open addressing, at most a
// quarter full.
class WordTable {
 public:
  constexpr WordTable() {
    static_assert(std::size(all_words) * 4 <= size);
    for (std::size_t w = 0; w < std::size(all_words); w++) {
      std::uint32_t hash = fnv1a_32_start;
      for (const char c : all_words[w].text) {
        hash = fnv1a_32_step(hash, symbol_of[c]);
      }
      std::size_t i = slot(hash);
      while (slots_[i] != 0) {
        i = (i + 1) % size;
      }
      slots_[i] = static_cast<std::uint16_t>(w + 1);
    }
  }

  std::uint16_t hints(std::uint32_t hash, std::string_view word) const {
    for (std::size_t i = slot(hash); slots_[i] != 0; i = (i + 1) % size) {
      const Word& candidate = all_words[slots_[i] - 1];
      if (ascii::equal_ignoring_case(candidate.text, word)) {
        return candidate.hints;
      }
    }
    return 0;
  }

 private:
  static constexpr std::size_t size = 2048;
  static constexpr std::size_t slot(std::uint32_t hash) { return (hash ^ hash >> 15) % size; }

  std::array<std::uint16_t, size> slots_ = {};  // 1 + index of the word; 0 is empty
};

constexpr WordTable word_table;

// Parts that make a bot of any word.
constexpr std::string_view parts[] = {
    "crawl",   "spider",  "monitor", "checker",  "checklink", "scanner",    "scanning",
    "fetch",   "scrap",   "archiv",  "uptime",   "webhook",   "headless",   "screenshot",
    "preview", "harvest", "analyz",  "inspect",  "validat",   "verif",      "pinger",
    "prober",  "rssapi",  "feeder",  "feedread", "feedflow",  "healthcheck"};
// The same, at the end of a word.
constexpr std::string_view endings[] = {"bot", "bots", "rss", "scan", "feed"};

// An automaton that reads a string once for all parts (A. Aho, M. Corasick, "Efficient String
// Matching: An Aid to Bibliographic Search", CACM 18, 1975).
class PartAutomaton {
 public:
  constexpr PartAutomaton() {
    for (const auto part : parts) {
      add(part, found);
    }
    for (const auto ending : endings) {
      add(ending, found_at_end);
    }
    // By breadth: the failures of shorter prefixes are known when longer ones need them.
    std::array<std::uint8_t, most_states> queue = {};
    std::array<std::uint8_t, most_states> failure = {};
    std::size_t first = 0, last = 0;
    for (std::size_t c = 0; c < symbols; ++c) {
      if (next_[0][c] != 0) {
        queue[last++] = next_[0][c];
      }
    }
    while (first < last) {
      const auto state = queue[first++];
      const bool is_found = (marks_[state] & found) != 0;
      for (std::size_t c = 0; c < symbols; ++c) {
        const auto child = next_[state][c];
        if (is_found) {
          next_[state][c] = state;
          continue;
        }
        const auto fallback = next_[failure[state]][c];
        if (child == 0) {
          next_[state][c] = fallback;
        } else {
          failure[child] = fallback;
          marks_[child] = static_cast<std::uint8_t>(marks_[child] | marks_[fallback]);
          queue[last++] = child;
        }
      }
    }
  }

  // Returns the state after a symbol. Digits count for no part. What is found stays found.
  constexpr std::uint8_t next(std::uint8_t state, std::uint8_t symbol) const {
    return next_[state][symbol];
  }
  // Returns whether a word that ends in this state has a part.
  constexpr bool is_found(std::uint8_t state) const { return marks_[state] != 0; }

 private:
  static constexpr std::uint8_t found = 1;
  static constexpr std::uint8_t found_at_end = 2;
  static constexpr std::size_t most_states = 255;

  constexpr void add(std::string_view part, std::uint8_t mark) {
    std::uint8_t state = 0;
    for (const char letter : part) {
      auto& child = next_[state][symbol_of[letter]];
      if (child == 0) {
        child = ++count_;
      }
      state = child;
    }
    marks_[state] = static_cast<std::uint8_t>(marks_[state] | mark);
  }

  std::array<std::array<std::uint8_t, symbols>, most_states> next_ = {};
  std::array<std::uint8_t, most_states> marks_ = {};
  std::uint8_t count_ = 0;
};

constexpr PartAutomaton automaton;

}  // namespace

namespace user_agent {

FoundWord next_word(std::string_view text, std::size_t from) noexcept {
  const auto symbol_at = [&](std::size_t i) { return i < text.size() ? symbol_of[text[i]] : none; };
  while (from < text.size() && symbol_of[text[from]] == none) {
    ++from;
  }
  std::size_t end = from;
  std::uint32_t hash = fnv1a_32_start;
  std::uint8_t state = 0;
  for (auto symbol = symbol_at(end); symbol != none; symbol = symbol_at(++end)) {
    hash = fnv1a_32_step(hash, symbol);
    state = automaton.next(state, symbol);
  }
  const auto hints = word_table.hints(hash, text.substr(from, end - from));
  return {from, end, hints, automaton.is_found(state)};
}

}  // namespace user_agent

}  // namespace personalize
