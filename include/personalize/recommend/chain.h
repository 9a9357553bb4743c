// personalize_recommend: where the items of a list come from, which of them may be shown, and in
// which order. Compiled when the configuration is read and constant afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"
#include "personalize/decision/program.h"
#include "personalize/learn/learn_options.h"
#include "personalize/recommend/item_fields.h"
#include "personalize/sources/sources.h"

namespace personalize {

struct Chain {
  // A list of ids or of items: `try ${profile.recommended}`, `try key=similar:${page.item_id}`,
  // `try viewed`, `try recommend.OTHER`, `try also_viewed ${page.item_id}`.
  struct Step {
    std::string text;  // as written
    AttributeId list = 0;
    bool repeats = false;  // its items may stand elsewhere in the page, too
  };
  // Compares a value of an item with one that is the same for all items of a list.
  struct Comparison {
    std::uint32_t value = 0;  // in `values`
    Relation relation = Relation::equal;
    std::uint32_t other = 0;  // in `others`
  };
  struct Other {
    std::optional<AttributeId> attribute;  // of the request; nothing for a number
    Value number;
  };
  // A condition for Decision::holds(). Most do no more than compare.
  struct Rule {
    std::uint32_t condition = 0;
    std::vector<Comparison> comparisons;  // all have to hold; empty if it does something else
    bool negated = false;                 // not all of them
  };
  // `boost FACTOR when …`
  struct Boost {
    double factor = 1;
    Rule rule;                // Program::chain_boosts() says which
    bool is_of_item = false;  // it is about the item alone (ItemView::boosts)
  };
  // `pin ID at PLACE`: the first place is 0.
  struct Pin {
    std::string id;
    std::uint32_t place = 0;
  };
  // `per FIELD N`: at most so many items with the same value.
  struct Share {
    std::string field;
    std::uint32_t most = 0;
    std::uint32_t number = 0;  // of the field in `values`
  };
  // A field of an item that rules ask for.
  struct ItemValue {
    std::uint32_t field = 0;  // in `fields`
    bool is_amount = false;   // of a text such as `15.00 EUR` the number counts
  };
  // What an attribute reads that is no value of an item: something deep inside the item, or
  // something of the request.
  static constexpr std::uint32_t inside_item = ~0U;
  static constexpr std::uint32_t of_request = ~0U - 1;

  std::string name;
  Where where;
  std::uint32_t source = 0;  // the index of the list among the sources
  std::vector<Step> steps;
  std::optional<Source> items;  // where an id, item.id in its key, becomes an item
  // The key of `items`, if nothing but the id varies and no filter changes it: what stands around
  // it.
  struct ItemKey {
    std::string before;
    std::string after;
  };
  std::optional<ItemKey> item_key;
  std::vector<AttributeId> excluded;  // ids, or lists of ids or items
  // One of these: a document of the cart, which is such a list, or has one as `lines` or `items`.
  std::optional<AttributeId> cart;
  std::vector<std::uint32_t> item_conditions;  // about the item alone: their outcome is kept
  std::vector<Rule> conditions;                // about the visitor, too, or the time
  std::vector<Boost> boosts;
  std::vector<Pin> pins;  // in the order of their places
  std::vector<Share> shares;
  ItemFields fields;              // that conditions, boosts and shares look at
  std::vector<ItemValue> values;  // of these, those that views of an item have
  std::vector<Other> others;      // with which rules compare these
  // By AttributeId: its number in `values`, inside_item or of_request.
  std::vector<std::uint32_t> value_of;
  std::uint32_t limit = 12;
  std::uint32_t min = 1;
  // What must be known before candidates are looked for: the sources of the steps and of all
  // conditions, and those of the key of an item.
  SourceSet needs;
};

// The most candidates of a chain that are looked at.
constexpr std::uint32_t most_candidates = 300;

// Make what chains are about known to `attributes`, once sources are declared and before the
// session is: of each chain first a source for each `try key=…` and each learned list, then the
// chain. Throws ConfigError.
void declare_chains(const std::vector<Declaration>& chains, AttributeTable& attributes);

// Returns the sources that declare_chains() has declared, in its order. In the place of a chain is
// one that is never looked up. `learning` is nullptr if nothing is learned. Throws ConfigError.
std::vector<Source> chain_sources(const std::vector<Declaration>& chains,
                                  const CacheTimes& defaults, AttributeTable& attributes,
                                  const LearnOptions* learning = nullptr);

// Compiles the chains. `program` was compiled with the same declarations. Throws ConfigError.
std::vector<Chain> compile_chains(const std::vector<Declaration>& chains,
                                  const CacheTimes& defaults, AttributeTable& attributes,
                                  const Program& program);

}  // namespace personalize
