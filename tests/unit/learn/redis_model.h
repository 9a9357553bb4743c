// As much of Redis as learning uses: sorted sets in memory, which understand the commands and
// answer as Redis does.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/redis/command.h"
#include "personalize/redis/reply.h"
#include "suite.h"

class RedisModel {
 public:
  using Command = personalize::Command;
  using Reply = personalize::RedisReply;

  // Executes a command. The reply lives until the next one.
  const Reply& execute(const Command& words) {
    ++commands;
    texts_.clear();
    elements_.clear();
    reply_ = Reply();
    const std::string name(words[0]);
    const std::string key(words[1]);
    if (name == "ZADD") {
      std::int64_t added = 0;
      for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
        added += sets[key].count(std::string(words[i + 1])) == 0 ? 1 : 0;
        sets[key][std::string(words[i + 1])] = number(words[i]);
      }
      answer(added);
    } else if (name == "ZINCRBY") {
      auto& score = sets[key][std::string(words[3])];
      score += number(words[2]);
      answer(score);
    } else if (name == "ZSCORE") {
      const auto set = sets.find(key);
      const auto found =
          set == sets.end() ? Set::const_iterator() : set->second.find(std::string(words[2]));
      if (set != sets.end() && found != set->second.end()) {
        answer(found->second);
      }
    } else if (name == "ZREVRANGE") {
      const auto ranked = rank(key);
      const auto last = static_cast<std::size_t>(number(words[3])) + 1;
      for (std::size_t i = 0; i < std::min(last, ranked.size()); ++i) {
        const auto& [member, score] = ranked[ranked.size() - 1 - i];
        add_element(member);
        add_element(text(score));
      }
      reply_.kind = Reply::Kind::array;
      reply_.elements = elements_.data();
      reply_.count = static_cast<std::uint32_t>(elements_.size());
    } else if (name == "ZREMRANGEBYRANK") {
      const auto ranked = rank(key);
      const auto kept = static_cast<std::size_t>(-1 - number(words[3]));
      for (std::size_t i = 0; i + kept < ranked.size(); ++i) {
        sets[key].erase(ranked[i].first);
      }
      answer(std::int64_t{0});
    } else if (name == "ZREMRANGEBYSCORE") {
      auto& set = sets[key];
      for (auto entry = set.begin(); entry != set.end();) {
        entry = entry->second <= number(words[3]) ? set.erase(entry) : std::next(entry);
      }
      answer(std::int64_t{0});
    } else if (name == "HSET") {
      for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
        hashes[key][std::string(words[i])] = std::string(words[i + 1]);
      }
      answer(std::int64_t{1});
    } else if (name == "HMGET") {
      for (std::size_t i = 2; i < words.size(); ++i) {
        add_element(hashes[key][std::string(words[i])]);
      }
      reply_.kind = Reply::Kind::array;
      reply_.elements = elements_.data();
      reply_.count = static_cast<std::uint32_t>(elements_.size());
    } else if (name == "EXPIRE") {
      expiring.insert(key);
      answer(std::int64_t{1});
    } else {
      fail_msg("unknown command %s", name.c_str());
    }
    return reply_;
  }

  using Set = std::map<std::string, double>;
  std::map<std::string, Set> sets;
  std::map<std::string, std::map<std::string, std::string>> hashes;
  std::set<std::string> expiring;
  std::size_t commands = 0;

 private:
  static double number(std::string_view text) {
    double n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
  }
  static std::string text(double score) {
    char digits[40];
    std::snprintf(digits, sizeof(digits), "%.17g", score);
    return digits;
  }

  // By score, then by name, as Redis does.
  std::vector<std::pair<std::string, double>> rank(const std::string& key) {
    std::vector<std::pair<std::string, double>> all(sets[key].begin(), sets[key].end());
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second < b.second : a.first < b.first;
    });
    return all;
  }

  void answer(std::int64_t n) {
    reply_.kind = Reply::Kind::integer;
    reply_.integer = n;
  }
  void answer(double score) {
    texts_.push_back(text(score));
    reply_.kind = Reply::Kind::string;
    reply_.text = texts_.back();
  }
  void add_element(std::string content) {
    texts_.push_back(std::move(content));
    Reply element;
    element.kind = Reply::Kind::string;
    element.text = texts_.back();
    elements_.push_back(element);
  }

  Reply reply_;
  std::deque<std::string> texts_;
  std::vector<Reply> elements_;
};
