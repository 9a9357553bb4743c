// Query strings and the bodies of forms: application/x-www-form-urlencoded (URL Standard, section
// 5.1), except that bytes that are not UTF-8 stay as they are. A value that has to be decoded is
// put into `memory`, whose exceptions pass.
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>

namespace personalize {

// Returns the decoded value of the first argument whose decoded name is `name`.
std::optional<std::string_view> find_argument(std::string_view query, std::string_view name,
                                              std::pmr::memory_resource* memory);

// Decodes a name or value. Returns it itself if nothing in it is encoded.
std::string_view decode_argument(std::string_view encoded, std::pmr::memory_resource* memory);

}  // namespace personalize
