#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/text.h"
#include "base/values/item.h"
#include "personalize/attributes/reference.h"
#include "personalize/learn/learned_list.h"
#include "personalize/recommend/chain.h"
#include "personalize/recommend/item_view.h"

namespace personalize {

namespace {

constexpr std::string_view key_prefix = "key=";

// Parts of an item that are shown, or that decide whether it is.
constexpr std::string_view shown_fields[] = {
    "item_id",    "item_name",   "item_brand", "item_category", "url",      "image",        "price",
    "sale_price", "old_price",   "discount",   "currency",      "rating",   "rating_count", "badge",
    "summary",    "add_to_cart", "available",  "availability",  "in_stock", "sold_out",     "until",
};

// Return whether the statement is `try key=…`, or `try trending` and the like.
bool is_key_step(const Statement& statement) {
  return statement.words[0] == "try" && statement.words.size() > 1 &&
         ascii::starts_with(statement.words[1], key_prefix);
}
bool is_learned_step(const Statement& statement) {
  return statement.words[0] == "try" && statement.words.size() > 1 &&
         is_learned_list(statement.words[1]);
}

// The blank in it keeps it apart from what attributes can name.
std::string step_source(const Declaration& chain, std::size_t number) {
  return "recommend " + chain.name + " try " + std::to_string(number);
}

// Calls visit(statement, name of its source) for each step of a chain that has a source of its own.
template <class Visit>
void each_own_step(const Declaration& chain, Visit visit) {
  std::size_t number = 0;
  for (const auto& statement : chain.statements) {
    number += statement.words[0] == "try" ? 1 : 0;
    if (is_key_step(statement) || is_learned_step(statement)) {
      visit(statement, step_source(chain, number));
    }
  }
}

constexpr std::string_view id = "${id}";

// Returns what stands around the id, if nothing else varies in the key.
std::optional<Chain::ItemKey> around_id(std::string_view key) {
  constexpr std::size_t surely_short = 512;
  const auto at = key.find(id);
  if (at == std::string_view::npos || key.find('$') != at || key.rfind('$') != at ||
      key.size() > surely_short) {
    return std::nullopt;
  }
  return Chain::ItemKey{std::string(key.substr(0, at)), std::string(key.substr(at + id.size()))};
}

// Of what catalogues are asked `id` is the item's.
std::string with_item_id(std::string_view text) {
  std::string out(text);
  for (auto at = out.find(id); at != std::string::npos; at = out.find(id, at)) {
    out.replace(at, id.size(), "${item.item_id}");
  }
  return out;
}

// A word of `exclude`, and what it reads.
struct Exclusion {
  std::string_view word;
  std::string_view attribute;
  std::string_view instead;  // what can be written where no session is kept; "" if none is needed
};
constexpr Exclusion exclusions[] = {
    {"viewed", "session.viewed", "\"exclude ${profile.viewed}\" for a list of your own"},
    {"purchased", "session.purchased", "\"exclude ${profile.purchased}\" for a list of your own"},
    {"cart", "session.cart",
     "a personalize_source cart, or \"exclude ${cookie.cart}\" for a list of your own"},
    {"dismissed", "session.dismissed", "\"exclude ${profile.dismissed}\" for a list of your own"},
    {"current", "page.item_id", ""},
};
std::string_view word_of(const Exclusion& exclusion) {
  return exclusion.word;
}

class ChainCompiler {
 public:
  ChainCompiler(const Declaration& declaration, std::size_t number, const CacheTimes& defaults,
                AttributeTable& attributes, const Program& program)
      : declaration_(declaration), defaults_(defaults), attributes_(attributes), program_(program) {
    chain_.name = declaration.name;
    chain_.where = declaration.where;
    chain_.source = attributes[attributes.intern("recommend." + chain_.name, chain_.where)].index;
    for (const std::uint32_t condition : program.chain_conditions(number)) {
      if (program.is_about_item_alone(condition, attributes)) {
        chain_.item_conditions.push_back(condition);
      } else {
        chain_.conditions.push_back({condition, {}, false});
      }
    }
    chain_.needs = program.chain_needs(number);
    boosts_ = program.chain_boosts(number);
  }

