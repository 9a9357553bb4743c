// Chains of recommendations: what their statements mean, which items they list, and in which order.
#include "personalize/recommend/candidates.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/values/item.h"
#include "decision/fixture.h"
#include "suite.h"

namespace {

using personalize::Candidate;
using personalize::Candidates;
using personalize::Chain;
using personalize::Value;

constexpr double now_s = 1795176000;  // noon of 2026-11-20, UTC

// What a worker keeps of a shared cache that has items.
class Shelf {
 public:
  static constexpr std::int64_t ttl = 60000;

  Shelf() {
    std::memset(area_, 0, size);
    assert_true(cache_.init({1, 2}));
  }
  ~Shelf() { std::free(area_); }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  // Redis announces that the item is another one now, and then it is fetched.
  void put(const std::string& id, std::string_view item) {
    const auto key = cache_.key(1, id);
    cache_.invalidate(key);
    char room[4096];
    const auto generation = cache_.find(key, now, room, sizeof room).generation;
    assert_true(cache_.store(key, item, now, ttl, 0, generation));
  }
  void take_away(const std::string& id) { cache_.invalidate(cache_.key(1, id)); }

  // Sets the candidate's item, which may be in `room`.
  void look_up(Candidates& candidates, Candidate& candidate, personalize::Decision& decision,
               personalize::HeldDocuments& held, std::pmr::memory_resource* room) {
    personalize::KeptDocument* document = kept_.find(1, candidate.id, now);
    if (document == nullptr) {
      constexpr std::size_t most = 4096;
      auto* buffer = static_cast<char*>(room->allocate(most, 8));
      const auto cached = cache_.find(cache_.key(1, candidate.id), now, buffer, most);
      candidate.item = Value::document(cached.bytes);
      document = kept_.keep(1, candidate.id, cached, now);
    }
    if (document != nullptr) {
      held.hold(*document);
      candidates.take(candidate, kept_, *document, decision);
    }
  }

  std::int64_t now = 1;

 private:
  static constexpr std::size_t size = std::size_t{512} << 10;
  char* area_ = static_cast<char*>(std::aligned_alloc(64, size));
  personalize::DocumentCache cache_{{area_, size}};
  personalize::KeptDocuments kept_{cache_, std::size_t{64} << 10};
};

// A shop with the source "profile" and the chain "list".
class Shop {
 public:
  explicit Shop(std::string_view chain, bool has_session = true, const char* source = nullptr)
      : declared_{fixture::declare("list", chain)} {
    attributes_.declare_source("profile", {});
    if (source != nullptr) {
      attributes_.declare_source(source, {});
    }
    personalize::declare_chains(declared_, attributes_);
    sources = personalize::chain_sources(declared_, {}, attributes_);
    if (has_session) {
      attributes_.declare_session({});
    }
    const std::vector<personalize::Declaration> none;
    program_ = std::make_unique<personalize::Program>(attributes_, none, none,
                                                      personalize::ExperimentText(), declared_);
    chains = personalize::compile_chains(declared_, {}, attributes_, *program_);
    facts_ = std::make_unique<fixture::Facts>(attributes_);
  }

  void know(const std::string& attribute, std::string_view json) { facts_->set(attribute, json); }
  // What the catalogue has: `json` is the item without its id.
  void stock(const std::string& id, std::string_view json) {
    stock_.erase(id);
    const auto& item = stock_.emplace(id, fixture::Json(json)).first->second;
    shelf_.put(id, item.bytes());
  }
  void sell_out(const std::string& id) {
    stock_.erase(id);
    shelf_.take_away(id);
  }
  void wait(std::int64_t ms) { shelf_.now += ms; }
  void stock(const std::string& id) {
    stock(id, R"({"name": ")" + id + R"(", "url": "/)" + id + R"("})");
  }

