#include "report/analysis/population.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/numbers/number.h"
#include "report/analysis/calendar.h"

namespace personalize::report {

namespace {

using Split = std::vector<std::pair<std::string, double>>;

// Reads "control=50,blue=25". Parts that are none are passed over.
Split read_split(std::string_view text) {
  Split split;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto equals = part.rfind('=');
    if (equals == std::string_view::npos || equals == 0) {
      continue;
    }
    const auto weight = read_decimal(part.substr(equals + 1));
    if (weight && std::isfinite(*weight) && *weight >= 0) {
      split.emplace_back(part.substr(0, equals), *weight);
    }
  }
  return split;
}

std::size_t index_of(const std::vector<Variant>& variants, std::string_view name) {
  return static_cast<std::size_t>(
      std::find_if(variants.begin(), variants.end(),
                   [name](const Variant& variant) { return variant.name == name; }) -
      variants.begin());
}

void add_variant(std::vector<Variant>& variants, const std::string& name) {
  if (index_of(variants, name) == variants.size()) {
    variants.emplace_back().name = name;
  }
}

// Moves control to the front.
void choose_control(const Settings& settings, Experiment& findings) {
  auto& variants = findings.variants;
  const auto asked = settings.controls.find(findings.name);
  const std::string& name = asked != settings.controls.end() ? asked->second : settings.control;
  std::size_t control = name.empty() ? variants.size() : index_of(variants, name);
  if (!name.empty() && control == variants.size()) {
    findings.warnings.push_back("there is no variant \"" + name + "\" to be control");
  }
  if (control == variants.size()) {
    control = index_of(variants, findings.is_campaign ? "holdout" : "control");
  }
  if (control == variants.size()) {
    control = 0;
  }
  std::rotate(variants.begin(), variants.begin() + static_cast<std::ptrdiff_t>(control),
              variants.begin() + static_cast<std::ptrdiff_t>(control) + 1);
}

}  // namespace

Population::Population(ExperimentStore& store, const Settings& settings, Experiment& findings)
    : exposures_(store.exposures) {
  findings.name = store.name;
  findings.is_campaign = store.is_campaign;
  choose_variants(store, settings, findings);
  collect(store, findings);
  count(findings);
}

// The order of declaration is known from the latest split.
void Population::choose_variants(const ExperimentStore& store, const Settings& settings,
                                 Experiment& findings) {
  const auto given = settings.splits.find(store.name);
  const bool is_given = given != settings.splits.end();
  const Split latest = is_given ? given->second
                       : store.last_split_time < 0
                           ? Split()
                           : read_split(store.strata[store.last_split].split);
  auto& variants = findings.variants;
  for (const auto& [name, weight] : latest) {
    add_variant(variants, name);
  }
  std::vector<std::string> seen;
  for (std::uint32_t i = 0; i < store.variants.size(); ++i) {
    seen.push_back(store.variants[i]);
  }
  std::sort(seen.begin(), seen.end());
  for (const auto& name : seen) {
    add_variant(variants, name);
  }
  // A variant that earlier versions had and nobody saw.
  for (const auto& stratum : store.strata) {
    for (const auto& [name, weight] : is_given ? Split() : read_split(stratum.split)) {
      add_variant(variants, name);
    }
  }
  choose_control(settings, findings);
  variants_ = variants.size();
  for (std::uint32_t i = 0; i < store.variants.size(); ++i) {
    numbers_.push_back(static_cast<std::uint16_t>(index_of(variants, store.variants[i])));
  }

  findings.has_split = true;
  for (const auto& stratum : store.strata) {
    const Split own = is_given ? latest : read_split(stratum.split);
    const Split& split = own.empty() ? latest : own;
    std::vector<double> shares(variants_);
    double sum = 0;
    for (const auto& [name, weight] : split) {
      shares[index_of(variants, name)] += weight;
      sum += weight;
    }
    if (sum > 0) {
      std::for_each(shares.begin(), shares.end(), [sum](double& share) { share /= sum; });
    } else {
      findings.has_split = false;
      std::fill(shares.begin(), shares.end(), 1 / static_cast<double>(variants_));
    }
    shares_.push_back(std::move(shares));
    findings.has_versions |= !stratum.version.empty();
  }
}

