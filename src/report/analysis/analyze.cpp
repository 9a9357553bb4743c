#include <algorithm>
#include <memory>

#include "report/analysis/calendar.h"
#include "report/analysis/findings.h"
#include "report/analysis/outcomes.h"
#include "report/analysis/population.h"
#include "report/analysis/touches.h"

namespace personalize::report {

namespace {

constexpr std::size_t most_currencies = 8;
constexpr std::int64_t day = std::int64_t{24} * 3600 * 1000;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  const auto tenths = (part * 1000 + whole / 2) / whole;
  return (part > 0 && tenths == 0
              ? "less than 0.1"
              : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10)) +
         " %";
}

// Everything about one experiment.
class ExperimentAnalysis {
 public:
  ExperimentAnalysis(ExperimentStore& experiment, EventStore& store, const Settings& settings)
      : store_(store),
        settings_(settings),
        population_(experiment, settings, findings_),
        cuts_(plan_cuts(population_, store.groups(), settings)) {
    findings_.end =
        std::max(findings_.begin, std::min(store.counts().last_time, settings.until - 1));
    if (!population_.members().empty()) {
      ends_ = steps(findings_.begin, findings_.end);
      count_days();
      count_cuts();
      work_out_metrics();
      work_out_ratios();
      correct();
    }
    warn();
  }

  Experiment take() { return std::move(findings_); }

 private:
  void count_days() {
    DayCount count;
    count.visitors.resize(population_.variants());
    std::size_t come = 0;
    const auto& members = population_.members();
    for (const auto end : ends_) {
      for (; come < members.size() && members[come].time < end; ++come) {
        ++count.visitors[members[come].variant];
      }
      count.time = end;
      findings_.days.push_back(count);
    }
    for (const auto& member : members) {
      findings_.immature += settings_.window > 0 && member.time + settings_.window > findings_.end;
    }
  }

  void count_cuts() {
    const std::size_t variants = population_.variants();
    using Counts = std::vector<std::vector<std::uint64_t>>;
    std::vector<Counts> counts(
        cuts_.groups.size(), Counts(population_.versions(), std::vector<std::uint64_t>(variants)));
    if (!counts.empty()) {
      for (const auto& member : population_.members()) {
        for (const auto cut : cuts_.of_combination[member.groups]) {
          ++counts[cut][member.stratum][member.variant];
        }
      }
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      auto& cut = findings_.cuts.emplace_back();
      cut.attribute = cuts_.groups[i].attribute;
      cut.value = cuts_.groups[i].value;
      cut.visitors.resize(variants);
      for (const auto& of_stratum : counts[i]) {
        for (std::size_t v = 0; v < variants; ++v) {
          cut.visitors[v] += of_stratum[v];
        }
      }
      if (findings_.has_split) {
        cut.ratio = population_.check(counts[i]);
      }
    }
    findings_.further_values = cuts_.further;
  }

  // Once for each metric; ratios use them again.
  const MetricHistory& history_of(std::size_t metric) {
    histories_.resize(store_.metrics().size());
    if (!histories_[metric]) {
      histories_[metric] = std::make_unique<MetricHistory>(
          conversions_of(population_, store_.metrics()[metric], settings_));
    }
    return *histories_[metric];
  }

  void work_out_metrics() {
    for (std::size_t i = 0; i < store_.metrics().size(); ++i) {
      const auto& metric = store_.metrics()[i];
      const bool is_guardrail = contains(settings_.guardrails, metric.name);
      const bool is_named = contains(settings_.metrics, metric.name) || is_guardrail;
      if (!is_named && !settings_.metrics.empty()) {
        continue;  // only a part of a ratio
      }
      const auto& history = history_of(i);
      if (history.counted.empty() && !is_named) {
        continue;
      }
      Outcome outcome;
      outcome.metric = metric.name;
      outcome.is_guardrail = is_guardrail;
      outcome.lower_is_better = contains(settings_.lower_is_better, metric.name);
      outcome.name = metric.name + ".rate";
      outcome.kind = OutcomeKind::rate;
      add(outcome, {&history, OutcomeKind::rate, 0}, nullptr);
      outcome.kind = OutcomeKind::value;
      for (const auto currency : currencies_of(metric, history)) {
        outcome.currency = store_.currencies()[currency];
        outcome.name = metric.name + ".value";
        add(outcome, {&history, OutcomeKind::value, currency}, nullptr);
      }
      warn_of_browsers(metric, history);
      if (!is_in_ratio(metric.name)) {
        histories_[i].reset();
      }
    }
  }

