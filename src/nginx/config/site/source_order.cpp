#include "nginx/config/site/source_order.h"

#include <algorithm>

#include "base/text/text.h"

namespace personalize {

namespace {

struct Graph {
  const std::vector<Source>& sources;
  const AttributeTable& attributes;
  const Program& program;
  std::vector<SourceSet> needs;  // by source
  SourceSet chains;              // sources that are the list of a chain
};

// Finds cycles, and chains of more than two look-ups, and names the way in the error. With
//
//   personalize_source a key=a:${b.x};   personalize_source b key=b:${c.x};
//   personalize_source c key=c:${d.x};   personalize_source d key=d;
//
// rounds(a) asks for rounds(b), that for rounds(c), and that for rounds(d), which is 1. Then c
// takes 2 look-ups and b would take 3: b is refused.
class Rounds {
 public:
  explicit Rounds(const Graph& graph) : graph_(graph), known_(graph.sources.size(), 0) {}

  // Returns how many look-ups it takes to have the source's document, one after the other.
  std::uint8_t rounds(std::size_t source) {
    if (known_[source] != 0) {
      return known_[source];
    }
    const auto open = std::find(chain_.begin(), chain_.end(), source);
    if (open != chain_.end()) {
      fail_cycle(static_cast<std::size_t>(open - chain_.begin()));
    }
    chain_.push_back(source);
    std::uint8_t before = 0;
    for (std::size_t other = 0; other < graph_.sources.size(); ++other) {
      if (graph_.needs[source][other]) {
        before = std::max(before, rounds(other));
        if (before >= most_rounds && !graph_.chains[source]) {
          fail_rounds(source, other);
        }
      }
    }
    chain_.pop_back();
    return known_[source] = static_cast<std::uint8_t>(before + 1);
  }

 private:
  static constexpr int most_rounds = 2;

  [[noreturn]] void fail_cycle(std::size_t first) const {
    std::string names;
    for (std::size_t i = first; i < chain_.size(); ++i) {
      const std::size_t next = i + 1 < chain_.size() ? chain_[i + 1] : chain_[first];
      names += graph_.sources[chain_[i]].name + " -> " + by_way_of(chain_[i], next);
    }
    const Source& source = graph_.sources[chain_[first]];
    if (std::all_of(chain_.begin() + static_cast<std::ptrdiff_t>(first), chain_.end(),
                    [&](std::size_t i) { return graph_.chains[i]; })) {
      throw ConfigError(source.where, quoted(source.name) +
                                          " would be filled from itself: " + names + source.name +
                                          "; what fills a list, is excluded from it or is a "
                                          "condition on its items must be known before it");
    }
    throw ConfigError(source.where, "source " + quoted(source.name) +
                                        " depends on itself: " + names + source.name +
                                        "; its key and its if= can only name what is known before "
                                        "it is looked up");
  }

  [[noreturn]] void fail_rounds(std::size_t source, std::size_t needed) const {
    const auto& needs = graph_.needs[needed];
    std::size_t first = 0;
    while (!needs[first]) {
      ++first;
    }
    const auto name = [this](std::size_t i) { return graph_.sources[i].name; };
    throw ConfigError(graph_.sources[source].where,
                      "source " + quoted(name(source)) +
                          " takes a third look-up after two others: " + name(source) + " -> " +
                          by_way_of(source, needed) + name(needed) + " -> " +
                          by_way_of(needed, first) + name(first) +
                          "; a key or an if= can only need sources that themselves need none");
  }

  // Returns the name of the segment, experiment or feature through which one source needs another,
  // if its key does not.
  std::string by_way_of(std::size_t source, std::size_t needed) const {
    const Source& definition = graph_.sources[source];
    if (definition.key.needs(graph_.attributes)[needed]) {
      return {};
    }
    for (const AttributeId id : definition.key.decided(graph_.attributes)) {
      const Attribute& attribute = graph_.attributes[id];
      if (graph_.program.attribute_needs(attribute)[needed]) {
        return attribute.spelling + " -> ";
      }
    }
    const auto& condition = definition.condition;
    return condition && graph_.program.segment_needs(condition->segment)[needed]
               ? "segment." + graph_.program.segment_name(condition->segment) + " -> "
               : std::string();
  }

  const Graph& graph_;
  std::vector<std::uint8_t> known_;  // rounds by source; 0: not known yet
  std::vector<std::size_t> chain_;
};

}  // namespace

SourceOrder find_source_order(const std::vector<Source>& sources, const std::vector<Chain>& chains,
                              const AttributeTable& attributes, const Program& program) {
  Graph graph{sources, attributes, program, {}, {}};
  for (const auto& source : sources) {
    SourceSet needs = source.key.needs(attributes);
    for (const AttributeId id : source.key.decided(attributes)) {
      needs |= program.attribute_needs(attributes[id]);
    }
    if (source.condition) {
      needs |= program.segment_needs(source.condition->segment);
    }
    graph.needs.push_back(needs);
  }
  for (const auto& chain : chains) {
    graph.needs[chain.source] = chain.needs;
    graph.chains.set(chain.source);
  }
  SourceOrder order;
  Rounds rounds(graph);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    order.rounds.push_back(rounds.rounds(i));
  }
  order.needs = std::move(graph.needs);
  return order;
}

}  // namespace personalize
