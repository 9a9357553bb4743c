#include "widgets/trigger.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/selector.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::int64_t longest_ms = std::int64_t{24} * 3600 * 1000;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_selector = 200;
constexpr unsigned most_pages = 1000;

// Without a unit NGINX's times are seconds, and a script's milliseconds: it has to be said.
std::optional<std::int64_t> read_time_with_unit(std::string_view text) {
  const bool has_unit = text == "0" || (!text.empty() && !ascii::is_digit(text.back()));
  return has_unit ? parse_time(text) : std::nullopt;
}

std::optional<std::string> read_time(std::string_view text) {
  const auto ms = read_time_with_unit(text);
  return ms && *ms <= longest_ms ? std::optional(std::to_string(*ms)) : std::nullopt;
}

std::optional<std::string> read_share(std::string_view text) {
  const bool is_percentage = !text.empty() && text.back() == '%';
  const auto share =
      is_percentage ? read_integer<unsigned>(text.substr(0, text.size() - 1)) : std::nullopt;
  return share && *share >= 1 && *share <= 100 ? std::optional(std::to_string(*share))
                                               : std::nullopt;
}

std::optional<std::string> read_pages(std::string_view text) {
  const auto pages = read_integer<unsigned>(text);
  return pages && *pages >= 1 && *pages <= most_pages ? std::optional(std::to_string(*pages))
                                                      : std::nullopt;
}

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '|' || c == '=' || static_cast<unsigned char>(c) <= ' ') {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<std::string> read_name(std::string_view text) {
  const bool is_name = !text.empty() && text.size() <= longest_name &&
                       std::none_of(text.begin(), text.end(), [](char c) {
                         return static_cast<unsigned char>(c) <= ' ' || c == '"';
                       });
  return is_name ? std::optional(encode(text)) : std::nullopt;
}

std::optional<std::string> read_selector(std::string_view text) {
  return text.size() <= longest_selector && is_selector(text) ? std::optional(encode(text))
                                                              : std::nullopt;
}

struct Word {
  std::string_view name;  // with a `=` if it takes a value
  std::optional<std::string> (*read)(std::string_view value);
  std::string_view takes;  // what the value is
};
constexpr Word known[] = {
    {"load", nullptr, {}},
    {"exit_intent", nullptr, {}},
    {"back", nullptr, {}},
    {"delay=", read_time, "a time of at most a day with its unit, as in delay=5s"},
    {"session_time=", read_time, "a time of at most a day with its unit, as in session_time=2m"},
    {"scroll=", read_share, "a percentage from 1% to 100%, as in scroll=50%"},
    {"idle=", read_time, "a time of at most a day with its unit, as in idle=30s"},
    {"pages=", read_pages, "a number from 1 to 1000, as in pages=3"},
    {"event=", read_name, "the name of an event, as in event=add_to_cart"},
    {"click=", read_selector, "a CSS selector, as in click=\"#help\""},
};
// It is no condition: it lets the others hold where they would not count.
constexpr std::string_view from_search = "from_search";

std::string words() {
  return list_names(known, [](const Word& word) { return word.name; }) + ", " +
         std::string(from_search);
}

std::string compile_word(const std::string& word, const Where& where) {
  if (word == from_search) {
    return word;
  }
  for (const auto& [name, read, takes] : known) {
    if (word.compare(0, name.size(), name) != 0 || (read == nullptr && word != name)) {
      continue;
    }
    if (read == nullptr) {
      return word;
    }
    const auto value = read(std::string_view(word).substr(name.size()));
    if (!value) {
      throw ConfigError(
          where, "invalid value " + quoted(word) + " of trigger: it takes " + std::string(takes));
    }
    return std::string(name) + *value;
  }
  throw ConfigError(where,
                    "unknown word " + quoted(word) + " of trigger; the words are " + words());
}

}  // namespace

Appearance read_appearance(const Declaration& campaign, const Widget& widget) {
  Appearance appearance;
  for (const auto& statement : campaign.statements) {
    const auto& word = statement.words.at(0);
    if (word == "trigger") {
      appearance.trigger += appearance.trigger.empty() ? "" : "|";
      appearance.trigger += compile_trigger(statement);
    } else if (word == "auto_hide") {
      if (!appearance.auto_hide.empty()) {
        throw ConfigError(statement.where, "\"auto_hide\" is duplicate in this campaign");
      }
      appearance.auto_hide = compile_auto_hide(statement);
    } else if (word == "priority" && statement.words.size() == 2) {
      appearance.priority = statement.words[1];
    }
  }
  if (appearance.trigger.empty()) {
    appearance.trigger = widget.trigger;
  }
  appearance.waits = !appearance.trigger.empty() && !widget.is_overlay;
  return appearance;
}

std::string compile_trigger(const Statement& statement) {
  std::string line;
  bool has_condition = false;
  for (auto word = statement.words.begin() + 1; word != statement.words.end(); ++word) {
    if (std::find(statement.words.begin() + 1, word, *word) != word) {
      throw ConfigError(statement.where, quoted(*word) + " of trigger is duplicate");
    }
    has_condition = has_condition || *word != from_search;
    line += (line.empty() ? "" : " ") + compile_word(*word, statement.where);
  }
  if (!has_condition) {
    throw ConfigError(statement.where,
                      "\"trigger\" lacks a condition: write for example \"trigger delay=5s\"; the "
                      "words are " +
                          words());
  }
  return line;
}

std::string compile_auto_hide(const Statement& statement) {
  const auto ms =
      statement.words.size() == 2 ? read_time_with_unit(statement.words[1]) : std::nullopt;
  constexpr std::int64_t shortest_ms = 1000;
  if (!ms || *ms < shortest_ms || *ms > longest_ms) {
    throw ConfigError(
        statement.where,
        "\"auto_hide\" takes a time from a second to a day with its unit, as in \"auto_hide 10s\"");
  }
  return std::to_string(*ms);
}

}  // namespace personalize
