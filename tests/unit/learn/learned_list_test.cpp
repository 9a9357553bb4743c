// How good learned lists are, against the exact computation of the same; and what `try` says of
// them.
#include "personalize/learn/learned_list.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <unordered_map>

#include "learn/learned_shop.h"
#include "suite.h"

namespace {

constexpr double now = 1795176000;

// Numbers from 0 to `sums.size()`, as often as their weights say.
std::size_t draw(const std::vector<double>& sums, double chance) {
  return static_cast<std::size_t>(std::upper_bound(sums.begin(), sums.end(), chance * sums.back()) -
                                  sums.begin());
}

// Sessions of a shop whose items belong to shelves and are popular by Zipf's law: who looks at an
// item goes on with one of the same shelf, or seldom with any.
std::vector<std::vector<int>> make_sessions(int items, int shelves, int count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform;
  std::vector<int> ranks(static_cast<std::size_t>(items));
  for (int i = 0; i < items; ++i) {
    ranks[static_cast<std::size_t>(i)] = i;
  }
  std::shuffle(ranks.begin(), ranks.end(), random);
  std::vector<double> sums;
  std::vector<std::vector<double>> shelf_sums(static_cast<std::size_t>(shelves));
  for (int i = 0; i < items; ++i) {
    const double weight = 1.0 / (1 + ranks[static_cast<std::size_t>(i)]);
    sums.push_back((sums.empty() ? 0 : sums.back()) + weight);
    auto& shelf = shelf_sums[static_cast<std::size_t>(i % shelves)];
    shelf.push_back((shelf.empty() ? 0 : shelf.back()) + weight);
  }
  std::vector<std::vector<int>> sessions;
  for (int s = 0; s < count; ++s) {
    auto item = static_cast<int>(draw(sums, uniform(random)));
    const int shelf = item % shelves;
    std::vector<int> session{item};
    while (uniform(random) < 0.8) {
      item = uniform(random) < 0.1
                 ? static_cast<int>(draw(sums, uniform(random)))
                 : static_cast<int>(
                       draw(shelf_sums[static_cast<std::size_t>(shelf)], uniform(random))) *
                           shelves +
                       shelf;
      session.push_back(item);
    }
    sessions.push_back(std::move(session));
  }
  return sessions;
}

// The same, at leisure: all pairs up to ten steps away, where they are nearest.
class Exact {
 public:
  void add(const std::vector<int>& session) {
    std::map<std::pair<int, int>, std::size_t> best;
    for (std::size_t i = 0; i < session.size(); ++i) {
      for (std::size_t gap = 1; gap <= 10 && i + gap < session.size(); ++gap) {
        const auto pair = std::minmax(session[i], session[i + gap]);
        auto& known = best.try_emplace(pair, gap).first->second;
        known = std::min(known, gap);
      }
    }
    for (const auto& [pair, gap] : best) {
      if (pair.first != pair.second) {
        rows_[pair.first][pair.second] += 1.0 / static_cast<double>(gap);
        rows_[pair.second][pair.first] += 1.0 / static_cast<double>(gap);
      }
    }
    for (const int item : std::set<int>(session.begin(), session.end())) {
      counts[item] += 1;
    }
  }

  std::map<int, double> scores(int item) const {
    std::map<int, double> all;
    for (const auto& [other, near] : rows_.at(item)) {
      all[other] = near / std::sqrt(counts.at(item) * counts.at(other)) * near / (near + 2.5);
    }
    return all;
  }
  // How often both were met, near each other: what nobody has corrected.
  const std::map<int, double>& near(int item) const { return rows_.at(item); }
  bool knows(int item) const { return rows_.count(item) != 0; }

  std::map<int, double> counts;