void Population::collect(const ExperimentStore& store, Experiment& findings) {
  const std::size_t records = exposures_.size();
  std::vector<std::uint32_t> order;
  order.reserve(records);
  for (std::uint32_t i = 0; i < records; ++i) {
    if (exposures_[i].is_forgotten) {
      continue;
    }
    if (exposures_[i].is_in_several) {
      ++findings.in_several;
    } else {
      order.push_back(i);
    }
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return exposures_[a].time != exposures_[b].time ? exposures_[a].time < exposures_[b].time
                                                    : a < b;
  });
  members_.reserve(order.size());
  places_.assign(records, static_cast<std::uint32_t>(order.size()));
  for (const auto i : order) {
    const Exposure& exposure = exposures_[i];
    places_[i] = static_cast<std::uint32_t>(members_.size());
    members_.push_back({exposure.time, exposure.covariate, exposure.groups, exposure.stratum,
                        numbers_[exposure.variant]});
  }
  findings.visitors = members_.size();
  findings.begin = members_.empty() ? store.first_time : members_.front().time;
}

void Population::count(Experiment& findings) {
  std::vector<std::vector<std::uint64_t>> visitors(versions(),
                                                   std::vector<std::uint64_t>(variants_));
  for (const auto& member : members_) {
    ++visitors[member.stratum][member.variant];
    ++findings.variants[member.variant].visitors;
  }
  findings.strata = static_cast<std::size_t>(
      std::count_if(visitors.begin(), visitors.end(), [](const auto& of_stratum) {
        return std::any_of(of_stratum.begin(), of_stratum.end(), [](auto n) { return n > 0; });
      }));
  std::vector<double> expected(variants_);
  for (std::size_t s = 0; s < versions(); ++s) {
    const auto total = static_cast<double>(
        std::accumulate(visitors[s].begin(), visitors[s].end(), std::uint64_t{0}));
    for (std::size_t i = 0; i < variants_; ++i) {
      expected[i] += total * shares_[s][i];
    }
  }
  for (std::size_t i = 0; i < variants_; ++i) {
    findings.variants[i].expected = expected[i];
    findings.variants[i].share =
        members_.empty() ? shares_.front()[i] : expected[i] / static_cast<double>(members_.size());
  }
  join(visitors);
  // Whoever does not know the weights cannot call them wrong.
  if (!findings.has_split) {
    return;
  }
  findings.ratio = check(visitors);

  SequentialRatioCheck sequential(variants_);
  for (const auto& member : members_) {
    sequential.add(shares_[member.stratum], member.variant);
  }
  findings.sequential_p = sequential.p();
}

// Joins versions in the order in which they came, until each variant that can be drawn in them has
// enough visitors for a mean and its variance.
void Population::join(const std::vector<std::vector<std::uint64_t>>& visitors) {
  constexpr std::uint64_t enough = 20;
  std::vector<std::uint16_t> order;
  std::vector<bool> is_known(versions());
  for (const auto& member : members_) {
    if (!is_known[member.stratum]) {
      is_known[member.stratum] = true;
      order.push_back(member.stratum);
    }
  }
  joined_.assign(versions(), 0);
  std::vector<std::uint64_t> of_stratum(variants_);
  std::vector<bool> is_drawn(variants_);
  std::uint16_t stratum = 0;
  std::vector<std::uint16_t> open;  // versions of the present stratum
  for (const auto version : order) {
    bool is_whole = true;
    for (std::size_t v = 0; v < variants_; ++v) {
      of_stratum[v] += visitors[version][v];
      is_drawn[v] = is_drawn[v] || shares_[version][v] > 0;
      is_whole = is_whole && (!is_drawn[v] || of_stratum[v] >= enough);
    }
    joined_[version] = stratum;
    open.push_back(version);
    if (is_whole) {
      ++stratum;
      open.clear();
      std::fill(of_stratum.begin(), of_stratum.end(), 0);
      std::fill(is_drawn.begin(), is_drawn.end(), false);
    }
  }
  // What is left at the end goes with what was before it.
  if (stratum > 0) {
    for (const auto version : open) {
      joined_[version] = static_cast<std::uint16_t>(stratum - 1);
    }
  }
  joined_count_ = std::max<std::size_t>(stratum, 1);
}

std::optional<RatioCheck> Population::check(
    const std::vector<std::vector<std::uint64_t>>& visitors) const {
  std::vector<DrawCount> draws;
  for (std::size_t s = 0; s < versions(); ++s) {
    draws.push_back({shares_[s], visitors[s]});
  }
  return check_ratio(draws);
}

}  // namespace personalize::report