  // `looks_at_all`: whether or not the list is full. `keeps`: items are found in what a worker
  // keeps.
  void run(const personalize::ItemIds& shown, bool looks_at_all, bool keeps) {
    auto* memory = &arena_;
    held_ = std::make_unique<personalize::HeldDocuments>(memory);
    candidates_ = std::make_unique<Candidates>(chains.front(), attributes_, memory);
    candidates_->gather(*facts_);
    personalize::Decision decision(*program_, *facts_, memory);
    while (candidates_->has_more() && (looks_at_all || !candidates_->choose(shown))) {
      const auto part = candidates_->parts()[candidates_->judged()];
      for (std::size_t i = part.begin; i < part.end; ++i) {
        auto& candidate = candidates_->all()[i];
        const auto found = stock_.find(std::string(candidate.id));
        if (!candidate.item.is_missing()) {
          continue;
        }
        if (keeps) {
          shelf_.look_up(*candidates_, candidate, decision, *held_, memory);
        } else if (found != stock_.end()) {
          candidate.item = found->second.value();
        }
      }
      candidates_->judge_next(decision, now_s);
    }
    candidates_->choose(shown);
  }

  // Returns the ids of the list, "a b c", without what stands elsewhere in the page.
  // It is the same whether or not all candidates are looked at, and whether their items are read
  // now or were before.
  std::string list(const std::vector<std::string_view>& shown = {}) {
    const std::string usual = list(shown, false, false);
    const std::string kept = list(shown, false, true);
    assert_string_equal(usual.c_str(), kept.c_str());
    for (int again = 0; again < 3; ++again) {
      list(shown, true, true);
      const std::string explained = explain();
      const std::string all = list(shown, true, false);
      assert_string_equal(usual.c_str(), all.c_str());
      assert_string_equal(explain().c_str(), explained.c_str());
    }
    return usual;
  }
  std::string list(const std::vector<std::string_view>& shown, bool looks_at_all, bool keeps) {
    personalize::ItemIds ids(&arena_);
    for (const auto id : shown) {
      ids.insert(id);
    }
    run(ids, looks_at_all, keeps);
    const Value items = candidates_->list();
    std::string text;
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      text += text.empty() ? "" : " ";
      const Value id = personalize::item_id(items.at(i));
      text += id.kind() == personalize::Kind::number
                  ? std::to_string(static_cast<int>(id.as_number()))
                  : std::string(id.as_string());
    }
    return text;
  }

  // Returns what became of all candidates, and what is shown of them.
  std::string explain() const {
    std::string text;
    for (const auto& candidate : candidates_->all()) {
      text += std::string(candidate.id) + " " + std::string(to_string(candidate.outcome)) + " " +
              std::to_string(candidate.weight) + "\n";
    }
    const Value items = candidates_->list();
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      const Value item = items.at(i);
      for (std::uint32_t member = 0; member < item.size(); ++member) {
        text += std::string(item.key_at(member)) + "=" +
                std::string(item.at(member).kind() == personalize::Kind::string
                                ? item.at(member).as_string()
                                : "") +
                " ";
      }
    }
    return text;
  }

  std::string outcome(std::string_view id) const {
    for (const auto& candidate : candidates_->all()) {
      if (candidate.id == id && candidate.outcome != Candidate::Outcome::duplicate) {
        return std::string(to_string(candidate.outcome));
      }
    }
    return "";
  }

  std::vector<Chain> chains;
  std::vector<personalize::Source> sources;

 private:
  std::vector<personalize::Declaration> declared_;
  personalize::AttributeTable attributes_;
  std::unique_ptr<personalize::Program> program_;
  std::unique_ptr<fixture::Facts> facts_;
  std::map<std::string, fixture::Json> stock_;
  Shelf shelf_;
  std::pmr::monotonic_buffer_resource arena_;  // of a request
  std::unique_ptr<personalize::HeldDocuments> held_;
  std::unique_ptr<Candidates> candidates_;
};

void check(Shop& shop, const char* expected) {
  assert_string_equal(shop.list().c_str(), expected);
}

constexpr const char* items = "items 'key=item:${id}';";

void test_steps_fill_up(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; try 'key=best:${profile.country}'; limit 3;") + items);
  for (const char* id : {"1", "2", "3", "4"}) {
    shop.stock(id);
  }
  check(shop, "");
  shop.know("recommend list try 2", R"(["3", "1", "4"])");
  check(shop, "3 1 4");
  shop.know("profile", R"({"a": ["2", "1"]})");
  check(shop, "2 1 3");
  assert_string_equal(shop.outcome("4").c_str(), "surplus");
  // What a step has not, others fill up.
  shop.know("profile", R"({"a": ["9", "2"]})");
  check(shop, "2 3 1");
  assert_string_equal(shop.outcome("9").c_str(), "unknown");
  // Something else than a list gives nothing.
  shop.know("profile", R"({"a": {"id": 1}})");
  check(shop, "3 1 4");
}

