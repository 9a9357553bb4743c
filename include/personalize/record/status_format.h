// In which form a client gets the status.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace personalize {

enum class StatusFormat : std::uint8_t { prometheus, json, html };

// Returns the format of that name; nothing if there is none.
std::optional<StatusFormat> find_status_format(std::string_view name) noexcept;

// Returns the one that a client prefers, by its Accept field (RFC 9110, 12.5.1): of those with the
// greatest quality the one that is named most exactly; then JSON, Prometheus's text, HTML. Clients
// that take anything get Prometheus's.
StatusFormat negotiate_status_format(std::string_view accept) noexcept;

}  // namespace personalize
