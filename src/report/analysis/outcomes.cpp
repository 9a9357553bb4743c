#include "report/analysis/outcomes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace personalize::report {

namespace {

// A covariate that fewer visitors have than this is noise.
constexpr std::uint64_t least_covariates = 30;
constexpr std::size_t most_values = 12;

bool counts(const Quantity& quantity, const MemberConversion& conversion) {
  return quantity.kind != OutcomeKind::value ||
         (conversion.has_value && conversion.currency == quantity.currency);
}

// Returns the quantile as numpy does by default: between neighbours it is linear.
double quantile(std::vector<double>& values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const auto at = [&](std::size_t i) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values.end());
    return values[i];
  };
  const double below = at(low);
  const double above = low + 1 < values.size() ? at(low + 1) : below;
  return below + (place - static_cast<double>(low)) * (above - below);
}

}  // namespace

MetricHistory conversions_of(const Population& population, const MetricStore& metric,
                             const Settings& settings) {
  MetricHistory history;
  const auto& members = population.members();
  for (const auto& record : metric.conversions) {
    const auto place = population.find(record.visitor);
    if (place == members.size()) {
      continue;
    }
    const std::int64_t exposed = members[place].time;
    const MemberConversion conversion{record.time, record.value, static_cast<std::uint32_t>(place),
                                      record.currency, record.has_value};
    if (record.time < exposed) {
      history.before.push_back(conversion);
    } else if (settings.window == 0 || record.time <= exposed + settings.window) {
      history.counted.push_back(conversion);
    }
  }
  return history;
}

CutPlan plan_cuts(const Population& population, const Names& combinations,
                  const Settings& settings) {
  CutPlan plan;
  plan.of_combination.resize(combinations.size());
  std::vector<std::uint64_t> visitors(combinations.size());
  if (settings.by.empty()) {
    return plan;
  }
  for (const auto& member : population.members()) {
    ++visitors[member.groups];
  }
  for (std::size_t a = 0; a < settings.by.size(); ++a) {
    // The values of this attribute in each combination.
    std::vector<std::vector<std::string>> values(combinations.size());
    std::unordered_map<std::string, std::uint64_t> frequent;
    for (std::uint32_t i = 0; i < combinations.size(); ++i) {
      if (visitors[i] == 0) {
        continue;
      }
      std::string_view text = combinations[i];
      for (std::size_t line = 0; line < a && !text.empty(); ++line) {
        text.remove_prefix(text.find('\n') + 1);
      }
      text = text.substr(0, text.find('\n'));
      if (text.find('\t') == std::string_view::npos) {
        values[i].emplace_back(text.empty() ? "(unknown)" : text);
      } else {
        for (; !text.empty(); text.remove_prefix(text.find('\t') + 1)) {
          const auto element = text.substr(0, text.find('\t'));
          values[i].emplace_back(element.empty() ? "(none)" : element);
        }
      }
      std::sort(values[i].begin(), values[i].end());
      values[i].erase(std::unique(values[i].begin(), values[i].end()), values[i].end());
      for (const auto& value : values[i]) {
        frequent[value] += visitors[i];
      }
    }
    std::vector<std::pair<std::string, std::uint64_t>> sorted(frequent.begin(), frequent.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto& one, const auto& other) {
      return one.second != other.second ? one.second > other.second : one.first < other.first;
    });
    if (sorted.size() > most_values) {
      plan.further.push_back(settings.by[a] + ": " + std::to_string(sorted.size() - most_values) +
                             " further values are not shown");
      sorted.resize(most_values);
    }
    std::unordered_map<std::string, std::uint32_t> numbers;
    for (const auto& [value, unused] : sorted) {
      numbers.emplace(value, static_cast<std::uint32_t>(plan.groups.size()));
      plan.groups.push_back({settings.by[a], value});
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (const auto& value : values[i]) {
        if (const auto found = numbers.find(value); found != numbers.end()) {
          plan.of_combination[i].push_back(found->second);
        }
      }
    }
  }
  return plan;
}