void test_ids(void** /*state*/) {
  Shop shop(std::string("try ${profile.a};") + items);
  for (const char* id : {"7", "a b", "x:y", "Ä", "9007199254740993"}) {
    shop.stock(id);
  }
  shop.know("profile", R"({"a": [7, "a b", {"id": "x:y", "score": 2}, "Ä", "", null, true,
                                 9007199254740993, 7]})");
  check(shop, "7 a b x:y Ä 9007199254740993");
  // As a cookie or the field of a hash has them.
  shop.know("profile", R"({"a": "7, a b,x:y"})");
  check(shop, "7 a b x:y");
}

void test_items_in_documents(void** /*state*/) {
  Shop shop("try ${profile.a};");
  shop.know("profile", R"({"a": [{"title": "Hat", "link": "/h", "id": "h"},
                                 {"item_name": "Cap", "url": "/c", "item_id": 5},
                                 "8", {"name": "No address"}, {"url": "/no-name"}]})");
  check(shop, "h 5");
}

void test_availability(void** /*state*/) {
  Shop shop(std::string("try ${profile.a};") + items);
  shop.know("profile", R"({"a": ["1", "2", "3", "4", "5", "6", "7"]})");
  shop.stock("1", R"({"name": "a", "url": "/", "available": false})");
  shop.stock("2", R"({"name": "a", "url": "/", "available": "0"})");
  shop.stock("3", R"({"name": "a", "url": "/", "availability": "out of stock"})");
  shop.stock("4", R"({"name": "a", "url": "/", "availability": "https://schema.org/InStock"})");
  shop.stock("5", R"({"name": "a", "url": "/", "until": "2026-11-20T11:59:59Z"})");
  shop.stock("6", R"({"name": "a", "url": "/", "until": "2026-11-21"})");
  shop.stock("7", R"({"name": "a", "url": ""})");
  check(shop, "4 6");
  assert_string_equal(shop.outcome("1").c_str(), "unavailable");
  assert_string_equal(shop.outcome("5").c_str(), "unavailable");
  assert_string_equal(shop.outcome("7").c_str(), "incomplete");
}

void test_conditions_are_about_each_item(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; when item.price between 0 ${profile.budget};"
                        "unless item.item_brand in Acme ${profile.hated};") +
            items);
  shop.know("profile", R"({"a": ["1", "2", "3", "4"], "budget": 20, "hated": ["Foo", "Bar"]})");
  shop.stock("1", R"({"name": "a", "url": "/", "price": 15})");
  shop.stock("2", R"({"name": "a", "url": "/", "price": "15.00 EUR", "brand": "Acme"})");
  shop.stock("3", R"({"name": "a", "url": "/", "price": "21.50 EUR"})");
  shop.stock("4", R"({"name": "a", "url": "/", "price": "5", "item_brand": "Bar"})");
  check(shop, "1");
  assert_string_equal(shop.outcome("3").c_str(), "not_met");
}

