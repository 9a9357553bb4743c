// What browsers report of visitors, as events.
#pragma once

#include "nginx/request/counting/request_events.h"
#include "personalize/signals/beacon.h"

namespace personalize {

// Returns whether a browser may claim a conversion of that name: one that the configuration names
// in personalize_convert, or one of those that GA4 recommends to shops.
bool is_known_metric(const MainConf& main, std::string_view metric) noexcept;

// Writes the events of a report, which nobody else has seen.
void write_claims(const Beacon& beacon, RequestEvents& events) noexcept;

// Returns path and arguments of the page that sent the request, as its Referer has them; "" if that
// does not tell, or is of another host.
std::string_view target_of_referer(RequestView& request, std::string_view host) noexcept;

// Returns the path alone, decoded in `memory`, whose exceptions pass.
std::string_view path_of_referer(RequestView& request, std::string_view host,
                                 std::pmr::memory_resource* memory);

}  // namespace personalize
