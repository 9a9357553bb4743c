#include "nginx/config/site_sources.h"

#include <algorithm>

#include "base/text.h"

namespace personalize {

namespace {

// Looks for a circle and for look-ups beyond the second, and says by which way they come about.
class SourceOrder {
 public:
  explicit SourceOrder(const Site& site) : site_(site), known_(site.sources.size(), 0) {}

  // How many look-ups it takes to have the source's document, one after the other.
  int rounds(std::size_t source) {
    if (known_[source] != 0) {
      return known_[source];
    }
    const auto open = std::find(chain_.begin(), chain_.end(), source);
    if (open != chain_.end()) {
      fail_circle(static_cast<std::size_t>(open - chain_.begin()));
    }
    chain_.push_back(source);
    int before = 0;
    for (std::size_t other = 0; other < site_.sources.size(); ++other) {
      if (site_.source_needs[source][other]) {
        before = std::max(before, rounds(other));
        if (before >= most_rounds) {
          fail_rounds(source, other);
        }
      }
    }
    chain_.pop_back();
    return known_[source] = before + 1;
  }

 private:
  static constexpr int most_rounds = 2;

  [[noreturn]] void fail_circle(std::size_t first) const {
    std::string names;
    for (std::size_t i = first; i < chain_.size(); ++i) {
      const std::size_t next = i + 1 < chain_.size() ? chain_[i + 1] : chain_[first];
      names += site_.sources[chain_[i]].name + " -> " + by_way_of(chain_[i], next);
    }
    const Source& source = site_.sources[chain_[first]];
    throw ConfigError(source.where, "source " + quoted(source.name) +
                                        " depends on itself: " + names + source.name +
                                        "; its key and its if= can only name what is known before "
                                        "it is looked up");
  }

  [[noreturn]] void fail_rounds(std::size_t source, std::size_t needed) const {
    const auto& needs = site_.source_needs[needed];
    std::size_t first = 0;
    while (!needs[first]) {
      ++first;
    }
    const auto name = [this](std::size_t i) { return site_.sources[i].name; };
    throw ConfigError(site_.sources[source].where,
                      "source " + quoted(name(source)) +
                          " takes a third look-up after two others: " + name(source) + " -> " +
                          by_way_of(source, needed) + name(needed) + " -> " +
                          by_way_of(needed, first) + name(first) +
                          "; a key or an if= can only need sources that themselves need none");
  }

  // The segment, experiment or feature through which one source needs another, where its key does
  // not name it.
  std::string by_way_of(std::size_t source, std::size_t needed) const {
    const Source& definition = site_.sources[source];
    if (definition.key.needs(site_.attributes)[needed]) {
      return {};
    }
    for (const AttributeId id : definition.key.decided(site_.attributes)) {
      const Attribute& attribute = site_.attributes[id];
      if (site_.program->attribute_needs(attribute)[needed]) {
        return attribute.spelling + " -> ";
      }
    }
    const auto& condition = definition.condition;
    return condition && site_.program->segment_needs(condition->segment)[needed]
               ? "segment." + site_.program->segment_name(condition->segment) + " -> "
               : std::string();
  }

  const Site& site_;
  std::vector<int> known_;  // rounds by source; 0: not known yet
  std::vector<std::size_t> chain_;
};

}  // namespace

void find_source_needs(Site& site) {
  for (const auto& source : site.sources) {
    SourceSet needs = source.key.needs(site.attributes);
    for (const AttributeId id : source.key.decided(site.attributes)) {
      needs |= site.program->attribute_needs(site.attributes[id]);
    }
    if (source.condition) {
      needs |= site.program->segment_needs(source.condition->segment);
    }
    site.source_needs.push_back(needs);
  }
  SourceOrder order(site);
  for (std::size_t i = 0; i < site.sources.size(); ++i) {
    order.rounds(i);
  }
}

}  // namespace personalize