 private:
  std::unordered_map<int, std::map<int, double>> rows_;
};

// Whatever scores as high as the last one of an exact list is as good as that one.
double recall(const std::map<int, double>& exact, const std::vector<LearnedShop::Entry>& list) {
  std::vector<double> ranked;
  for (const auto& [other, score] : exact) {
    ranked.push_back(score);
  }
  std::sort(ranked.rbegin(), ranked.rend());
  const std::size_t wanted = std::min<std::size_t>(20, ranked.size());
  double good = 0;
  for (std::size_t i = 0; i < std::min(wanted, list.size()); ++i) {
    const auto found = exact.find(std::stoi(list[i].id));
    good += found != exact.end() && found->second >= ranked[wanted - 1] * (1 - 1e-9) ? 1 : 0;
  }
  return good / static_cast<double>(wanted);
}

void test_recall_and_what_it_takes(void** /*state*/) {
  constexpr int shelves = 30;
  const auto sessions = make_sessions(1500, shelves, 15000, 5);
  LearnedShop shop;
  Exact exact;
  std::size_t views = 0;
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    double time = now + static_cast<double>(s);
    for (const int item : sessions[s]) {
      shop.view("v" + std::to_string(s), std::to_string(item), time += 0.1);
    }
    views += sessions[s].size();
    exact.add(sessions[s]);
  }
  const double per_view = static_cast<double>(shop.redis.commands) / static_cast<double>(views);
  double sum = 0;
  double of_many = 0;
  int lists = 0;
  int lists_of_many = 0;
  double in_place = 0;
  double all = 0;
  std::map<std::string, int> in_lists;
  std::map<int, int> in_rough_lists;
  for (const auto& [item, count] : exact.counts) {
    if (!exact.knows(item)) {
      continue;
    }
    auto list = shop.also("viewed", std::to_string(item), now + 15000);
    const double found = recall(exact.scores(item), list);
    sum += found;
    ++lists;
    of_many += count >= 100 ? found : 0;
    lists_of_many += count >= 100 ? 1 : 0;
    std::vector<std::pair<double, int>> rough;
    for (const auto& [other, near] : exact.near(item)) {
      rough.emplace_back(-near, other);
    }
    std::sort(rough.begin(), rough.end());
    for (std::size_t i = 0; i < std::min<std::size_t>(rough.size(), 20); ++i) {
      ++in_rough_lists[rough[i].second];
    }
    list.resize(std::min<std::size_t>(list.size(), 20));
    for (const auto& entry : list) {
      ++in_lists[entry.id];
      in_place += count >= 20 && std::stoi(entry.id) % shelves == item % shelves ? 1 : 0;
      all += count >= 20 ? 1 : 0;
    }
  }
  int most = 0;
  for (const auto& [id, times] : in_lists) {
    most = std::max(most, times);
  }
  int most_rough = 0;
  for (const auto& [other, times] : in_rough_lists) {
    most_rough = std::max(most_rough, times);
  }
  std::printf(
      "recall@20 %.3f, of items with 100 views %.3f; %.1f%% of what is listed is of the same "
      "shelf; "
      "no item is in more than %.1f%% of the lists (%.1f%% if popularity is not taken away); "
      "%.1f commands a view\n",
      sum / lists, of_many / lists_of_many, 100 * in_place / all, 100.0 * most / lists,
      100.0 * most_rough / lists, per_view);
  assert_true(sum / lists >= 0.9);
  assert_true(of_many / lists_of_many >= 0.9);
  assert_true(in_place / all >= 0.9);
  assert_true(2 * most < most_rough);
  assert_true(per_view < 18);
}

void test_several_items(void** /*state*/) {
  LearnedShop shop;
  for (int i = 0; i < 10; ++i) {
    const std::string visitor = "v" + std::to_string(i);
    shop.view(visitor, "a", now + i);
    shop.view(visitor, "x", now + i + 0.2);
    shop.view("w" + visitor, "b", now + i);
    shop.view("w" + visitor, i < 5 ? "x" : "y", now + i + 0.2);
  }
  // x goes with both; neither of them is listed.
  const auto list = shop.also("viewed", "a\nb", now + 20);
  assert_string_equal(LearnedShop::ids(list).c_str(), "x y");
  assert_true(list[0].score > shop.also("viewed", "a", now + 20)[0].score);
}

