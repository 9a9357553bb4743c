#include "personalize/learn/learn_options.h"

#include <algorithm>
#include <string>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/parameters.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t shortest_s = 60;
constexpr std::int64_t longest_s = std::int64_t{366} * 86400;
constexpr std::uint32_t least_top = 20;
constexpr std::uint32_t most_top = 1000;

[[noreturn]] void refuse(const Where& where, const std::string& problem) {
  throw ConfigError(where, "personalize_learn: " + problem);
}

std::int64_t read_time(std::string_view parameter, std::string_view value, const Where& where) {
  const auto ms = parse_time(value);
  if (!ms || *ms / second_ms < shortest_s || *ms / second_ms > longest_s) {
    refuse(where, "invalid value " + quoted(parameter) +
                      ": write a time from 1m to 366d, as in half_life=3d or keep=30d");
  }
  return *ms / second_ms;
}

std::uint32_t read_top(std::string_view parameter, std::string_view value, const Where& where) {
  const auto n = read_integer<std::uint32_t>(value).value_or(0);
  if (n < least_top || n > most_top) {
    refuse(where, "invalid value " + quoted(parameter) + ": write a number of items from " +
                      std::to_string(least_top) + " to " + std::to_string(most_top));
  }
  return n;
}

void read_by(std::string_view parameter, std::string_view value, const Where& where,
             LearnOptions& options) {
  do {
    const auto word = ascii::take_until(value, ',');
    if (word == "category") {
      options.by_category = true;
    } else if (word == "brand") {
      options.by_brand = true;
    } else if (word == "country") {
      options.by_country = true;
    } else {
      refuse(where, "invalid value " + quoted(parameter) +
                        ": write some of category, brand and country, with commas between them");
    }
  } while (!value.empty());
}

// Nothing else varies: pages of all servers teach the same lists.
LearnOptions::ItemKey read_items(std::string_view parameter, std::string_view value,
                                 const Where& where) {
  constexpr std::string_view id = "${id}";
  const auto at = value.find(id);
  if (at == std::string_view::npos || value.find('$') != at ||
      value.find('$', at + 1) != std::string_view::npos) {
    refuse(where, "invalid value " + quoted(parameter) +
                      ": write the key at which the catalogue has an item, with nothing but the id "
                      "in it that varies, as in \"items=item:${id}\"");
  }
  return {std::string(value.substr(0, at)), std::string(value.substr(at + id.size()))};
}

}  // namespace

LearnOptions parse_learn(const std::vector<std::string_view>& parameters, const Where& where) {
  LearnOptions options;
  refuse_duplicates("personalize_learn", parameters, where);
  for (const auto parameter : parameters) {
    const auto equals = parameter.find('=');
    const auto name = parameter.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    if (name == "half_life") {
      options.half_life_s = read_time(parameter, value, where);
    } else if (name == "keep") {
      options.keep_s = read_time(parameter, value, where);
    } else if (name == "top") {
      options.top = read_top(parameter, value, where);
    } else if (name == "by") {
      read_by(parameter, value, where, options);
    } else if (name == "items") {
      options.items = read_items(parameter, value, where);
    } else {
      refuse(where, "unknown parameter " + quoted(parameter) +
                        "; it takes half_life= keep= by= top= items=, or off alone");
    }
  }
  if (options.half_life_s > options.keep_s) {
    refuse(where, "half_life= is longer than keep=: what is learned would be gone before it fades");
  }
  return options;
}

}  // namespace personalize
