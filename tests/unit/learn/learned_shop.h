// A shop that learns: what its visitors do, and the lists that come of it, by the same commands
// that a worker sends.
#pragma once

#include <cctype>
#include <memory>
#include <memory_resource>
#include <set>
#include <string>
#include <vector>

#include "learn/redis_model.h"
#include "personalize/base/item_ids.h"
#include "personalize/learn/learned_list.h"
#include "personalize/learn/lesson.h"
#include "personalize/sources/gathering.h"

class LearnedShop : private personalize::Upkeep {
 public:
  explicit LearnedShop(personalize::LearnOptions of = {}) : options(of) {}

  // Returns whether it was news.
  bool learn(personalize::LessonKind kind, const std::string& visitor, const std::string& items,
             double seconds, const std::string& category = "", const std::string& country = "") {
    std::pmr::monotonic_buffer_resource memory;
    personalize::Lesson lesson(&memory);
    lesson.kind = kind;
    lesson.visitor = visitor;
    lesson.country = country;
    lesson.now_ms = static_cast<std::int64_t>(seconds * 1000);
    if (kind == personalize::LessonKind::view) {
      lesson.items.emplace_back(items, category, "");
    } else {
      for (const auto id : personalize::item_ids(items, &memory)) {
        lesson.items.emplace_back(id, "", "");
      }
    }
    personalize::LessonCommands commands(options, lesson, &memory);
    std::size_t number = 0;
    for (const auto& command : commands.question()) {
      commands.take(number++, redis.execute(command));
    }
    if (!commands.is_news()) {
      return false;
    }
    for (const auto& command : commands.increments(*this)) {
      redis.execute(command);
    }
    return true;
  }
  bool view(const std::string& visitor, const std::string& item, double seconds,
            const std::string& category = "", const std::string& country = "") {
    return learn(personalize::LessonKind::view, visitor, item, seconds, category, country);
  }

  struct Entry {
    std::string id;
    double score = 0;
    double together = 0;
    double count = 0;
  };
  // Returns a list; `words` are those of `try`, without references.
  std::vector<Entry> list(const std::vector<std::string>& words, const std::string& key,
                          double seconds) {
    personalize::AttributeTable attributes;
    attributes.declare_source("seeds", {});
    const auto source = personalize::learned_source("a list", words, {}, attributes, &options, {});
    std::pmr::monotonic_buffer_resource memory;
    const auto gathering = source.gatherer->begin(key, static_cast<std::int64_t>(seconds), &memory);
    for (;;) {
      const auto& commands = gathering->commands();
      if (commands.empty()) {
        break;
      }
      for (std::size_t i = 0; i < commands.size(); ++i) {
        gathering->take(i, redis.execute(commands[i]));
      }
    }
    std::vector<Entry> entries;
    personalize::DocumentBuilder builder(&memory);
    if (gathering->finish(builder) == personalize::Lookup::fetched) {
      const auto all = personalize::Value::document(builder.finish());
      const auto number = [](const personalize::Value& value) {
        return value.kind() == personalize::Kind::number ? value.as_number() : 0;
      };
      for (std::uint32_t i = 0; i < all.size(); ++i) {
        const auto one = all.at(i);
        entries.push_back({std::string(one.find("id").as_string()), number(one.find("score")),
                           number(one.find("together")), number(one.find("count"))});
      }
    }
    return entries;
  }
  std::vector<Entry> also(const std::string& what, const std::string& item, double seconds) {
    return list({"also_" + what, "${seeds}"}, "also_" + what + "\n" + item, seconds);
  }
  std::vector<Entry> trending(double seconds, const std::string& country = "",
                              const std::string& category = "") {
    return list({"trending"}, "trending\n" + country + "\n" + category + "\n", seconds);
  }

  static std::string ids(const std::vector<Entry>& entries) {
    std::string text;
    for (const auto& entry : entries) {
      text += (text.empty() ? "" : " ") + entry.id;
    }
    return text;
  }

  personalize::LearnOptions options;
  RedisModel redis;

 private:
  bool is_due(std::string_view key) noexcept override {
    return told_.insert(std::string(key)).second;
  }
  void forget(std::string_view key) noexcept override { told_.erase(std::string(key)); }

  std::set<std::string> told_;
};