OutcomeAnalysis::OutcomeAnalysis(const Population& population,
                                 const std::vector<std::int64_t>& ends, const CutPlan& cuts,
                                 const Settings& settings)
    : population_(population), ends_(ends), cuts_(cuts), settings_(settings) {}

std::vector<std::vector<VariantResult>> OutcomeAnalysis::work_out(Outcome& outcome,
                                                                  const Quantity& numerator,
                                                                  const Quantity* denominator) {
  const std::size_t n = population_.members().size();
  is_ratio_ = denominator != nullptr;
  cap_ = std::numeric_limits<double>::infinity();
  steps_.clear();
  add_steps(numerator, false);
  if (denominator != nullptr) {
    add_steps(*denominator, true);
    std::stable_sort(steps_.begin(), steps_.end(),
                     [](const Step& a, const Step& b) { return a.time < b.time; });
  }
  y_.assign(n, 0);
  d_.assign(is_ratio_ ? n : 0, 0);
  set_covariate(outcome, numerator);
  set_cap(outcome);
  replay(outcome);
  count(outcome);
  return cut_results();
}

void OutcomeAnalysis::add_steps(const Quantity& quantity, bool is_divisor) {
  for (const auto& conversion : quantity.history->counted) {
    if (counts(quantity, conversion)) {
      steps_.push_back({conversion.time, quantity.kind == OutcomeKind::value ? conversion.value : 1,
                        conversion.member, is_divisor, quantity.kind == OutcomeKind::rate});
    }
  }
}

// What a member did before: the same number as the outcome, or the attribute that was asked for.
void OutcomeAnalysis::set_covariate(Outcome& outcome, const Quantity& numerator) {
  x_.clear();
  uses_covariate_ = false;
  if (!settings_.uses_cuped || is_ratio_) {
    return;
  }
  const auto& members = population_.members();
  if (!settings_.covariate.empty()) {
    double sum = 0;
    std::uint64_t known = 0;
    for (const auto& member : members) {
      if (!std::isnan(member.covariate)) {
        sum += member.covariate;
        ++known;
      }
    }
    if (known < least_covariates) {
      return;
    }
    x_.reserve(members.size());
    for (const auto& member : members) {
      x_.push_back(std::isnan(member.covariate) ? sum / static_cast<double>(known)
                                                : member.covariate);
    }
    outcome.covariate = settings_.covariate;
    uses_covariate_ = true;
    return;
  }
  std::uint64_t known = 0;
  for (const auto& conversion : numerator.history->before) {
    if (!counts(numerator, conversion)) {
      continue;
    }
    if (x_.empty()) {
      x_.assign(members.size(), 0);
    }
    double& x = x_[conversion.member];
    known += x == 0 ? 1 : 0;
    x = numerator.kind == OutcomeKind::rate    ? 1
        : numerator.kind == OutcomeKind::count ? x + 1
                                               : x + conversion.value;
  }
  if (known < least_covariates) {
    x_.clear();
    return;
  }
  outcome.covariate = outcome.name + " before the first exposure";
  uses_covariate_ = true;
}

// Winsorizing: what a visitor counts is cut at a quantile of those who count anything.
void OutcomeAnalysis::set_cap(Outcome& outcome) {
  if (!settings_.winsorize || is_ratio_ || outcome.kind == OutcomeKind::rate) {
    return;
  }
  for (const auto& step : steps_) {
    y_[step.member] += step.value;
  }
  std::vector<double> values;
  std::copy_if(y_.begin(), y_.end(), std::back_inserter(values), [](double y) { return y > 0; });
  std::fill(y_.begin(), y_.end(), 0);
  if (values.empty()) {
    return;
  }
  cap_ = quantile(values, *settings_.winsorize);
  outcome.cap = cap_;
  outcome.capped = static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [this](double value) { return value > cap_; }));
  for (double& x : x_) {
    x = settings_.covariate.empty() ? std::min(x, cap_) : x;
  }
}

