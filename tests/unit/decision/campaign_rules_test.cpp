// Rules of campaigns: time, caps, groups, what stops them, holdouts, switches, offers.
#include "decision/campaigns/campaign_rules.h"

#include "fixture.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "suite.h"

using namespace personalize;
using fixture::declare;

namespace {

constexpr std::int64_t noon = 1795176000;  // Friday 2026-11-20T12:00:00Z
constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;
constexpr auto impression = CampaignEvent::impression;

// A server with these campaigns, and one visitor.
class Shop {
 public:
  explicit Shop(const std::vector<Declaration>& campaigns)
      : server({}, campaigns), switches(server.program->switch_names().size()) {
    at(noon);
  }

  void at(std::int64_t seconds, int offset = 0) {
    now_ = seconds;
    server.facts.set("time.now", std::to_string(seconds));
    server.facts.set("time.offset", std::to_string(offset));
  }
  void is(const std::string& fact, const char* json) { server.facts.set(fact, json); }

  void does(CampaignEvent event, const char* campaign) {
    auto state = read();
    state.apply(event, campaign_key(campaign));
    std::pmr::string out;
    state.write(out);
    cookie_ = out;
  }

  // What the slot shows; "" for nothing.
  std::string shows(std::string_view slot = "s") {
    const auto state = read();
    Decision decision = decide(state);
    return winner(decision, slot);
  }
  // As a page that shows it: what is shown is counted.
  std::string view(std::string_view slot = "s") {
    const auto name = shows(slot);
    if (!name.empty()) {
      does(impression, name.c_str());
    }
    return name;
  }
  std::string outcome(const char* campaign, std::string_view slot = "s") {
    const auto state = read();
    Decision decision = decide(state);
    decision.winner(server.program->slot(slot));
    return std::string(to_string(decision.outcome(server.program->campaign(campaign))));
  }

  VisitorState read() {
    VisitorState state(std::pmr::new_delete_resource());
    state.read(cookie_, now_ * 1000);
    return state;
  }
  Decision decide(const VisitorState& state) {
    return {*server.program, server.facts, std::pmr::new_delete_resource(), {&state, &switches}};
  }
  std::string winner(Decision& decision, std::string_view slot) {
    const auto id = decision.winner(server.program->slot(slot));
    return id == no_campaign ? "" : server.program->campaign_name(id);
  }

  fixture::Server server;
  Switches switches;