  Chain compile() {
    for (const auto& statement : declaration_.statements) {
      read(statement);
    }
    if (chain_.steps.empty()) {
      throw ConfigError(declaration_.where, "recommendation " + quoted(chain_.name) +
                                                " has no \"try\": write where its items come "
                                                "from, as in \"try ${profile.recommended}\"");
    }
    if (chain_.min > chain_.limit) {
      throw ConfigError(declaration_.where, "recommendation " + quoted(chain_.name) +
                                                " shows at most " + std::to_string(chain_.limit) +
                                                " items, and never as many as \"min\" asks for");
    }
    std::stable_sort(chain_.pins.begin(), chain_.pins.end(),
                     [](const auto& a, const auto& b) { return a.place < b.place; });
    if (!chain_.pins.empty() && chain_.pins.back().place >= chain_.limit) {
      throw ConfigError(declaration_.where,
                        "recommendation " + quoted(chain_.name) + " shows at most " +
                            std::to_string(chain_.limit) + " items, so that item " +
                            quoted(chain_.pins.back().id) + " cannot be pinned at " +
                            std::to_string(chain_.pins.back().place + 1) +
                            ": write a higher \"limit\", or a place in the list");
    }
    if (!has_items_ && !chain_.items) {
      throw ConfigError(declaration_.where,
                        "recommendation " + quoted(chain_.name) +
                            " can show nothing, since its lists are of ids alone: write where the "
                            "items are, as in items \"key=item:${id}\"");
    }
    for (const auto& step : chain_.steps) {
      add_needs(step.list);
    }
    for (const AttributeId id : chain_.excluded) {
      add_needs(id);
    }
    if (chain_.items) {
      complete_items(*chain_.items);
    }
    number_fields();
    for (Chain::Rule& rule : chain_.conditions) {
      add_comparisons(rule);
    }
    for (Chain::Boost& boost : chain_.boosts) {
      add_comparisons(boost.rule);
    }
    return std::move(chain_);
  }

 private:
  struct Word {
    std::string_view name;
    void (ChainCompiler::*read)(const Statement& statement);
    bool once = false;
  };

  void read(const Statement& statement) {
    static constexpr Word words[] = {
        {"try", &ChainCompiler::read_step},          {"items", &ChainCompiler::read_items, true},
        {"exclude", &ChainCompiler::read_exclude},   {"boost", &ChainCompiler::read_boost},
        {"pin", &ChainCompiler::read_pin},           {"per", &ChainCompiler::read_share},
        {"limit", &ChainCompiler::read_limit, true}, {"min", &ChainCompiler::read_min, true},
    };
    const auto* found = std::find_if(std::begin(words), std::end(words), [&](const Word& word) {
      return word.name == statement.words[0];
    });
    if (found == std::end(words)) {
      return;
    }
    const auto& all = declaration_.statements;
    if (found->once && std::any_of(all.data(), &statement, [&](const Statement& before) {
          return before.words[0] == found->name;
        })) {
      fail(statement, quoted(found->name) + " is duplicate");
    }
    std::invoke(found->read, this, statement);
  }

  [[noreturn]] static void fail(const Statement& statement, const std::string& message) {
    throw ConfigError(statement.where, message);
  }

