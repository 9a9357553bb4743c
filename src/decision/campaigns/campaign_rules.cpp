#include "decision/campaigns/campaign_rules.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/date.h"
#include "base/text.h"
#include "decision/experiments/bucketing.h"

namespace personalize::decision {

namespace {

constexpr unsigned day_minutes = 24 * 60;
constexpr std::uint32_t most_impressions = 9999;
constexpr double longest_stop_s = 10.0 * 365 * 86400;

[[noreturn]] void refuse(const Statement& statement, const std::string& message) {
  throw ConfigError(statement.where, message);
}

std::optional<unsigned> whole_number(std::string_view text) {
  unsigned number = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end ? std::optional(number) : std::nullopt;
}

// `A-B` is both sides, `A` is A twice.
std::pair<std::string_view, std::string_view> split_range(std::string_view text) {
  const auto dash = text.find('-');
  return dash == std::string_view::npos ? std::pair(text, text)
                                        : std::pair(text.substr(0, dash), text.substr(dash + 1));
}

// 9, 09, 9:30; minutes since midnight.
std::optional<unsigned> read_time_of_day(std::string_view text) {
  const auto colon = text.find(':');
  const auto hour = whole_number(text.substr(0, colon));
  const auto minute = colon == std::string_view::npos || text.size() != colon + 3
                          ? std::optional(0U)
                          : whole_number(text.substr(colon + 1));
  const bool odd = colon != std::string_view::npos && text.size() != colon + 3;
  if (!hour || !minute || odd || *minute > 59 || *hour * 60 + *minute > day_minutes) {
    return std::nullopt;
  }
  return *hour * 60 + *minute;
}

std::vector<Hours> read_hours(const Statement& statement) {
  std::vector<Hours> hours;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    const auto [first, last] = split_range(statement.words[i]);
    const auto from = read_time_of_day(first);
    const auto until = read_time_of_day(last);
    if (!from || !until || *from == *until || *from == day_minutes) {
      refuse(statement, quoted(statement.words[i]) +
                            " are no hours: write for example \"hours 9-18\", from 9:00 until "
                            "before 18:00, or \"hours 22-6\" over midnight");
    }
    hours.push_back({*from, *until});
  }
  if (hours.empty()) {
    refuse(statement, "\"hours\" is empty: write for example \"hours 9-18\"");
  }
  return hours;
}

constexpr std::string_view weekday_names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                              "thursday", "friday", "saturday"};

std::optional<unsigned> read_weekday(std::string_view text) {
  for (unsigned day = 0; day < 7; ++day) {
    if (text == weekday_names[day] || text == weekday_names[day].substr(0, 3)) {
      return day;
    }
  }
  return std::nullopt;
}

std::uint8_t read_weekdays(const Statement& statement) {
  unsigned days = 0;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    const auto [first, last] = split_range(statement.words[i]);
    const auto from = read_weekday(first);
    const auto until = read_weekday(last);
    if (!from || !until) {
      refuse(statement, quoted(statement.words[i]) +
                            " is no weekday: write for example \"weekdays mon-fri\" or \"weekdays "
                            "sat sun\"");
    }
    for (unsigned day = *from;; day = (day + 1) % 7) {
      days |= 1U << day;
      if (day == *until) {
        break;
      }
    }
  }
  if (days == 0) {
    refuse(statement, "\"weekdays\" is empty: write for example \"weekdays mon-fri\"");
  }
  return static_cast<std::uint8_t>(days);
}

std::optional<Per> read_per(std::string_view text) {
  constexpr std::pair<std::string_view, Per> names[] = {{"view", Per::view},
                                                        {"session", Per::session},
                                                        {"day", Per::day},
                                                        {"week", Per::week},
                                                        {"lifetime", Per::lifetime}};
  for (const auto& [name, per] : names) {
    if (name == text) {
      return per;
    }
  }
  return std::nullopt;
}

