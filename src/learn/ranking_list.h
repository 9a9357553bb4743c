// Makes the list of what there is most of: trending items, and bestsellers.
#pragma once

#include <memory>

#include "learn/keys.h"
#include "personalize/learn/learn_options.h"
#include "personalize/sources/gathering.h"

namespace personalize {

// The key is the list's name, country, category and brand, each after a line feed.
std::unique_ptr<Gathering> begin_ranking_list(learn::Table table, const LearnOptions& options,
                                              std::string_view key, std::int64_t now_s,
                                              std::pmr::memory_resource* memory);

}  // namespace personalize
