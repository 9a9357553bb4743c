// The names by which conditions, key templates and page templates ask for what is known of a
// request: `geo.country`, `cookie.cart`, `profile.tier`. Resolved to a number when the
// configuration is read.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "personalize/base/config_error.h"
#include "personalize/base/value.h"

namespace personalize {

// The first word of a dotted name.
enum class Root : std::uint8_t {
  visitor,
  cookie,
  request,
  variable,  // written `var.NAME`
  geo,
  device,
  time,
  segment,
  experiment,
  feature,
  consent,
  page,     // what personalize_page says
  session,  // what personalize_session keeps
  source,   // the name of a personalize_source
};

// What of a root is asked for. For cookie, variable, segment, experiment, feature, page and source
// the name says it all: `named`.
enum class Field : std::uint8_t {
  named,
  // visitor
  id,
  is_new,
  verified,
  // request
  url,
  path,
  host,
  method,
  scheme,
  referer,
  referer_host,
  language,
  argument,
  header,
  // geo
  country,
  continent,
  region,
  city,
  postal,
  latitude,
  longitude,
  timezone,
  in_eu,
  asn,
  // device
  type,
  // consent
  personalization,
  // time
  now,
  hour,
  weekday,
  date,
  offset,
  // session
  views,
  item_views,
  visits,
  started,
  landing_path,
  session_referer_host,
  utm_source,
  utm_medium,
  utm_campaign,
  top_category,
  top_brand,
  distinct_categories,
  last_item,
  viewed,
  cart_value,
  cart_items,
  days_since_last_visit,
};

// The documents that the attributes session.* are made of; to all else they are sources. Of
// affinities, there is one for the period at hand and one for the period before (session.h).
enum class SessionPart : std::uint8_t {
  current,
  visits,
  seen,
  categories,
  older_categories,
  brands,
  older_brands,
};
constexpr std::size_t session_parts = 7;

// A set of sources, by index; and, as if it were one, what personalize_page says: that too comes
// later than the request. 63 sources are enough for one server.
using SourceSet = std::bitset<64>;
constexpr std::size_t most_sources = 63;
constexpr std::size_t page_need = 63;

struct Attribute {
  Root root = Root::visitor;
  Field field = Field::named;
  // Of the source, segment, experiment or feature; of session, that of the first SessionPart among
  // the sources; of page, the place in page_fields (page.h); for a variable, the number that
  // src/nginx binds it to.
  std::uint32_t index = 0;
  // Cookie, argument, variable, segment, experiment, feature, page field or source name; a header's
  // in lower case.
  std::string name;
  // Inside a source's document or a feature's value: profile.address.city is {address, city}.
  std::vector<std::string> path;
  std::string spelling;  // as written
  Where where;           // first use
};

using AttributeId = std::uint32_t;

// Whether the value is the decision's to say, as a segment's is, and depends on what that needs.
constexpr bool is_decided(Root root) {
  return root == Root::segment || root == Root::experiment || root == Root::feature;
}

// What an attribute needs by itself: its sources, or the page. Of one that is decided, the decision
// tells.
SourceSet direct_needs(const Attribute& attribute) noexcept;

// All attributes that one server's configuration mentions, each once. Filled at configuration time;
// at request time only read, so that AttributeId indexes an array of values.
class AttributeTable {
 public:
  // Makes names known. Each must be declared before a use of it is interned: whoever compiles
  // declares all names first, so that the order in the file does not matter.
  // Throws ConfigError where a name is declared twice, or cannot be used as a root.
  std::uint32_t declare_source(std::string_view name, const Where& where);
  // Makes session.* known. Its parts are as many sources, behind those that are declared before.
  // Returns the index of the first.
  std::uint32_t declare_session(const Where& where);
  std::uint32_t declare_segment(std::string_view name, const Where& where);
  // `variants` are what its value can be.
  std::uint32_t declare_experiment(std::string_view name, std::vector<std::string> variants,
                                   const Where& where);
  // A name may hold dots: of `feature.a.b` the longest name that is declared counts.
  std::uint32_t declare_feature(std::string_view name, const Where& where);

  // The attribute called `spelling`; throws ConfigError, which names the known roots or the known
  // fields of the root, where there is none.
  AttributeId intern(std::string_view spelling, const Where& where);

  // Whether the first word of `spelling` is a root or a declared source.
  bool knows_root(std::string_view spelling) const;

  const Attribute& operator[](AttributeId id) const { return attributes_[id]; }
  Attribute& operator[](AttributeId id) { return attributes_[id]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(attributes_.size()); }

  const std::vector<std::string>& sources() const { return sources_; }
  const std::vector<std::string>& segments() const { return segments_; }
  const std::vector<std::string>& experiments() const { return experiments_.names; }
  const std::vector<std::string>& features() const { return features_.names; }
  // What `experiment.NAME` can be; by the experiment's index.
  const std::vector<std::string>& variants(std::uint32_t experiment) const {
    return variants_[experiment];
  }

 private:
  // Names and their order, found fast: a features payload has thousands.
  struct Names {
    std::vector<std::string> names;
    std::unordered_map<std::string, std::uint32_t> index;
  };

  static std::uint32_t declare(Names& names, const char* what, std::string_view name,
                               const Where& where);
  void find_feature(Attribute& attribute, std::string_view rest, const Where& where) const;

  std::vector<Attribute> attributes_;
  std::unordered_map<std::string, AttributeId> ids_;
  std::vector<std::string> sources_;
  std::optional<std::uint32_t> session_;  // index of its first part among the sources
  std::vector<std::string> segments_;
  Names experiments_;
  Names features_;
  std::vector<std::vector<std::string>> variants_;
};

// What is known of one request. Asking twice is cheap.
class Facts {
 public:
  // Missing where nothing is known. The value lives as long as the request.
  virtual Value get(AttributeId id) noexcept = 0;

 protected:
  ~Facts() = default;
};

}  // namespace personalize