std::vector<Cap> read_caps(const Statement& statement, std::size_t first) {
  std::vector<Cap> caps;
  for (std::size_t i = first; i < statement.words.size(); ++i) {
    const std::string_view word = statement.words[i];
    const auto slash = std::min(word.find('/'), word.size());
    const auto most = whole_number(word.substr(0, slash));
    const auto per = read_per(word.substr(std::min(slash + 1, word.size())));
    if (!most || !per || *most < 1 || *most > most_impressions) {
      refuse(statement, quoted(word) +
                            " is no limit: write a number from 1 to 9999 and view, session, day, "
                            "week or lifetime, as in \"3/session\"");
    }
    const bool again =
        std::any_of(caps.begin(), caps.end(), [&](const Cap& cap) { return cap.per == *per; });
    if (again) {
      refuse(statement,
             "two limits for the same time, the second is " + quoted(word) + ": keep one of them");
    }
    caps.push_back({*per, *most});
  }
  return caps;
}

bool takes(std::string_view word, std::string_view name, std::string_view& value) {
  if (word.substr(0, name.size()) != name) {
    return false;
  }
  value = word.substr(name.size());
  return true;
}

}  // namespace

bool CampaignRules::runs_at(const Clock& clock) const noexcept {
  if (!schedule.holds(clock)) {
    return false;
  }
  if (hours.empty() && weekdays == 0) {
    return true;
  }
  const double local = std::floor((clock.now + clock.offset) / 60);
  constexpr double farthest = 1e12;
  if (!(std::fabs(local) < farthest)) {
    return false;
  }
  const auto minutes = static_cast<std::int64_t>(local);
  const auto day = static_cast<std::int64_t>(std::floor(local / day_minutes));
  const auto minute = static_cast<unsigned>(minutes - day * day_minutes);
  // 1970-01-01 was a Thursday.
  const auto weekday = static_cast<unsigned>(((day + 4) % 7 + 7) % 7);
  if (weekdays != 0 && (weekdays >> weekday & 1U) == 0) {
    return false;
  }
  return hours.empty() || std::any_of(hours.begin(), hours.end(), [&](const Hours& range) {
           return range.from < range.until ? minute >= range.from && minute < range.until
                                           : minute >= range.from || minute < range.until;
         });
}

bool CampaignRules::is_stopped(const CampaignHistory* history, std::uint32_t now) const noexcept {
  return history != nullptr && std::any_of(stops.begin(), stops.end(), [&](const Stop& stop) {
           const std::uint32_t at = history->last(stop.after);
           return at != 0 && (stop.minutes == for_ever || now < at || now - at < stop.minutes);
         });
}

bool CampaignRules::is_capped(const CampaignHistory* history) const noexcept {
  return history != nullptr && std::any_of(caps.begin(), caps.end(), [&](const Cap& cap) {
           return history->impressions(cap.per) >= cap.most;
         });
}

bool CampaignRules::holds_out(std::string_view visitor) const noexcept {
  return holdout > 0 && !visitor.empty() && hash(holdout_seed, visitor, 2).value_or(1) < holdout;
}

bool CampaignRules::was_shown(const CampaignHistory* history, const Clock& clock) const noexcept {
  if (history == nullptr || history->shown == 0) {
    return false;
  }
  if (!schedule.from) {
    return true;
  }
  // The minute in which it began counts.
  const double shown = (history->shown + 1) * 60.0;
  return shown + (schedule.from->is_local ? clock.offset : 0) > schedule.from->seconds;
}

CampaignRulesReader::CampaignRulesReader(const Declaration& campaign) : campaign_(campaign) {
  rules_.key = campaign_key(campaign.name);
  rules_.holdout_seed = campaign.name;
}

void CampaignRulesReader::once(const Statement& statement) {
  if (std::find(seen_.begin(), seen_.end(), statement.words[0]) != seen_.end()) {
    refuse(statement,
           quoted(statement.words[0]) + " stands twice in this campaign: keep one of them");
  }
  seen_.push_back(statement.words[0]);
}

