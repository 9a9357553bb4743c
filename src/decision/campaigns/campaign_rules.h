// What a campaign says beside its conditions about when, how often and until what it is shown.
//
//   enabled  on|off;                      what counts while no switch is set
//   schedule from=… until=…;              schedule.h
//   hours    9-18 [20:30-22 …];           by the visitor's clock; 22-6 goes over midnight
//   weekdays mon-fri [sun …];             by the visitor's clock
//   cap      3/session 10/week;           impressions per view, session, day, week or lifetime
//   group    NAME [1/session …];          the same for all campaigns of the group together
//   stop     after=dismiss|click|conversion [for=30d];
//   holdout  5% [seed=TEXT];              a share of visitors that never sees it
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decision/timing/schedule.h"
#include "personalize/base/statement.h"
#include "personalize/decision/switches.h"
#include "personalize/signals/visitor_state.h"

namespace personalize::decision {

struct Cap {
  Per per = Per::session;
  std::uint32_t most = 0;
};

// Minutes since midnight; `until` is not in it. A range with until < from goes over midnight.
struct Hours {
  unsigned from = 0;
  unsigned until = 0;
};

struct Stop {
  CampaignEvent after = CampaignEvent::dismiss;
  std::uint32_t minutes = 0;  // how long; `for_ever` as long as it is remembered
};
constexpr std::uint32_t for_ever = ~std::uint32_t{0};

// `group NAME …` of one campaign.
struct Membership {
  Where where;
  std::string group;
  std::vector<Cap> caps;
};

struct CampaignRules {
  CampaignKey key = 0;
  bool enabled = true;
  Schedule schedule;
  std::vector<Hours> hours;
  std::uint8_t weekdays = 0;  // bit 0 is Sunday; none set: all
  std::vector<Cap> caps;
  std::vector<Stop> stops;
  std::vector<Membership> memberships;
  double holdout = 0;  // a share
  std::string holdout_seed;
  bool is_offer = false;  // sets a discount or a price

  bool needs_clock() const { return schedule.from || schedule.until || !hours.empty() || weekdays; }

  // Whether the campaign runs at that time.
  bool runs_at(const Clock& clock) const noexcept;
  // Whether something that the visitor did stops it; `now` in minutes since 1970.
  bool is_stopped(const CampaignHistory* history, std::uint32_t now) const noexcept;
  bool is_capped(const CampaignHistory* history) const noexcept;
  bool holds_out(std::string_view visitor) const noexcept;
  // Whether the visitor saw it since it began, so that an offer must stay.
  bool was_shown(const CampaignHistory* history, const Clock& clock) const noexcept;
};

// Reads the rules of one campaign, and whether it makes an offer.
class CampaignRulesReader {
 public:
  explicit CampaignRulesReader(const Declaration& campaign);

  // False where the statement is no rule. Throws ConfigError.
  bool read(const Statement& statement);
  // Throws ConfigError: an offer without a reason.
  CampaignRules finish();

 private:
  void once(const Statement& statement);
  void read_set(const Statement& statement);
  void read_stop(const Statement& statement);
  void read_holdout(const Statement& statement);

  const Declaration& campaign_;
  CampaignRules rules_;
  std::vector<std::string> seen_;
  const Statement* offer_ = nullptr;
  bool has_reason_ = false;
};

}  // namespace personalize::decision