void OutcomeAnalysis::apply(const Step& step) {
  double& number = (step.is_divisor ? d_ : y_)[step.member];
  number = step.is_flag ? 1 : number + step.value;
}

Visit OutcomeAnalysis::visit_of(std::size_t member) const {
  return {std::min(y_[member], cap_), is_ratio_ ? d_[member] : 1, uses_covariate_ ? x_[member] : 0};
}

void OutcomeAnalysis::replay(Outcome& outcome) {
  const auto& members = population_.members();
  Strata strata = population_.empty();
  const auto moments = [&](std::size_t member) -> Moments& {
    return strata[population_.stratum_of(members[member])][members[member].variant];
  };
  std::vector<std::vector<std::optional<Comparison>>> points;
  std::size_t come = 0;
  auto step = steps_.begin();
  for (const auto end : ends_) {
    for (; come < members.size() && members[come].time < end; ++come) {
      moments(come).add(visit_of(come));
    }
    for (; step != steps_.end() && step->time < end; ++step) {
      const Visit old = visit_of(step->member);
      apply(*step);
      moments(step->member).replace(old, visit_of(step->member));
    }
    points.push_back(compare_all(strata));
  }
  outcome.variants = results_of(strata);

  // Either the lift or the difference all the time: whichever it is in the end.
  for (std::size_t i = 0; i < points.size(); ++i) {
    SeriesPoint point;
    point.time = ends_[i];
    for (std::size_t v = 0; v < points[i].size(); ++v) {
      const auto& last = points.back()[v];
      const auto& now = points[i][v];
      const bool is_lift = last && last->lift.has_value();
      point.is_lift.push_back(is_lift);
      if (now && is_lift) {
        point.effects.push_back(now->lift);
      } else if (now) {
        point.effects.emplace_back(now->difference);
      } else {
        point.effects.emplace_back();
      }
    }
    outcome.series.push_back(std::move(point));
  }
}

void OutcomeAnalysis::count(Outcome& outcome) const {
  const auto& members = population_.members();
  for (const auto& step : steps_) {
    outcome.variants[members[step.member].variant].conversions += step.is_divisor ? 0 : 1;
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (y_[i] != 0) {
      auto& result = outcome.variants[members[i].variant];
      ++result.converted;
      result.total += y_[i];
    }
  }
}

std::vector<std::optional<Comparison>> OutcomeAnalysis::compare_all(const Strata& strata) const {
  std::vector<std::optional<Comparison>> comparisons(population_.variants());
  const ComparisonOptions options{settings_.confidence, uses_covariate_};
  for (std::size_t v = 1; v < comparisons.size(); ++v) {
    comparisons[v] = compare(strata, 0, v, options);
  }
  return comparisons;
}

std::vector<VariantResult> OutcomeAnalysis::results_of(const Strata& strata) const {
  const auto comparisons = compare_all(strata);
  std::vector<VariantResult> results(comparisons.size());
  for (std::size_t v = 0; v < results.size(); ++v) {
    results[v].mean = observed_mean(strata, v);
    results[v].comparison = comparisons[v];
    if (results[v].comparison) {
      results[v].adjusted_p = results[v].comparison->effect().p;
      results[v].adjusted_always_p = results[v].comparison->effect().always_p;
    }
  }
  return results;
}

std::vector<std::vector<VariantResult>> OutcomeAnalysis::cut_results() const {
  std::vector<Strata> strata(cuts_.groups.size(), population_.empty());
  const auto& members = population_.members();
  if (!strata.empty()) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      for (const auto cut : cuts_.of_combination[members[i].groups]) {
        strata[cut][population_.stratum_of(members[i])][members[i].variant].add(visit_of(i));
      }
    }
  }
  std::vector<std::vector<VariantResult>> results;
  results.reserve(strata.size());
  for (const auto& of_cut : strata) {
    results.push_back(results_of(of_cut));
  }
  return results;
}

}  // namespace personalize::report
