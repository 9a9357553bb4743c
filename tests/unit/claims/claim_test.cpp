// Claims against a Redis that many workers ask at once, and that loses replies.
#include "personalize/claims/claim.h"

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "personalize/claims/claim_keys.h"
#include "personalize/redis/cluster.h"
#include "suite.h"

using namespace personalize;

namespace {

using Words = std::vector<std::string>;

std::pmr::memory_resource* memory() {
  return std::pmr::get_default_resource();
}

// Lists and counters, as far as claims use them.
class Redis {
 public:
  std::map<std::string, std::deque<std::string>> lists;
  std::map<std::string, std::int64_t> counters;
  std::string refused;  // a command that is answered with an error

  RedisReply execute(const Words& words) {
    RedisReply reply;
    const auto& name = words.at(0);
    const auto integer = [&](std::int64_t n) {
      reply.kind = RedisReply::Kind::integer;
      reply.integer = n;
    };
    const auto string = [&](const std::string& text) {
      text_ = text;
      reply.kind = RedisReply::Kind::string;
      reply.text = text_;
    };
    if (name == refused) {
      reply.kind = RedisReply::Kind::error;
      reply.text = "OOM command not allowed when used memory > 'maxmemory'.";
      return reply;
    }
    if (name == "INCR" || name == "DECR") {
      integer(counters[words.at(1)] += name == "INCR" ? 1 : -1);
      return reply;
    }
    auto& list = lists[words.at(1)];
    if (name == "LINDEX") {
      if (!list.empty()) {
        string(list.back());
      }
    } else if (name == "RPOPLPUSH") {
      // Redis Cluster refuses keys of different slots.
      assert_int_equal(hash_slot_of(words.at(1)), hash_slot_of(words.at(2)));
      if (!list.empty()) {
        string(list.back());
        list.pop_back();
        lists[words.at(2)].push_front(text_);
      }
    } else if (name == "LREM") {
      const auto found = std::find(list.begin(), list.end(), words.at(3));
      integer(found == list.end() ? 0 : 1);
      if (found != list.end()) {
        list.erase(found);
      }
    } else if (name == "RPUSH") {
      list.push_back(words.at(2));
      integer(static_cast<std::int64_t>(list.size()));
    } else if (name == "LPUSH") {
      list.push_front(words.at(2));
      integer(static_cast<std::int64_t>(list.size()));
    } else if (name == "EXPIRE") {
      integer(1);
    } else {
      fail_msg("unknown command %s", name.c_str());
    }
    return reply;
  }