 private:
  std::int64_t now_ = 0;
  std::string cookie_;
};

void is_text(const std::string& found, const char* expected) {
  assert_string_equal(found.c_str(), expected);
}

void test_schedule(void** /*state*/) {
  Shop shop({declare("sale", "slot s; schedule from=2026-11-20T13:00:00+01:00 until=2026-11-21;")});
  shop.at(noon - 1);
  is_text(shop.shows(), "");
  is_text(shop.outcome("sale"), "out_of_time");
  shop.at(noon);
  is_text(shop.shows(), "sale");
  shop.at(noon, 13 * hour);  // already the 21st there
  is_text(shop.shows(), "");
}

void test_hours_are_the_visitors(void** /*state*/) {
  Shop shop({declare("day", "slot s; hours 9-18;"), declare("night", "slot s; hours 22-6;"),
             declare("lunch", "slot t; hours 12:30-13 17-17:15;"),
             declare("late", "slot u; hours 18-24;")});
  is_text(shop.shows(), "day");
  shop.at(noon, 6 * hour - 60);
  is_text(shop.shows(), "day");
  shop.at(noon, 6 * hour);
  is_text(shop.shows(), "");
  is_text(shop.shows("u"), "late");
  shop.at(noon, 10 * hour);
  is_text(shop.shows(), "night");
  shop.at(noon, -6 * hour - 60);
  is_text(shop.shows(), "night");
  shop.at(noon, -6 * hour);
  is_text(shop.shows(), "");
  shop.at(noon + 29 * 60);
  is_text(shop.shows("t"), "");
  shop.at(noon + 30 * 60);
  is_text(shop.shows("t"), "lunch");
  shop.at(noon + 5 * hour + 14 * 60);
  is_text(shop.shows("t"), "lunch");
}

void test_weekdays_are_the_visitors(void** /*state*/) {
  Shop shop({declare("work", "slot s; weekdays mon-fri;"),
             declare("rest", "slot s; weekdays sat sun;"),
             declare("long", "slot t; weekdays friday-monday;")});
  is_text(shop.shows(), "work");
  is_text(shop.shows("t"), "long");
  shop.at(noon, 12 * hour);
  is_text(shop.shows(), "rest");
  shop.at(noon + 3 * day);  // Monday
  is_text(shop.shows(), "work");
  is_text(shop.shows("t"), "long");
  shop.at(noon + 4 * day);
  is_text(shop.shows("t"), "");
  shop.is("time.now", "null");
  is_text(shop.shows(), "");
}

void test_caps(void** /*state*/) {
  Shop shop({declare("popup", "slot s; cap 2/session 3/week;"), declare("bar", "slot s;")});
  is_text(shop.view(), "popup");
  is_text(shop.view(), "popup");
  is_text(shop.view(), "bar");
  is_text(shop.outcome("popup"), "capped");
  shop.at(noon + hour);
  is_text(shop.view(), "popup");
  is_text(shop.view(), "bar");
  shop.at(noon + 6 * day);
  is_text(shop.view(), "bar");
  shop.at(noon + 7 * day + hour);
  is_text(shop.view(), "popup");
}

void test_day_and_lifetime_caps(void** /*state*/) {
  Shop shop({declare("a", "slot s; cap 1/day;"), declare("b", "slot t; cap 1/lifetime;")});
  is_text(shop.view("s"), "a");
  is_text(shop.view("t"), "b");
  shop.at(noon + day - 60);
  is_text(shop.view("s"), "");
  shop.at(noon + day);
  is_text(shop.view("s"), "a");
  shop.at(noon + 300 * day);
  is_text(shop.view("t"), "");
}

void test_a_group_is_capped_together(void** /*state*/) {
  Shop shop({declare("a", "slot s; group overlays 2/session;"),
             declare("b", "slot t; group overlays;"), declare("c", "slot u;")});
  is_text(shop.view("s"), "a");
  is_text(shop.view("t"), "b");
  is_text(shop.view("s"), "");
  is_text(shop.outcome("a", "s"), "group_capped");
  is_text(shop.view("t"), "");
  is_text(shop.view("u"), "c");
  shop.at(noon + hour);
  is_text(shop.view("t"), "b");
}

void test_a_view_shows_the_most_important_of_a_group(void** /*state*/) {
  const std::vector<Declaration> campaigns = {
      declare("low", "slot s; priority 1; group overlays 1/view;"),
      declare("high", "slot t; priority 9; group overlays; when profile.vip;"),
      declare("middle", "slot u; priority 5; group overlays; cap 1/session;"),
      declare("free", "slot s; priority 0;")};
  Shop shop(campaigns);
  // Whichever slot is asked first.
  is_text(shop.shows("s"), "free");
  is_text(shop.shows("u"), "middle");
  is_text(shop.shows("t"), "");
  is_text(shop.outcome("low", "s"), "group_capped");
  shop.is("profile", R"({"vip": true})");
  is_text(shop.shows("s"), "free");
  is_text(shop.shows("u"), "");
  is_text(shop.shows("t"), "high");
  shop.is("profile", "{}");
  shop.does(impression, "middle");
  is_text(shop.shows("s"), "low");

  // All of these slots wait for what decides about any of them.
  const auto& program = *shop.server.program;
  assert_true(program.slot_needs(program.slot("s")) == program.slot_needs(program.slot("t")));
  assert_true(program.slot_needs(program.slot("s")).any());
}

void test_one_that_cannot_be_rendered_gives_its_place_away(void** /*state*/) {
  Shop shop({declare("high", "slot s; priority 2; group g 1/view;"),
             declare("next", "slot s; priority 1; group g;"),
             declare("other", "slot t; group g;")});
  const auto state = shop.read();
  Decision decision = shop.decide(state);
  is_text(shop.winner(decision, "t"), "");
  is_text(shop.winner(decision, "s"), "high");
  decision.skip(shop.server.program->campaign("high"));
  is_text(shop.winner(decision, "s"), "next");
  is_text(shop.winner(decision, "t"), "");
  is_text(std::string(to_string(decision.outcome(0))), "unrendered");
}

void test_a_slot_is_decided_for_each_of_its_elements(void** /*state*/) {
  Shop shop({declare("shoes", "slot s; priority 3; when slot.data.kind = shoes;"),
             declare("offer",
                     "slot s; priority 2; when slot.data.price < 20; set price 1; set reason r;"),
             declare("twice", "slot s; priority 1; cap 2/view;"),
             declare("rest", "slot s; group g 1/view;")});
  Program& program = *shop.server.program;
  const SlotId slot = program.slot("s");
  assert_false(program.has_rivals(slot));
  assert_true(program.slot_needs(slot)[element_need]);
  program.decide_by_element(slot);
  shop.does(impression, "offer");  // a page before this one had it somewhere
  const auto state = shop.read();
  Decision decision = shop.decide(state);
  const auto shows_at = [&](const char* kind, const char* price) {
    shop.is("slot.data.kind", kind);
    shop.is("slot.data.price", price);
    decision.begin_element(slot);
    const auto name = shop.winner(decision, "s");
    if (!name.empty()) {
      decision.note_at_element(program.campaign(name));
    }
    return name;
  };
  is_text(shows_at("\"shoes\"", ""), "shoes");
  is_text(shows_at("\"bags\"", "\"5\""), "offer");
  is_text(shows_at("\"bags\"", ""), "twice");
  is_text(shows_at("", ""), "twice");
  is_text(shows_at("", ""), "rest");
  is_text(shows_at("", ""), "");
  is_text(shows_at("\"shoes\"", "\"5\""), "shoes");

  // What could not be rendered at one of them may be at the next.
  decision.skip(program.campaign("shoes"));
  is_text(shop.winner(decision, "s"), "offer");
  is_text(shows_at("\"shoes\"", ""), "shoes");
}

void test_stop(void** /*state*/) {
  Shop shop({declare("a", "slot s; stop after=dismiss for=30d; stop after=conversion;"),
             declare("b", "slot t; stop after=click for=0s;")});
  shop.does(CampaignEvent::click, "a");
  is_text(shop.shows(), "a");
  shop.does(CampaignEvent::dismiss, "a");
  is_text(shop.shows(), "");
  is_text(shop.outcome("a"), "stopped");
  shop.at(noon + 30 * day - 60);
  is_text(shop.shows(), "");
  shop.at(noon + 30 * day);
  is_text(shop.shows(), "a");
  shop.does(CampaignEvent::conversion, "a");
  shop.at(noon + 330 * day);
  is_text(shop.shows(), "");
  shop.does(CampaignEvent::click, "b");
  is_text(shop.shows("t"), "b");
}

void test_holdout(void** /*state*/) {
  Shop shop({declare("a", "slot s; holdout 20%;"), declare("b", "slot t; holdout 20%;"),
             declare("c", "slot u; holdout 20% seed=a;"), declare("d", "slot v; holdout 100%;")});
  is_text(shop.shows("s"), "a");  // nobody is known
  int held = 0;
  int both = 0;
  constexpr int visitors = 2000;
  for (int i = 0; i < visitors; ++i) {
    shop.is("visitor.id", ("\"visitor-" + std::to_string(i) + "\"").c_str());
    const bool a = shop.shows("s").empty();
    const bool b = shop.shows("t").empty();
    assert_true(a == shop.shows("u").empty());
    is_text(shop.shows("v"), "");
    held += a ? 1 : 0;
    both += a && b ? 1 : 0;
  }
  assert_in_range(held, visitors * 17 / 100, visitors * 23 / 100);
  assert_in_range(both, visitors * 2 / 100, visitors * 6 / 100);  // by seeds of their own: 4 %
  is_text(shop.outcome("d", "v"), "held_out");
}

void test_switches(void** /*state*/) {
  Shop shop({declare("a", "slot s;"), declare("b", "slot t; enabled off;")});
  const auto& names = shop.server.program->switch_names();
  is_text(names.at(0), "campaign:a");
  is_text(names.at(1), "campaign:b");
  is_text(shop.shows("s"), "a");
  is_text(shop.shows("t"), "");
  shop.switches.set(0, Switch::off);
  shop.switches.set(1, Switch::on);
  is_text(shop.shows("s"), "");
  is_text(shop.outcome("a"), "switched_off");
  is_text(shop.shows("t"), "b");
  shop.switches.set(0, Switch::unset);
  shop.switches.set(1, Switch::unset);
  is_text(shop.shows("s"), "a");
  is_text(shop.shows("t"), "");
}

void test_many_switches(void** /*state*/) {
  Switches switches(100);
  for (std::size_t i = 0; i < 100; ++i) {
    switches.set(i, i % 3 == 0 ? Switch::off : i % 3 == 1 ? Switch::on : Switch::unset);
  }
  switches.set(33, Switch::on);
  for (std::size_t i = 0; i < 100; ++i) {
    const auto expected = i == 33      ? Switch::on
                          : i % 3 == 0 ? Switch::off
                          : i % 3 == 1 ? Switch::on
                                       : Switch::unset;
    assert_true(switches.get(i) == expected);
  }
  assert_true(switches.get(1000) == Switch::unset);
  assert_true(Switches().get(0) == Switch::unset);
}

void test_an_offer_that_was_seen_stays(void** /*state*/) {
  Shop shop({declare("new",
                     "slot s; schedule from=2026-11-20 until=2026-11-24; when visitor.new; "
                     "set discount 10%; set reason \"For new customers\";"),
             declare("all",
                     "slot s; priority 5; when profile.orders > 3; set discount 5%; set "
                     "reason \"For regulars\";")});
  shop.is("visitor.new", "true");
  is_text(shop.view(), "new");
  // Not new any more, and one for whom a more important offer is meant.
  shop.is("visitor.new", "false");
  shop.is("profile", R"({"orders": 4})");
  is_text(shop.view(), "new");
  is_text(shop.outcome("all"), "other_offer");
  // Until its schedule is over; what was seen before it began does not count.
  shop.at(noon + 4 * day);
  is_text(shop.view(), "all");
  Shop again({declare("new",
                      "slot s; schedule from=2026-12-20 until=2026-12-24; when visitor.new; "
                      "set discount 10%; set reason \"For new customers\";")});
  again.does(impression, "new");
  again.at(noon + 31 * day);
  is_text(again.shows(), "");
}

void test_what_has_no_price_does_not_stay(void** /*state*/) {
  Shop shop({declare("hello", "slot s; when visitor.new; cap 9/session;")});
  shop.is("visitor.new", "true");
  is_text(shop.view(), "hello");
  shop.is("visitor.new", "false");
  is_text(shop.view(), "");
}

std::string error_of(const char* rules) {
  try {
    Shop shop({declare("tested", std::string("slot s; ") + rules)});
    return "";
  } catch (const ConfigError& error) {
    assert_string_equal(error.where().file.c_str(), "test.conf");
    return error.what();
  }
}

void test_mistakes(void** /*state*/) {
  const auto refuses = [](const char* rules, const char* why) {
    const auto error = error_of(rules);
    if (error.find(why) == std::string::npos) {
      fail_msg("%s: \"%s\" does not say \"%s\"", rules, error.c_str(), why);
    }
  };
  refuses("hours 9;", "invalid hours");
  refuses("hours 9-25;", "invalid hours");
  refuses("hours 9-18:60;", "invalid hours");
  refuses("hours 9:5-10;", "invalid hours");
  refuses("hours 24-6;", "invalid hours");
  refuses("hours;", "empty");
  refuses("weekdays mo-fr;", "invalid weekday");
  refuses("weekdays;", "empty");
  refuses("cap;", "empty");
  refuses("cap 3;", "invalid limit");
  refuses("cap 0/session;", "invalid limit");
  refuses("cap 3/month;", "invalid limit");
  refuses("cap x/day;", "invalid limit");
  refuses("cap 3/day 4/day;", "same time");
  refuses("cap 3/day; cap 4/week;", "is duplicate");
  refuses("group;", "lacks a name");
  refuses("group 1/session;", "lacks a name");
  refuses("group overlays;", "limits nothing");
  refuses("group overlays 1/view; group overlays;", "already");
  refuses("stop;", "after=");
  refuses("stop after=sale;", "after=dismiss");
  refuses("stop after=impression;", "after=dismiss");
  refuses("stop after=click for=10s;", "duration");
  refuses("stop after=click for=9999w;", "duration");
  refuses("stop after=click for=soon;", "duration");
  refuses("stop after=click; stop after=click for=1d;", "already");
  refuses("stop after=click until=1d;", "unknown or duplicate parameter \"until=1d\" of stop");
  refuses("holdout;", "share");
  refuses("holdout 5;", "share");
  refuses("holdout 120%;", "share");
  refuses("holdout 5% salt=x;", "share");
  refuses("enabled maybe;", "on or off");
  refuses("schedule from=soon;", "not a date");
  refuses("set discount 10%;", "set reason");
  refuses("set price 9.99; set reason \"\";", "set reason");
  assert_string_equal(error_of("set price 9.99; set reason \"Last season's\";").c_str(), "");
}

void test_groups_have_one_limit(void** /*state*/) {
  const auto refuses = [](const char* second) {
    try {
      Shop shop({declare("a", "slot s; group g 1/session 2/day;"), declare("b", second)});
      return false;
    } catch (const ConfigError& error) {
      return std::strstr(error.what(), "other limits in test.conf:1") != nullptr;
    }
  };
  assert_true(refuses("slot t; group g 2/session;"));
  assert_true(refuses("slot t; group g 1/session;"));
  assert_false(refuses("slot t; group g 2/day 1/session;"));
  assert_false(refuses("slot t; group g;"));
}

// What is kept is what Redis has: pz:offers:<id>.
void test_what_is_kept_of_an_offer(void** /*state*/) {
  Shop shop({declare("rate",
                     "slot s; when page.item_id in milk salt; unless profile.rich; "
                     "set discount \"{{profile.rate}}\"; set reason Today; keep value; "
                     "keep_per ${page.item_id}; keep_while profile.first_order;"),
             declare("other", "slot s; set discount 5%; set reason \"For all\";")});
  shop.is("page.item_id", "\"milk\"");
  shop.is("profile", R"({"first_order": true, "rate": 12})");
  is_text(shop.view(), "rate");
  shop.is("profile", R"({"first_order": true, "rate": 10, "rich": true})");
  // That the cookie knows it does not make it one for all items.
  is_text(shop.shows(), "other");
  const std::string time = std::to_string(noon);
  const auto keeps = [&](const std::string& list) { shop.is("kept offers", list.c_str()); };
  keeps(R"([{"c": "rate", "p": "milk", "t": )" + time + R"(, "v": {"profile.rate": 12}}])");
  is_text(shop.shows(), "rate");
  shop.is("page.item_id", "\"salt\"");
  is_text(shop.shows(), "other");
  shop.is("page.item_id", "");
  is_text(shop.shows(), "other");
  shop.is("page.item_id", "\"milk\"");
  shop.is("profile", R"({"rate": 10, "rich": true})");
  is_text(shop.shows(), "other");
  for (const char* rubbish :
       {"7", "{}", "[7, \"rate\", {}]", R"([{"c": "rate", "p": "milk"}])",
        R"([{"c": "rate", "p": "milk", "t": "x"}])", R"([{"c": "rat", "p": "milk", "t": 1}])"}) {
    shop.is("profile", R"({"first_order": true, "rich": true})");
    keeps(rubbish);
    is_text(shop.shows(), "other");
  }
}

void test_offers_that_end(void** /*state*/) {
  const char* const always = "slot s; when visitor.new; set discount 10%; set reason New; ";
  const auto shop_with = [&](const char* keep) {
    return Shop({declare("new", std::string(always) + keep)});
  };
  for (const auto& [keep, stays] : std::initializer_list<std::pair<const char*, bool>>{
           {"", true},
           {"keep campaign;", true},
           {"keep off;", false},
           {"keep_while profile.orders = 0;", true},
           {"keep_while profile.orders = 0; keep_while profile.name exists;", false},
           {"keep_while profile.orders > 0;", false}}) {
    Shop shop = shop_with(keep);
    shop.is("profile", R"({"orders": 0})");
    shop.is("visitor.new", "true");
    is_text(shop.view(), "new");
    shop.is("visitor.new", "false");
    is_text(shop.shows(), stays ? "new" : "");
  }
  // One of which the schedule has begun anew is another one.
  Shop shop({declare("again",
                     "slot s; schedule from=2026-12-20 until=2026-12-24; when visitor.new; "
                     "set discount \"{{profile.rate}}\"; set reason New; keep value;")});
  shop.is("kept offers", R"([{"c": "again", "p": "", "t": 1795176000, "v": {}}])");
  shop.at(noon + 31 * day);
  is_text(shop.shows(), "");
  shop.is("kept offers", R"([{"c": "again", "p": "", "t": 1797854400, "v": {}}])");
  is_text(shop.shows(), "again");
}

void test_mistakes_of_keeping(void** /*state*/) {
  const auto error = [](const char* lines) {
    try {
      Shop shop({declare("a", lines)});
      return std::string();
    } catch (const ConfigError& problem) {
      return std::string(problem.what());
    }
  };
  const std::string offer = "slot s; set price 5; set reason x; ";
  for (const auto& [line, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"keep for_ever;", "one of value, campaign and off"},
           {"keep value; keep off;", "is duplicate"},
           {"keep_per page.item_id;", "takes one attribute"},
           {"keep_per ${page.nothing};", "a page has the fields"},
           {"keep off; keep_per ${page.item_id};", "keeps nothing"},
           {"keep_while segment.none;", "unknown segment"}}) {
    const auto message = error((offer + line).c_str());
    if (message.find(says) == std::string::npos) {
      fail_msg("%s: %s", line, message.c_str());
    }
  }
  assert_non_null(std::strstr(error("slot s; keep value;").c_str(), "is for offers"));
  assert_non_null(std::strstr(error("slot s; keep_while visitor.new;").c_str(), "is for offers"));
}

