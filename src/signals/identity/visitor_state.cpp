#include "personalize/signals/visitor_state.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/text/ascii.h"
#include "base/text/utf16.h"
#include "personalize/base/fnv.h"

namespace personalize {

namespace {

constexpr std::string_view version = "1";
constexpr std::size_t longest_cookie = 4096;
constexpr std::uint32_t day_minutes = 24 * 60;
// How often the visitor's activity is noted.
constexpr std::uint32_t note_after_minutes = 5;
// How far ahead a browser's clock may run.
constexpr std::uint32_t tolerance_minutes = 5;
constexpr std::uint32_t most_impressions = 9999;
constexpr std::uint32_t largest_number = 0x7FFFFFFF;

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";

// Reads a number in base 36; the empty string is 0.
bool read_number(std::string_view text, std::uint32_t& number) {
  std::uint64_t n = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos || n > largest_number) {
      return false;
    }
    n = n * 36 + digit;
  }
  number = static_cast<std::uint32_t>(n);
  return n <= 0xFFFFFFFF;
}

void append_number(std::uint32_t number, std::pmr::string& out) {
  char text[8];
  std::size_t at = sizeof(text);
  for (; number != 0; number /= 36) {
    text[--at] = digits[number % 36];
  }
  out.append(text + at, sizeof(text) - at);
}

// Reads numbers with dots between them. Returns false if one is not a number.
template <std::size_t count>
bool read_fields(std::string_view text, std::array<std::uint32_t, count>& fields) {
  fields.fill(0);
  for (std::size_t i = 0; i < count && !text.empty(); ++i) {
    if (!read_number(ascii::take_until(text, '.'), fields[i])) {
      return false;
    }
  }
  return text.empty();
}

// The fields of a campaign, in the cookie's order.
using Fields = std::array<std::uint32_t, 14>;

CampaignHistory from_fields(const Fields& f) {
  return {f[0],
          std::min(f[1], most_impressions),
          f[2],
          std::min(f[3], most_impressions),
          std::min(f[4], most_impressions),
          f[5],
          std::min(f[6], most_impressions),
          f[7],
          f[8],
          f[9],
          f[10],
          f[11],
          f[12],
          f[13]};
}

Fields to_fields(const CampaignHistory& h) {
  return {h.key,        h.total,     h.shown,   h.session,   h.day,   h.day_start, h.week,
          h.week_start, h.dismissed, h.clicked, h.converted, h.first, h.claimed,   h.answered};
}

void append_campaign(const CampaignHistory& history, std::pmr::string& out) {
  const Fields fields = to_fields(history);
  std::size_t used = fields.size();
  while (used > 1 && fields[used - 1] == 0) {
    --used;
  }
  out += '~';
  for (std::size_t i = 0; i < used; ++i) {
    if (i != 0) {
      out += '.';
    }
    append_number(fields[i], out);
  }
}

// Resets a count that began at `start` and is over after `length`. Returns whether it did.
bool end_window(std::uint32_t& count, std::uint32_t& start, std::uint32_t length,
                std::uint32_t now) {
  if (count == 0 || (start <= now && now - start < length)) {
    return false;
  }
  count = 0;
  start = 0;
  return true;
}

template <typename Visit>
void for_each_time(CampaignHistory& history, Visit visit) {
  for (auto* time : {&history.shown, &history.day_start, &history.week_start, &history.dismissed,
                     &history.clicked, &history.converted, &history.first, &history.claimed,
                     &history.answered}) {
    visit(*time);
  }
}

void count_one(std::uint32_t& count) {
  count = std::min(count + 1, most_impressions);
}

}  // namespace

CampaignKey campaign_key(std::string_view name) noexcept {
  std::uint32_t hash = fnv1a_32_start;
  for_each_utf16_unit(name, [&](std::uint32_t unit) { hash = fnv1a_32_step(hash, unit); });
  return hash;
}

std::optional<CampaignEvent> find_campaign_event(std::string_view name) noexcept {
  if (name == "impression") {
    return CampaignEvent::impression;
  }
  if (name == "click") {
    return CampaignEvent::click;
  }
  if (name == "dismiss") {
    return CampaignEvent::dismiss;
  }
  if (name == "conversion") {
    return CampaignEvent::conversion;
  }
  if (name == "claim") {
    return CampaignEvent::claim;
  }
  if (name == "answer") {
    return CampaignEvent::answer;
  }
  return std::nullopt;
}

