// Values derived from single fields of a request, whose bytes may be hostile. A value that has to
// be decoded is put into `memory`, whose exceptions pass.
#pragma once

#include <memory_resource>
#include <string_view>

#include "personalize/signals/local_time.h"

namespace personalize {

// Returns the host of `HOST[:PORT]` in lower case; an IPv6 address keeps its brackets. "" if it is
// not a host.
std::string_view host_name(std::string_view authority, std::pmr::memory_resource* memory);

// Returns the host of an absolute URL, as host_name() does.
std::string_view url_host(std::string_view url, std::pmr::memory_resource* memory);

// Returns "https://HOST/PATH?ARGUMENTS". `target` is a path with arguments, or an absolute URL as
// in requests to proxies, which is returned as it is. "" without a host.
std::string_view page_url(std::string_view scheme, std::string_view host, std::string_view target,
                          std::pmr::memory_resource* memory);

// Returns the path with one slash at its beginning. Two would make a link to it lead to another
// host; browsers take a backslash for a slash.
std::string_view local_path(std::string_view path);

// Returns "2026-11-20" (ISO 8601), for years from 0 to 9999.
std::string_view write_date(const LocalTime& time, std::pmr::memory_resource* memory);

}  // namespace personalize