  bool is_in_ratio(const std::string& metric) const {
    return std::any_of(settings_.ratios.begin(), settings_.ratios.end(), [&](const auto& ratio) {
      return ratio.numerator.metric == metric || ratio.denominator.metric == metric;
    });
  }

  // Amounts in different currencies are never added.
  std::vector<std::uint16_t> currencies_of(const MetricStore& metric,
                                           const MetricHistory& history) {
    std::vector<std::uint64_t> frequency(store_.currencies().size());
    for (const auto& conversion : history.counted) {
      frequency[conversion.currency] += conversion.has_value ? 1 : 0;
    }
    std::vector<std::uint16_t> found;
    for (std::size_t i = 0; i < frequency.size(); ++i) {
      if (frequency[i] > 0) {
        found.push_back(static_cast<std::uint16_t>(i));
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [&](std::uint16_t a, std::uint16_t b) { return frequency[a] > frequency[b]; });
    if (found.size() > 1) {
      std::string names;
      for (const auto currency : found) {
        const auto& name = store_.currencies()[currency];
        names += (names.empty() ? "" : ", ") + (name.empty() ? "none" : name);
      }
      findings_.warnings.push_back("values of \"" + metric.name + "\" are in several currencies (" +
                                   names + "); they are kept apart, and never added");
    }
    if (found.size() > most_currencies) {
      found.resize(most_currencies);
    }
    return found;
  }

  void warn_of_browsers(const MetricStore& metric, const MetricHistory& history) {
    if (metric.from_browsers > 0 && !history.counted.empty()) {
      findings_.warnings.push_back(percent_text(metric.from_browsers, metric.conversions.size()) +
                                   " of all \"" + metric.name +
                                   "\" are what browsers claim; --edge-only leaves them out");
    }
  }

  void work_out_ratios() {
    for (const auto& ratio : settings_.ratios) {
      Quantity parts[2];
      const QuantityName* const names[2] = {&ratio.numerator, &ratio.denominator};
      Outcome outcome;
      bool are_known = true;
      for (std::size_t i = 0; i < 2; ++i) {
        const auto& metrics = store_.metrics();
        const auto found = std::find_if(
            metrics.begin(), metrics.end(),
            [&](const MetricStore& metric) { return metric.name == names[i]->metric; });
        if (found == metrics.end()) {
          findings_.warnings.push_back("there is no \"" + names[i]->metric + "\" for the ratio \"" +
                                       ratio.name + "\"");
          are_known = false;
          break;
        }
        parts[i].history = &history_of(static_cast<std::size_t>(found - metrics.begin()));
        parts[i].kind = names[i]->kind == QuantityName::Kind::value   ? OutcomeKind::value
                        : names[i]->kind == QuantityName::Kind::count ? OutcomeKind::count
                                                                      : OutcomeKind::rate;
        if (parts[i].kind == OutcomeKind::value) {
          const auto currencies = currencies_of(*found, *parts[i].history);
          if (!currencies.empty()) {
            parts[i].currency = currencies.front();
            outcome.currency = i == 0 ? store_.currencies()[currencies.front()] : "";
          }
        }
      }
      if (!are_known) {
        continue;
      }
      outcome.name = ratio.name;
      outcome.kind = OutcomeKind::ratio;
      outcome.is_guardrail = contains(settings_.guardrails, ratio.name);
      outcome.lower_is_better = contains(settings_.lower_is_better, ratio.name);
      add(outcome, parts[0], &parts[1]);
    }
  }

  void add(Outcome outcome, const Quantity& numerator, const Quantity* denominator) {
    OutcomeAnalysis analysis(population_, ends_, cuts_, settings_);
    const auto of_cuts = analysis.work_out(outcome, numerator, denominator);
    for (std::size_t i = 0; i < of_cuts.size(); ++i) {
      findings_.cuts[i].rows.push_back({findings_.outcomes.size(), of_cuts[i]});
    }
    findings_.outcomes.push_back(std::move(outcome));
  }

  // The family of a correction: all outcomes and variants, but for guardrails, where an alarm that
  // is missed is worse than a false one; of the cuts, all values of an attribute.
  void correct() {
    std::vector<VariantResult*> family;
    for (auto& outcome : findings_.outcomes) {
      if (!outcome.is_guardrail) {
        collect(outcome.variants, family);
      }
    }
    adjust_all(family);
    for (std::size_t begin = 0; begin < findings_.cuts.size();) {
      std::size_t end = begin;
      while (end < findings_.cuts.size() &&
             findings_.cuts[end].attribute == findings_.cuts[begin].attribute) {
        ++end;
      }
      family.clear();
      for (std::size_t i = begin; i < end; ++i) {
        for (auto& row : findings_.cuts[i].rows) {
          collect(row.variants, family);
        }
      }
      adjust_all(family);
      begin = end;
    }
  }

  static void collect(std::vector<VariantResult>& results, std::vector<VariantResult*>& family) {
    for (auto& result : results) {
      if (result.comparison) {
        family.push_back(&result);
      }
    }
  }

  void adjust_all(const std::vector<VariantResult*>& family) const {
    std::vector<double> once;
    std::vector<double> always;
    for (const auto* result : family) {
      once.push_back(result->comparison->effect().p);
      always.push_back(result->comparison->effect().always_p);
    }
    once = adjust(once, settings_.correction);
    always = adjust(always, settings_.correction);
    for (std::size_t i = 0; i < family.size(); ++i) {
      family[i]->adjusted_p = once[i];
      family[i]->adjusted_always_p = always[i];
    }
  }

  void warn() {
    auto& warnings = findings_.warnings;
    const auto visitors = findings_.visitors;
    if (findings_.in_several > 0) {
      warnings.push_back(percent_text(findings_.in_several, visitors + findings_.in_several) +
                         " of the visitors (" + std::to_string(findings_.in_several) +
                         ") saw several variants and are left out");
    }
    if (!findings_.has_split) {
      warnings.emplace_back(
          "the events do not say how visitors were split, so that it cannot be checked; --split "
          "says");
    }
    for (const auto& variant : findings_.variants) {
      if (variant.visitors == 0) {
        warnings.push_back("nobody has seen \"" + variant.name + "\"");
      }
    }
    if (findings_.variants.size() < 2) {
      warnings.emplace_back("there is nothing to compare with: only one variant was seen");
    }
    if (findings_.strata > 1) {
      warnings.push_back(
          (findings_.has_versions ? "the weights had " : "the split was changed: there were ") +
          std::to_string(findings_.strata) +
          (findings_.has_versions ? " versions" : " different ones") +
          "; variants are compared within each, and the results weighted by its visitors");
    }
    if (findings_.immature > 0 && visitors > 0) {
      warnings.push_back(percent_text(findings_.immature, visitors) +
                         " of the visitors came so late that their --window has not ended");
    }
    if (visitors > 0 && findings_.end - findings_.begin < 7 * day) {
      warnings.emplace_back("less than a week was observed: days of a week differ");
    }
    std::uint64_t left_out = 0;
    for (const auto& outcome : findings_.outcomes) {
      for (const auto& result : outcome.variants) {
        left_out = std::max(left_out, result.comparison ? result.comparison->left_out : 0);
      }
    }
    if (left_out > 0) {
      warnings.push_back(std::to_string(left_out) +
                         " visitors came under weights that gave one of the compared variants less "
                         "than two; they are left out of that comparison");
    }
  }

  EventStore& store_;
  const Settings& settings_;
  Experiment findings_;
  Population population_;
  CutPlan cuts_;
  std::vector<std::int64_t> ends_;
  std::vector<std::unique_ptr<MetricHistory>> histories_;
};

}  // namespace

