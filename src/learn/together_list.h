// Makes the list of what was looked at, or bought, together with some items.
#pragma once

#include "learn/keys.h"
#include "personalize/learn/learn_options.h"
#include "personalize/sources/gathering.h"

namespace personalize {

// The key is the list's name and the ids, with line feeds between them.
class TogetherLists final : public Gatherer {
 public:
  TogetherLists(learn::Table table, const LearnOptions& options) noexcept
      : table_(table), options_(options) {}

  std::unique_ptr<Gathering> begin(std::string_view key, std::int64_t now_s,
                                   std::pmr::memory_resource* memory) const override;

 private:
  learn::Table table_;
  LearnOptions options_;
};

}  // namespace personalize
