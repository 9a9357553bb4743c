// Makes the list of what there is most of: trending items, and bestsellers.
#pragma once

#include "learn/keys.h"
#include "personalize/learn/learn_options.h"
#include "personalize/sources/gathering.h"

namespace personalize {

// The key is the list's name, country, category and brand, each after a line feed.
class RankingLists final : public Gatherer {
 public:
  RankingLists(learn::Table table, const LearnOptions& options) noexcept
      : table_(table), options_(options) {}

  std::unique_ptr<Gathering> begin(std::string_view key, std::int64_t now_s,
                                   std::pmr::memory_resource* memory) const override;

 private:
  learn::Table table_;
  LearnOptions options_;
};

}  // namespace personalize