// Rules that only compare values are compared in place; inside of `any` they are conditions like
// all others.
void test_comparisons_are_as_conditions(void** /*state*/) {
  const char* rules[] = {
      "when item.price < ${profile.x};",         "when item.price >= ${profile.x};",
      "when item.price between 2 ${profile.x};", "unless item.price between ${profile.x} 7;",
      "when item.brand = ${profile.x};",         "unless item.brand = ${profile.x};",
      "when item.brand > ${profile.x};",         "when item.brand in ${profile.x} Acme;",
      "when item.price <= ${item.old_price};",   "when item.deep.inside <= ${profile.x};"};
  const char* values[] = {"5",
                          R"("5")",
                          R"("5.00 EUR")",
                          R"("abc")",
                          "null",
                          "true",
                          "[1, 5]",
                          "9007199254740993",
                          "9007199254740992",
                          "{}",
                          "-0.5",
                          "12e99",
                          R"("")",
                          R"(["abc", "def", 5.0])"};
  int is_compared = 0;
  for (const char* rule : rules) {
    Shop compared(std::string("limit 20; try ${profile.a}; ") + rule + items);
    Shop asked(std::string("limit 20; try ${profile.a}; any { ") + rule + " }" + items);
    is_compared += compared.chains[0].conditions[0].comparisons.empty() ? 0 : 1;
    assert_true(asked.chains[0].conditions[0].comparisons.empty());
    std::string ids;
    for (std::size_t i = 0; i < std::size(values); ++i) {
      const std::string value = values[i];
      for (Shop* shop : {&compared, &asked}) {
        shop->stock(std::to_string(i), R"({"name": "a", "url": "/", "brand": )" + value +
                                           R"(, "price": )" + value + R"(, "old_price": 5,
                                           "deep": {"inside": )" +
                                           value + "}}");
      }
      ids += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\"";
    }
    for (const char* other : values) {
      const std::string profile = "{\"a\": [" + ids + "], \"x\": " + other + "}";
      compared.know("profile", profile.c_str());
      asked.know("profile", profile.c_str());
      assert_string_equal(compared.list().c_str(), asked.list().c_str());
    }
  }
  assert_int_equal(is_compared, 7);
}

void test_exclusion(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; exclude viewed current ${profile.cart};") + items);
  for (const char* id : {"1", "2", "3", "4", "5"}) {
    shop.stock(id);
  }
  shop.know("profile", R"({"a": ["1", "2", "3", "4", "5"], "cart": [{"sku": "1", "qty": 2}]})");
  shop.know("session.viewed", R"(["2"])");
  shop.know("page.item_id", R"("3")");
  check(shop, "4 5");
  assert_string_equal(shop.outcome("1").c_str(), "excluded");
}

void test_exclusion_by_words(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; exclude purchased cart dismissed;") + items);
  for (const char* id : {"1", "2", "3", "4"}) {
    shop.stock(id);
  }
  shop.know("profile", R"({"a": ["1", "2", "3", "4"]})");
  check(shop, "1 2 3 4");
  shop.know("session.purchased", R"(["1"])");
  shop.know("session.cart", R"(["2", "9"])");
  shop.know("session.dismissed", R"(["3"])");
  check(shop, "4");
}

// A source of that name knows better what is in the cart.
void test_exclusion_of_the_cart_in_a_document(void** /*state*/) {
  for (const bool has_session : {true, false}) {
    Shop shop(std::string("try ${profile.a}; exclude cart;") + items, has_session, "cart");
    for (const char* id : {"1", "2", "3"}) {
      shop.stock(id);
    }
    shop.know("profile", R"({"a": ["1", "2", "3"]})");
    for (const char* cart :
         {R"(["1", {"item_id": "2"}])", R"({"lines": [{"sku": 1}, {"sku": "2"}]})",
          R"({"items": ["1", "2"], "total": 3})", R"("1,2")",
          R"({"lines": {"items": [{"id": "1"}]}, "items": "1, 2"})"}) {
      shop.know("cart", cart);
      check(shop, "3");
    }
    shop.know("cart", R"({"total": 3})");
    check(shop, "1 2 3");
  }
}

void test_boost_and_pins(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; try ${profile.b}; limit 4;"
                        "boost 3 when item.item_brand = Acme; boost 0.1 when item.old;"
                        "pin 9 at 2; pin 8 at 1;") +
            items);
  for (const char* id : {"1", "3", "8", "9"}) {
    shop.stock(id);
  }
  shop.stock("2", R"({"name": "a", "url": "/", "brand": "Acme"})");
  shop.stock("4", R"({"name": "a", "url": "/", "brand": "Acme"})");
  shop.stock("5", R"({"name": "a", "url": "/", "old": true})");
  shop.know("profile", R"({"a": ["5", "1", "2", "8"], "b": ["3", "4"]})");
  // A boost does not lift an item over those of an earlier step.
  check(shop, "8 9 2 1");
  shop.know("profile", R"({"a": ["5"], "b": ["3", "4"]})");
  check(shop, "8 9 5 4");
}

void test_pins_have_to_be_available(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; pin 9 at 1; exclude ${profile.a}; when item.x;") +
            items);
  shop.stock("9", R"({"name": "a", "url": "/", "available": false})");
  check(shop, "");
  Shop other(std::string("try ${profile.a}; pin 9 at 3; when item.x;") + items);
  other.stock("9");
  check(other, "9");
}

