// The cookie that holds what a visitor saw and did: what is read of it, how long it counts, what is
// written.
#include "personalize/signals/visitor_state.h"

#include <string>

#include "assert_values.h"
#include "suite.h"

using namespace personalize;

namespace {

constexpr std::int64_t minute = 60000;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t noon = 1795176000000;  // 2026-11-20T12:00:00Z

VisitorState state_of(std::string_view cookie, std::int64_t now, std::uint32_t browser = 0) {
  VisitorState state(std::pmr::new_delete_resource());
  state.read(cookie, now, browser);
  return state;
}

std::string written(const VisitorState& state) {
  std::pmr::string out;
  state.write(out);
  return std::string(out);
}

// What the visitor's cookie is after these events at that time.
std::string after(std::string_view cookie, std::int64_t now,
                  std::initializer_list<std::pair<CampaignEvent, const char*>> events) {
  auto state = state_of(cookie, now);
  for (const auto& [event, name] : events) {
    state.apply(event, campaign_key(name));
  }
  return written(state);
}

std::uint32_t impressions(std::string_view cookie, std::int64_t now, const char* name, Per per) {
  const auto state = state_of(cookie, now);
  const auto* history = state.find(campaign_key(name));
  return history == nullptr ? 0 : history->impressions(per);
}

constexpr auto impression = CampaignEvent::impression;

void names_are_hashed_as_javascript_would(void**) {
  // Of FNV-1a's published values.
  assert_int_equal(campaign_key(""), 0x811c9dc5);
  assert_int_equal(campaign_key("a"), 0xe40c292c);
  assert_int_equal(campaign_key("foobar"), 0xbf9cf968);
  assert_int_not_equal(campaign_key("żółty"), campaign_key("zolty"));
}

void impressions_are_counted_by_session_day_and_week(void**) {
  auto cookie = after("", noon, {{impression, "bar"}});
  cookie = after(cookie, noon + minute, {{impression, "bar"}, {impression, "popup"}});
  for (const Per per : {Per::session, Per::day, Per::week, Per::lifetime}) {
    assert_int_equal(impressions(cookie, noon + minute, "bar", per), 2);
    assert_int_equal(impressions(cookie, noon + minute, "popup", per), 1);
    assert_int_equal(impressions(cookie, noon + minute, "other", per), 0);
  }
  assert_int_equal(impressions(cookie, noon + minute, "bar", Per::view), 0);

  // The session ends after 30 minutes, the day 24 hours after it began.
  assert_int_equal(impressions(cookie, noon + 31 * minute, "bar", Per::session), 2);
  assert_int_equal(impressions(cookie, noon + 32 * minute, "bar", Per::session), 0);
  assert_int_equal(impressions(cookie, noon + day - minute, "bar", Per::day), 2);
  assert_int_equal(impressions(cookie, noon + day, "bar", Per::day), 0);
  assert_int_equal(impressions(cookie, noon + 7 * day - minute, "bar", Per::week), 2);
  assert_int_equal(impressions(cookie, noon + 7 * day, "bar", Per::week), 0);
  assert_int_equal(impressions(cookie, noon + 700 * day, "bar", Per::lifetime), 2);

  cookie = after(cookie, noon + day, {{impression, "bar"}});
  assert_int_equal(impressions(cookie, noon + day, "bar", Per::session), 1);
  assert_int_equal(impressions(cookie, noon + day, "bar", Per::day), 1);
  assert_int_equal(impressions(cookie, noon + day, "bar", Per::week), 3);
  assert_int_equal(impressions(cookie, noon + day, "bar", Per::lifetime), 3);
}

void activity_keeps_a_session(void**) {
  auto cookie = after("", noon, {{impression, "bar"}});
  for (int i = 1; i <= 5; ++i) {
    cookie = after(cookie, noon + i * 29 * minute, {});
  }
  assert_int_equal(impressions(cookie, noon + 5 * 29 * minute, "bar", Per::session), 1);
}

void what_the_visitor_did_has_its_time(void**) {
  const auto cookie = after("", noon,
                            {{CampaignEvent::dismiss, "a"},
                             {CampaignEvent::click, "b"},
                             {CampaignEvent::conversion, "c"},
                             {CampaignEvent::claim, "d"},
                             {CampaignEvent::answer, "e"}});
  const auto state = state_of(cookie, noon + 400 * day);
  const std::uint32_t then = noon / minute;
  assert_int_equal(state.find(campaign_key("a"))->last(CampaignEvent::dismiss), then);
  assert_int_equal(state.find(campaign_key("a"))->last(CampaignEvent::click), 0);
  assert_int_equal(state.find(campaign_key("b"))->last(CampaignEvent::click), then);
  assert_int_equal(state.find(campaign_key("c"))->last(CampaignEvent::conversion), then);
  assert_int_equal(state.find(campaign_key("d"))->last(CampaignEvent::claim), then);
  assert_int_equal(state.find(campaign_key("d"))->last(CampaignEvent::conversion), 0);
  assert_int_equal(state.find(campaign_key("e"))->last(CampaignEvent::answer), then);
  assert_int_equal(state.find(campaign_key("e"))->last(CampaignEvent::claim), 0);

  auto all = state_of(cookie, noon + day);
  all.convert_all();
  for (const char* name : {"a", "b", "c"}) {
    assert_int_equal(all.find(campaign_key(name))->converted, (noon + day) / minute);
  }
}

void the_first_impression_stays(void**) {
  auto cookie = after("", noon, {{CampaignEvent::dismiss, "bar"}});
  assert_int_equal(state_of(cookie, noon).find(campaign_key("bar"))->first, 0);
  cookie = after(cookie, noon + hour, {{impression, "bar"}});
  cookie = after(cookie, noon + 40 * day, {{impression, "bar"}});
  const auto state = state_of(cookie, noon + 50 * day);
  assert_int_equal(state.find(campaign_key("bar"))->first, (noon + hour) / minute);
  assert_int_equal(state.find(campaign_key("bar"))->shown, (noon + 40 * day) / minute);
  // A cookie from before it was kept: seven impressions, the first nobody knows when.
  const auto key =
      cookie.substr(0, cookie.find('.', cookie.find('~'))).substr(cookie.find('~') + 1);
  const auto old = after("1.9.h7.h7~" + key + ".7", noon, {});
  assert_int_equal(impressions(old, noon, "bar", Per::lifetime), 7);
  assert_int_equal(state_of(old, noon).find(campaign_key("bar"))->first, 0);
}

void a_browser_is_told_when_something_is_over(void**) {
  assert_false(state_of("", noon).is_known());
  assert_false(state_of("", noon).is_outdated());
  const auto cookie = after("", noon, {{impression, "bar"}});
  assert_true(state_of(cookie, noon).is_known());
  assert_false(state_of(cookie, noon + 4 * minute).is_outdated());
  assert_true(state_of(cookie, noon + 5 * minute).is_outdated());
  assert_true(state_of(cookie, noon + 40 * minute).is_outdated());
}

void a_browser_with_a_wrong_clock(void**) {
  // It counted an impression by a clock that is three hours late, and says what its clock shows.
  const std::int64_t wrong = noon - 3 * hour;
  const auto cookie = after("", wrong, {{impression, "bar"}});
  const auto corrected = state_of(cookie, noon, wrong / minute);
  const auto* history = corrected.find(campaign_key("bar"));
  assert_int_equal(history->session, 1);
  assert_int_equal(history->shown, noon / minute);
  assert_int_equal(history->day_start, noon / minute);
  // One that is ahead writes nothing that lasts longer for it.
  const auto ahead = after("", noon + 9 * day, {{CampaignEvent::dismiss, "bar"}});
  assert_int_equal(state_of(ahead, noon).find(campaign_key("bar"))->dismissed, noon / minute);
}

void the_oldest_are_forgotten(void**) {
  std::string cookie;
  for (int i = 0; i < 60; ++i) {
    cookie = after(cookie, noon + i * minute,
                   {{impression, ("campaign-" + std::to_string(i)).c_str()},
                    {impression, "every"},
                    {CampaignEvent::dismiss, "every"}});
    assert_true(cookie.size() <= VisitorState::max_size);
  }
  const auto state = state_of(cookie, noon + hour);
  assert_int_equal(state.find(campaign_key("every"))->total, 60);
  assert_non_null(state.find(campaign_key("campaign-59")));
  assert_null(state.find(campaign_key("campaign-0")));
}

void what_is_written_is_read_again(void**) {
  const auto cookie = after("", noon, {{impression, "a"}, {CampaignEvent::click, "b"}});
  assert_text(written(state_of(cookie, noon)), cookie);
  for (const char c : cookie) {
    assert_true(c == '.' || c == '~' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'));
  }
}

void rubbish_is_nothing(void**) {
  for (const char* cookie : {"", "1", "2.1.1.1~5.1", "1.x.y.z", "1.1.1.1.1.1~5.1", "\xff\xfe",
                             "~~~", "1.-1.1.1", "1.99999999999999999999.1.1", "{\"a\":1}"}) {
    const auto state = state_of(cookie, noon);
    assert_null(state.find(5));
  }
  // One campaign that cannot be read does not take the others along.
  const auto cookie = after("", noon, {{impression, "bar"}});
  const auto broken = cookie.substr(0, cookie.find('~')) + "~?~~.1~x!.1~0.5" +
                      cookie.substr(cookie.find('~')) + "~9.9.9.9.9.9.9.9.9.9.9.9.9.9.9";
  assert_int_equal(impressions(broken, noon, "bar", Per::session), 1);
  assert_null(state_of(broken, noon).find(9));
  // No more than 40 are read, however many there are.
  std::string long_cookie = "1.1.1.1";
  for (int i = 0; i < 500; ++i) {
    long_cookie += "~zzz" + std::to_string(i);
  }
  assert_true(written(state_of(long_cookie, noon)).size() <= VisitorState::max_size);
  assert_false(state_of(std::string(5000, '~'), noon).is_known());
  // Numbers stay within their bounds.
  assert_int_equal(impressions("1.1.1.1~5.zzzzzz", noon, "", Per::lifetime), 0);
  assert_int_equal(state_of("1.1.1.1~5.zzzzzz", noon).find(5)->total, 9999);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(names_are_hashed_as_javascript_would),
    cmocka_unit_test(impressions_are_counted_by_session_day_and_week),
    cmocka_unit_test(activity_keeps_a_session),
    cmocka_unit_test(what_the_visitor_did_has_its_time),
    cmocka_unit_test(the_first_impression_stays),
    cmocka_unit_test(a_browser_is_told_when_something_is_over),
    cmocka_unit_test(a_browser_with_a_wrong_clock),
    cmocka_unit_test(the_oldest_are_forgotten),
    cmocka_unit_test(what_is_written_is_read_again),
    cmocka_unit_test(rubbish_is_nothing),
};
const Suite suite(__FILE__, tests);

}  // namespace
