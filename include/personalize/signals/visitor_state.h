// What a visitor saw, closed, clicked and bought of campaigns. It stands in a cookie of the site's
// own and nowhere else, so that caps and dismissals need no Redis; who tampers with it deceives
// nobody but himself.
//
// The cookie, numbers in base 36 and times in minutes since 1970, nothing for 0:
//
//   1.SEQUENCE.SESSION.ACTIVE~KEY.TOTAL.SHOWN.SES.DAY.DAY0.WEEK.WEEK0.DISMISSED.CLICKED.CONVERTED~…
//
// SEQUENCE counts what was written into it; SESSION is when the session began, ACTIVE when the
// visitor was last seen; TOTAL, SES, DAY, WEEK are impressions, SHOWN is the last one's time, DAY0
// and WEEK0 are when the day and the week that are counted began. src/widgets/base.js writes the
// same, for the page that comes before the server's answer does.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/signals/own_cookies.h"

namespace personalize {

// Names are kept as hashes (FNV-1a over UTF-16 code units), so that they take little room, and a
// campaign under another name begins anew.
using CampaignKey = std::uint32_t;
CampaignKey campaign_key(std::string_view name) noexcept;

enum class CampaignEvent : std::uint8_t { impression, click, dismiss, conversion };
std::optional<CampaignEvent> find_campaign_event(std::string_view name) noexcept;

// How long impressions are counted together.
enum class Per : std::uint8_t {
  view,      // of one page; not kept
  session,   // until 30 minutes pass in which nothing is heard of the visitor
  day,       // 24 hours from the first impression counted
  week,      // seven days from it
  lifetime,  // as long as the cookie lives
};

// Of one campaign; times in minutes since 1970, 0 for never.
struct CampaignHistory {
  CampaignKey key = 0;
  std::uint32_t total = 0;
  std::uint32_t shown = 0;
  std::uint32_t session = 0;
  std::uint32_t day = 0, day_start = 0;
  std::uint32_t week = 0, week_start = 0;
  std::uint32_t dismissed = 0, clicked = 0, converted = 0;

  std::uint32_t impressions(Per per) const noexcept;
  // When that last happened.
  std::uint32_t last(CampaignEvent event) const noexcept;
};

class VisitorState {
 public:
  static constexpr std::string_view cookie_name = state_cookie;
  // Beyond that, the campaigns that were touched longest ago are forgotten.
  static constexpr std::size_t max_campaigns = 40;
  static constexpr std::size_t max_size = 1800;  // bytes of the cookie's value
  static constexpr std::uint32_t session_minutes = 30;

  explicit VisitorState(std::pmr::memory_resource* memory) noexcept : campaigns_(memory) {}

  // Reads the cookie's value as it stands at `now_ms` (since 1970): sessions, days and weeks that
  // are over, and times to come, are no longer there. What cannot be read is as if it were not
  // there; where memory is out, so is everything. `browser_minute` is the present by the browser's
  // clock, 0 where that is not known: what the browser noted just now is taken for the present.
  void read(std::string_view cookie, std::int64_t now_ms,
            std::uint32_t browser_minute = 0) noexcept;

  // nullptr where nothing is known.
  const CampaignHistory* find(CampaignKey key) const noexcept;

  // Counts what the browser did not count yet. Throws bad_alloc.
  void apply(CampaignEvent event, CampaignKey key);
  // A conversion of whatever the visitor has seen.
  void convert_all() noexcept;

  // Whether the browser should be given it anew: a session or a day is over, or nothing was noted
  // of the visitor for some minutes.
  bool is_outdated() const noexcept { return outdated_; }
  // Whether nothing is known of any campaign.
  bool is_empty() const noexcept { return campaigns_.empty(); }
  // Whether there was a cookie that could be read.
  bool is_known() const noexcept { return known_; }

  std::uint32_t sequence() const noexcept { return sequence_; }
  void set_sequence(std::uint32_t sequence) noexcept { sequence_ = sequence; }

  // Append the cookie's value, as of read()'s time, and a whole Set-Cookie header's value that
  // gives it to the browser for a year. Throw bad_alloc.
  void write(std::pmr::string& out) const;
  void set_cookie(bool secure, std::pmr::string& out) const;

 private:
  void correct_clock(std::uint32_t browser_minute) noexcept;
  void expire() noexcept;
  CampaignHistory& touch(CampaignKey key);

  std::uint32_t now_ = 0;  // minutes since 1970
  std::uint32_t sequence_ = 0;
  std::uint32_t session_start_ = 0;
  std::uint32_t active_ = 0;  // as the cookie has it
  bool known_ = false;
  bool outdated_ = false;
  std::pmr::vector<CampaignHistory> campaigns_;  // touched last stands last
};

}  // namespace personalize