void test_shares(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; per item_brand 1; limit 3;") + items);
  shop.know("profile", R"({"a": ["1", "2", "3", "4", "5"]})");
  shop.stock("1", R"({"name": "a", "url": "/", "brand": "Acme"})");
  shop.stock("2", R"({"name": "a", "url": "/", "brand": "Acme"})");
  shop.stock("3", R"({"name": "a", "url": "/", "brand": "Foo"})");
  shop.stock("4");
  shop.stock("5");
  check(shop, "1 3 4");
  assert_string_equal(shop.outcome("2").c_str(), "crowded");
}

void test_minimum(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; min 2;") + items);
  shop.stock("1");
  shop.know("profile", R"({"a": ["1", "2"]})");
  check(shop, "");
  shop.stock("2");
  check(shop, "1 2");
}

void test_what_stands_elsewhere(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; try viewed; limit 2;") + items);
  for (const char* id : {"1", "2", "3"}) {
    shop.stock(id);
  }
  shop.know("profile", R"({"a": ["1", "2"]})");
  shop.know("session.viewed", R"(["3"])");
  assert_string_equal(shop.list({"1"}).c_str(), "2 3");
  // What was looked at may stand in the page twice.
  assert_string_equal(shop.list({"1", "3"}).c_str(), "2 3");
}

// list() asks twice: whether the list is made of the first candidates that fill it or of all of
// them must make no difference.
void test_that_it_stops_early_changes_nothing(void** /*state*/) {
  std::mt19937 random(14);  // NOLINT(cert-msc51-cpp): the same every time
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 300; ++round) {
    std::string chain = "try ${profile.a}; try ${profile.b}; try ${profile.c};";
    chain += "limit " + std::to_string(2 + below(5)) + ";";
    chain += below(2) == 0 ? "boost 1.7 when item.item_brand = A;" : "";
    chain += below(2) == 0 ? "boost 0.5 when item.item_brand = B;" : "";
    chain += below(2) == 0 ? "boost 3 when item.hot;" : "";
    chain += below(3) == 0 ? "per item_brand 2;" : "";
    chain += below(3) == 0 ? "pin 3 at 2; pin 99 at 1;" : "";
    chain += below(3) == 0 ? "exclude ${profile.seen};" : "";
    chain += below(3) == 0 ? "unless item.item_brand = C;" : "";
    Shop shop(chain + items);
    for (int id = 0; id < 40; ++id) {
      if (below(8) != 0) {
        shop.stock(std::to_string(id), std::string(R"({"name": "n", "url": "/", "brand": ")") +
                                           static_cast<char>('A' + below(4)) + R"(", "hot": )" +
                                           (below(5) == 0 ? "true}" : "false}"));
      }
    }
    std::string profile = "{";
    for (const char* name : {"a", "b", "c", "seen"}) {
      profile += profile.size() == 1 ? "\"" : ", \"";
      profile += std::string(name) + "\": [";
      for (int i = below(25); i >= 0; --i) {
        profile += "\"" + std::to_string(below(40)) + (i == 0 ? "\"]" : "\", ");
      }
    }
    shop.know("profile", profile + "}");
    shop.list();
    shop.list({"1", "2", "3", "4", "5", "6", "7"});
  }
}

