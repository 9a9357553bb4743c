// How visitors are drawn, as events of exposures say it.
#pragma once

#include <string>
#include <string_view>

namespace personalize::decision {

// Adds a variant to the text: "control=0.5,new=0.5".
void append_split(std::string_view variant, double share, std::string& split);

}  // namespace personalize::decision
