// What is made of single fields of a request, whose bytes may be hostile. Where something has to be
// written anew it goes into `memory`, and std::bad_alloc may be thrown.
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>

#include "personalize/signals/local_time.h"

namespace personalize {

// The host of `HOST[:PORT]` in lower case; an IPv6 address keeps its brackets. "" where it is none.
std::string_view host_name(std::string_view authority, std::pmr::memory_resource* memory);

// The host of an absolute URL, as host_name() gives it.
std::string_view url_host(std::string_view url, std::pmr::memory_resource* memory);

// "https://HOST/PATH?ARGUMENTS": `target` is a path with arguments, or an address as proxies are
// asked for one. "" without a host.
std::string_view page_url(std::string_view scheme, std::string_view host, std::string_view target,
                          std::pmr::memory_resource* memory);

// The primary subtag, in lower case, of the language that an Accept-Language header prefers most
// (RFC 9110 section 12.5.4); the first one of those with the same weight. "" where there is none.
std::string_view preferred_language(std::string_view header, std::pmr::memory_resource* memory);

// The value of the first argument of a query string that is called `name`, both read as
// application/x-www-form-urlencoded (URL Standard, section 5.1) says, but for bytes that are not
// UTF-8: they stay as they are.
std::optional<std::string_view> find_argument(std::string_view query, std::string_view name,
                                              std::pmr::memory_resource* memory);

// A name or value of a query string or form, decoded in the same way; itself where nothing is
// encoded.
std::string_view decode_argument(std::string_view encoded, std::pmr::memory_resource* memory);

// "2026-11-20" (ISO 8601). Years are those from 0 to 9999.
std::string_view write_date(const LocalTime& time, std::pmr::memory_resource* memory);

}  // namespace personalize
