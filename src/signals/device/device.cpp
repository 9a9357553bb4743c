// Classifies a User-Agent by its words.
#include "personalize/signals/device.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "signals/device/user_agent_words.h"

namespace personalize {

namespace {

using namespace user_agent;

class UserAgent {
 public:
  UserAgent(std::string_view text, const BotRules& rules) : text_(text), rules_(rules) {}

  // Returns the hints of all words.
  unsigned collect() const {
    unsigned hints = 0;
    for (auto word = next_word(text_, 0); word.begin != word.end;
         word = next_word(text_, word.end)) {
      hints |= word_hints(word);
    }
    return hints;
  }

 private:
  unsigned word_hints(const FoundWord& found) const {
    const auto [begin, end, listed, has_part] = found;
    const auto word = text_.substr(begin, end - begin);
    unsigned hints = listed;
    if ((hints & domain) != 0) {
      hints = begin > 0 && text_[begin - 1] == '.' && !is_at(end, '.') ? bot : 0;
    }
    if ((has_part && (hints & no_bot) == 0) || is_address(word, begin, end)) {
      hints |= bot;
    }
    const bool is_excepted =
        (hints & (bot | lone_bot)) != 0 &&
        std::any_of(rules_.except.begin(), rules_.except.end(), [&](std::string_view except) {
          return ascii::equal_ignoring_case(except, word);
        });
    return is_excepted ? hints & ~(bot | lone_bot) : hints;
  }

  // Bots give the address of a page about themselves, or an e-mail address. Browsers do not.
  bool is_address(std::string_view word, std::size_t begin, std::size_t end) const {
    if (is_at(end, ':') && is_at(end + 1, '/')) {
      return ascii::equal_ignoring_case(word, "http") || ascii::equal_ignoring_case(word, "https");
    }
    if (is_at(end, '.') && ascii::equal_ignoring_case(word, "www")) {
      return true;
    }
    return begin > 1 && text_[begin - 1] == '@' && ascii::is_letter(word.front()) &&
           (ascii::is_letter(text_[begin - 2]) || ascii::is_digit(text_[begin - 2]));
  }

  bool is_at(std::size_t i, char c) const { return i < text_.size() && text_[i] == c; }

  std::string_view text_;
  const BotRules& rules_;
};

bool is_bot(unsigned hints) {
  return (hints & bot) != 0 || ((hints & lone_bot) != 0 && (hints & mozilla) == 0) ||
         ((hints & compatible) != 0 && (hints & old_browser) == 0);
}

}  // namespace

BotRules parse_bots(const std::vector<std::string_view>& parameters, const Where& where) {
  constexpr std::string_view except = "except=";
  constexpr std::size_t shortest = 3;
  BotRules rules;
  for (const auto parameter : parameters) {
    const bool is_exception = ascii::starts_with(parameter, except);
    const auto text = is_exception ? parameter.substr(except.size()) : parameter;
    const bool is_word = std::all_of(
        text.begin(), text.end(), [](char c) { return ascii::is_letter(c) || ascii::is_digit(c); });
    if (text.size() < shortest || (is_exception && !is_word)) {
      throw ConfigError(where, "invalid value " + quoted(parameter) +
                                   " in personalize_bots: write a part of the User-Agent, of three "
                                   "characters or more, or except=WORD, with one word of letters "
                                   "and digits");
    }
    (is_exception ? rules.except : rules.texts).push_back(ascii::lowered(text));
  }
  return rules;
}

Device classify_device(std::string_view user_agent, std::string_view sec_ch_ua_mobile,
                       const BotRules& rules) noexcept {
  // No browser's is longer.
  constexpr std::size_t max_length = 2048;
  const auto text = user_agent.substr(0, max_length);
  const bool says_mobile = sec_ch_ua_mobile == "?1";  // a boolean of RFC 8941
  const unsigned hints = UserAgent(text, rules).collect();

  if (is_bot(hints) || std::any_of(rules.texts.begin(), rules.texts.end(), [&](const auto& part) {
        return ascii::contains_ignoring_case(text, part);
      })) {
    return Device::bot;
  }
  // An iPad also has "Mobile" in its User-Agent.
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