Findings analyze(EventStore& store, const Settings& settings) {
  store.finish();
  Findings findings;
  findings.counts = store.counts();
  for (auto& experiment : store.experiments()) {
    findings.experiments.push_back(ExperimentAnalysis(experiment, store, settings).take());
    experiment.exposures = {};
  }
  std::stable_sort(findings.experiments.begin(), findings.experiments.end(),
                   [](const auto& a, const auto& b) {
                     return a.is_campaign != b.is_campaign ? !a.is_campaign : a.name < b.name;
                   });
  add_touches(store, settings, findings);
  add_questions(store, settings, findings);
  const auto warn = [&](std::uint64_t count, const char* what) {
    if (count > 0) {
      findings.warnings.push_back(std::to_string(count) + what);
    }
  };
  warn(findings.counts.without_visitor, " events have no visitor and are left out");
  warn(findings.counts.duplicates, " events came twice; the second ones are left out");
  for (const auto& metric : store.metrics()) {
    warn(metric.duplicates,
         (" \"" + metric.name + "\" had the order number of another and are left out").c_str());
  }
  for (const auto& name : settings.experiments) {
    if (std::none_of(findings.experiments.begin(), findings.experiments.end(),
                     [&](const auto& one) { return one.name == name && !one.is_campaign; })) {
      findings.warnings.push_back("nobody has been in the experiment \"" + name + "\"");
    }
  }
  return findings;
}

}  // namespace personalize::report