  void read_step(const Statement& statement) {
    ++steps_;
    const auto& words = statement.words;
    Chain::Step step;
    step.text = list_names(std::vector<std::string>(words.begin() + 1, words.end()), " ");
    const bool is_zset =
        std::find(words.begin(), words.end(), std::string("type=zset")) != words.end();
    const bool is_viewed = words.size() > 1 && words[1] == "viewed";
    has_items_ = has_items_ || !(is_learned_step(statement) || is_zset || is_viewed);
    if (is_key_step(statement) || is_learned_step(statement)) {
      step.list = attributes_.intern(list_of_source(statement), statement.where);
      chain_.steps.push_back(std::move(step));
      return;
    }
    if (words.size() != 2) {
      fail(statement,
           "\"try\" takes one place: ${ATTRIBUTE}, key=KEY, viewed, recommend.NAME, or one that is "
           "learned: " +
               learned_lists());
    }
    const std::string& word = words[1];
    const auto attribute = referred_attribute(word);
    if (word == "viewed") {
      step.list = attributes_.intern("session.viewed", statement.where);
      step.repeats = true;
    } else if (!attribute.empty()) {
      step.list = attributes_.intern(attribute, statement.where);
    } else if (ascii::starts_with(word, "recommend.")) {
      step.list = attributes_.intern(word, statement.where);
    } else {
      fail(statement, "unknown place " + quoted(word) +
                          " in \"try\": write ${ATTRIBUTE} for a list in a document, key=KEY for "
                          "one at a key of its own, viewed, recommend.NAME, or one that is "
                          "learned: " +
                          learned_lists());
    }
    chain_.steps.push_back(std::move(step));
  }

  // Returns the attribute that is the list at the key: of a hash its field, of JSON a member.
  std::string list_of_source(const Statement& statement) const {
    std::string spelling = step_source(declaration_, steps_);
    for (const auto& word : statement.words) {
      if (ascii::starts_with(word, "field=")) {
        spelling += "." + word.substr(6);
      }
    }
    return spelling;
  }

  void read_items(const Statement& statement) {
    const auto& words = statement.words;
    std::vector<std::string> parameters;
    bool has_id = false;
    bool is_hash = false;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (ascii::starts_with(words[i], key_prefix)) {
        chain_.item_key = around_id(std::string_view(words[i]).substr(key_prefix.size()));
      }
      std::string word = with_item_id(words[i]);
      has_id = has_id || word.find("${item.item_id}") != std::string::npos;
      if (word == "as=hash" || word == "as=json") {
        is_hash = word == "as=hash";
        word = "type=" + word.substr(3);
      } else if (ascii::starts_with(word, "as=") || ascii::starts_with(word, "type=") ||
                 ascii::starts_with(word, "if=")) {
        fail(statement, "unknown parameter " + quoted(words[i]) +
                            "; \"items\" takes key= as=json|hash ttl= stale= negative= max=");
      }
      parameters.push_back(std::move(word));
    }
    if (!has_id) {
      fail(statement,
           "the key of \"items\" lacks the id: write it as in items key=item:${id}, in quotes");
    }
    attributes_.know_items(true);
    chain_.items = parse_source(chain_.name, {parameters.begin(), parameters.end()}, defaults_,
                                attributes_, statement.where);
    attributes_.know_items(false);
    if (is_hash) {
      is_hash_ = true;
    }
    chain_.needs |= chain_.items->key.needs(attributes_);
  }

  // Of a hash what is shown is asked for, and what conditions and statements of chains name.
  void complete_items(Source& items) const {
    if (is_hash_) {
      for (const auto field : shown_fields) {
        add_item_names(field, items.fields);
      }
      for (AttributeId id = 0; id < attributes_.size(); ++id) {
        if (attributes_[id].root == Root::item) {
          add_item_names(attributes_[id].path.front(), items.fields);
        }
      }
      for (const auto& share : chain_.shares) {
        add_item_names(share.field, items.fields);
      }
      // So that the id does not depend on the order of use.
      std::sort(items.fields.begin(), items.fields.end());
    }
    items.id = source_id(items);
  }

