#include "report/allocation/learn.h"

#include <algorithm>
#include <map>

#include "report/analysis/findings.h"
#include "report/analysis/outcomes.h"
#include "report/analysis/population.h"

namespace personalize::report {

namespace {

constexpr std::string_view value_suffix = ".value";
constexpr std::string_view rate_suffix = ".rate";

// Returns what each member has of the metric.
std::vector<double> outcomes_of(const MetricHistory& history, std::size_t members, bool is_value) {
  std::vector<double> outcomes(members);
  std::map<std::uint16_t, std::size_t> currencies;
  for (const auto& conversion : history.counted) {
    ++currencies[conversion.currency];
  }
  const auto frequent = std::max_element(
      currencies.begin(), currencies.end(),
      [](const auto& one, const auto& other) { return one.second < other.second; });
  for (const auto& conversion : history.counted) {
    if (!is_value) {
      outcomes[conversion.member] = 1;
    } else if (conversion.has_value && conversion.currency == frequent->first) {
      outcomes[conversion.member] += conversion.value;
    }
  }
  return outcomes;
}

template <class Store>
Store* find_named(std::deque<Store>& stores, const std::string& name) {
  const auto found = std::find_if(stores.begin(), stores.end(),
                                  [&](const Store& one) { return one.name == name; });
  return found == stores.end() ? nullptr : &*found;
}

}  // namespace

AllocationMetric read_metric(std::string_view text) {
  const auto ends_with = [&](std::string_view suffix) {
    return text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
  };
  if (ends_with(value_suffix)) {
    return {std::string(text.substr(0, text.size() - value_suffix.size())), true};
  }
  const auto size = ends_with(rate_suffix) ? text.size() - rate_suffix.size() : text.size();
  return {std::string(text.substr(0, size)), false};
}

Learned learn(const DeclaredExperiment& experiment, EventStore& store, const Settings& settings,
              std::uint64_t seed) {
  Learned learned;
  learned.visitors.resize(experiment.variants.size());
  const auto is_it = [&](const ExperimentStore& one) {
    return one.name == experiment.name && !one.is_campaign;
  };
  const auto found = std::find_if(store.experiments().begin(), store.experiments().end(), is_it);
  if (found == store.experiments().end()) {
    return learned;
  }
  Experiment findings;
  const Population population(*found, settings, findings);

  // By the population's number of a variant: the declared one's.
  std::vector<std::size_t> declared;
  for (const auto& variant : findings.variants) {
    const auto name =
        std::find(experiment.variants.begin(), experiment.variants.end(), variant.name);
    declared.push_back(static_cast<std::size_t>(name - experiment.variants.begin()));
  }

  const auto metric = read_metric(experiment.metric);
  const auto& members = population.members();
  std::vector<double> outcomes(members.size());
  if (const MetricStore* conversions = find_named(store.metrics(), metric.name)) {
    outcomes = outcomes_of(conversions_of(population, *conversions, settings), members.size(),
                           metric.is_value);
  }
  Strata strata(population.strata(), std::vector<Moments>(experiment.variants.size()));
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t variant = declared[members[i].variant];
    if (variant < experiment.variants.size()) {
      strata[members[i].stratum][variant].add({outcomes[i], 1, 0});
      ++learned.visitors[variant];
    }
  }
  if (const auto beliefs = beliefs_of(strata, !metric.is_value)) {
    learned.shares = top_two_shares(*beliefs, experiment.floor, seed);
  }
  return learned;
}

}  // namespace personalize::report