// Half of a period later the older one still tells what there was.
void test_a_new_period(void** /*state*/) {
  personalize::LearnOptions options;
  options.keep_s = 3600;
  options.half_life_s = 1800;
  LearnedShop shop(options);
  const double begin = 57600.0 * 31000;  // 16 times keep_s is a period
  shop.view("ann", "a", begin - 20);
  shop.view("ann", "b", begin - 10);
  const auto before = shop.also("viewed", "a", begin - 1);
  const auto after = shop.also("viewed", "a", begin + 1);
  assert_string_equal(LearnedShop::ids(after).c_str(), "b");
  assert_true(std::fabs(before[0].score - after[0].score) < 0.01);
  shop.view("bob", "a", begin + 10);
  shop.view("bob", "b", begin + 20);
  const auto both = shop.also("viewed", "a", begin + 20);
  assert_true(std::fabs(both[0].together - 2) < 0.1 && std::fabs(both[0].count - 2) < 0.1);
}

void check_refused(const std::vector<std::string>& words, const char* message,
                   const personalize::LearnOptions* options) {
  personalize::AttributeTable attributes;
  attributes.declare_source("cart", {});
  try {
    personalize::learned_source("a list", words, {}, attributes, options, {});
    fail_msg("not refused: %s", message);
  } catch (const personalize::ConfigError& error) {
    if (std::string(error.what()).find(message) == std::string::npos) {
      fail_msg("\"%s\" is not in: %s", message, error.what());
    }
  }
}

void test_mistakes(void** /*state*/) {
  personalize::LearnOptions options;
  options.by_country = options.by_category = options.by_brand = true;
  const personalize::LearnOptions plain;
  check_refused({"trending"}, "needs personalize_learn", nullptr);
  check_refused({"also_viewed"}, "write ${page.item_id}", &options);
  check_refused({"also_viewed", "sku-1"}, "write ${page.item_id}", &options);
  check_refused({"also_viewed", "${nobody.knows}"}, "unknown attribute", &options);
  check_refused({"trending", "city=Gdynia"}, "takes category= brand= country=", &options);
  check_refused({"trending", "country=PL"}, "write by=country at personalize_learn", &plain);
  check_refused({"trending", "country=geo.country"}, "write country=${geo.country}", &options);
  check_refused({"trending", "country="}, "lacks its value", &options);
  check_refused({"trending", "country=PL", "country=RO"}, "duplicate", &options);
  check_refused({"bestsellers", "brand=Acme", "category=Hats"}, "not both", &options);
}

void test_options(void** /*state*/) {
  const auto read = [](std::vector<std::string_view> words) {
    return personalize::parse_learn(words, {});
  };
  const auto options = read({"half_life=12h", "keep=10d", "by=brand,country", "top=50"});
  assert_int_equal(options.half_life_s, 43200);
  assert_int_equal(options.keep_s, 864000);
  assert_int_equal(options.top, 50);
  assert_true(options.by_brand && options.by_country && !options.by_category);
  assert_false(options.items.has_value());
  const auto items = read({"items=item:${id}:v2"}).items;
  assert_true(items && items->before == "item:" && items->after == ":v2");
  for (const char* word :
       {"items=", "items=item", "items=${geo.country}:${id}", "items=${id}:${id}", "items=$id",
        "half_life=0", "keep=1s", "keep=400d", "by=", "by=city", "by=,brand", "top=1", "top=x",
        "half_life=40d", "nonsense=1", "on"}) {
    try {
      read({word});
      fail_msg("not refused: %s", word);
    } catch (const personalize::ConfigError&) {
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_recall_and_what_it_takes),
    cmocka_unit_test(test_several_items),
    cmocka_unit_test(test_a_new_period),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_options),
};
const Suite suite(__FILE__, tests);

}  // namespace
