// What kind of thing a client is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/config_error.h"

namespace personalize {

// bot: search engines, link previews, monitors and headless browsers that say what they are. HTTP
// libraries and command-line tools (curl, wget, python-requests) are not bots: people and tests run
// them, and send cookies with them. desktop: everything else, also televisions, and iPads that ask
// for desktop pages, as they do by default: they look like a Mac. unknown: neither header was sent.
// The names are device_words (attributes/field.h).
enum class Device : std::uint8_t { unknown, mobile, tablet, desktop, bot };

// personalize_bots [WORD…] [except=WORD…]: what an operator adds to the list of bots, and takes off
// it. All in lower case.
struct BotRules {
  std::vector<std::string> texts;   // a client is a bot if its User-Agent contains one
  std::vector<std::string> except;  // words of a User-Agent that do not make a bot
};

// Reads the directive's parameters. Throws ConfigError.
BotRules parse_bots(const std::vector<std::string_view>& parameters, const Where& where);

// Classifies a client by its User-Agent and, if sent, Sec-CH-UA-Mobile.
Device classify_device(std::string_view user_agent, std::string_view sec_ch_ua_mobile,
                       const BotRules& rules = {}) noexcept;

}  // namespace personalize