bool CampaignRulesReader::read(const Statement& statement) {
  const std::string& word = statement.words.at(0);
  if (word == "enabled") {
    once(statement);
    if (statement.words.size() != 2 ||
        (statement.words[1] != "on" && statement.words[1] != "off")) {
      refuse(statement, "\"enabled\" is either on or off");
    }
    rules_.enabled = statement.words[1] == "on";
  } else if (word == "schedule") {
    once(statement);
    rules_.schedule = read_schedule(statement);
  } else if (word == "hours") {
    once(statement);
    rules_.hours = read_hours(statement);
  } else if (word == "weekdays") {
    once(statement);
    rules_.weekdays = read_weekdays(statement);
  } else if (word == "cap") {
    once(statement);
    rules_.caps = read_caps(statement, 1);
    if (rules_.caps.empty()) {
      refuse(statement, "\"cap\" is empty: write for example \"cap 3/session\"");
    }
  } else if (word == "group") {
    if (statement.words.size() < 2 || statement.words[1].find('/') != std::string::npos) {
      refuse(statement, "\"group\" lacks a name: write for example \"group overlays 1/session\"");
    }
    rules_.memberships.push_back({statement.where, statement.words[1], read_caps(statement, 2)});
  } else if (word == "stop") {
    read_stop(statement);
  } else if (word == "holdout") {
    once(statement);
    read_holdout(statement);
  } else if (word == "set") {
    read_set(statement);
    return false;
  } else {
    return false;
  }
  return true;
}

void CampaignRulesReader::read_set(const Statement& statement) {
  if (statement.words.size() != 3) {
    return;
  }
  const std::string& field = statement.words[1];
  if (field == "discount" || field == "price") {
    offer_ = offer_ == nullptr ? &statement : offer_;
  } else if (field == "reason") {
    has_reason_ = has_reason_ || !statement.words[2].empty();
  }
}

void CampaignRulesReader::read_stop(const Statement& statement) {
  const std::string usage =
      ": write for example \"stop after=dismiss for=30d\"; it stops after=dismiss, after=click or "
      "after=conversion";
  std::optional<CampaignEvent> after;
  std::optional<std::uint32_t> minutes;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    std::string_view value;
    if (takes(statement.words[i], "after=", value) && !after) {
      after = find_campaign_event(value);
      if (!after || *after == CampaignEvent::impression) {
        refuse(statement, "stop does not know " + quoted(value) + usage);
      }
    } else if (takes(statement.words[i], "for=", value) && !minutes) {
      const auto seconds = read_duration(value);
      if (!seconds || *seconds > longest_stop_s || (*seconds > 0 && *seconds < 60)) {
        refuse(statement, quoted(value) +
                              " is not a duration from a minute to ten years, or 0s, which stops "
                              "nothing" +
                              usage);
      }
      minutes = static_cast<std::uint32_t>(*seconds / 60);
    } else {
      refuse(statement, "stop does not know " + quoted(statement.words[i]) + usage);
    }
  }
  if (!after) {
    refuse(statement, "stop lacks after=" + usage);
  }
  for (const Stop& stop : rules_.stops) {
    if (stop.after == *after) {
      refuse(statement, "this campaign already stops after that: keep one of the lines");
    }
  }
  rules_.stops.push_back({*after, minutes.value_or(for_ever)});
}

void CampaignRulesReader::read_holdout(const Statement& statement) {
  std::string_view seed;
  const auto share = statement.words.size() >= 2 ? read_percent(statement.words[1]) : std::nullopt;
  const bool has_seed = statement.words.size() == 3 && takes(statement.words[2], "seed=", seed);
  if (!share || statement.words.size() > 3 || (statement.words.size() == 3 && seed.empty())) {
    refuse(
        statement,
        "\"holdout\" takes a share of visitors from 0% to 100%: write for example \"holdout 5%\" "
        "or \"holdout 5% seed=NAME\"");
  }
  rules_.holdout = *share;
  if (has_seed) {
    rules_.holdout_seed = seed;
  }
}

CampaignRules CampaignRulesReader::finish() {
  rules_.is_offer = offer_ != nullptr;
  if (offer_ != nullptr && !has_reason_) {
    throw ConfigError(offer_->where,
                      "campaign " + quoted(campaign_.name) + " sets a " + offer_->words[1] +
                          " and no reason: shoppers who see another one want to know why; write "
                          "for example set reason \"For new customers\"");
  }
  return std::move(rules_);
}

}  // namespace personalize::decision
