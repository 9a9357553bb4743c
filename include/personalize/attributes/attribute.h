// The names by which conditions, key templates and page templates refer to what is known of a
// request: `geo.country`, `cookie.cart`, `profile.tier`. Each becomes a number when the
// configuration is read. attributes.def lists the roots and fields.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "personalize/attributes/field.h"
#include "personalize/base/config_error.h"
#include "personalize/base/value.h"

namespace personalize {

// The documents from which session.* attributes are made; everything else treats them as sources.
// Affinities have one for the present period and one for the period before (sources/session.h).
enum class SessionPart : std::uint8_t {
  current,
  visits,
  seen,
  categories,
  older_categories,
  brands,
  older_brands,
  purchased,
  dismissed,
  cart,
  browsed,
  prices,
  purchases,
  attention,
  counts,  // two of each field of SessionNames::counts, of the present period and of the one before
};
constexpr std::size_t fixed_session_parts = static_cast<std::size_t>(SessionPart::counts);

// What a session keeps under names that the configuration chooses.
struct SessionNames {
  static constexpr std::size_t most_args = 8;
  static constexpr std::size_t most_counts = 4;

  std::vector<std::string> args;      // of the address on which it began
  std::vector<std::uint32_t> counts;  // page fields, by their index, whose values are ranked

  std::size_t parts() const noexcept { return fixed_session_parts + 2 * counts.size(); }
};
constexpr std::size_t most_session_parts = fixed_session_parts + 2 * SessionNames::most_counts;

// Returns the part that ranks the values of a field of SessionNames::counts.
constexpr SessionPart count_part(std::size_t count, bool is_older) noexcept {
  return static_cast<SessionPart>(fixed_session_parts + 2 * count + (is_older ? 1 : 0));
}

// A set of sources, by index. What personalize_page says counts as one of them, since it too is
// known later than the request; and so does what slots know of their elements, which differs from
// one element of a page to the next.
using SourceSet = std::bitset<256>;
constexpr std::size_t most_sources = 254;  // of one server
constexpr std::size_t element_need = 254;
constexpr std::size_t page_need = 255;

struct Attribute {
  Root root = Root::visitor;
  Field field = Field::none;
  // What it counts depends on the root. source, segment, value, campaign, experiment, feature,
  // recommend: the index that declare_…() returned. session: the index of the first SessionPart
  // among the sources. page: the index in page_fields (page.h). variable: NGINX's index of the
  // variable, which src/nginx sets.
  std::uint32_t index = 0;
  // Name of the cookie, argument, variable, segment, campaign, experiment, feature, page field or
  // source; of a header, in lower case.
  std::string name;
  // session.args.NAME, session.top.NAME and session.distinct.NAME: the index of the name in
  // SessionNames; no_place if no session is kept. slot.data.NAME: the index of the name in
  // AttributeTable::element_names().
  static constexpr std::uint32_t no_place = ~std::uint32_t{0};
  std::uint32_t place = 0;
  // Path inside a source's document, a feature's value, a list or an item: {address, city} of
  // profile.address.city.
  std::vector<std::string> path;
  // Of a merge of sources: those that are asked in turn after `index`, where the one before has
  // nothing. Of a campaign: the source of what is kept of a person, if persons are known.
  std::vector<std::uint32_t> others;
  bool is_list = false;  // the whole document of a source that is declared as a list
  std::string spelling;  // as written
  Where where;           // of the first use
};

using AttributeId = std::uint32_t;

// Returns whether the value is decided (is_decided of its root), or is one of the module's own
// variables, which are made of decisions.
bool is_decided(const Attribute& attribute) noexcept;

// Returns whether the attribute reads the document of that source.
bool reads_source(const Attribute& attribute, std::uint32_t source) noexcept;

// Returns what values of the attribute are, as far as that is known before any request.
ValueType type_of(const Attribute& attribute) noexcept;

// Returns the sources, the page and the element that the attribute needs by itself. Empty for one
// that is decided: Program::attribute_needs() returns what that needs.
SourceSet direct_needs(const Attribute& attribute) noexcept;

// All attributes that one server's configuration mentions, each once. Filled while the
// configuration is read and constant afterwards, so that an AttributeId is an index into an array
// of values.
class AttributeTable {
 public:
  // Make a name known, and return its index. A name must be declared before it is used: the caller
  // declares all names of a server first, so that their order in the file does not matter. Throw
  // ConfigError if the name is duplicate or cannot be used.
  std::uint32_t declare_source(std::string_view name, const Where& where);
  // Says that the markup of a declared source comes from the operator, and is shown as it is where
  // a template asks for that.
  void trust_source(std::uint32_t source) { trusted_.set(source); }
  // Says that the document of a declared source is a list.
  void mark_list(std::uint32_t source) { lists_.set(source); }
  // Returns whether the attribute reads trusted sources alone.
  bool is_trusted(const Attribute& attribute) const;
  // Makes a name known by which attributes read several sources, of which the first that has a
  // value counts. All of `parts` are declared.
  void declare_merge(std::string_view name, const std::vector<std::string>& parts,
                     const Where& where);
  // Makes the list of a chain of recommendations known, `recommend.NAME`. It counts as a source.
  std::uint32_t declare_recommendation(std::string_view name, const Where& where);
  // Makes a source known that no attribute can name, since its name has a blank in it.
  std::uint32_t declare_hidden_source(std::string_view name, const Where& where);
  // Makes a hidden source known that has what is kept of a person: campaign.* needs it, too.
  std::uint32_t declare_person(std::string_view name, const Where& where);
  // Returns that source; nothing if persons are not known.
  std::optional<std::uint32_t> person() const noexcept { return person_; }

