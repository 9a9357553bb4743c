// Web addresses as browsers read them (https://url.spec.whatwg.org, for http and https), so that
// targeting by address gives the answer that GrowthBook's SDK gives in a browser.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace personalize::decision {

// The arguments of an address: names and values, decoded as application/x-www-form-urlencoded.
using UrlArguments =
    std::vector<std::pair<std::pmr::string, std::pmr::string>,
                std::pmr::polymorphic_allocator<std::pair<std::pmr::string, std::pmr::string>>>;

// An address in its serialized form: scheme and host in lower case, without a default port, dot
// segments resolved, and percent-encoded as the standard has it.
struct Url {
  explicit Url(std::pmr::memory_resource* memory)
      : scheme(memory), host(memory), path(memory), query(memory), fragment(memory) {}

  std::pmr::string scheme;    // "https"
  std::pmr::string host;      // with the port unless it is the scheme's default
  std::pmr::string path;      // begins with "/"
  std::pmr::string query;     // with its "?", or ""
  std::pmr::string fragment;  // with its "#", or ""

  std::pmr::string href() const;
  // Returns href() without scheme and host.
  std::pmr::string tail() const;
  UrlArguments arguments() const;
};

// Parses an address. Without a scheme it is an https address, and without a host it is on
// `default_host`. Returns nothing if it is not an address, and for schemes other than http and
// https, user names and passwords, and hosts that are not ASCII. Throws what `memory` throws.
std::optional<Url> parse_url(std::string_view text, std::string_view default_host,
                             std::pmr::memory_resource* memory);

// Returns `to` with those arguments of `from` that it does not have itself; unchanged if either is
// not an address. Throws what `memory` throws.
std::pmr::string merge_arguments(std::string_view from, std::string_view to,
                                 std::pmr::memory_resource* memory);

}  // namespace personalize::decision