std::uint32_t CampaignHistory::impressions(Per per) const noexcept {
  switch (per) {
    case Per::view:
      return 0;
    case Per::session:
      return session;
    case Per::day:
      return day;
    case Per::week:
      return week;
    case Per::lifetime:
      return total;
  }
  return 0;
}

std::uint32_t CampaignHistory::last(CampaignEvent event) const noexcept {
  switch (event) {
    case CampaignEvent::impression:
      return shown;
    case CampaignEvent::click:
      return clicked;
    case CampaignEvent::dismiss:
      return dismissed;
    case CampaignEvent::conversion:
      return converted;
    case CampaignEvent::claim:
      return claimed;
    case CampaignEvent::answer:
      return answered;
  }
  return 0;
}

void VisitorState::begin(std::int64_t now_ms) noexcept {
  now_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(now_ms / 60000, 1, largest_number));
  session_start_ = now_;
  active_ = 0;
  sequence_ = 0;
  known_ = false;
  outdated_ = false;
  campaigns_.clear();
}

void VisitorState::set_session(std::uint32_t started, std::uint32_t active) noexcept {
  active_ = std::min(active, now_);
  const std::uint32_t idle = now_ - active_;
  const bool is_over = started == 0 || started > now_ || idle > session_minutes;
  session_start_ = is_over ? now_ : started;
  outdated_ = is_over || idle >= note_after_minutes;
}

CampaignHistory& VisitorState::history(CampaignKey key) {
  const auto found = std::find_if(campaigns_.begin(), campaigns_.end(),
                                  [&](const CampaignHistory& h) { return h.key == key; });
  if (found != campaigns_.end()) {
    return *found;
  }
  CampaignHistory& made = campaigns_.emplace_back();
  made.key = key;
  return made;
}

void VisitorState::count_again(CampaignKey key, std::uint32_t minute, std::uint32_t impressions) {
  CampaignHistory& seen = history(key);
  const auto count_in = [&](std::uint32_t& count, std::uint32_t& start, std::uint32_t length) {
    end_window(count, start, length, minute);
    start = count == 0 ? minute : start;
    count = std::min(count + impressions, most_impressions);
  };
  count_in(seen.day, seen.day_start, day_minutes);
  count_in(seen.week, seen.week_start, longest_window);
  if (minute >= session_start_) {
    seen.session = std::min(seen.session + impressions, most_impressions);
  }
}

void VisitorState::complete(std::uint32_t converted) noexcept {
  for (auto& history : campaigns_) {
    end_window(history.day, history.day_start, day_minutes, now_);
    end_window(history.week, history.week_start, longest_window, now_);
    if (history.first != 0 && history.first <= converted) {
      history.converted = std::max(history.converted, std::min(converted, now_));
    }
  }
}

void VisitorState::join(const VisitorState& other) {
  const auto take_count = [](std::uint32_t& count, std::uint32_t& start, std::uint32_t more,
                             std::uint32_t more_start) {
    start = more > count ? more_start : start;
    count = std::max(count, more);
  };
  session_start_ = std::min(session_start_, other.session_start_);
  for (const CampaignHistory& theirs : other.campaigns_) {
    CampaignHistory& ours = history(theirs.key);
    ours.total = std::max(ours.total, theirs.total);
    ours.session = std::max(ours.session, theirs.session);
    take_count(ours.day, ours.day_start, theirs.day, theirs.day_start);
    take_count(ours.week, ours.week_start, theirs.week, theirs.week_start);
    const bool is_earlier = theirs.first != 0 && (ours.first == 0 || theirs.first < ours.first);
    ours.first = is_earlier ? theirs.first : ours.first;
    ours.shown = std::max(ours.shown, theirs.shown);
    ours.dismissed = std::max(ours.dismissed, theirs.dismissed);
    ours.clicked = std::max(ours.clicked, theirs.clicked);
    ours.converted = std::max(ours.converted, theirs.converted);
    ours.claimed = std::max(ours.claimed, theirs.claimed);
    ours.answered = std::max(ours.answered, theirs.answered);
  }
}

void VisitorState::read(std::string_view cookie, std::int64_t now_ms,
                        std::uint32_t browser_minute) noexcept {
  begin(now_ms);
  if (cookie.size() > longest_cookie) {
    return;
  }

  auto head = ascii::take_until(cookie, '~');
  std::array<std::uint32_t, 3> numbers{};
  if (ascii::take_until(head, '.') != version || !read_fields(head, numbers)) {
    return;
  }
  known_ = true;
  sequence_ = std::min(numbers[0], largest_number / 2);
  session_start_ = numbers[1];
  active_ = numbers[2];

  try {
    while (!cookie.empty() && campaigns_.size() < max_campaigns) {
      Fields fields;
      if (read_fields(ascii::take_until(cookie, '~'), fields) && fields[0] != 0 &&
          find(fields[0]) == nullptr) {
        campaigns_.push_back(from_fields(fields));
      }
    }
  } catch (const std::bad_alloc&) {
    campaigns_.clear();
  }
  correct_clock(browser_minute);
  expire();
}

