// What a page view, a cart or an order teaches, and the Redis commands by which it is kept. No
// scripts, and no command names two keys, so that it works in a cluster.
//
//   pz:learn:viewed:<visitor>        sorted sets: when this visitor looked at an item last, put it
//   pz:learn:carted:<visitor>        into the cart, or bought it; of the last day. What is there
//   pz:learn:bought:<visitor>        does not count again.
//   pz:learn:about:<item>            hash: category and brand, as pages of the item say them
//   pz:also_viewed:<period>:<item>   sorted sets: what was looked at, or bought, together with the
//   pz:also_bought:<period>:<item>   item, and under the empty name how often the item was itself
//   pz:trending:<period>[:country:<country>][:category:<category> | :brand:<brand>]
//   pz:bestsellers:<period>…         sorted sets: what there was most of
//
// Sums are whole numbers that fade (fading.h). A lesson takes two rounds of commands: those of the
// first are about the visitor alone, and their replies say what is new. Where the catalogue is
// known one precedes them, so that nothing is learned of ids that somebody made up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/learn/learn_options.h"
#include "personalize/learn/upkeep.h"
#include "personalize/redis/command.h"
#include "personalize/redis/reply.h"

namespace personalize {

enum class LessonKind : std::uint8_t { view, cart, order };

// An item as a page names it; an order has ids alone. "" for what is not said. Names are at most of
// 256 bytes.
struct LearnedItem {
  // The library asks for that name. NOLINTNEXTLINE(readability-identifier-naming)
  using allocator_type = std::pmr::polymorphic_allocator<char>;

  explicit LearnedItem(const allocator_type& memory)
      : id(memory), category(memory), brand(memory) {}
  LearnedItem(std::string_view id, std::string_view category, std::string_view brand,
              const allocator_type& memory)
      : id(id, memory), category(category, memory), brand(brand, memory) {}
  LearnedItem(const LearnedItem& other, const allocator_type& memory)
      : LearnedItem(other.id, other.category, other.brand, memory) {}
  LearnedItem(LearnedItem&& other, const allocator_type& memory)
      : id(std::move(other.id), memory),
        category(std::move(other.category), memory),
        brand(std::move(other.brand), memory) {}

  std::pmr::string id;
  std::pmr::string category;
  std::pmr::string brand;
};

// Of an order with more items these are looked at.
constexpr std::size_t most_lesson_items = 10;

// How many views something is worth for what is trending.
constexpr std::int64_t worth(LessonKind kind) noexcept {
  constexpr std::int64_t cart = 3;
  constexpr std::int64_t order = 5;
  return kind == LessonKind::view ? 1 : kind == LessonKind::cart ? cart : order;
}

// A copy of everything that is needed until Redis has answered.
struct Lesson {
  explicit Lesson(std::pmr::memory_resource* memory)
      : visitor(memory), address(memory), country(memory), items(memory) {}
  Lesson(const Lesson& other, std::pmr::memory_resource* memory)
      : kind(other.kind),
        visitor(other.visitor, memory),
        address(other.address, memory),
        has_limit(other.has_limit),
        country(other.country, memory),
        items(other.items, memory),
        now_ms(other.now_ms),
        session_s(other.session_s) {}

  LessonKind kind = LessonKind::view;
  std::pmr::string visitor;             // its id
  std::pmr::string address;             // where it comes from, as bytes
  bool has_limit = true;                // what comes from there is bounded
  std::pmr::string country;             // where the visitor is; "" if unknown
  std::pmr::vector<LearnedItem> items;  // of a view one
  std::int64_t now_ms = 0;              // since 1970
  std::int64_t session_s = 1800;        // after so long without a page view another session begins
};

class LessonCommands {
 public:
  // All must outlive this; commands and words are of `memory`. Throws what that throws, as its
  // functions do.
  LessonCommands(const LearnOptions& options, const Lesson& lesson,
                 std::pmr::memory_resource* memory);

  // Returns the commands that ask whether the catalogue has the items, one for each; none if all
  // are taken to be there. They precede the first round: what replies say that it lacks
  // (is_missing) is to be removed from the lesson before.
  const std::pmr::vector<Command>& catalogue_question();
  static bool is_missing(const RedisReply& reply) noexcept;

  // Returns the commands of the first round. Most are about one key.
  static constexpr std::size_t most_questions = 4 + most_lesson_items;
  const std::pmr::vector<Command>& question();
  // Takes the reply to one of them, by its number, and copies what is of use.
  void take(std::size_t command, const RedisReply& reply);

  // Returns whether something is to be learned: not if the visitor met all of it in the last day,
  // nor if Redis refused.
  bool is_news() const noexcept;
  // Returns whether the visitor has not met this item of the lesson, which is news.
  bool is_new(const LearnedItem& item) const noexcept;
  // Returns the commands of the second round, whose replies do not matter.
  const std::pmr::vector<Command>& increments(Upkeep& upkeep);

 private:
  struct About {
    std::string_view category;
    std::string_view brand;
  };
  struct Met {
    std::string_view id;
    std::int64_t time_ms = 0;
  };

  void add(std::initializer_list<std::string_view> words);
  void increment(std::string_view key, std::int64_t weight, std::string_view member,
                 Upkeep& upkeep);
  bool knows_parts() const noexcept { return options_.by_category || options_.by_brand; }
  void describe(const LearnedItem& item, Upkeep& upkeep);
  void count_pairs_of_view(Upkeep& upkeep);
  void count_pairs_of_order(Upkeep& upkeep);
  void count_rankings(const LearnedItem& item, const About& about, Upkeep& upkeep);

  std::int64_t now_s() const noexcept { return lesson_.now_ms / 1000; }

  const LearnOptions& options_;
  const Lesson& lesson_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Command> commands_;
  std::pmr::vector<Met> met_;  // by the visitor, in the last day; the last one first
  bool is_met_known_ = false;
  std::int64_t added_ = -1;  // how many of the lesson's items are new; -1: not known
  std::array<About, most_lesson_items> about_;  // by item
  std::uint64_t dice_;                          // decides, the same for the same lesson
};

// Returns the keys of what is kept of a visitor.
std::array<std::pmr::string, 3> learned_of_visitor(std::string_view visitor,
                                                   std::pmr::memory_resource* memory);

}  // namespace personalize
