// What a preview forces, and what a decision makes of it.
#include "personalize/decision/forcing.h"

#include "fixture.h"
#include "personalize/signals/preview.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

using namespace personalize;
using fixture::declare;

namespace {

auto* const memory = std::pmr::new_delete_resource();

fixture::Server shop() {
  ExperimentText experiments;
  experiments.experiments.push_back(declare("bars", "variants control free; enabled off;"));
  return fixture::Server({declare("vip", "when cookie.vip;"), declare("a=b", "when cookie.x;")},
                         {declare("first", "slot s; priority 2; when cookie.first;"),
                          declare("second", "slot s; priority 1; enabled off;"),
                          declare("third", "slot s; when experiment.bars = free;"),
                          declare("vips", "slot t; when segment.vip;")},
                         experiments);
}

struct Forced {
  Forced(fixture::Server& server, std::string_view items)
      : forcing(items, *server.program, memory),
        decision(*server.program, server.facts, memory, {nullptr, nullptr, nullptr, &forcing}) {}

  Forcing forcing;
  Decision decision;
};

void test_segments(void**) {
  auto server = shop();
  Forced on(server, "segment.vip=on;segment.a=b=on");
  assert_true(on.forcing.unknown().empty());
  assert_true(on.decision.segment(0) && on.decision.segment(1));
  assert_int_equal(on.decision.winner(1), 3);
  server.facts.set("cookie.vip", "true");
  Forced off(server, "segment.vip=on;segment.vip=off");
  assert_false(off.decision.segment(0));
  assert_int_equal(off.decision.winner(1), no_campaign);
}

void test_campaigns(void**) {
  auto server = shop();
  server.facts.set("cookie.first", "true");
  Forced on(server, "campaign.second=on");
  assert_int_equal(on.decision.winner(0), 1);
  assert_true(on.decision.outcome(0) == CampaignOutcome::outranked);
  // What cannot be rendered makes way, also where it is forced.
  on.decision.skip(1);
  assert_int_equal(on.decision.winner(0), 0);
  Forced off(server, "campaign.first=off");
  assert_int_equal(off.decision.winner(0), no_campaign);
  assert_true(off.decision.outcome(0) == CampaignOutcome::switched_off);
}

void test_variants(void**) {
  auto server = shop();
  Forced free(server, "experiment.bars=free");
  assert_true(free.decision.use_variant(0).as_string() == "free");
  assert_false(free.decision.is_exposed(0));
  assert_int_equal(free.decision.winner(0), 2);
  Forced none(server, "");
  assert_true(none.decision.variant(0).is_missing());
}

void test_time_and_country(void**) {
  const auto server = shop();
  const Forcing forcing("time=2026-11-22T12:00:00+01:00;country=PL", *server.program, memory);
  assert_true(forcing.now_ms() == std::int64_t{1795345200000});
  assert_true(forcing.country() == "PL");
}

void test_what_is_unknown(void**) {
  const auto server = shop();
  for (const std::string_view item :
       {"segment.nobody=on", "segment.vip=yes", "segment.vip", "experiment.bars=blue",
        "experiment.none=free", "campaign.none=on", "country=pl", "country=POL", "time=noon",
        "visitor.id=ada", "=", "x"}) {
    const std::string items = std::string(item) + ";country=RO";
    const Forcing forcing(items, *server.program, memory);
    assert_true(forcing.unknown() == item);
    assert_true(forcing.country() == "RO");
  }
}

void test_bounds(void**) {
  const auto server = shop();
  std::string items;
  for (std::size_t i = 0; i < Forcing::max_items; ++i) {
    items += "country=PL;";
  }
  assert_true(Forcing(items + "country=RO", *server.program, memory).country() == "PL");
  const std::string large(max_preview_items, 'x');
  assert_true(Forcing(large + ";country=RO", *server.program, memory).country().empty());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_segments),        cmocka_unit_test(test_campaigns),
    cmocka_unit_test(test_variants),        cmocka_unit_test(test_time_and_country),
    cmocka_unit_test(test_what_is_unknown), cmocka_unit_test(test_bounds),
};
const Suite suite(__FILE__, tests);

}  // namespace
