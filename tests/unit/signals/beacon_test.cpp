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
      read("n=12&t=29919600&impression=bar&click=a%20b%2Bc&dismiss=x+y&conversion=");
  assert_true(beacon.has_value());
  assert_int_equal(beacon->sequence, 12);
  assert_int_equal(beacon->minute, 29919600);
  assert_int_equal(beacon->count, 4);
  const std::pair<CampaignEvent, const char*> expected[] = {{CampaignEvent::impression, "bar"},
                                                            {CampaignEvent::click, "a b+c"},
                                                            {CampaignEvent::dismiss, "x y"},
                                                            {CampaignEvent::conversion, ""}};
  for (std::size_t i = 0; i < 4; ++i) {
    assert_true(beacon->events[i].event == expected[i].first);
    assert_text(beacon->events[i].campaign, expected[i].second);
  }
  assert_int_equal(read("impression=bar")->sequence, 0);
}

void what_is_not_understood_is_refused(void**) {
  for (const char* body : {"", "&", "n=1", "impression", "impression=", "click=&impression=a",
                           "purchase=a", "n=x&click=a", "n=-1&click=a", "n=99999999999&click=a",
                           "t=&click=a", "=a", "{\"click\":\"a\"}"}) {
    assert_false(read(body).has_value());
  }
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

const CMUnitTest tests[] = {
    cmocka_unit_test(events_in_their_order),
    cmocka_unit_test(what_is_not_understood_is_refused),
    cmocka_unit_test(there_are_limits),
    cmocka_unit_test(tickets),
    cmocka_unit_test(only_pages_of_the_site_are_heard),
};
const Suite suite(__FILE__, tests);

}  // namespace
