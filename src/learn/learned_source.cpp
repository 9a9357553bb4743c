#include <algorithm>
#include <memory>

#include "base/text/ascii.h"
#include "base/text/parameters.h"
#include "base/text/text.h"
#include "learn/ranking_list.h"
#include "learn/together_list.h"
#include "personalize/attributes/reference.h"
#include "personalize/base/fnv.h"
#include "personalize/learn/learned_list.h"

namespace personalize {

namespace {

using learn::Table;

struct List {
  std::string_view name;
  Table table;
  bool is_ranking;
  decltype(&begin_ranking_list) begin;
};
constexpr List lists[] = {
    {"also_viewed", Table::also_viewed, false, begin_together_list},
    {"also_bought", Table::also_bought, false, begin_together_list},
    {"trending", Table::trending, true, begin_ranking_list},
    {"bestsellers", Table::bestsellers, true, begin_ranking_list},
};

class LearnedLists final : public Gatherer {
 public:
  LearnedLists(const List& list, const LearnOptions& options) noexcept
      : list_(list), options_(options) {}

  std::unique_ptr<Gathering> begin(std::string_view key, std::int64_t now_s,
                                   std::pmr::memory_resource* memory) const override {
    return list_.begin(list_.table, options_, key, now_s, memory);
  }

 private:
  const List& list_;
  LearnOptions options_;
};

const List* find_list(std::string_view word) noexcept {
  const auto* found = std::find_if(std::begin(lists), std::end(lists),
                                   [&](const List& list) { return list.name == word; });
  return found == std::end(lists) ? nullptr : found;
}

// Redis does not announce changes of what is learned: there are too many.
CacheTimes times_of(const CacheTimes& defaults) noexcept {
  constexpr CacheTimes longest{60000, 600000, 10000};
  return {std::min(defaults.ttl_ms, longest.ttl_ms), std::min(defaults.stale_ms, longest.stale_ms),
          std::min(defaults.negative_ms, longest.negative_ms)};
}

class Compiler {
 public:
  Compiler(const List& list, const std::vector<std::string>& words, AttributeTable& attributes,
           const LearnOptions& options, const Where& where)
      : list_(list), words_(words), attributes_(attributes), options_(options), where_(where) {}

  KeyTemplate key() { return list_.is_ranking ? key_of_ranking() : key_of_items(); }

 private:
  [[noreturn]] void fail(const std::string& problem) const { throw ConfigError(where_, problem); }
  std::string name() const { return quoted("try " + std::string(list_.name)); }

  KeyTemplate key_of_items() {
    const std::string usage = name() +
                              " takes the item, or a list of items, that others go with: write "
                              "${page.item_id}, another ${ATTRIBUTE}, cart or viewed";
    if (words_.size() != 2) {
      fail(usage);
    }
    const auto attribute = attribute_of(words_[1]);
    if (attribute.empty()) {
      fail(usage);
    }
    const AttributeId id = attributes_.intern(attribute, where_);
    return {list_.name, id, attributes_[id].root == Root::page};
  }

  // The cart is what the shop says it is, or else what conversions have told of it.
  std::string_view attribute_of(const std::string& word) const {
    if (word != "viewed" && word != "cart") {
      return referred_attribute(word);
    }
    if (word == "cart" && attributes_.knows_root("cart")) {
      return "cart";
    }
    if (!attributes_.knows_session()) {
      fail(quoted("try " + std::string(list_.name) + " " + word) +
           " has nothing to read: add personalize_session" +
           (word == "cart" ? ", or a personalize_source cart" : ""));
    }
    return word == "cart" ? "session.cart" : "session.viewed";
  }

  KeyTemplate key_of_ranking() {
    std::string country;
    std::string category;
    std::string brand;
    refuse_duplicates(name(), words_, where_);
    for (auto word = words_.begin() + 1; word != words_.end(); ++word) {
      const auto equals = word->find('=');
      const auto part = std::string_view(*word).substr(0, equals);
      const auto value = equals == std::string::npos ? std::string() : word->substr(equals + 1);
      if (part == "country") {
        set(part, value, options_.by_country, country);
      } else if (part == "category") {
        set(part, value, options_.by_category, category);
      } else if (part == "brand") {
        set(part, value, options_.by_brand, brand);
      } else {
        fail("unknown parameter " + quoted(*word) + "; " + name() +
             " takes category= brand= country=");
      }
    }
    if (!category.empty() && !brand.empty()) {
      fail(name() +
           " takes category= or brand=, not both: write one of them, and a condition such as "
           "\"when item.item_brand = Acme\" for the other");
    }
    return {std::string(list_.name) + "\n" + country + "\n" + category + "\n" + brand, attributes_,
            where_};
  }

  void set(std::string_view part, const std::string& value, bool is_learned, std::string& out) {
    if (value.empty() || value.find('\n') != std::string::npos) {
      fail(name() + ": " + std::string(part) + "= lacks its value: write it as in " +
           std::string(part) + "=${" +
           (part == "country" ? "geo.country" : "page.item_" + std::string(part)) + "}");
    }
    if (value.find('.') != std::string::npos && attributes_.knows_root(value)) {
      fail(name() + ": " + std::string(part) + "=" + value + " is a text: write " +
           std::string(part) + "=${" + value + "} for the attribute");
    }
    if (!is_learned) {
      fail(name() + ": nothing is learned by " + std::string(part) +
           ": write by=" + std::string(part) + " at personalize_learn");
    }
    out = value;
  }

  const List& list_;
  const std::vector<std::string>& words_;
  AttributeTable& attributes_;
  const LearnOptions& options_;
  const Where& where_;
};

// Lists that are learned in another way are other documents.
std::uint32_t id_of(const LearnOptions& options, const Source& source) {
  return fnv1a_32(std::to_string(options.half_life_s) + " " + std::to_string(options.keep_s),
                  source_id(source));
}

}  // namespace

bool is_learned_list(std::string_view word) noexcept {
  return find_list(word) != nullptr;
}

std::string learned_lists() {
  return list_names(lists, [](const List& list) { return list.name; });
}

Source learned_source(std::string_view name, const std::vector<std::string>& words,
                      const CacheTimes& defaults, AttributeTable& attributes,
                      const LearnOptions* options, const Where& where) {
  const List& list = *find_list(words.front());
  if (options == nullptr) {
    throw ConfigError(where, quoted("try " + words.front()) +
                                 " needs personalize_learn in http: it lists what is learned");
  }
  Source source;
  source.name = name;
  source.where = where;
  source.key = Compiler(list, words, attributes, *options, where).key();
  source.type = SourceType::gathered;
  source.times = times_of(defaults);
  source.gatherer = std::make_shared<LearnedLists>(list, *options);
  source.id = id_of(*options, source);
  return source;
}

}  // namespace personalize