void VisitorState::correct_clock(std::uint32_t browser_minute) noexcept {
  const auto correct = [&](std::uint32_t& time) {
    time = time != 0 && time == browser_minute ? now_ : time;
  };
  correct(session_start_);
  correct(active_);
  for (auto& history : campaigns_) {
    for_each_time(history, correct);
  }
}

void VisitorState::expire() noexcept {
  const std::uint32_t latest = now_ + tolerance_minutes;
  const std::uint32_t idle = now_ - std::min(active_, now_);
  const bool is_over = active_ > latest || session_start_ > latest || idle > session_minutes;
  outdated_ = is_over || idle >= note_after_minutes;
  if (is_over) {
    session_start_ = now_;
  }
  for (auto& history : campaigns_) {
    if (is_over) {
      history.session = 0;
    }
    for_each_time(history, [&](std::uint32_t& time) { time = std::min(time, now_); });
    const bool day_over = end_window(history.day, history.day_start, day_minutes, now_);
    const bool week_over =
        end_window(history.week, history.week_start, VisitorState::longest_window, now_);
    outdated_ = outdated_ || day_over || week_over;
  }
}

const CampaignHistory* VisitorState::find(CampaignKey key) const noexcept {
  const auto found = std::find_if(campaigns_.begin(), campaigns_.end(),
                                  [&](const CampaignHistory& h) { return h.key == key; });
  return found == campaigns_.end() ? nullptr : &*found;
}

CampaignHistory& VisitorState::touch(CampaignKey key) {
  const auto found = std::find_if(campaigns_.begin(), campaigns_.end(),
                                  [&](const CampaignHistory& h) { return h.key == key; });
  if (found != campaigns_.end()) {
    std::rotate(found, found + 1, campaigns_.end());
    return campaigns_.back();
  }
  if (campaigns_.size() == max_campaigns) {
    campaigns_.erase(campaigns_.begin());
  }
  campaigns_.emplace_back().key = key;
  return campaigns_.back();
}

void VisitorState::apply(CampaignEvent event, CampaignKey key) {
  CampaignHistory& history = touch(key);
  switch (event) {
    case CampaignEvent::impression:
      if (history.day == 0) {
        history.day_start = now_;
      }
      if (history.week == 0) {
        history.week_start = now_;
      }
      count_one(history.total);
      count_one(history.session);
      count_one(history.day);
      count_one(history.week);
      history.shown = now_;
      if (history.first == 0) {
        history.first = now_;
      }
      break;
    case CampaignEvent::click:
      history.clicked = now_;
      break;
    case CampaignEvent::dismiss:
      history.dismissed = now_;
      break;
    case CampaignEvent::conversion:
      history.converted = now_;
      break;
    case CampaignEvent::claim:
      history.claimed = now_;
      break;
    case CampaignEvent::answer:
      history.answered = now_;
      break;
  }
}

void VisitorState::convert_all() noexcept {
  for (auto& history : campaigns_) {
    history.converted = now_;
  }
}

void VisitorState::write(std::pmr::string& out) const {
  const auto begin = out.size();
  out += version;
  for (const std::uint32_t number : {sequence_, session_start_, now_}) {
    out += '.';
    append_number(number, out);
  }
  std::pmr::string campaigns(out.get_allocator());
  // If there is not room for all, those touched last are kept.
  std::size_t first = campaigns_.size();
  std::size_t size = out.size() - begin;
  while (first > 0) {
    campaigns.clear();
    append_campaign(campaigns_[first - 1], campaigns);
    size += campaigns.size();
    if (size > max_size) {
      break;
    }
    --first;
  }
  for (; first < campaigns_.size(); ++first) {
    append_campaign(campaigns_[first], out);
  }
}

void VisitorState::set_cookie(const CookieScope& scope, std::pmr::string& out) const {
  constexpr std::int64_t year_s = 31536000;
  out += cookie_name;
  out += '=';
  write(out);
  append_cookie_attributes(scope, year_s, CookieReader::script, out);
}

}  // namespace personalize
