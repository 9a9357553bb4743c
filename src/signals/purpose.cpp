#include "personalize/signals/purpose.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text/ascii.h"
#include "base/text/list_field.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::string_view purpose_headers[] = {
    "sec-purpose",    // browsers
    "purpose",        // browsers of before, Inertia
    "x-sec-purpose",  // Turbo, when a link is hovered over
    "x-purpose",      // Safari
    "x-moz",          // Firefox of before
};

// Headers by which libraries ask ahead.
struct PrefetchHeader {
  std::string_view name;
  std::string_view value;
};
constexpr PrefetchHeader prefetch_headers[] = {
    {"hx-preloaded", "true"},       // the preload extension of htmx
    {"next-router-prefetch", "1"},  // Next.js
};

// `prefetch;prerender` is a prefetch.
bool is_of_nobody(std::string_view purpose) noexcept {
  constexpr std::string_view purposes[] = {"prefetch", "prerender", "preview"};
  return is_one_of_ignoring_case(name_of_element(purpose), purposes);
}

// A header by which a library asks for a part of a page.
struct PartHeader {
  std::string_view name;
  std::string_view value;  // "" for any
  // With one of these headers the whole page is asked for.
  std::array<std::string_view, 2> unless{};
};
constexpr PartHeader part_headers[] = {
    {"hx-request", "", {"hx-boosted", "hx-history-restore-request"}},  // htmx
    {"turbo-frame", ""},                                               // Turbo
    {"x-alpine-request", ""},                                          // Alpine AJAX
    {"x-ic-request", ""},                                              // intercooler.js
    {"datastar-request", ""},                                          // Datastar
    {"x-livewire", "", {"x-livewire-navigate"}},                       // Livewire
    {"rsc", "1"},                                                      // React's components
    {"x-requested-with", "XMLHttpRequest", {"x-pjax"}},                // jQuery and others
};

// Returns whether a header tells that a library that could ask for a part asks for a whole page.
bool is_whole(RequestView& request, const PartHeader& part) noexcept {
  return std::any_of(part.unless.begin(), part.unless.end(), [&](std::string_view name) {
    return !name.empty() && !request.header(name).empty();
  });
}

// htmx, for one, says so and nothing in Accept.
bool asks_for_whole(RequestView& request) noexcept {
  return std::any_of(std::begin(part_headers), std::end(part_headers), [&](const auto& part) {
    return !request.header(part.name).empty() && is_whole(request, part);
  });
}

struct Accepted {
  bool is_html;  // HTML is named
  bool is_any;   // nothing in particular is named
};

Accepted read_accept(std::string_view list) noexcept {
  Accepted accepted{false, true};
  while (!list.empty()) {
    const auto type = name_of_element(take_element(list));
    if (ascii::equal_ignoring_case(type, "text/html") ||
        ascii::equal_ignoring_case(type, "application/xhtml+xml")) {
      accepted.is_html = true;
    }
    const bool is_range = type == "*/*" || ascii::equal_ignoring_case(type, "text/*");
    accepted.is_any = accepted.is_any && (type.empty() || is_range);
  }
  return accepted;
}

// Decides for a browser that does not say what for, and for everything else that speaks HTTP.
bool is_unknown_for_page(RequestView& request) noexcept {
  const Accepted accepted = read_accept(request.header("accept"));
  return accepted.is_html || accepted.is_any;
}

// Decides for a script's request, or a service worker's instead of the browser's.
bool is_script_for_page(RequestView& request) noexcept {
  return read_accept(request.header("accept")).is_html || asks_for_whole(request) ||
         request.header("sec-fetch-mode") == "navigate";
}

// Endings of what is hardly ever a page.
constexpr std::string_view file_endings[] = {
    "7z",   "aac",  "avi",   "avif", "bin",  "bmp",  "bz2",  "css", "csv", "dmg",  "doc",  "docx",
    "eot",  "epub", "exe",   "flac", "flv",  "gif",  "gz",   "ico", "iso", "jar",  "jpeg", "jpg",
    "js",   "json", "jxl",   "m3u8", "m4a",  "m4s",  "m4v",  "map", "mjs", "mkv",  "mov",  "mp3",
    "mp4",  "mpd",  "mpeg",  "mpg",  "ogg",  "ogv",  "opus", "otf", "pdf", "png",  "ppt",  "pptx",
    "rar",  "svg",  "tar",   "tgz",  "tif",  "tiff", "ts",   "ttf", "txt", "wasm", "wav",  "webm",
    "webp", "woff", "woff2", "xls",  "xlsx", "zip",  "zst"};

bool ends_like_file(std::string_view path) noexcept {
  const auto dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] != '.') {
    return false;
  }
  return is_one_of_ignoring_case(path.substr(dot + 1), file_endings);
}

bool is_frame(std::string_view destination) noexcept {
  constexpr std::string_view frames[] = {"iframe", "frame", "fencedframe", "object", "embed"};
  return is_one_of(destination, frames);
}

}  // namespace

bool is_prefetch(RequestView& request) noexcept {
  return std::any_of(std::begin(purpose_headers), std::end(purpose_headers),
                     [&](std::string_view name) { return is_of_nobody(request.header(name)); }) ||
         std::any_of(std::begin(prefetch_headers), std::end(prefetch_headers), [&](auto& one) {
           return ascii::equal_ignoring_case(request.header(one.name), one.value);
         });
}

bool asks_for_part(RequestView& request) noexcept {
  return std::any_of(std::begin(part_headers), std::end(part_headers), [&](const auto& part) {
    const auto value = request.header(part.name);
    return !value.empty() && !is_whole(request, part) &&
           (part.value.empty() || ascii::equal_ignoring_case(value, part.value));
  });
}

bool is_navigation(RequestView& request) noexcept {
  if (is_prefetch(request) || asks_for_part(request)) {
    return false;
  }
  const auto destination = request.header("sec-fetch-dest");
  if (destination.empty()) {
    return is_unknown_for_page(request);
  }
  return destination == "document" || (destination == "empty" && is_script_for_page(request));
}

// <link rel="prefetch"> asks like a script.
bool is_prefetched_navigation(RequestView& request) noexcept {
  const auto destination = request.header("sec-fetch-dest");
  return is_prefetch(request) && !asks_for_part(request) &&
         (destination.empty() || destination == "document" || destination == "empty");
}

bool may_be_for_page(RequestView& request) noexcept {
  const auto destination = request.header("sec-fetch-dest");
  if (destination == "document") {
    return true;
  }
  if (ends_like_file(request.path())) {
    return false;
  }
  if (destination.empty()) {
    return is_unknown_for_page(request);
  }
  return is_frame(destination) || (destination == "empty" && is_script_for_page(request));
}

}  // namespace personalize