  // Conditions were compiled before: what they ask of an item is known.
  void number_fields() {
    chain_.value_of.resize(attributes_.size(), Chain::of_request);
    for (AttributeId id = 0; id < attributes_.size(); ++id) {
      const Attribute& attribute = attributes_[id];
      if (attribute.root != Root::item) {
        continue;
      }
      const std::string& name = attribute.path.front();
      const bool is_amount = name == "price" || name == "old_price" || name == "sale_price";
      chain_.value_of[id] =
          attribute.path.size() == 1 ? number_of_value(name, is_amount) : Chain::inside_item;
    }
    for (auto& share : chain_.shares) {
      share.number = number_of_value(share.field, false);
    }
  }

  std::uint32_t number_of_value(std::string_view field, bool is_amount) {
    chain_.values.push_back({chain_.fields.add(field), is_amount});
    return static_cast<std::uint32_t>(chain_.values.size() - 1);
  }

  void add_comparisons(Chain::Rule& rule) {
    const ItemComparisons known = program_.item_comparisons(rule.condition, attributes_);
    rule.negated = known.negated;
    for (const auto& one : known.all) {
      const std::uint32_t value = chain_.value_of[one.mine];
      if (value == Chain::inside_item) {
        rule.comparisons.clear();
        return;
      }
      rule.comparisons.push_back(
          {value, one.relation, static_cast<std::uint32_t>(chain_.others.size())});
      chain_.others.push_back({one.other, one.number});
    }
  }

  void read_exclude(const Statement& statement) {
    if (statement.words.size() < 2) {
      fail(statement, "\"exclude\" takes what is left out: " + list_names(exclusions, word_of) +
                          " or ${ATTRIBUTE}");
    }
    for (std::size_t i = 1; i < statement.words.size(); ++i) {
      const std::string& word = statement.words[i];
      const auto attribute = referred_attribute(word);
      const auto* known = std::find_if(std::begin(exclusions), std::end(exclusions),
                                       [&](const Exclusion& one) { return one.word == word; });
      if (!attribute.empty()) {
        exclude(attribute, statement);
      } else if (word == "cart" && attributes_.knows_root("cart")) {
        exclude("cart", statement);
        chain_.cart = chain_.excluded.back();
      } else if (known != std::end(exclusions)) {
        exclude_known(*known, statement);
      } else {
        fail(statement, "\"exclude\" does not know " + quoted(word) + ": write " +
                            list_names(exclusions, word_of) +
                            ", or ${ATTRIBUTE} for ids in a document");
      }
    }
  }

  // What a session keeps is known only where there is one.
  void exclude_known(const Exclusion& what, const Statement& statement) {
    if (!what.instead.empty() && !attributes_.knows_session()) {
      fail(statement, "\"exclude " + std::string(what.word) +
                          "\" has nothing to read: add personalize_session, or write " +
                          std::string(what.instead));
    }
    exclude(what.attribute, statement);
  }

  void exclude(std::string_view attribute, const Statement& statement) {
    chain_.excluded.push_back(attributes_.intern(attribute, statement.where));
  }

  // Its condition was compiled by the program.
  void read_boost(const Statement& statement) {
    const auto factor = read_decimal(statement.words[1]);
    if (!factor || *factor <= 0 || *factor > 1000) {
      fail(statement, quoted(statement.words[1]) +
                          " is not a factor: write a number above 0, as in \"boost 1.5 when …\"; "
                          "below 1 it lowers");
    }
    const std::uint32_t condition = boosts_[chain_.boosts.size()];
    // Of each that is kept there is a bit.
    const bool is_kept = chain_.boosts.size() < ItemView::most_boosts &&
                         program_.is_about_item_alone(condition, attributes_);
    chain_.boosts.push_back({*factor, {condition, {}, false}, is_kept});
  }

  std::uint32_t number(const Statement& statement, std::size_t at, const char* usage) const {
    constexpr std::uint32_t most = 100;
    const auto n = at < statement.words.size() ? read_integer<std::uint32_t>(statement.words[at])
                                               : std::nullopt;
    if (!n || *n < 1 || *n > most || statement.words.size() != at + 1) {
      fail(statement, quoted(statement.words[0]) + " is written " + quoted(usage) +
                          ", with a whole number from 1 to " + std::to_string(most));
    }
    return *n;
  }