 private:
  std::string text_;
};

Words words_of(const Claim& claim) {
  return {claim.command().begin(), claim.command().end()};
}

void run(Claim& claim, Redis& redis) {
  while (!claim.command().empty()) {
    const RedisReply reply = redis.execute(words_of(claim));
    claim.take(&reply);
  }
}

// Has the claim go on up to the command, which is not executed.
void run_to(Claim& claim, Redis& redis, const std::string& command) {
  while (words_of(claim)[0] != command) {
    const RedisReply reply = redis.execute(words_of(claim));
    claim.take(&reply);
  }
}

ClaimTicket of_pool(std::string_view pool = "codes:summer") {
  ClaimTicket ticket(memory());
  ticket.campaign = "summer";
  ticket.pool = pool;
  return ticket;
}

ClaimTicket of_prizes(std::initializer_list<ClaimTicket::Prize> prizes) {
  ClaimTicket ticket(memory());
  ticket.campaign = "lucky";
  ticket.prizes.assign(prizes.begin(), prizes.end());
  return ticket;
}

// Claims once, and returns the code, or the outcome.
std::string claimed(const ClaimTicket& ticket, const std::string& visitor, Redis& redis) {
  const auto claim = Claim::make(ticket, visitor, memory());
  run(*claim, redis);
  return claim->outcome() == Claim::Outcome::given  ? std::string(claim->code())
         : claim->outcome() == Claim::Outcome::gone ? "gone"
                                                    : "failed";
}

void a_code_is_taken_once(void**) {
  Redis redis;
  redis.lists["codes:summer"] = {"c", "b", "a"};
  const auto ticket = of_pool();
  assert_string_equal(claimed(ticket, "ada", redis).c_str(), "a");
  assert_string_equal(claimed(ticket, "ada", redis).c_str(), "a");
  assert_string_equal(claimed(ticket, "bob", redis).c_str(), "b");
  assert_string_equal(claimed(ticket, "eve", redis).c_str(), "c");
  assert_string_equal(claimed(ticket, "zoe", redis).c_str(), "gone");
  assert_string_equal(claimed(ticket, "bob", redis).c_str(), "b");
  assert_string_equal(redis.lists["pz:claim:{codes:summer}:summer:ada"].front().c_str(), "a");
}

void claims_are_kept_for_a_time(void**) {
  Redis redis;
  redis.lists["codes:summer"] = {"a"};
  auto ticket = of_pool();
  ticket.keep_s = 3600;
  const auto claim = Claim::make(ticket, "ada", memory());
  std::vector<Words> kept;
  while (!claim->command().empty()) {
    const Words words = words_of(*claim);
    if (words[0] == "EXPIRE") {
      kept.push_back(words);
    }
    const RedisReply reply = redis.execute(words);
    claim->take(&reply);
  }
  assert_true(claim->is_new());
  assert_int_equal(kept.size(), 2);
  assert_true((kept[0] == Words{"EXPIRE", "pz:claim:{codes:summer}:summer:ada", "3600"}));
  assert_true((kept[1] == Words{"EXPIRE", "pz:claim:summer:ada", "3600"}));
}

// A visitor whose page names another list has the code that was claimed first.
void a_campaign_gives_one_code(void**) {
  Redis redis;
  redis.lists["codes:pl"] = {"p"};
  redis.lists["codes:de"] = {"d"};
  const auto of_poland = of_pool("codes:pl");
  const auto of_germany = of_pool("codes:de");
  assert_string_equal(claimed(of_poland, "ada", redis).c_str(), "p");
  assert_string_equal(claimed(of_germany, "ada", redis).c_str(), "p");
  assert_string_equal(redis.lists["pz:claim:summer:ada"].back().c_str(),
                      "{\"code\":\"p\",\"text\":\"\",\"prize\":\"pool=codes:pl\"}");

  // Two pages that claim at the same moment: the second code goes back.
  redis.lists["codes:pl"] = {"q"};
  const auto first = Claim::make(of_poland, "bob", memory());
  const auto second = Claim::make(of_germany, "bob", memory());
  run_to(*first, redis, "LPUSH");
  run(*second, redis);
  run(*first, redis);
  assert_true(first->code() == "d" && second->code() == "d");
  assert_true(second->is_new() && !first->is_new());
  assert_int_equal(redis.lists["codes:pl"].size(), 1);
  assert_true(redis.lists["codes:de"].empty());
  assert_string_equal(claimed(of_poland, "eve", redis).c_str(), "q");
}

// Of three claims at once one has taken a code, and one that has seen it gives it back, since the
// third has another one of the campaign: so that the first finds nothing where it put the code.
void a_code_in_hand_is_given_back_by_another(void**) {
  Redis redis;
  redis.lists["codes:pl"] = {"p"};
  redis.lists["codes:de"] = {"d"};
  const auto of_poland = of_pool("codes:pl");
  const auto of_germany = of_pool("codes:de");
  const auto takes = Claim::make(of_poland, "ada", memory());
  const auto sees = Claim::make(of_poland, "ada", memory());
  const auto has = Claim::make(of_germany, "ada", memory());
  run_to(*takes, redis, "RPOPLPUSH");
  const RedisReply taken = redis.execute(words_of(*takes));
  takes->take(&taken);
  run_to(*sees, redis, "LPUSH");
  run_to(*has, redis, "LPUSH");
  for (Claim* claim : {has.get(), sees.get(), takes.get()}) {
    run(*claim, redis);
    assert_true(claim->outcome() == Claim::Outcome::given && claim->code() == "d");
  }
  assert_int_equal(redis.lists["codes:pl"].size(), 1);
}

void keys_are_where_the_pool_is(void**) {
  for (const std::string_view pool : {"codes:summer", "codes:{eu}:1", "a{}b", "{", "}", "a}b{c}"}) {
    if (is_pool_key(pool)) {
      assert_int_equal(hash_slot_of(pool),
                       hash_slot_of(code_claim_key(pool, "{x}", "ada", memory())));
    }
  }
  assert_true(is_pool_key("codes:{eu}:1") && is_pool_key("{"));
  assert_false(is_pool_key("") || is_pool_key("a}b") || is_pool_key("a{}b"));
  assert_false(is_pool_key(std::string(513, 'a')));
}

void errors_give_nothing(void**) {
  for (const char* refused : {"LINDEX", "RPOPLPUSH"}) {
    Redis redis;
    redis.lists["codes:summer"] = {"a"};
    redis.refused = refused;
    const auto ticket = of_pool();
    const auto claim = Claim::make(ticket, "ada", memory());
    run(*claim, redis);
    assert_true(claim->outcome() == Claim::Outcome::failed);
    assert_true(claim->error().substr(0, 3) == "OOM");
  }
  for (const char* refused : {"LINDEX", "INCR", "LPUSH"}) {
    Redis redis;
    redis.refused = refused;
    const auto ticket = of_prizes({{"TEN", "10 %", 3}});
    assert_string_equal(claimed(ticket, "ada", redis).c_str(), "failed");
    assert_int_equal(redis.counters["pz:stock:lucky:TEN"], 0);
  }
}

void prizes_run_out_in_turn(void**) {
  Redis redis;
  redis.lists["codes:win"] = {"y", "x"};
  const auto ticket =
      of_prizes({{"TEN", "10 %", 2}, {"pool=codes:win", "a mug", {}}, {"", "luck", 1}});
  const char* const expected[] = {"TEN", "TEN", "x", "y", "", "gone"};
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 6; ++i) {
      assert_string_equal(claimed(ticket, "v" + std::to_string(i), redis).c_str(), expected[i]);
    }
  }
  assert_int_equal(redis.counters["pz:stock:lucky:TEN"], 2);
}

