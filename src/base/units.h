// Times and sizes as NGINX writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace personalize {

// `500ms`, `60s`, `10m`, `1h30m`, `1d`, in descending units; a bare number is seconds.
// Milliseconds; nothing where it is not a time or beyond a hundred years.
std::optional<std::int64_t> parse_time(std::string_view text);

// `4096`, `64k`, `1m`. Bytes; nothing where it is not a size or beyond 4 GB.
std::optional<std::uint32_t> parse_size(std::string_view text);

}  // namespace personalize
