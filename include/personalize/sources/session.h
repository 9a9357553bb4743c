// The session of a visitor: what personalize_session keeps of page views in Redis, and what of it
// the attributes session.* tell.
//
//   pz:session:<id>               hash, expires with the session: started (seconds since 1970),
//                                 views, item_views, landing_path, referer_host, utm_source,
//                                 utm_medium, utm_campaign, last_item, cart_value, cart_items
//   pz:visits:<id>                hash: visits; when the last one began, and the one before: last,
//                                 previous
//   pz:seen:<id>                  list: ids of the items that were looked at, the last one first
//   pz:affinity:<id>:category:<n> sorted sets: how often categories and brands were looked at. What
//   pz:affinity:<id>:brand:<n>    is longer ago counts for less, by forward decay: G. Cormode,
//                                 V. Shkapenyuk, D. Srivastava, B. Xu, "Forward Decay: A Practical
//                                 Time Decay Model for Streaming Systems", ICDE 2009.
//
// Forward decay adds 2^((t - L) / half_life) for a view at t, L being a landmark before it, so that
// nothing that was added has ever to change. That grows without bound as long as L stays. So time
// is cut into periods of 32 half-lives, numbered from 1970; each has its beginning for a landmark
// and a key of its own, and the reader adds up two of them. No process ever has to multiply what
// others are adding to.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/attributes/page.h"
#include "personalize/signals/request_view.h"
#include "personalize/sources/sources.h"

namespace personalize {

// personalize_session [timeout=30m] [history=20] [half_life=7d] [keep=90d]
struct SessionOptions {
  std::int64_t timeout_s = 1800;  // without a page view, and the session is over
  std::uint32_t history = 20;     // items that pz:seen holds
  std::int64_t half_life_s = std::int64_t{7} * 86400;  // of affinities
  std::int64_t keep_s = std::int64_t{90} * 86400;  // what outlasts the session, after the last view
};

// Throws ConfigError.
SessionOptions parse_session(const std::vector<std::string_view>& parameters, const Where& where);

// The documents that attributes session.* are made of, in the order of SessionPart. Their key is
// the source's; of affinities, with add_period() behind it.
std::vector<Source> session_sources(AttributeTable& attributes, const Where& where);
// Of the session's own hash only the fields are read that `attributes` ask for. To be called when
// all have been interned.
void collect_session_fields(Source& current, const AttributeTable& attributes);

// The period of a time, and where in it the time is: from 0 up to 32 half-lives.
struct AffinityPeriod {
  std::int64_t number = 0;
  double half_lives = 0;

  static constexpr std::int64_t length = 32;  // half-lives
  static AffinityPeriod of(const SessionOptions& options, std::int64_t now_s) noexcept;
};

// Appends what stands behind the key of an affinity; nothing to that of another part.
void add_period(SessionPart part, const SessionOptions& options, std::int64_t now_s,
                std::pmr::string& key);

// How the session began, as the request of its first page tells. "" for what is not known. Each is
// cut off after as many bytes as a tolerable one has.
struct SessionStart {
  std::string_view landing_path, referer_host, utm_source, utm_medium, utm_campaign;
};

// Where the request was led here by a page of the same host, the session began on that page: the
// one on which the visitor was given the cookie, since nothing is kept before it has come back.
// Throws what `memory` throws.
SessionStart read_session_start(RequestView& request, std::pmr::memory_resource* memory);

// Whether a browser asks for the page in case somebody will want to look at it (Fetch Standard,
// Sec-Purpose; Purpose is what was sent before there was that).
bool is_prefetch(RequestView& request) noexcept;

// What of personalize_page concerns the session. "" for what is not said, or is longer than what
// is kept.
struct SessionPage {
  std::string_view item;                    // of a page with type=product
  std::string_view category, brand;         // of a page with type=product or type=category
  std::string_view cart_value, cart_items;  // of a page with type=cart or type=checkout
};
SessionPage session_page(const std::array<Value, page_fields.size()>& page) noexcept;

struct SessionDocument {
  Lookup state = Lookup::idle;
  Value value;
};

// All that one page view knows of the session.
struct SessionView {
  const SessionOptions& options;
  const SessionStart& start;  // as if the session began with this page
  SessionPage page;
  std::int64_t now_s = 0;
  std::array<SessionDocument, session_parts> documents;  // by SessionPart
};

// The attribute's value: counters and what is in the cart include the page at hand, what the
// visitor has looked at does not. Missing where Redis could not be asked, or holds something else.
// What lies in the view's documents lives as long as they.
Value read_session(Field field, const SessionView& view) noexcept;

}  // namespace personalize
