// What runtime scripts tell, and which of it is believed.
#include "personalize/signals/beacon.h"

#include <string>

#include "assert_values.h"
#include "fake_request.h"
#include "suite.h"

using namespace personalize;

namespace {

// Names that were encoded lie in memory that lives as long as the request.
std::pmr::monotonic_buffer_resource memory;

std::optional<Beacon> read(std::string_view body) {
  return read_beacon(body, &memory);
}

void events_in_their_order(void**) {
  const auto beacon =
      read("n=12&t=29919600&impression=bar&click=a%20b%2Bc&dismiss=x+y&claim=c&conversion=");
  assert_true(beacon.has_value());
  assert_int_equal(beacon->sequence, 12);
  assert_int_equal(beacon->minute, 29919600);
  assert_int_equal(beacon->count, 5);
  const std::pair<CampaignEvent, const char*> expected[] = {{CampaignEvent::impression, "bar"},
                                                            {CampaignEvent::click, "a b+c"},
                                                            {CampaignEvent::dismiss, "x y"},
                                                            {CampaignEvent::claim, "c"},
                                                            {CampaignEvent::conversion, ""}};
  for (std::size_t i = 0; i < 5; ++i) {
    assert_true(beacon->events[i].campaign_event() == expected[i].first);
    assert_text(beacon->events[i].campaign, expected[i].second);
  }
  assert_int_equal(read("impression=bar")->sequence, 0);
}

void whoever_comes_to_the_end_has_answered(void**) {
  const auto beacon = read("answer=a&question=q&text=t&finish=a&lead=b");
  assert_true(beacon.has_value());
  assert_int_equal(beacon->count, 3);
  const std::optional<CampaignEvent> noted[] = {
      {}, CampaignEvent::answer, CampaignEvent::conversion};
  for (std::size_t i = 0; i < 3; ++i) {
    assert_true(beacon->events[i].state_event() == noted[i]);
    assert_false(beacon->events[i].campaign_event().has_value());
  }
}

void what_is_not_understood_is_refused(void**) {
  for (const char* body : {"", "&", "n=1", "impression", "impression=", "click=&impression=a",
                           "purchase=a", "n=x&click=a", "n=-1&click=a", "n=99999999999&click=a",
                           "t=&click=a", "=a", "{\"click\":\"a\"}"}) {
    assert_false(read(body).has_value());
  }
}

void how_a_page_was_looked_at(void**) {
  auto beacon = read("visible=12&scroll=40");
  assert_true(beacon.has_value());
  assert_int_equal(beacon->attention.visible_seconds, 12);
  assert_int_equal(beacon->attention.scroll, 40);
  assert_int_equal(beacon->count, 0);
  // What nobody can have done.
  beacon = read("scroll=1000000&visible=999999999");
  assert_int_equal(beacon->attention.visible_seconds, Attention::most_seconds);
  assert_int_equal(beacon->attention.scroll, Attention::most_scroll);
  assert_int_equal(read("click=a&visible=1")->count, 1);
  for (const char* body : {"visible=0&scroll=0", "visible=-5", "visible=1.5", "scroll=", "visible",
                           "visible=1e3", "visible=99999999999", "scroll=5%25"}) {
    assert_false(read(body).has_value());
  }
}

void what_belongs_to_an_event_follows_it(void**) {
  const auto beacon = read(
      "click=bar&item=sku-1&list=for+you&position=3&slot=s&conversion=&metric=purchase&"
      "value=19.90&currency=EUR&order=10%2F01&items=a%2Cb&answer=&question=why&text=Too+dear&"
      "lead=form");
  assert_true(beacon.has_value());
  assert_int_equal(beacon->count, 4);
  const BeaconEvent& click = beacon->events[0];
  const BeaconEvent& conversion = beacon->events[1];
  const BeaconEvent& answer = beacon->events[2];
  const BeaconEvent& lead = beacon->events[3];
  assert_text(click.item, "sku-1");
  assert_text(click.list, "for you");
  assert_text(click.slot, "s");
  assert_int_equal(*click.position, 3);
  assert_text(conversion.metric, "purchase");
  assert_true(*conversion.value == 19.9);
  assert_text(conversion.order, "10/01");
  assert_text(conversion.items, "a,b");
  assert_text(conversion.item, "");
  assert_true(answer.kind == BeaconEvent::Kind::answer && !answer.campaign_event());
  assert_true(!answer.state_event());
  assert_text(answer.question, "why");
  assert_text(answer.text, "Too dear");
  assert_text(lead.campaign, "form");
  assert_true(read("click=&item=sku-1").has_value());
  assert_true(read("impression=&list=similar").has_value());
}

void what_is_said_of_nothing_is_refused(void**) {
  for (const char* body :
       {"item=sku-1", "n=1&value=2&click=a", "v=abc&order=1", "click=a&value=1%2C5",
        "click=a&value=", "click=a&value=NaN", "click=a&value=1e999", "click=a&value=0x10",
        "click=a&position=-1", "click=a&position=1.5", "click=a&nonsense=1", "answer=a",
        "answer=a&question=q", "answer=a&text=t",
        "dismiss=", "claim=", "finish=", "click=&slot=s"}) {
    assert_false(read(body).has_value());
  }
  const std::string long_text(Beacon::max_text + 1, 'x');
  assert_false(read("answer=a&question=q&text=" + long_text).has_value());
  assert_true(read("answer=a&question=q&text=" + long_text.substr(1)).has_value());
  assert_false(read("click=a&item=" + long_text.substr(0, Beacon::max_name + 1)).has_value());
}

void tickets(void**) {
  assert_text(read("v=Abc-_9")->ticket, "Abc-_9");
  assert_int_equal(read("v=Abc")->count, 0);
  assert_text(read("click=a&v=Abc")->ticket, "Abc");
  assert_text(read("click=a")->ticket, "");
  assert_false(read("v=").has_value());
  assert_false(read("v=" + std::string(Beacon::max_size, 'A')).has_value());
}

void there_are_limits(void**) {
  std::string body;
  for (std::size_t i = 0; i < Beacon::max_events; ++i) {
    body += "click=a&";
  }
  assert_int_equal(read(body.substr(0, body.size() - 1))->count, Beacon::max_events);
  assert_false(read(body + "click=a").has_value());
  assert_true(read("click=" + std::string(Beacon::max_name, 'x')).has_value());
  assert_false(read("click=" + std::string(Beacon::max_name + 1, 'x')).has_value());
  assert_false(read("click=a&click=" + std::string(Beacon::max_size, '%')).has_value());
}

bool same_origin(std::map<std::string, std::string, std::less<>> headers,
                 std::string_view host = "shop.example") {
  FakeRequest request;
  request.headers = std::move(headers);
  return is_same_origin(request, host);
}

void only_pages_of_the_site_are_heard(void**) {
  assert_true(same_origin({{"sec-fetch-site", "same-origin"}}));
  for (const char* site : {"cross-site", "same-site", "none", "rubbish"}) {
    assert_false(same_origin({{"sec-fetch-site", site}, {"origin", "https://shop.example"}}));
  }
  assert_true(same_origin({{"origin", "https://shop.example"}}));
  assert_true(same_origin({{"origin", "http://Shop.Example"}}));
  assert_true(same_origin({{"origin", "https://shop.example:8443"}}, "shop.example:8443"));
  for (const char* origin :
       {"", "null", "https://evil.example", "https://shop.example.evil.example",
        "https://shop.example:8443", "shop.example", "://", "https://"}) {
    assert_false(same_origin({{"origin", origin}}));
  }
  assert_false(same_origin({}));
  assert_false(same_origin({{"origin", "https://"}}, ""));
}

void steps_convert_no_campaign(void**) {
  const auto event = [](const char* body) {
    const auto beacon = read_beacon(body, std::pmr::new_delete_resource());
    assert_true(beacon.has_value());
    return beacon->events[0].campaign_event();
  };
  assert_true(event("conversion=") == CampaignEvent::conversion);
  assert_true(event("conversion=&metric=purchase") == CampaignEvent::conversion);
  assert_true(event("conversion=bar&metric=sign_up") == CampaignEvent::conversion);
  assert_false(event("conversion=&metric=add_to_cart").has_value());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(steps_convert_no_campaign),
    cmocka_unit_test(events_in_their_order),
    cmocka_unit_test(whoever_comes_to_the_end_has_answered),
    cmocka_unit_test(what_is_not_understood_is_refused),
    cmocka_unit_test(how_a_page_was_looked_at),
    cmocka_unit_test(what_belongs_to_an_event_follows_it),
    cmocka_unit_test(what_is_said_of_nothing_is_refused),
    cmocka_unit_test(there_are_limits),
    cmocka_unit_test(tickets),
    cmocka_unit_test(only_pages_of_the_site_are_heard),
};
const Suite suite(__FILE__, tests);

}  // namespace
