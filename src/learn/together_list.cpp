#include "learn/together_list.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/text/ascii.h"
#include "learn/scores.h"

namespace personalize {

namespace {

using learn::Table;
using learn::Words;

// A pair that was met so often, weighted by nearness, is half believed.
constexpr double doubt = 2.5;

// First the rows of the items are read, then how often each of those in them was met.
class TogetherList final : public Gathering {
 public:
  TogetherList(Table table, const LearnOptions& options, std::string_view key, std::int64_t now_s,
               std::pmr::memory_resource* memory)
      : table_(table),
        fading_(options.of_pairs()),
        now_s_(now_s),
        arena_(memory),
        commands_(&arena_),
        of_period_(fading_.needs_older(now_s) && fading_.period(now_s) > 0 ? 2 : 1),
        items_(&arena_),
        found_(&arena_),
        candidates_(&arena_) {
    ascii::take_until(key, '\n');
    while (!key.empty()) {
      items_.push_back({Words(&arena_).text(ascii::take_until(key, '\n')), 0, Row(&arena_)});
    }
  }

  const std::pmr::vector<Command>& commands() override {
    commands_.clear();
    ++round_;
    if (round_ == 1) {
      read_rows();
    } else if (round_ == 2) {
      choose_candidates();
      read_counts();
    }
    return commands_;
  }

  void take(std::size_t command, const RedisReply& reply) override {
    const bool is_older = command % of_period_ == 1;
    const double factor = (is_older ? fading_.older_to_now(now_s_) : fading_.to_now(now_s_)) /
                          static_cast<double>(learn::unit);
    if (reply.kind == RedisReply::Kind::error) {
      failure_ = learn::failure_of(reply);
    } else if (round_ == 1) {
      take_row(items_[command / of_period_], factor, reply);
    } else {
      candidates_[command / of_period_].count += learn::score_of(reply).value_or(0) * factor;
    }
  }

  Lookup finish(DocumentBuilder& out) override {
    if (failure_) {
      return *failure_;
    }
    if (candidates_.empty()) {
      return Lookup::missing;
    }
    for (Candidate& candidate : candidates_) {
      rate(candidate);
    }
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    out.begin_array();
    for (const Candidate& candidate : candidates_) {
      out.begin_object();
      out.key("id");
      out.string(candidate.id);
      out.key("score");
      out.number(candidate.score);
      out.key("together");
      out.number(candidate.together);
      out.key("count");
      out.number(candidate.count);
      out.end();
    }
    out.end();
    return Lookup::fetched;
  }

 private:
  using Row = std::pmr::unordered_map<std::string_view, double>;

  struct Item {
    std::string_view id;
    double count = 0;  // how often it was met
    Row row;           // and the others near it
  };
  struct Candidate {
    std::string_view id;
    double rough = 0;  // without the count
    double count = 0;
    double together = 0;
    double score = 0;
  };

  void read_rows() {
    Words words(&arena_);
    // One more: the item itself is in it.
    const auto last = words.number(list_length);
    for (const Item& item : items_) {
      for (std::size_t back = 0; back < of_period_; ++back) {
        commands_.emplace_back(std::initializer_list<std::string_view>{
            "ZREVRANGE", row(item.id, back), "0", last, "WITHSCORES"});
      }
    }
  }

  void read_counts() {
    for (const Candidate& candidate : candidates_) {
      for (std::size_t back = 0; back < of_period_; ++back) {
        commands_.emplace_back(std::initializer_list<std::string_view>{
            "ZSCORE", row(candidate.id, back), learn::itself});
      }
    }
  }

  std::string_view row(std::string_view id, std::size_t back) {
    return Words(&arena_).row(table_, fading_.period(now_s_) - static_cast<std::int64_t>(back), id);
  }

  void take_row(Item& item, double factor, const RedisReply& reply) {
    learn::for_each_score(reply, [&](std::string_view member, double score) {
      if (member == learn::itself) {
        item.count += score * factor;
      } else {
        const auto known = item.row.find(member);
        (known != item.row.end() ? known->second : item.row[Words(&arena_).text(member)]) +=
            score * factor;
      }
    });
  }

  // Those that are asked about: of all rows the best without their own counts.
  void choose_candidates() {
    for (const Item& item : items_) {
      for (const auto& [id, together] : item.row) {
        if (is_item(id)) {
          continue;
        }
        const auto [entry, is_new] = found_.try_emplace(id, candidates_.size());
        if (is_new) {
          candidates_.push_back({id});
        }
        candidates_[entry->second].rough += together / std::sqrt(std::max(item.count, together));
      }
    }
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return a.rough != b.rough ? a.rough > b.rough : a.id < b.id;
    });
    if (candidates_.size() > list_length) {
      candidates_.resize(list_length);
    }
  }

  bool is_item(std::string_view id) const noexcept {
    return std::any_of(items_.begin(), items_.end(),
                       [&](const Item& item) { return item.id == id; });
  }

  // Nothing was met less often than near another one: what says so was lost.
  void rate(Candidate& candidate) const {
    for (const Item& item : items_) {
      const auto found = item.row.find(candidate.id);
      if (found == item.row.end()) {
        continue;
      }
      const double together = found->second;
      const double expected =
          std::sqrt(std::max(item.count, together) * std::max(candidate.count, together));
      candidate.together += together;
      candidate.score += together / expected * together / (together + doubt);
    }
  }

  Table table_;
  Fading fading_;
  std::int64_t now_s_;
  std::pmr::monotonic_buffer_resource arena_;
  std::pmr::vector<Command> commands_;
  std::size_t of_period_;  // commands for one item
  std::pmr::vector<Item> items_;
  std::pmr::unordered_map<std::string_view, std::size_t> found_;  // index among the candidates
  std::pmr::vector<Candidate> candidates_;
  int round_ = 0;
  std::optional<Lookup> failure_;
};

}  // namespace

std::unique_ptr<Gathering> begin_together_list(Table table, const LearnOptions& options,
                                               std::string_view key, std::int64_t now_s,
                                               std::pmr::memory_resource* memory) {
  return std::make_unique<TogetherList>(table, options, key, now_s, memory);
}

}  // namespace personalize
