#include "decision/campaigns/campaign_rules.h"

#include <algorithm>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/text.h"
#include "decision/experiments/bucketing.h"
#include "personalize/attributes/reference.h"

namespace personalize::decision {

namespace {

constexpr std::uint32_t most_impressions = 9999;
constexpr double longest_stop_s = 10.0 * 365 * 86400;

[[noreturn]] void refuse(const Statement& statement, const std::string& message) {
  throw ConfigError(statement.where, message);
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
    const auto most = read_integer<unsigned>(word.substr(0, slash));
    const auto per = read_per(word.substr(std::min(slash + 1, word.size())));
    if (!most || !per || *most < 1 || *most > most_impressions) {
      refuse(statement, "invalid limit " + quoted(word) +
                            ": write a number from 1 to 9999 and view, session, day, "
                            "week or lifetime, as in \"3/session\"");
    }
    const bool is_duplicate =
        std::any_of(caps.begin(), caps.end(), [&](const Cap& cap) { return cap.per == *per; });
    if (is_duplicate) {
      refuse(statement,
             "two limits for the same time, the second is " + quoted(word) + ": keep one of them");
    }
    caps.push_back({*per, *most});
  }
  return caps;
}

// Returns whether the word is `name` and a value, which it stores in `value`.
bool takes(std::string_view word, std::string_view name, std::string_view& value) {
  if (word.substr(0, name.size()) != name) {
    return false;
  }
  value = word.substr(name.size());
  return true;
}

}  // namespace

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
  // An impression within the minute in which the schedule began counts.
  return is_within((history->shown + 1) * 60.0, clock);
}

bool CampaignRules::is_within(double seconds, const Clock& clock) const noexcept {
  return !schedule.from ||
         seconds + (schedule.from->is_local ? clock.offset : 0) > schedule.from->seconds;
}

CampaignRulesReader::CampaignRulesReader(const Declaration& campaign) : campaign_(campaign) {
  rules_.key = campaign_key(campaign.name);
  rules_.holdout_seed = campaign.name;
}

void CampaignRulesReader::once(const Statement& statement) {
  if (std::find(seen_.begin(), seen_.end(), statement.words[0]) != seen_.end()) {
    refuse(statement,
           quoted(statement.words[0]) + " is duplicate in this campaign: keep one of them");
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
    rules_.hours.hours = read_hours(statement);
  } else if (word == "weekdays") {
    once(statement);
    rules_.hours.weekdays = read_weekdays(statement);
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
    rules_.groups.push_back({statement.where, statement.words[1], read_caps(statement, 2)});
  } else if (word == "stop") {
    read_stop(statement);
  } else if (word == "holdout") {
    once(statement);
    read_holdout(statement);
  } else if (word == "keep") {
    once(statement);
    read_keep(statement);
  } else if (word == "keep_per") {
    once(statement);
    read_keep_per(statement);
  } else if (word == "keep_while") {
    keep_ = keep_ == nullptr ? &statement : keep_;
    return false;
  } else if (word == "set") {
    read_set(statement);
    return false;
  } else if (word == "code") {
    rules_.is_claimed = true;
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
  } else if (field == "prizes") {
    rules_.is_claimed = true;
  } else if (field == "deadline") {
    // Of a document it may be of the kind that begins when the visitor first sees it.
    const std::string& text = statement.words[2];
    rules_.is_evergreen = text.rfind("evergreen", 0) == 0 || text.find("{{") != std::string::npos;
  } else if (field == "reason") {
    has_reason_ = has_reason_ || !statement.words[2].empty();
  }
}

void CampaignRulesReader::read_stop(const Statement& statement) {
  const std::string usage =
      ": write for example \"stop after=dismiss for=30d\"; it stops after=dismiss, after=click, "
      "after=claim, after=answer or after=conversion";
  std::optional<CampaignEvent> after;
  std::optional<std::uint32_t> minutes;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    std::string_view value;
    if (takes(statement.words[i], "after=", value) && !after) {
      after = find_campaign_event(value);
      if (!after || *after == CampaignEvent::impression) {
        refuse(statement, "unknown event " + quoted(value) + " of stop" + usage);
      }
    } else if (takes(statement.words[i], "for=", value) && !minutes) {
      const auto seconds = parse_duration(value);
      if (!seconds || *seconds > longest_stop_s || (*seconds > 0 && *seconds < 60)) {
        refuse(statement, quoted(value) +
                              " is not a duration from a minute to ten years, or 0s, which stops "
                              "nothing" +
                              usage);
      }
      minutes = static_cast<std::uint32_t>(*seconds / 60);
    } else {
      refuse(statement,
             "unknown or duplicate parameter " + quoted(statement.words[i]) + " of stop" + usage);
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

void CampaignRulesReader::read_keep(const Statement& statement) {
  constexpr std::pair<std::string_view, Keep> words[] = {
      {"off", Keep::off}, {"campaign", Keep::campaign}, {"value", Keep::value}};
  keep_ = keep_ == nullptr ? &statement : keep_;
  for (const auto& [word, keep] : words) {
    if (statement.words.size() == 2 && statement.words[1] == word) {
      rules_.keep = keep;
      return;
    }
  }
  refuse(statement,
         "\"keep\" is one of value, campaign and off: whoever has seen the offer keeps it with the "
         "values of then, or as it is now, or not at all");
}

void CampaignRulesReader::read_keep_per(const Statement& statement) {
  keep_ = keep_ == nullptr ? &statement : keep_;
  const auto name =
      statement.words.size() == 2 ? referred_attribute(statement.words[1]) : std::string_view();
  if (name.empty()) {
    refuse(statement,
           "\"keep_per\" takes one attribute: write for example \"keep_per ${page.item_id}\"");
  }
  rules_.keep_per_name = name;
}

CampaignRules CampaignRulesReader::finish() {
  rules_.is_offer = offer_ != nullptr;
  if (keep_ != nullptr && offer_ == nullptr) {
    refuse(*keep_, quoted(keep_->words[0]) + " is for offers, and campaign " +
                       quoted(campaign_.name) + " sets neither a discount nor a price");
  }
  if (rules_.keep == Keep::off && !rules_.keep_per_name.empty()) {
    refuse(*keep_, "\"keep off\" keeps nothing: leave out \"keep_per\", or \"keep off\"");
  }
  if (offer_ != nullptr && !has_reason_) {
    throw ConfigError(offer_->where,
                      "campaign " + quoted(campaign_.name) + " sets a " + offer_->words[1] +
                          " and no reason: shoppers who see another one want to know why; write "
                          "for example set reason \"For new customers\"");
  }
  return std::move(rules_);
}

}  // namespace personalize::decision
