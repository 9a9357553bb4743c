#include "learn/ranking_list.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/text/ascii.h"
#include "learn/scores.h"

namespace personalize {

namespace {

using learn::Table;
using learn::Words;

class RankingList final : public Gathering {
 public:
  RankingList(Table table, const LearnOptions& options, std::string_view key, std::int64_t now_s,
              std::pmr::memory_resource* memory)
      : table_(table),
        fading_(options.of_rankings()),
        now_s_(now_s),
        top_(options.top),
        faintest_(std::exp2(-static_cast<double>(options.keep_s) /
                            static_cast<double>(options.half_life_s))),
        arena_(memory),
        commands_(&arena_),
        entries_(&arena_),
        found_(&arena_) {
    Words words(&arena_);
    ascii::take_until(key, '\n');
    part_.country = words.text(ascii::take_until(key, '\n'));
    part_.category = words.text(ascii::take_until(key, '\n'));
    part_.brand = words.text(key);
  }

  const std::pmr::vector<Command>& commands() override {
    commands_.clear();
    if (!is_read_) {
      is_read_ = true;
      const auto period = fading_.period(now_s_);
      read(period);
      if (fading_.needs_older(now_s_) && period > 0) {
        read(period - 1);
      }
    }
    return commands_;
  }

  void take(std::size_t command, const RedisReply& reply) override {
    if (reply.kind == RedisReply::Kind::error) {
      failure_ = learn::failure_of(reply);
      return;
    }
    const double factor = (command == 0 ? fading_.to_now(now_s_) : fading_.older_to_now(now_s_)) /
                          static_cast<double>(learn::unit);
    learn::for_each_score(reply, [&](std::string_view member, double score) {
      const auto known = found_.find(member);
      if (known == found_.end()) {
        entries_.push_back({Words(&arena_).text(member), score * factor});
        found_.emplace(entries_.back().id, entries_.size() - 1);
      } else {
        entries_[known->second].score += score * factor;
      }
    });
  }

  // What was last met longer ago than is kept is over, whatever else is in the set.
  Lookup finish(DocumentBuilder& out) override {
    if (failure_) {
      return *failure_;
    }
    entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.score < faintest_; }),
                   entries_.end());
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    if (entries_.empty()) {
      return Lookup::missing;
    }
    out.begin_array();
    for (std::size_t i = 0; i < entries_.size() && i < top_; ++i) {
      out.begin_object();
      out.key("id");
      out.string(entries_[i].id);
      out.key("score");
      out.number(entries_[i].score);
      out.end();
    }
    out.end();
    return Lookup::fetched;
  }

 private:
  struct Entry {
    std::string_view id;
    double score = 0;
  };

  void read(std::int64_t period) {
    Words words(&arena_);
    commands_.emplace_back(std::initializer_list<std::string_view>{
        "ZREVRANGE", words.ranking(table_, period, part_), "0",
        words.number(std::int64_t{top_} - 1), "WITHSCORES"});
  }

  Table table_;
  Fading fading_;
  std::int64_t now_s_;
  std::uint32_t top_;
  double faintest_;
  std::pmr::monotonic_buffer_resource arena_;
  std::pmr::vector<Command> commands_;
  Words::Part part_;
  std::pmr::vector<Entry> entries_;
  std::pmr::unordered_map<std::string_view, std::size_t> found_;  // index among the entries
  bool is_read_ = false;
  std::optional<Lookup> failure_;
};

}  // namespace

std::unique_ptr<Gathering> begin_ranking_list(Table table, const LearnOptions& options,
                                              std::string_view key, std::int64_t now_s,
                                              std::pmr::memory_resource* memory) {
  return std::make_unique<RankingList>(table, options, key, now_s, memory);
}

}  // namespace personalize
