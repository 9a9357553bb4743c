// The charset that a <meta> declares.
#pragma once

#include <cstddef>
#include <string_view>

#include "personalize/rewrite/charset.h"

namespace personalize::rewrite {

// Browsers look for it among so many first bytes of a page.
constexpr std::size_t charset_bytes = 1024;

// `tag` is the whole start tag; `name_length` that of its name.
Charset meta_charset(std::string_view tag, std::size_t name_length) noexcept;

}  // namespace personalize::rewrite
