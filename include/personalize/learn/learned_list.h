// Lists of what was learned: `try also_viewed ${page.item_id}`, `try also_bought ${cart.lines}`,
// `try trending category=Shoes country=${geo.country}`, `try bestsellers`.
//
// What goes with an item a is ranked by
//
//   score(a, b) = w / sqrt(n(a) n(b)) * w / (w + 2.5)
//
// n: how often an item was looked at; w: how often both, near each other (lesson.h). The root takes
// away what an item owes to being popular (the cosine), the second factor what is owed to chance
// where there is little data. Counts are taken when a list is read, so that w has not to be changed
// when n does. Of several items, the scores are added up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/learn/learn_options.h"
#include "personalize/sources/sources.h"

namespace personalize {

// Returns whether that is what a learned list is called.
bool is_learned_list(std::string_view word) noexcept;
// Returns "also_viewed, also_bought, …", for messages.
std::string learned_lists();

// Makes a source whose document is a learned list: an array of {"id", "score", …}, the best first;
// missing if there is nothing. `words` are those of `try`, from the list's name on. `options` is
// nullptr without personalize_learn. Its times are those of `defaults`, but Redis does not announce
// changes of what is learned: it is read again after a minute at most. Throws ConfigError.
Source learned_source(std::string_view name, const std::vector<std::string>& words,
                      const CacheTimes& defaults, AttributeTable& attributes,
                      const LearnOptions* options, const Where& where);

}  // namespace personalize