  void read_pin(const Statement& statement) {
    constexpr const char* usage = "pin ID at PLACE";
    if (statement.words.size() != 4 || statement.words[2] != "at" || statement.words[1].empty()) {
      fail(statement,
           std::string("\"pin\" is written \"") + usage + "\", as in \"pin sku-17 at 1\"");
    }
    const Chain::Pin pin{statement.words[1], number(statement, 3, usage) - 1};
    const bool is_duplicate = std::any_of(chain_.pins.begin(), chain_.pins.end(),
                                          [&](const auto& other) { return other.id == pin.id; });
    if (is_duplicate) {
      fail(statement, "item " + quoted(pin.id) +
                          " is pinned twice, and stands in a list once: remove one of the two");
    }
    chain_.pins.push_back(pin);
  }

  void read_share(const Statement& statement) {
    const auto most = number(statement, 2, "per FIELD NUMBER");
    if (statement.words[1].empty()) {
      fail(statement, "\"per\" lacks the field: write \"per item_brand 2\"");
    }
    chain_.shares.push_back({statement.words[1], most});
  }

  void read_limit(const Statement& statement) {
    chain_.limit = number(statement, 1, "limit NUMBER");
  }
  void read_min(const Statement& statement) { chain_.min = number(statement, 1, "min NUMBER"); }

  void add_needs(AttributeId id) { chain_.needs |= direct_needs(attributes_[id]); }

  const Declaration& declaration_;
  const CacheTimes& defaults_;
  AttributeTable& attributes_;
  const Program& program_;
  std::vector<std::uint32_t> boosts_;
  Chain chain_;
  std::size_t steps_ = 0;
  bool is_hash_ = false;    // the items are
  bool has_items_ = false;  // lists of a step can contain items, not ids alone
};

}  // namespace

void declare_chains(const std::vector<Declaration>& chains, AttributeTable& attributes) {
  for (auto chain = chains.begin(); chain != chains.end(); ++chain) {
    if (std::any_of(chains.begin(), chain,
                    [&](const Declaration& other) { return other.name == chain->name; })) {
      throw ConfigError(chain->where, "recommendation " + quoted(chain->name) + " is duplicate");
    }
    each_own_step(*chain, [&](const Statement& statement, const std::string& name) {
      attributes.declare_hidden_source(name, statement.where);
    });
    attributes.declare_recommendation(chain->name, chain->where);
  }
}

std::vector<Source> chain_sources(const std::vector<Declaration>& chains,
                                  const CacheTimes& defaults, AttributeTable& attributes,
                                  const LearnOptions* learning) {
  std::vector<Source> sources;
  for (const auto& chain : chains) {
    each_own_step(chain, [&](const Statement& statement, const std::string& name) {
      if (is_learned_step(statement)) {
        sources.push_back(learned_source(name, {statement.words.begin() + 1, statement.words.end()},
                                         defaults, attributes, learning, statement.where));
        return;
      }
      std::vector<std::string_view> parameters;
      for (std::size_t i = 1; i < statement.words.size(); ++i) {
        if (!ascii::starts_with(statement.words[i], "field=")) {
          parameters.push_back(statement.words[i]);
        }
      }
      sources.push_back(parse_source(name, parameters, defaults, attributes, statement.where));
    });
    Source& itself = sources.emplace_back();
    itself.name = "recommend." + chain.name;
    itself.where = chain.where;
  }
  return sources;
}

std::vector<Chain> compile_chains(const std::vector<Declaration>& chains,
                                  const CacheTimes& defaults, AttributeTable& attributes,
                                  const Program& program) {
  std::vector<Chain> compiled;
  compiled.reserve(chains.size());
  for (const auto& chain : chains) {
    compiled.push_back(
        ChainCompiler(chain, compiled.size(), defaults, attributes, program).compile());
  }
  return compiled;
}

}  // namespace personalize
