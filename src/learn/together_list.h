// Makes the list of what was looked at, or bought, together with some items.
#pragma once

#include <memory>

#include "learn/keys.h"
#include "personalize/learn/learn_options.h"
#include "personalize/sources/gathering.h"

namespace personalize {

// The key is the list's name and the ids, with line feeds between them.
std::unique_ptr<Gathering> begin_together_list(learn::Table table, const LearnOptions& options,
                                               std::string_view key, std::int64_t now_s,
                                               std::pmr::memory_resource* memory);

}  // namespace personalize
