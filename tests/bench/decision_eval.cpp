// Nanoseconds per decision: 50 segments, 20 campaigns in 5 slots and 10 experiments, a few visitors
// in turn. Segments differ in their constants: what stands in several places is evaluated once.
// An argument says how often a thousand of them are measured: few for a profiler.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory_resource>
#include <string>
#include <vector>

#include "../unit/decision/fixture.h"

namespace {

using fixture::declare;
using personalize::Value;

constexpr int segment_count = 50;
constexpr int campaign_count = 20;
constexpr int slot_count = 5;
constexpr int experiment_count = 10;
constexpr int visitor_count = 16;
constexpr int rounds = 1'024;
// Short and many, of which the best counts: other work on the machine does not reach all of them.
constexpr int most_repeats = 500;

// What a shop writes: a country, an amount, lists, recency, other segments, a regular expression.
std::vector<personalize::Declaration> segments() {
  std::vector<personalize::Declaration> result;
  result.reserve(segment_count);
  for (int i = 0; i < segment_count; ++i) {
    const std::string n = std::to_string(i / 5);
    const std::string lines[] = {
        "when profile.clv >= " + n + "0000; when geo.country in PL RO A" +
            std::string(1, static_cast<char>(65 + i / 5)) + ";",
        "any { when profile.tier = gold" + n + "; when profile.orders > 1" + n +
            "; } unless profile.blocked" + n + ";",
        "when profile.last_visit within 1" + n + "d; when device.type = mobile;",
        "when profile.tags has vip" + n + "; when profile.age between " + n + " 3" + n + ";",
        "when request.path ~ ^/(shoes" + n + "|bags)/; unless cookie.seen" + n + ";",
    };
    std::string text = lines[i % 5];
    if (i >= 10) {
      text += " unless segment.s" + std::to_string(i - 10) + ";";
    }
    result.push_back(declare("s" + std::to_string(i), text));
  }
  return result;
}

std::vector<personalize::Declaration> campaigns() {
  std::vector<personalize::Declaration> result;
  result.reserve(campaign_count);
  for (int i = 0; i < campaign_count; ++i) {
    result.push_back(declare("c" + std::to_string(i),
                             "slot slot" + std::to_string(i % slot_count) + "; priority " +
                                 std::to_string(i) + "; when segment.s" + std::to_string(i * 2) +
                                 "; when profile.score > " + std::to_string(i * 10) +
                                 "; when experiment.e" + std::to_string(i % experiment_count) +
                                 " = b;"));
  }
  return result;
}

// Weighted, in namespaces, aimed at segments, one after another.
personalize::ExperimentText experiments() {
  const std::string lines[] = {
      "variants a b; ",
      "variants a=50 b=25 c=25; coverage 40%; ",
      "variants a b; namespace n 0 0.5; when segment.s3; ",
      "variants a b; holdout quiet; unless geo.country = PL; ",
      "variants a b; schedule from=2026-11-01T00:00:00Z; prerequisite experiment.e0 = a; ",
  };
  personalize::ExperimentText text;
  for (int i = 0; i < experiment_count; ++i) {
    text.experiments.push_back(declare("e" + std::to_string(i), lines[i % 5]));
  }
  text.holdouts.push_back(declare("quiet", "coverage 5%;"));
  return text;
}

// As a request keeps them: an array of values.
class ArrayFacts final : public personalize::Facts {
 public:
  ArrayFacts(const personalize::AttributeTable& attributes, fixture::Facts& facts) {
    values_.reserve(attributes.size());
    for (personalize::AttributeId id = 0; id < attributes.size(); ++id) {
      values_.push_back(facts.get(id));
    }
  }
  Value get(personalize::AttributeId id) noexcept override { return values_[id]; }

 private:
  std::vector<Value> values_;
};

// Counts what is taken after the decision has been set up.
class CountingMemory final : public std::pmr::memory_resource {
 public:
  unsigned long allocations = 0;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    ++allocations;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::atoi(argv[1]) : most_repeats;
  fixture::Server server(segments(), campaigns(), experiments());
  CountingMemory memory;
  std::deque<fixture::Facts> visitors;
  std::deque<ArrayFacts> facts;
  std::deque<personalize::Decision> decisions;
  for (int i = 0; i < visitor_count; ++i) {
    fixture::Facts& visitor = visitors.emplace_back(server.attributes);
    const std::string n = std::to_string(i + 1);
    visitor.set("profile", R"({"clv": )" + n + R"(1000, "tier": "gold)" + n + R"(", "orders": )" +
                               n + R"(, "last_visit": "2026-11-)" + std::to_string(10 + i / 2) +
                               R"(", "tags": ["new", "vip)" + n + R"("], "age": )" +
                               std::to_string(20 + 2 * i) + R"(, "score": )" + n + "5}");
    visitor.set("geo.country", i % 2 == 0 ? "\"PL\"" : "\"DE\"");
    visitor.set("device.type", i % 3 == 0 ? "\"desktop\"" : "\"mobile\"");
    visitor.set("request.path", i % 4 == 0 ? "\"/bags/red\"" : "\"/hats/red\"");
    visitor.set("time.now", "1795176000");
    visitor.set("visitor.id", "\"c3fcd3d7-6192-41b7-9f2e-b8b0a1a1f3" + n + "\"");
    decisions.emplace_back(*server.program, facts.emplace_back(server.attributes, visitor),
                           &memory);
  }
  const auto before = memory.allocations;

  unsigned long won = 0;
  double best = 1e18;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
      personalize::Decision& decision = decisions[static_cast<std::size_t>(i % visitor_count)];
      decision.reset();
      for (personalize::SegmentId id = 0; id < segment_count; ++id) {
        won += decision.segment(id) ? 1 : 0;
      }
      for (personalize::ExperimentId id = 0; id < experiment_count; ++id) {
        won += decision.variant(id).is_missing() ? 0 : 1;
      }
      for (personalize::SlotId slot = 0; slot < slot_count; ++slot) {
        won += decision.winner(slot) != personalize::no_campaign ? 1 : 0;
      }
    }
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count() / rounds);
  }
  std::printf(
      "decision: %.0f ns for %d segments, %d campaigns and %d experiments (%lu held per round), "
      "%lu allocations\n",
      best, segment_count, campaign_count, experiment_count,
      won / rounds / static_cast<unsigned long>(repeats), memory.allocations - before);
  return 0;
}
