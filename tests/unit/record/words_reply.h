// A reply of Redis that is a list of words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "personalize/redis/reply.h"

// Refers to `words`, which must outlive it.
class WordsReply {
 public:
  explicit WordsReply(const std::vector<std::string>& words) : elements_(words.size()) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      elements_[i].kind = personalize::RedisReply::Kind::string;
      elements_[i].text = words[i];
    }
    reply_.kind = personalize::RedisReply::Kind::array;
    reply_.count = static_cast<std::uint32_t>(elements_.size());
    reply_.elements = elements_.data();
  }
  WordsReply(const WordsReply&) = delete;
  WordsReply& operator=(const WordsReply&) = delete;

  const personalize::RedisReply& get() const { return reply_; }

 private:
  std::vector<personalize::RedisReply> elements_;
  personalize::RedisReply reply_;
};