void a_prize_stays_when_the_list_changes(void**) {
  Redis redis;
  const auto before = of_prizes({{"TEN", "10 %\"", 2}});
  assert_string_equal(claimed(before, "ada", redis).c_str(), "TEN");
  const auto after = of_prizes({{"FIVE", "5 %", {}}});
  const auto claim = Claim::make(after, "ada", memory());
  run(*claim, redis);
  assert_string_equal(std::string(claim->code()).c_str(), "TEN");
  assert_string_equal(std::string(claim->text()).c_str(), "10 %\"");
  assert_false(claim->is_new());
}

// Many claims at once, with every kind of failure: a reply that is lost, a command that is lost, or
// executed later, and workers that die.
class Storm {
 public:
  // Every claim is of one of the tickets.
  Storm(std::vector<const ClaimTicket*> tickets, unsigned seed, bool has_faults)
      : tickets_(std::move(tickets)), random_(seed), has_faults_(has_faults) {}

  // Each of the visitors claims so often, in any order, all at once.
  void blow(Redis& redis, int visitors, int times) {
    for (int i = 0; i < visitors * times; ++i) {
      names_.push_back("v" + std::to_string(i % visitors));
    }
    for (const auto& name : names_) {
      claims_.push_back(Claim::make(*tickets_[random_() % tickets_.size()], name, memory()));
    }
    for (std::size_t left = claims_.size(); left > 0;) {
      if (!late_.empty() && chance(10)) {
        redis.execute(late_.front());
        late_.pop_front();
      }
      const std::size_t i = random_() % claims_.size();
      if (claims_[i] == nullptr || claims_[i]->command().empty()) {
        continue;
      }
      step(i, redis);
      if (claims_[i] == nullptr || claims_[i]->command().empty()) {
        note(i);
        --left;
      }
    }
    for (const auto& words : late_) {
      redis.execute(words);
    }
    // Who was told nothing tries again.
    has_faults_ = false;
    for (int i = 0; i < visitors; ++i) {
      claims_[0] = Claim::make(*tickets_[random_() % tickets_.size()],
                               names_[0] = "v" + std::to_string(i), memory());
      run(*claims_[0], redis);
      note(0);
    }
  }