// A worker keeps items and what rules say of them, while visitors come, items change, are sold out
// and come again, and time passes.
void test_that_kept_items_change_nothing(void** /*state*/) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same every time
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const char* rules[] = {"when item.price between 0 ${profile.budget};",
                         "when item.price > 3;",
                         "unless item.brand in B ${profile.hated};",
                         "any { when item.hot; when item.brand = ${profile.loved}; }",
                         "when item.size size >= 2;",
                         "when item.name ~ '^n1';",
                         "when item.new within 5d;",
                         "boost 1.7 when item.brand = A;",
                         "boost 3 when item.brand = ${profile.loved};",
                         "boost 0.5 when item.hot;",
                         "per brand 2;",
                         "pin 3 at 2; pin 11 at 1;",
                         "exclude ${profile.hated_items};"};
  for (int round = 0; round < 60; ++round) {
    std::string chain =
        "try ${profile.a}; try ${profile.b}; limit " + std::to_string(2 + below(5)) + ";";
    for (const char* rule : rules) {
      chain += below(3) == 0 ? rule : "";
    }
    Shop shop(chain + items);
    const auto stock = [&](int id) {
      std::string item =
          "{\"name\": \"n" + std::to_string(below(20)) + "\", \"url\": \"/\", \"brand\": \"";
      item += static_cast<char>('A' + below(4));
      item += "\", \"price\": " + std::to_string(below(12));
      item += below(3) == 0 ? ", \"item_id\": \"" + std::to_string(id) + "\"" : "";
      item += below(3) == 0 ? ", \"hot\": true" : "";
      item += below(3) == 0 ? ", \"size\": [1, 2]" : ", \"size\": [1]";
      item +=
          below(4) == 0 ? ", \"until\": \"2026-11-20T1" + std::to_string(below(4)) + ":00\"" : "";
      item += below(4) == 0 ? ", \"new\": \"2026-11-1" + std::to_string(below(10)) + "\"" : "";
      item += below(8) == 0 ? ", \"available\": \"no\"" : "";
      shop.stock(std::to_string(id), item + "}");
    };
    for (int id = 0; id < 40; ++id) {
      stock(id);
    }
    for (int visitor = 0; visitor < 12; ++visitor) {
      std::string profile = "{\"budget\": " + std::to_string(below(12)) + ", \"loved\": \"" +
                            static_cast<char>('A' + below(4)) + "\", \"hated\": \"" +
                            static_cast<char>('A' + below(4)) + "\"";
      for (const char* name : {"a", "b", "hated_items"}) {
        profile += ", \"" + std::string(name) + "\": [";
        for (int i = below(25); i >= 0; --i) {
          profile += "\"" + std::to_string(below(40)) + (i == 0 ? "\"]" : "\", ");
        }
      }
      shop.know("profile", profile + "}");
      shop.list();
      shop.list({"1", "2", "3", "4", "5"});
      for (int change = below(4); change > 0; --change) {
        const int id = below(40);
        below(3) == 0 ? shop.sell_out(std::to_string(id)) : stock(id);
      }
      shop.wait(below(3) == 0 ? 4000 : 0);
    }
  }
}

void test_no_more_than_can_be_looked_at(void** /*state*/) {
  Shop shop(std::string("try ${profile.a}; limit 100;") + items);
  std::string ids;
  for (int i = 0; i < 1000; ++i) {
    ids += (i == 0 ? "" : ", ") + std::to_string(i);
  }
  shop.know("profile", "{\"a\": [" + ids + "]}");
  shop.stock("299");
  shop.stock("300");
  check(shop, "299");
}

void test_sources_of_keys(void** /*state*/) {
  const Shop shop(
      "try 'key=a:${profile.x}' ttl=5s; try ${profile.a}; try key=b type=hash field=f;");
  assert_int_equal(shop.sources.size(), 3);  // the last one stands for the chain
  assert_int_equal(shop.sources[0].times.ttl_ms, 5000);
  assert_true(shop.sources[1].type == personalize::SourceType::hash);
  assert_true(shop.chains[0].needs[0] && shop.chains[0].needs[1] && shop.chains[0].needs[2]);
  assert_string_equal(shop.chains[0].steps[2].text.c_str(), "key=b type=hash field=f");
}

void test_fields_of_hashes(void** /*state*/) {
  const Shop shop(
      "try viewed; items 'key=item:${id}' as=hash; when item.color = red; boost 2 when item.size;"
      "per shape 2;");
  const auto& fields = shop.chains[0].items->fields;
  for (const char* name :
       {"color", "size", "shape", "product_id", "title", "compare_at_price", "in_stock"}) {
    assert_true(std::find(fields.begin(), fields.end(), name) != fields.end());
  }
}

