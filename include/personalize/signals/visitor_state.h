// What a visitor has seen, closed, clicked and bought of campaigns. It is kept in a first-party
// cookie and nowhere else, so that caps and dismissals need no Redis. Visitors who tamper with it
// change only what they see themselves.
//
// The cookie, with numbers in base 36 and times in minutes since 1970, and nothing for 0:
//
//   1.SEQUENCE.SESSION.ACTIVE~KEY.TOTAL.SHOWN.SES.DAY.DAY0.WEEK.WEEK0.DISMISSED.CLICKED.CONVERTED
//   .FIRST.CLAIMED.ANSWERED~…
//
// SEQUENCE counts the writes. SESSION is when the session began, ACTIVE when the visitor was last
// active. TOTAL, SES, DAY and WEEK are impressions, SHOWN is the time of the last one, DAY0 and
// WEEK0 are when the counted day and week began, FIRST is the time of the first impression of all,
// ANSWERED when its questions were gone through to their end.
// src/widgets/script/cookie.js writes the same, for the page that may come before the answer.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/signals/own_cookies.h"

namespace personalize {

// The hash of a campaign's name (FNV-1a over UTF-16 code units). Only hashes are kept: they take
// little room, and a campaign under a new name starts from zero.
using CampaignKey = std::uint32_t;
CampaignKey campaign_key(std::string_view name) noexcept;

// An answer is that all questions were answered, or passed over.
enum class CampaignEvent : std::uint8_t { impression, click, dismiss, conversion, claim, answer };
std::optional<CampaignEvent> find_campaign_event(std::string_view name) noexcept;

// The time for which impressions are counted together.
enum class Per : std::uint8_t {
  view,      // of one page; not kept
  session,   // until the visitor is idle for 30 minutes
  day,       // 24 hours from the first impression counted
  week,      // seven days from it
  lifetime,  // as long as the cookie lives
};

// The history of one campaign; times in minutes since 1970, 0 for never.
struct CampaignHistory {
  CampaignKey key = 0;
  std::uint32_t total = 0;
  std::uint32_t shown = 0;
  std::uint32_t session = 0;
  std::uint32_t day = 0, day_start = 0;
  std::uint32_t week = 0, week_start = 0;
  std::uint32_t dismissed = 0, clicked = 0, converted = 0;
  std::uint32_t first = 0;  // impression; also 0 if it was not kept yet
  std::uint32_t claimed = 0;
  std::uint32_t answered = 0;

  std::uint32_t impressions(Per per) const noexcept;
  // Returns when that last happened.
  std::uint32_t last(CampaignEvent event) const noexcept;
};

class VisitorState {
 public:
  static constexpr std::string_view cookie_name = state_cookie;
  // Beyond that, the campaigns that were touched longest ago are forgotten.
  static constexpr std::size_t max_campaigns = 40;
  static constexpr std::size_t max_size = 1800;  // bytes of the cookie's value
  static constexpr std::uint32_t session_minutes = 30;
  // Minutes that are counted together at most.
  static constexpr std::uint32_t longest_window = 7 * 24 * 60;

  explicit VisitorState(std::pmr::memory_resource* memory) noexcept : campaigns_(memory) {}

  // Reads the cookie's value as of `now_ms` (since 1970): sessions, days and weeks that are over,
  // and times in the future, are dropped. What cannot be read counts as absent; so does everything
  // if memory runs out. `browser_minute` is the present by the browser's clock, 0 if that is not
  // known: a time equal to it, which the browser noted just now, becomes the present.
  void read(std::string_view cookie, std::int64_t now_ms,
            std::uint32_t browser_minute = 0) noexcept;

  // What is kept elsewhere than in a cookie is put together by these, in this order. begin()
  // forgets everything, and a session begins at that time (ms since 1970). Of history(), which is
  // empty at first, total and times are to be set; the other counts are made by count_again(), in
  // the order of time. complete() ends days and weeks that are over, and notes a conversion of each
  // campaign that was seen by the minute `converted`. Minutes are of now() or earlier. They throw
  // bad_alloc.
  void begin(std::int64_t now_ms) noexcept;
  void set_session(std::uint32_t started, std::uint32_t active) noexcept;
  CampaignHistory& history(CampaignKey key);
  void count_again(CampaignKey key, std::uint32_t minute, std::uint32_t impressions);
  void complete(std::uint32_t converted) noexcept;

  // Takes over what another state of the same visitor knows beyond this one: the larger counts and
  // the later times. Throws bad_alloc.
  void join(const VisitorState& other);
  void forget_campaigns() noexcept { campaigns_.clear(); }

  // Returns the one touched last as the last one.
  const std::pmr::vector<CampaignHistory>& campaigns() const noexcept { return campaigns_; }
  std::uint32_t now() const noexcept { return now_; }
  std::uint32_t session_start() const noexcept { return session_start_; }

  // Returns nullptr if nothing is known.
  const CampaignHistory* find(CampaignKey key) const noexcept;

  // Counts an event that the browser has not counted yet. Throws bad_alloc.
  void apply(CampaignEvent event, CampaignKey key);
  // Counts a conversion of every campaign that the visitor has seen.
  void convert_all() noexcept;

  // Returns whether the browser should get a new cookie: a session or a day is over, or the
  // visitor's activity was last noted some minutes ago.
  bool is_outdated() const noexcept { return outdated_; }
  // Returns whether nothing is known of any campaign.
  bool is_empty() const noexcept { return campaigns_.empty(); }
  // Returns whether there was a cookie that could be read.
  bool is_known() const noexcept { return known_; }

  std::uint32_t sequence() const noexcept { return sequence_; }
  void set_sequence(std::uint32_t sequence) noexcept { sequence_ = sequence; }

  // Append the cookie's value as of read()'s time, or the value of a Set-Cookie header that gives
  // it to the browser for a year. Throw bad_alloc.
  void write(std::pmr::string& out) const;
  void set_cookie(const CookieScope& scope, std::pmr::string& out) const;

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
  std::pmr::vector<CampaignHistory> campaigns_;  // the one touched last comes last
};

}  // namespace personalize
