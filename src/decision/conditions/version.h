// Versions in GrowthBook's order: as strings in which every number is padded to five places and a
// release of three parts comes after its pre-releases. Close to Semantic Versioning, but not the
// same, since the result is compared as JavaScript compares strings.
#pragma once

#include <string>
#include <string_view>

namespace personalize::decision {

// Returns the padded form: "v1.2.3-rc.1+build" → "    1-    2-    3-rc-    1".
std::string pad_version(std::string_view version);

// Compares pad_version(version) with `padded` without allocating. Returns a negative number, zero
// or a positive number.
int compare_version(std::string_view version, std::string_view padded) noexcept;

}  // namespace personalize::decision
