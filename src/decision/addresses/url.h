// Web addresses as browsers read them (WHATWG URL Standard, for http and https), so that targeting
// by address gives the answer that a browser SDK gives.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace personalize::decision {

// The arguments of an address: names and values, decoded as a form's are (UTF-8; + is a space).
using UrlArguments =
    std::vector<std::pair<std::pmr::string, std::pmr::string>,
                std::pmr::polymorphic_allocator<std::pair<std::pmr::string, std::pmr::string>>>;

// An address in its normal form: scheme and host in lower case, default port left out, dot segments
// resolved, what may not stand in an address percent-encoded.
struct Url {
  explicit Url(std::pmr::memory_resource* memory)
      : scheme(memory), host(memory), path(memory), query(memory), fragment(memory) {}

  std::pmr::string scheme;    // "https"
  std::pmr::string host;      // with the port where it is not the scheme's own
  std::pmr::string path;      // begins with "/"
  std::pmr::string query;     // with its "?", or ""
  std::pmr::string fragment;  // with its "#", or ""

  std::pmr::string href() const;
  // href() without scheme and host.
  std::pmr::string tail() const;
  UrlArguments arguments() const;
};

// An address without a scheme is taken as on the host `default_host`, by https. Nothing for what is
// no address: also other schemes than http and https, names and passwords in it, and hosts that are
// not ASCII. Throws what `memory` throws.
std::optional<Url> parse_url(std::string_view text, std::string_view default_host,
                             std::pmr::memory_resource* memory);

// `to` with those arguments of `from` that it does not have itself; as it is where one of both is
// no address. Throws what `memory` throws.
std::pmr::string merge_arguments(std::string_view from, std::string_view to,
                                 std::pmr::memory_resource* memory);

}  // namespace personalize::decision