void test_doubtful_offers(void** /*state*/) {
  const auto warnings = [](const std::vector<Declaration>& campaigns) {
    std::string text;
    for (const auto& warning : doubtful_offers(campaigns)) {
      text += warning.message + "\n";
    }
    return text;
  };
  const auto rich = declare("rich", "slot s; when geo.city = X; set price 12; set reason Today;");
  const auto poor = declare("poor", "slot s; when geo.city = Y; set price 9; set reason Today;");
  assert_non_null(std::strstr(warnings({rich, poor}).c_str(), "\"rich\" and \"poor\""));
  is_text(warnings({rich}), "");
  is_text(warnings({rich, declare("b", "slot t; set price 9; set reason Today;")}), "");
  is_text(warnings({rich, declare("b", "slot s; set price 9; set reason \"First order\";")}), "");
  is_text(warnings({rich, declare("b", "slot s; set price 12; set reason Today;")}), "");
  is_text(warnings({rich, declare("b", "slot s; hours 9-12; set price 9; set reason Today;")}), "");
  is_text(warnings({rich, declare("b", "slot s; set text Hello;")}), "");

  // Chance is fair.
  const auto arm = [](const char* name, const char* variant, const char* price) {
    return declare(name, "slot s; when experiment.prices = " + std::string(variant) +
                             "; set price " + price + "; set reason Today;");
  };
  is_text(warnings({arm("a", "low", "9"), arm("b", "high", "12")}), "");
  assert_non_null(std::strstr(warnings({arm("a", "low", "9"), arm("b", "low", "12")}).c_str(),
                              "\"a\" and \"b\""));

  for (const char* text :
       {"20 % off today", "20% Rabatt", "Save {{profile.rate}} %", "{{profile.rate}}% off",
        "5 EUR less", "-15 % on all shoes", "10 z\u0142 taniej"}) {
    const auto said = warnings({declare("b", "slot s; set text \"" + std::string(text) + "\";")});
    if (said.find("promises a discount") == std::string::npos) {
      fail_msg("not warned of: %s", text);
    }
  }
  for (const char* text : {"100 % cotton", "98 % of our customers are happy", "Only 5 left",
                           "Free delivery over 50 EUR", "{{profile.rate}} points"}) {
    is_text(warnings({declare("b", "slot s; set text \"" + std::string(text) + "\";")}), "");
  }
  is_text(warnings({declare("b", "slot s; set title \"20 % off\"; code pool=codes:a;")}), "");
  is_text(
      warnings({declare("b", "slot s; set text \"20 % off\"; set discount 20%; set reason x;")}),
      "");

  const char* early =
      "slot s; any { when time.hour < 9; when time.hour > 20; } set price 9; set "
      "reason \"Early birds\";";
  assert_non_null(std::strstr(warnings({declare("a", early)}).c_str(), "\"time.hour\""));
  is_text(warnings({declare("a", std::string(early) + "schedule until=2026-12-01;")}), "");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_schedule),
    cmocka_unit_test(test_hours_are_the_visitors),
    cmocka_unit_test(test_weekdays_are_the_visitors),
    cmocka_unit_test(test_caps),
    cmocka_unit_test(test_day_and_lifetime_caps),
    cmocka_unit_test(test_a_group_is_capped_together),
    cmocka_unit_test(test_a_view_shows_the_most_important_of_a_group),
    cmocka_unit_test(test_one_that_cannot_be_rendered_gives_its_place_away),
    cmocka_unit_test(test_a_slot_is_decided_for_each_of_its_elements),
    cmocka_unit_test(test_stop),
    cmocka_unit_test(test_holdout),
    cmocka_unit_test(test_switches),
    cmocka_unit_test(test_many_switches),
    cmocka_unit_test(test_an_offer_that_was_seen_stays),
    cmocka_unit_test(test_what_is_kept_of_an_offer),
    cmocka_unit_test(test_offers_that_end),
    cmocka_unit_test(test_mistakes_of_keeping),
    cmocka_unit_test(test_what_has_no_price_does_not_stay),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_groups_have_one_limit),
    cmocka_unit_test(test_doubtful_offers),
};
const Suite suite(__FILE__, tests);

}  // namespace