  // By visitor; "" for those for whom there was none.
  std::map<std::string, std::string> codes;

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  void step(std::size_t i, Redis& redis) {
    const Words words = words_of(*claims_[i]);
    if (!has_faults_ || chance(85)) {
      const RedisReply reply = redis.execute(words);
      claims_[i]->take(&reply);
      return;
    }
    switch (random_() % 4) {
      case 0:
        redis.execute(words);
        claims_[i]->take(nullptr);
        break;
      case 1:
        claims_[i]->take(nullptr);
        break;
      case 2:
        late_.push_back(words);
        claims_[i]->take(nullptr);
        break;
      default:
        redis.execute(words);
        claims_[i] = nullptr;
    }
  }

  void note(std::size_t i) {
    assert_true(has_faults_ || claims_[i]->outcome() != Claim::Outcome::failed);
    if (claims_[i] == nullptr || claims_[i]->outcome() == Claim::Outcome::failed) {
      return;
    }
    const bool is_given = claims_[i]->outcome() == Claim::Outcome::given;
    const std::string code(is_given ? claims_[i]->code() : std::string_view());
    const auto [known, is_new] = codes.emplace(names_[i], code);
    if (!is_new && known->second.empty()) {
      known->second = code;  // a code that somebody else had for a moment
    } else if (!is_new) {
      assert_string_equal(code.c_str(), known->second.c_str());
    }
  }

  std::vector<const ClaimTicket*> tickets_;
  std::minstd_rand random_;
  bool has_faults_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Claim>> claims_;
  std::deque<Words> late_;
};

// Of two lists, from which pages of the same visitors claim at once.
void no_code_is_given_twice(void**) {
  const std::string pools[] = {"codes:summer", "codes:winter"};
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const bool has_faults = seed % 2 == 0;
    const bool has_two = seed % 4 < 2;
    Redis redis;
    for (int i = 0; i < 8; ++i) {
      redis.lists[pools[has_two ? i % 2 : 0]].push_back("c" + std::to_string(i));
    }
    const auto summer = of_pool(pools[0]);
    const auto winter = of_pool(pools[1]);
    Storm storm(has_two ? std::vector{&summer, &winter} : std::vector{&summer}, seed, has_faults);
    storm.blow(redis, 12, 4);
    std::set<std::string> given;
    for (const auto& [visitor, code] : storm.codes) {
      assert_true(code.empty() || given.insert(code).second);
    }
    // No code is in two places, whatever happened.
    std::set<std::string> places;
    std::size_t kept = 0;
    for (const auto& [key, list] : redis.lists) {
      if (key.substr(0, 16) == "pz:claim:summer:") {
        continue;  // what visitors have, and not where codes are
      }
      kept += key[0] == 'c' ? 0 : list.size();
      for (const auto& code : list) {
        assert_true(places.insert(code).second);
      }
    }
    if (!has_faults) {
      assert_int_equal(given.size(), kept);
      assert_true(has_two || kept == 8);
    }
  }
}

void no_stock_is_oversold(void**) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const bool has_faults = seed % 2 == 0;
    Redis redis;
    const auto ticket = of_prizes({{"A", "a", 3}, {"B", "b", 2}, {"C", "c", {}}});
    Storm storm({&ticket}, seed, has_faults);
    storm.blow(redis, 9, 3);
    std::map<std::string, int> sold;
    for (const auto& [visitor, code] : storm.codes) {
      ++sold[code];
    }
    assert_true(sold["A"] <= 3 && sold["B"] <= 2);
    assert_int_equal(sold["A"] + sold["B"] + sold["C"], 9);
    assert_true(redis.counters["pz:stock:lucky:A"] >= sold["A"]);
    if (!has_faults) {
      assert_int_equal(redis.counters["pz:stock:lucky:A"], sold["A"]);
      assert_int_equal(redis.counters["pz:stock:lucky:B"], sold["B"]);
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(a_code_is_taken_once),
    cmocka_unit_test(claims_are_kept_for_a_time),
    cmocka_unit_test(a_campaign_gives_one_code),
    cmocka_unit_test(a_code_in_hand_is_given_back_by_another),
    cmocka_unit_test(keys_are_where_the_pool_is),
    cmocka_unit_test(errors_give_nothing),
    cmocka_unit_test(prizes_run_out_in_turn),
    cmocka_unit_test(a_prize_stays_when_the_list_changes),
    cmocka_unit_test(no_code_is_given_twice),
    cmocka_unit_test(no_stock_is_oversold),
};
const Suite suite(__FILE__, tests);

}  // namespace
