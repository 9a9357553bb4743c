// Accept-Language (RFC 9110 section 12.5.4), whose bytes may be hostile.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

// Returns the primary subtag, in lower case, of the language that the header prefers, the first of
// several with the same weight. "" if there is none.
std::string_view preferred_language(std::string_view header, std::pmr::memory_resource* memory);

// Returns the index of the tag among `tags` ("pl-PL") that suits a language range ("pl", "pl-PL",
// "pl_PL", in any case): the same one, or else the first of the same language. Nothing if none is.
std::optional<std::size_t> find_language(const std::vector<std::string>& tags,
                                         std::string_view range) noexcept;

// Returns the index of the tag that the header prefers among `tags`. Nothing if it wants none.
std::optional<std::size_t> find_preferred(const std::vector<std::string>& tags,
                                          std::string_view header) noexcept;

}  // namespace personalize
