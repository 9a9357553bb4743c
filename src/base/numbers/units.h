// Times and sizes as NGINX writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace personalize {

// Reads `500ms`, `60s`, `10m`, `1h30m`, `1d`, in descending units, as milliseconds; a bare number
// is seconds. Nothing if it is not a time or longer than a hundred years.
std::optional<std::int64_t> parse_time(std::string_view text);

// Reads a duration of a condition as seconds: "45s", "30m", "12h", "180d", "2w", "6M", "1y", also
// joined as in "1d12h", in any order. As NGINX has it, m is a minute, M a month of 30 days, y a
// year of 365. A bare number is none, since it would not say which unit it means.
std::optional<double> parse_duration(std::string_view text) noexcept;

// Reads `4096`, `64k`, `1m` as bytes. Nothing if it is not a size or more than 4 GB.
std::optional<std::uint32_t> parse_size(std::string_view text);

}  // namespace personalize
