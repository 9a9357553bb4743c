// A campaign's rules: when, how often and until what event it is shown, beside its conditions.
//
//   enabled  on|off;                      applies as long as no switch is set
//   schedule from=… until=…;              timing/schedule.h
//   hours    9-18 [20:30-22 …];           timing/weekly_hours.h
//   weekdays mon-fri [sun …];
//   cap      3/session 10/week;           impressions per view, session, day, week or lifetime
//   group    NAME [1/session …];          caps for all campaigns of the group together
//   stop     after=dismiss|click|claim|answer|conversion [for=30d];
//   holdout  5% [seed=TEXT];              a share of visitors that never sees it
//   keep     off|campaign|value;          what becomes of an offer that was seen
//   keep_per ${page.item_id};             it is kept for that item
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decision/timing/schedule.h"
#include "decision/timing/weekly_hours.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"
#include "personalize/decision/switches.h"
#include "personalize/signals/visitor_state.h"

namespace personalize::decision {

struct Cap {
  Per per = Per::session;
  std::uint32_t most = 0;
};

struct Stop {
  CampaignEvent after = CampaignEvent::dismiss;
  std::uint32_t minutes = 0;  // for_ever: as long as the visitor's state is kept
};
constexpr std::uint32_t for_ever = ~std::uint32_t{0};

// `group NAME …` of one campaign.
struct GroupLine {
  Where where;
  std::string group;
  std::vector<Cap> caps;
};

// What becomes of an offer that a visitor has seen.
enum class Keep : std::uint8_t {
  off,       // nothing: it is decided anew
  campaign,  // the campaign stays
  value,     // and so do the values by which it was made
};

struct CampaignRules {
  CampaignKey key = 0;
  bool enabled = true;
  Schedule schedule;
  WeeklyHours hours;
  std::vector<Cap> caps;
  std::vector<Stop> stops;
  std::vector<GroupLine> groups;
  double holdout = 0;  // a share
  std::string holdout_seed;
  bool is_offer = false;  // sets a discount or a price
  Keep keep = Keep::campaign;
  std::string keep_per_name;            // the attribute that it is kept for; "" for none
  std::optional<AttributeId> keep_per;  // the same, once interned
  bool is_claimed = false;              // visitors claim a code of a pool, or a prize
  bool is_evergreen = false;            // has a deadline that begins when a visitor first sees it

  // Returns whether what was offered is kept in Redis (base/values/kept_offer.h).
  bool keeps_offers() const { return is_offer && (keep == Keep::value || keep_per); }
  bool needs_clock() const { return schedule.from || schedule.until || !hours.is_always(); }

  // Returns whether the campaign runs at that time.
  bool runs_at(const Clock& clock) const noexcept {
    return schedule.holds(clock) && hours.holds(clock);
  }
  // Returns whether something that the visitor did stops it. `now` is in minutes since 1970;
  // `history` is nullptr for none.
  bool is_stopped(const CampaignHistory* history, std::uint32_t now) const noexcept;
  bool is_capped(const CampaignHistory* history) const noexcept;
  bool holds_out(std::string_view visitor) const noexcept;
  // Returns whether the visitor has seen it since its schedule began, so that an offer must stay.
  bool was_shown(const CampaignHistory* history, const Clock& clock) const noexcept;
  // Returns whether that time, in seconds since 1970, is after the schedule has begun.
  bool is_within(double seconds, const Clock& clock) const noexcept;
};

// Reads the rules of one campaign. A campaign that sets a discount or a price makes an offer.
class CampaignRulesReader {
 public:
  explicit CampaignRulesReader(const Declaration& campaign);

  // Returns whether the statement is a rule. Throws ConfigError.
  bool read(const Statement& statement);
  // Returns the rules. Throws ConfigError for an offer without a reason.
  CampaignRules finish();

 private:
  void once(const Statement& statement);
  void read_set(const Statement& statement);
  void read_stop(const Statement& statement);
  void read_holdout(const Statement& statement);
  void read_keep(const Statement& statement);
  void read_keep_per(const Statement& statement);

  const Declaration& campaign_;
  CampaignRules rules_;
  std::vector<std::string> seen_;
  const Statement* offer_ = nullptr;
  const Statement* keep_ = nullptr;  // the first that is about keeping an offer
  bool has_reason_ = false;
};

}  // namespace personalize::decision