  // Makes session.* known. Its parts take indices after the sources declared so far:
  // `names->parts()` of them. Without `names` no session is kept: session.* is known, with any
  // names, and missing. `names` must live as long as attributes are interned. Returns the index of
  // the first.
  std::uint32_t declare_session(const Where& where, const SessionNames* names = nullptr);
  std::uint32_t declare_segment(std::string_view name, const Where& where);
  // A second one of the name is the same: Program refuses it.
  std::uint32_t declare_campaign(std::string_view name, const Where& where);
  // `variants` are the values that `experiment.NAME` can have.
  std::uint32_t declare_experiment(std::string_view name, std::vector<std::string> variants,
                                   const Where& where);
  // A name may contain dots: in `feature.a.b.c` the longest declared name wins, and the rest is a
  // path inside its value.
  std::uint32_t declare_feature(std::string_view name, const Where& where);
  std::uint32_t declare_value(std::string_view name, const Where& where);

  // Returns the attribute spelled so. Throws ConfigError, which lists the known roots or the known
  // fields of the root, if there is none.
  AttributeId intern(std::string_view spelling, const Where& where);

  // Says whether item.* is known from now on: where conditions are about the items of a list.
  void know_items(bool known) { knows_items_ = known; }

  // Returns whether session.* is known.
  bool knows_session() const { return session_.has_value(); }

  // Returns whether the first word of `spelling` is a root or a declared source.
  bool knows_root(std::string_view spelling) const;

  const Attribute& operator[](AttributeId id) const { return attributes_[id]; }
  Attribute& operator[](AttributeId id) { return attributes_[id]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(attributes_.size()); }

  const std::vector<std::string>& sources() const { return sources_.list; }
  const std::vector<std::string>& segments() const { return segments_.list; }
  const std::vector<std::string>& experiments() const { return experiments_.list; }
  const std::vector<std::string>& features() const { return features_.list; }
  const std::vector<std::string>& values() const { return values_.list; }
  // Returns the names of data-… attributes that slot.data.NAME asks for, as ElementNames has them.
  const std::vector<std::string>& element_names() const { return element_names_; }
  // Returns the values that `experiment.NAME` can have, by the experiment's index.
  const std::vector<std::string>& variants(std::uint32_t experiment) const {
    return variants_[experiment];
  }

 private:
  // Names in the order of their declaration. Found by hash: a file of features has thousands.
  struct DeclaredNames {
    // `what` is the kind of the names in messages: "segment". Throws ConfigError if the name is
    // declared already.
    std::uint32_t add(const std::string& what, std::string_view name, const Where& where);
    std::optional<std::uint32_t> find(std::string_view name) const;
    // Throws ConfigError if the name is not declared.
    std::uint32_t get(const std::string& what, std::string_view name, const Where& where) const;

    std::vector<std::string> list;
    std::unordered_map<std::string, std::uint32_t> index;
  };

  Attribute compile(std::string_view spelling, const Where& where) const;
  void find_in_session(Attribute& attribute) const;
  void find_campaign(Attribute& attribute, std::string_view rest) const;
  std::string named_sources() const;
  void find_recommendation(Attribute& attribute, std::string_view rest) const;
  void find_feature(Attribute& attribute, std::string_view rest, const Where& where) const;
  void find_in_element(Attribute& attribute);

  std::vector<Attribute> attributes_;
  std::unordered_map<std::string, AttributeId> ids_;
  DeclaredNames sources_, segments_, values_, campaigns_, experiments_, features_;
  SourceSet trusted_;
  SourceSet lists_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> merges_;
  std::unordered_map<std::string, std::uint32_t> recommendations_;  // index among the sources
  std::optional<std::uint32_t> session_;  // index of its first part among the sources
  std::optional<std::uint32_t> person_;   // index among the sources
  const SessionNames* session_names_ = nullptr;
  bool knows_items_ = false;
  std::vector<std::vector<std::string>> variants_;
  std::vector<std::string> element_names_;
};

// What is known of one request. Asking twice is cheap.
class Facts {
 public:
  // Returns the attribute's value; missing if nothing is known. It lives as long as the request.
  virtual Value get(AttributeId id) noexcept = 0;

 protected:
  ~Facts() = default;
};

}  // namespace personalize