void test_mistakes(void** /*state*/) {
  struct Mistake {
    const char* chain;
    const char* message;
  };
  const Mistake mistakes[] = {
      {"limit 3;", "has no \"try\""},
      {"try;", "takes one place"},
      {"try a b;", "takes one place"},
      {"try profile.a;", "unknown place \"profile.a\" in \"try\": write ${ATTRIBUTE}"},
      {"try ${nothing.a};", "unknown attribute \"nothing.a\""},
      {"try ${item.a};", "item.* is known inside personalize_recommend"},
      {"try recommend.other;", "unknown recommendation \"other\""},
      {"try key=a type=set;", "type=set is unknown"},
      {"try viewed;", "can show nothing, since its lists are of ids alone"},
      {"try key=a type=zset; try viewed;", "items \"key=item:${id}\""},
      {"try viewed; limit 0;", "with a whole number from 1 to 100"},
      {"try viewed; limit 3; min 4;", "never as many as \"min\" asks for"},
      {"try viewed; items key=item;", "lacks the id"},
      {"try viewed; items 'key=item:${id}'; items 'key=x:${id}';", "\"items\" is duplicate"},
      {"try viewed; items 'key=item:${id}' type=list;", "unknown parameter \"type=list\""},
      {"try viewed; items 'key=item:${id}' as=set;", "unknown parameter \"as=set\""},
      {"try viewed; when price < 5;", "a field of an item is \"item.price\""},
      {"try viewed; when price < 5;", "personalize_source (profile) nor"},
      {"try viewed; limit 1; limit 2;", "\"limit\" is duplicate"},
      {"try viewed; per \"\" 2;", "\"per\" lacks the field"},
      {"try viewed; exclude;", "viewed, purchased, cart, dismissed, current or ${ATTRIBUTE}"},
      {"try viewed; exclude bought;", "does not know \"bought\""},
      {"try viewed; boost 2;", "takes a factor and a condition"},
      {"try viewed; boost x when item.a;", "is not a factor"},
      {"try viewed; pin a 1;", "is written \"pin ID at PLACE\""},
      {"try viewed; pin a at 0;", "with a whole number from 1 to 100"},
      {"try viewed; pin a at 1; pin a at 2;", "item \"a\" is pinned twice"},
      {"try viewed; pin a at 3; limit 2;", "item \"a\" cannot be pinned at 3"},
      {"try viewed; per brand;", "is written \"per FIELD NUMBER\""},
      {"try viewed; when item.a %;", "unknown operator"},
      {"try viewed; when segment.x;", "unknown segment \"x\""},
  };
  for (const auto& mistake : mistakes) {
    std::string error;
    try {
      const Shop shop(mistake.chain);
    } catch (const personalize::ConfigError& e) {
      error = e.what();
    }
    if (error.find(mistake.message) == std::string::npos) {
      fail_msg("%s: \"%s\" lacks \"%s\"", mistake.chain, error.c_str(), mistake.message);
    }
  }
}

void test_words_without_data(void** /*state*/) {
  for (const auto& [word, remedy] :
       {std::pair("viewed", "${profile.viewed}"), std::pair("purchased", "${profile.purchased}"),
        std::pair("cart", "personalize_source cart"),
        std::pair("dismissed", "add personalize_session")}) {
    std::string error;
    try {
      const Shop shop(std::string("try ${profile.a}; exclude ") + word + ";", false);
    } catch (const personalize::ConfigError& e) {
      error = e.what();
    }
    assert_true(error.find("has nothing to read") != std::string::npos);
    assert_true(error.find(remedy) != std::string::npos);
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_steps_fill_up),
    cmocka_unit_test(test_ids),
    cmocka_unit_test(test_items_in_documents),
    cmocka_unit_test(test_availability),
    cmocka_unit_test(test_conditions_are_about_each_item),
    cmocka_unit_test(test_comparisons_are_as_conditions),
    cmocka_unit_test(test_exclusion),
    cmocka_unit_test(test_exclusion_by_words),
    cmocka_unit_test(test_exclusion_of_the_cart_in_a_document),
    cmocka_unit_test(test_boost_and_pins),
    cmocka_unit_test(test_pins_have_to_be_available),
    cmocka_unit_test(test_shares),
    cmocka_unit_test(test_minimum),
    cmocka_unit_test(test_what_stands_elsewhere),
    cmocka_unit_test(test_that_it_stops_early_changes_nothing),
    cmocka_unit_test(test_that_kept_items_change_nothing),
    cmocka_unit_test(test_no_more_than_can_be_looked_at),
    cmocka_unit_test(test_sources_of_keys),
    cmocka_unit_test(test_fields_of_hashes),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_words_without_data),
};
const Suite suite(__FILE__, tests);

}  // namespace
