#include "personalize/learn/lesson.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>

#include "learn/keys.h"
#include "personalize/base/fnv.h"

namespace personalize {

namespace {

using learn::Table;
using learn::Words;

constexpr std::int64_t day_s = 86400;
constexpr std::int64_t second_ms = 1000;
// Nobody looks at more in a day; a program that does is forgotten bit by bit.
constexpr std::int64_t most_met = 500;
// The commands of the first round whose replies matter.
constexpr std::size_t recent = 1;
constexpr std::size_t added = 2;
constexpr std::size_t first_about = 4;  // of orders, one for each item

constexpr std::string_view about_head = "pz:learn:about:";

// How many of them are read: for orders those that could be the same one.
constexpr std::size_t most_read = 100;

std::string_view head_of(LessonKind kind) noexcept {
  switch (kind) {
    case LessonKind::view:
      return "pz:learn:viewed:";
    case LessonKind::cart:
      return "pz:learn:carted:";
    case LessonKind::order:
      return "pz:learn:bought:";
  }
  return {};
}

std::int64_t read_time(std::string_view score) noexcept {
  double ms = 0;
  const auto read = std::from_chars(score.data(), score.data() + score.size(), ms);
  const bool is_time = read.ec == std::errc() && ms >= 0 && ms < 1e15;
  return is_time ? static_cast<std::int64_t>(ms) : 0;
}

}  // namespace

LessonCommands::LessonCommands(const LearnOptions& options, const Lesson& lesson,
                               std::pmr::memory_resource* memory)
    : options_(options),
      lesson_(lesson),
      memory_(memory),
      commands_(memory),
      met_(memory),
      dice_(fnv1a(lesson.visitor, static_cast<std::uint64_t>(lesson.now_ms))) {}

void LessonCommands::add(std::initializer_list<std::string_view> words) {
  commands_.emplace_back(words);
}

const std::pmr::vector<Command>& LessonCommands::catalogue_question() {
  commands_.clear();
  if (options_.items) {
    Words words(memory_);
    for (const auto& item : lesson_.items) {
      std::pmr::string key(options_.items->before, memory_);
      key.append(item.id).append(options_.items->after);
      add({"EXISTS", words.text(key)});
    }
  }
  return commands_;
}

bool LessonCommands::is_missing(const RedisReply& reply) noexcept {
  return reply.kind == RedisReply::Kind::integer && reply.integer == 0;
}

const std::pmr::vector<Command>& LessonCommands::question() {
  Words words(memory_);
  commands_.clear();
  commands_.reserve(most_questions);
  const auto key = words.text(head_of(lesson_.kind), lesson_.visitor);
  const auto now = words.number(lesson_.now_ms);
  const auto reads = lesson_.kind == LessonKind::view ? learn::most_steps : most_read;
  add({"ZREMRANGEBYSCORE", key, "-inf", words.number(lesson_.now_ms - day_s * second_ms)});
  add({"ZREVRANGE", key, "0", words.number(static_cast<std::int64_t>(reads) - 1), "WITHSCORES"});
  Command& adding = commands_.emplace_back(std::initializer_list<std::string_view>{"ZADD", key});
  for (const auto& item : lesson_.items) {
    adding.insert(adding.end(), {now, item.id});
  }
  add({"EXPIRE", key, words.number(day_s)});
  if (lesson_.kind != LessonKind::view && knows_parts()) {
    for (const auto& item : lesson_.items) {
      add({"HMGET", words.text(about_head, item.id), "category", "brand"});
    }
  }
  return commands_;
}

void LessonCommands::take(std::size_t command, const RedisReply& reply) {
  if (command == recent && reply.kind == RedisReply::Kind::array && reply.count % 2 == 0) {
    Words words(memory_);
    for (std::uint32_t i = 0; i < reply.count; i += 2) {
      met_.push_back(
          {words.text(reply.elements[i].string()), read_time(reply.elements[i + 1].string())});
    }
    is_met_known_ = true;
  } else if (command == added && reply.kind == RedisReply::Kind::integer) {
    added_ = reply.integer;
  } else if (command >= first_about && command - first_about < about_.size() &&
             reply.kind == RedisReply::Kind::array && reply.count == 2) {
    Words words(memory_);
    about_[command - first_about] = {words.text(reply.elements[0].string()),
                                     words.text(reply.elements[1].string())};
  }
}

bool LessonCommands::is_news() const noexcept {
  if (!is_met_known_) {
    return false;
  }
  if (lesson_.kind == LessonKind::view) {
    return added_ == 1;
  }
  // If another request has added some of them meanwhile, that one counts them.
  const auto fresh = std::count_if(lesson_.items.begin(), lesson_.items.end(),
                                   [&](const LearnedItem& item) { return is_new(item); });
  return fresh != 0 && added_ == fresh;
}

bool LessonCommands::is_new(const LearnedItem& item) const noexcept {
  return lesson_.kind == LessonKind::view ||
         std::none_of(met_.begin(), met_.end(), [&](const Met& met) { return met.id == item.id; });
}

const std::pmr::vector<Command>& LessonCommands::increments(Upkeep& upkeep) {
  commands_.clear();
  constexpr std::size_t usual = 24;
  commands_.reserve(usual);
  if (lesson_.kind == LessonKind::view) {
    count_pairs_of_view(upkeep);
  } else if (lesson_.kind == LessonKind::order) {
    count_pairs_of_order(upkeep);
  }
  for (std::size_t i = 0; i < lesson_.items.size(); ++i) {
    const LearnedItem& item = lesson_.items[i];
    if (lesson_.kind == LessonKind::view) {
      describe(item, upkeep);
      count_rankings(item, {item.category, item.brand}, upkeep);
    } else if (is_new(item)) {
      count_rankings(item, about_[i], upkeep);
    }
  }
  // What the visitor has met is bounded too.
  if (dice_ % 16 == 0) {
    Words words(memory_);
    add({"ZREMRANGEBYRANK", words.text(head_of(lesson_.kind), lesson_.visitor), "0",
         words.number(-1 - most_met)});
  }
  return commands_;
}

// Orders name items, and not what they are.
void LessonCommands::describe(const LearnedItem& item, Upkeep& upkeep) {
  if (!knows_parts() || (item.category.empty() && item.brand.empty())) {
    return;
  }
  Words words(memory_);
  const auto key = words.text(about_head, item.id);
  if (upkeep.is_due(key)) {
    add({"HSET", key, "category", item.category, "brand", item.brand});
    add({"EXPIRE", key, words.number(options_.keep_s)});
  }
}

// The item, and those that were looked at before it in the same session: the last one counts most.
void LessonCommands::count_pairs_of_view(Upkeep& upkeep) {
  Words words(memory_);
  const Fading fading = options_.of_pairs();
  const std::int64_t period = fading.period(now_s());
  const std::string_view item = lesson_.items.front().id;
  const auto row = words.row(Table::also_viewed, period, item);
  increment(row, fading.weight(learn::unit, now_s()), learn::itself, upkeep);
  std::int64_t after = lesson_.now_ms;
  std::int64_t gap = 0;
  for (const Met& met : met_) {
    if (after - met.time_ms > lesson_.session_s * second_ms ||
        gap == std::int64_t{learn::most_steps}) {
      break;
    }
    after = met.time_ms;
    ++gap;
    const auto weight = fading.weight(learn::unit / gap, now_s());
    increment(row, weight, met.id, upkeep);
    increment(words.row(Table::also_viewed, period, met.id), weight, item, upkeep);
  }
}

// All of an order is equally near.
void LessonCommands::count_pairs_of_order(Upkeep& upkeep) {
  Words words(memory_);
  const Fading fading = options_.of_pairs();
  const std::int64_t period = fading.period(now_s());
  const auto weight = fading.weight(learn::unit, now_s());
  for (const auto& item : lesson_.items) {
    const auto row = words.row(Table::also_bought, period, item.id);
    const bool is_fresh = is_new(item);
    if (is_fresh) {
      increment(row, weight, learn::itself, upkeep);
    }
    for (const auto& other : lesson_.items) {
      if (&other != &item && (is_fresh || is_new(other))) {
        increment(row, weight, other.id, upkeep);
      }
    }
  }
}

void LessonCommands::count_rankings(const LearnedItem& item, const About& about, Upkeep& upkeep) {
  Words words(memory_);
  const Fading fading = options_.of_rankings();
  const std::int64_t period = fading.period(now_s());
  const std::string_view country = options_.by_country ? lesson_.country : std::string_view();
  const std::string_view category = options_.by_category ? about.category : std::string_view();
  const std::string_view brand = options_.by_brand ? about.brand : std::string_view();
  const auto count_in = [&](Table table, std::int64_t unit) {
    const auto weight = fading.weight(unit, now_s());
    const auto count_where = [&](std::string_view where) {
      increment(words.ranking(table, period, {where, {}, {}}), weight, item.id, upkeep);
      if (!category.empty()) {
        increment(words.ranking(table, period, {where, category, {}}), weight, item.id, upkeep);
      }
      if (!brand.empty()) {
        increment(words.ranking(table, period, {where, {}, brand}), weight, item.id, upkeep);
      }
    };
    count_where({});
    if (!country.empty()) {
      count_where(country);
    }
  };
  count_in(Table::trending, learn::unit * worth(lesson_.kind));
  if (lesson_.kind == LessonKind::order) {
    count_in(Table::bestsellers, learn::unit);
  }
}

// Sets are trimmed now and then: one that is trimmed each time never lets anything new in.
void LessonCommands::increment(std::string_view key, std::int64_t weight, std::string_view member,
                               Upkeep& upkeep) {
  Words words(memory_);
  add({"ZINCRBY", key, words.number(weight), member});
  if (upkeep.is_due(key)) {
    add({"EXPIRE", key, words.number(options_.keep_s)});
  }
  dice_ = fnv1a(key, dice_);
  if ((dice_ >> 32U) % 16 == 0) {
    add({"ZREMRANGEBYRANK", key, "0", words.number(-1 - std::int64_t{options_.top})});
  }
}

std::array<std::pmr::string, 3> learned_of_visitor(std::string_view visitor,
                                                   std::pmr::memory_resource* memory) {
  const auto key = [&](LessonKind kind) {
    std::pmr::string text(head_of(kind), memory);
    text += visitor;
    return text;
  };
  return {key(LessonKind::view), key(LessonKind::cart), key(LessonKind::order)};
}

}  // namespace personalize
