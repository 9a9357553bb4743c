// The session of a visitor: what personalize_session keeps of page views in Redis, and the
// attributes session.* made of it.
//
//   pz:session:<id>               hash, expires with the session: started (seconds since 1970),
//                                 views, item_views, landing_path, referer_host, utm_source,
//                                 utm_medium, utm_campaign, last_item, cart_value, cart_items
//   pz:visits:<id>                hash: visits; when the last one began, and the one before: last,
//                                 previous
//   pz:seen:<id>                  list: ids of the items that were looked at, the latest first
//   pz:purchased:<id>             lists of item ids, the latest first: what was bought, what the
//   pz:dismissed:<id>             visitor does not want to see again, and what conversions have
//   pz:cart:<id>                  put into the cart and not taken out again
//   pz:affinity:<id>:category:<n> sorted sets: how often categories and brands were looked at.
//   pz:affinity:<id>:brand:<n>    Older views count for less, by forward decay: G. Cormode,
//                                 V. Shkapenyuk, D. Srivastava, B. Xu, "Forward Decay: A Practical
//                                 Time Decay Model for Streaming Systems", ICDE 2009.
//
// Forward decay adds 2^((t - L) / half_life) for a view at time t, where L is a landmark before it,
// so that what was added never has to change. The sums grow without bound as long as L stays.
// Therefore time is cut into periods of 32 half-lives, numbered from 1970; each has its beginning
// for a landmark and a key of its own, and the reader adds up two of them. No process has to
// rescale what others are adding to.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/signals/session_start.h"
#include "personalize/sources/sources.h"

namespace personalize {

// personalize_session [timeout=30m] [history=20] [half_life=7d] [keep=90d]
struct SessionOptions {
  std::int64_t timeout_s = 1800;  // the session ends after that long without a page view
  std::uint32_t history = 20;     // items that pz:seen keeps
  std::int64_t half_life_s = std::int64_t{7} * 86400;  // of affinities
  // How long what outlasts the session is kept after the last view.
  std::int64_t keep_s = std::int64_t{90} * 86400;
};

// Reads the directive's parameters. Throws ConfigError.
SessionOptions parse_session(const std::vector<std::string_view>& parameters, const Where& where);

// Returns the documents from which session.* attributes are made, in the order of SessionPart. The
// Redis key of one is the source's; for affinities, followed by what add_period() appends.
std::vector<Source> session_sources(AttributeTable& attributes, const Where& where);
// Fills in the fields of the session's hash that `attributes` ask for; no others are read. Call it
// when all attributes have been interned.
void collect_session_fields(Source& current, const AttributeTable& attributes);

// A period, by number, and a time in it: from 0 up to 32 half-lives after its beginning.
struct AffinityPeriod {
  std::int64_t number = 0;
  double half_lives = 0;

  static constexpr std::int64_t length = 32;  // half-lives
  static AffinityPeriod of(const SessionOptions& options, std::int64_t now_s) noexcept;
};

// Appends the period to the key of an affinity; nothing to the key of another part.
void add_period(SessionPart part, const SessionOptions& options, std::int64_t now_s,
                std::pmr::string& key);

struct SessionDocument {
  Lookup state = Lookup::idle;
  Value value;
};

// What the attributes session.* of one page view are made of.
struct SessionView {
  const SessionOptions& options;
  const SessionStart& start;  // if the session begins with this page
  SessionPage page;
  std::int64_t now_s = 0;
  std::array<SessionDocument, session_parts> documents;  // by SessionPart
};

// Returns the value of a field of Root::session. Counters and the cart include the present page;
// what the visitor has looked at does not. Missing if Redis could not be asked, or holds something
// else. Strings live as long as the view's documents.
Value read_session(Field field, const SessionView& view) noexcept;

}  // namespace personalize
