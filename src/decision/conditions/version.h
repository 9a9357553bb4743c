// Versions as GrowthBook orders them: as strings in which every number is padded to five places and
// a release of three parts stands after its pre-releases. Close to Semantic Versioning, not the
// same: the text is compared as JavaScript compares strings.
#pragma once

#include <string>
#include <string_view>

namespace personalize::decision {

// "v1.2.3-rc.1+build" → "    1-    2-    3-rc-    1".
std::string pad_version(std::string_view version);

// Order of pad_version(version) and `padded`, without making the former.
int compare_version(std::string_view version, std::string_view padded) noexcept;

}  // namespace personalize::decision
