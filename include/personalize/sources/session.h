// The session of a visitor: what personalize_session keeps of page views in Redis, and the
// attributes session.* made of it.
//
//   pz:session:<id>               hash, expires with the session: started (seconds since 1970),
//                                 views, item_views, landing_path, referer_host, utm_source,
//                                 utm_medium, utm_campaign, arg:<name>, last_item, last_page_type,
//                                 cart_value, cart_items
//   pz:visits:<id>                hash: visits; when the first one began, the last one, and the
//                                 one before: first, last, previous; what the last one came to:
//                                 at_home … at_order (1 if there was such a page), last_item,
//                                 cart_value; and the one before: previous_furthest,
//                                 previous_last_item, previous_cart_value
//   pz:seen:<id>                  list: ids of the items that were looked at, the latest first
//   pz:purchased:<id>             lists of item ids, the latest first: what was bought, what the
//   pz:dismissed:<id>             visitor does not want to see again, and what conversions have
//   pz:cart:<id>                  put into the cart and not taken out again
//   pz:browsed:<id>               list, expires with the session: its categories, the latest first
//   pz:prices:<id>                sorted set, expires with the session: items by price, the
//                                 cheapest and the dearest ones
//   pz:purchases:<id>             hash: purchases, purchase_value, last_purchase
//   pz:attention:<id>             hash, expires with the session: visible_seconds, scroll
//   pz:orders:<id>                sorted set: the last orders, by time, so that none counts twice
//   pz:affinity:<id>:category:<n> sorted sets: how often categories and brands were looked at.
//   pz:affinity:<id>:brand:<n>    So are fields of count=. Older views count for less, by forward
//   decay: G. Cormode,
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
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/signals/session_start.h"
#include "personalize/sources/sources.h"

namespace personalize {

// personalize_session [timeout=30m] [history=20] [half_life=7d] [keep=90d] [keep_purchases=2y]
//     [keep_args=NAME,…] [count=FIELD,…]
struct SessionOptions {
  static constexpr std::size_t longest_arg = 64;  // of the names in keep_args=

  std::int64_t timeout_s = 1800;  // the session ends after that long without a page view
  std::uint32_t history = 20;     // items that pz:seen keeps
  std::int64_t half_life_s = std::int64_t{7} * 86400;  // of affinities
  // How long what outlasts the session is kept after the last view.
  std::int64_t keep_s = std::int64_t{90} * 86400;
  std::int64_t keep_purchases_s = std::int64_t{730} * 86400;  // after the last one
  SessionNames names;
  // Whether some attribute asks for them. What is not asked for is not written: it is gone with the
  // session anyway.
  bool keeps_prices = false;
  bool keeps_browsed = false;
  bool keeps_attention = false;  // pages tell of it, too
};

// Reads the directive's parameters. Throws ConfigError.
SessionOptions parse_session(const std::vector<std::string_view>& parameters, const Where& where);

// Returns the documents from which session.* attributes are made, in the order of SessionPart. The
// Redis key of one is the source's; for affinities, followed by what add_period() appends.
std::vector<Source> session_sources(AttributeTable& attributes, const Where& where,
                                    const SessionNames& names = {});
// Fills in the fields of the session's hashes that `attributes` ask for; no others are read. Call
// it when all attributes have been interned. `first` is the index of the first part among
// `sources`.
void collect_session_fields(std::vector<Source>& sources, std::size_t first,
                            const AttributeTable& attributes);
// Finds out what of a session `attributes` ask for.
void find_session_uses(const AttributeTable& attributes, SessionOptions& options);

// A period, by number, and a time in it: from 0 up to 32 half-lives after its beginning.
struct AffinityPeriod {
  std::int64_t number = 0;
  double half_lives = 0;

  static constexpr std::int64_t length = 32;  // half-lives
  static AffinityPeriod of(const SessionOptions& options, std::int64_t now_s) noexcept;
  // Returns for how long (s) what is added is kept: readers add up two periods.
  static std::int64_t kept_s(const SessionOptions& options) noexcept;
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
  std::array<SessionDocument, most_session_parts> documents;  // by SessionPart
};

// Where the visit that a visitor made last has got to is kept under these names.
constexpr std::array<std::string_view, page_stages.size()> stage_fields = {
    "at_home", "at_category", "at_product", "at_cart", "at_checkout", "at_order"};
// Returns a price or the value of an order; nothing if it is not a number that can be one.
std::optional<double> read_price(std::string_view text) noexcept;

// The last orders are at this and the visitor's id.
constexpr std::string_view orders_head = "pz:orders:";

// The name under which an argument of the address is kept is this, and the argument's.
constexpr std::string_view arg_prefix = "arg:";

// Returns the value of a field of Root::session. Counters and the cart include the present page;
// so do the prices and how far the visitor has come; what was looked at before does not. Missing if
// Redis could not be asked, or holds something else. Strings live as long as the view's documents.
Value read_session(const Attribute& attribute, const SessionView& view) noexcept;
// Returns the same of a field that no name follows.
Value read_session(Field field, const SessionView& view) noexcept;

}  // namespace personalize
