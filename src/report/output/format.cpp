#include "report/output/format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace personalize::report {

namespace {

template <class... Arguments>
std::string formatted(const char* format, Arguments... arguments) {
  char text[400];
  const int size = std::snprintf(text, sizeof text, format, arguments...);
  return {text, static_cast<std::size_t>(std::clamp(size, 0, int{sizeof text} - 1))};
}

// Adds commas to the whole part of a number, and a minus sign as it is printed.
std::string grouped(std::string number) {
  auto point = number.find('.');
  point = point == std::string::npos ? number.size() : point;
  const std::size_t begin = number[0] == '-' || number[0] == '+' ? 1 : 0;
  for (std::size_t at = point; at > begin + 3;) {
    at -= 3;
    number.insert(at, ",");
  }
  return number[0] == '-' ? "−" + number.substr(1) : number;
}

// Digits after the point, so that about `digits` of them count.
int decimals(double number, int digits, int least) {
  if (number == 0) {
    return least;
  }
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(number)))) + 1;
  return std::clamp(digits - magnitude, least, 12);
}

std::string quoted_name(const std::string& name) {
  return "“" + name + "”";
}

}  // namespace

std::string count_text(std::uint64_t count) {
  return grouped(std::to_string(count));
}

std::string lift_text(double share) {
  const double percent = share * 100;
  return grouped(formatted("%+.*f", std::abs(percent) < 1 ? 2 : 1, percent)) + " %";
}

std::string share_text(double share) {
  const double percent = share * 100;
  return grouped(formatted("%.*f", percent == 0 ? 0 : decimals(percent, 3, 0), percent)) + " %";
}

std::string confidence_text(double confidence) {
  return formatted("%g %%", std::round(confidence * 1e6) / 1e4);
}

std::string amount_text(double amount) {
  return grouped(
      formatted("%.*f", std::abs(amount) >= 100000 ? 0 : decimals(amount, 3, 2), amount));
}

std::string money_text(double amount, const std::string& currency) {
  if (currency.empty()) {
    return amount == 0 ? "–" : amount_text(amount);
  }
  return amount_text(amount) + " " + currency;
}

std::string change_text(double amount) {
  return (amount < 0 ? "" : "+") + amount_text(amount);
}

std::string p_text(double p) {
  return p < 0.001 ? "< 0.001" : formatted("%.3f", p);
}

std::string chance_text(double chance) {
  if (chance > 0.999) {
    return "> 99.9 %";
  }
  if (chance < 0.001) {
    return "< 0.1 %";
  }
  return formatted(chance > 0.99 || chance < 0.01 ? "%.1f %%" : "%.0f %%", chance * 100);
}

std::string mean_text(const Outcome& outcome, double mean) {
  if (outcome.kind == OutcomeKind::rate) {
    return share_text(mean);
  }
  return amount_text(mean) + (outcome.currency.empty() ? "" : " " + outcome.currency);
}

std::string effect_text(const Outcome& outcome, const Comparison& comparison, double value) {
  if (comparison.lift) {
    return lift_text(value);
  }
  if (outcome.kind == OutcomeKind::rate) {
    return grouped(formatted("%+.2f", value * 100)) + " points";
  }
  return change_text(value) + (outcome.currency.empty() ? "" : " " + outcome.currency);
}

std::string interval_text(const Outcome& outcome, const Comparison& comparison,
                          const Interval& interval) {
  return effect_text(outcome, comparison, interval.low) + " to " +
         effect_text(outcome, comparison, interval.high);
}

std::string outcome_title(const Outcome& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::rate:
      return "Visitors with " + outcome.metric;
    case OutcomeKind::count:
      return outcome.metric + " per visitor";
    case OutcomeKind::value:
      return "Value of " + outcome.metric + " per visitor" +
             (outcome.currency.empty() ? "" : " in " + outcome.currency);
    case OutcomeKind::ratio:
      return outcome.name + (outcome.currency.empty() ? "" : " in " + outcome.currency);
  }
  return outcome.name;
}

std::string verdict_text(const Experiment& experiment, const Outcome& outcome,
                         const VariantResult& result, const std::string& variant,
                         const Settings& settings) {
  const std::string name = quoted_name(variant);
  const auto verdict = judge(experiment, outcome, result, settings);
  if (verdict == Verdict::untrusted) {
    return "Do not decide by this: the split of the visitors is wrong.";
  }
  if (verdict == Verdict::too_early) {
    return "Nothing to compare yet: there are too few visitors, or all of them do the same.";
  }
  const Comparison& comparison = *result.comparison;
  const Estimate& effect = comparison.effect();
  const std::string range = interval_text(outcome, comparison, effect.interval);
  const std::string always = interval_text(outcome, comparison, effect.always);
  switch (verdict) {
    case Verdict::better:
    case Verdict::worse:
      return name + (verdict == Verdict::better ? " is better" : " is worse") +
             " than control, by " + always +
             ". This holds however often you have looked: you can stop.";
    case Verdict::better_planned:
    case Verdict::worse_planned:
      return name + (verdict == Verdict::better_planned ? " looks better" : " looks worse") +
             " than control, by " + range + ". Believe it only if you had planned to end today; " +
             (effect.always_p < 1 - settings.confidence
                  ? "where several numbers are looked at every day, one like this may be chance."
                  : "for somebody who looks every day, " + always + " is still possible.");
    case Verdict::harm:
      return name + " harms what this guardrail protects: " + range + ".";
    case Verdict::no_harm_seen: {
      const double worst = outcome.lower_is_better ? effect.interval.high : effect.interval.low;
      return "No harm by " + name + " was seen; at worst it would be about " +
             effect_text(outcome, comparison, worst) + ".";
    }
    default:
      if (effect.p < 1 - settings.confidence) {
        return name + " may differ from control, by " + range +
               ", but among as many numbers as are looked at here, one like this is often chance.";
      }
      return "No difference between " + name + " and control was seen. The true one is probably " +
             range + "; one of " + effect_text(outcome, comparison, comparison.detectable) +
             " would have been seen four times in five.";
  }
}

std::string alarm_text(const Experiment& experiment) {
  if (!experiment.has_alarm()) {
    return "";
  }
  std::string text = "The split is wrong: ";
  for (std::size_t i = 0; i < experiment.variants.size(); ++i) {
    const auto& variant = experiment.variants[i];
    text += (i == 0 ? "" : ", ") + quoted_name(variant.name) + " has " +
            count_text(variant.visitors) + " visitors and should have " +
            count_text(static_cast<std::uint64_t>(std::llround(variant.expected)));
  }
  text += ". By chance alone this happens less than once in a thousand experiments (p ";
  text += experiment.ratio && experiment.ratio->p < sample_ratio_alarm
              ? p_text(experiment.ratio->p)
              : p_text(experiment.sequential_p) + ", sequential test";
  return text +
         "). Events of one variant are lost, a variant breaks or redirects pages, or the weights "
         "are "
         "other than the events say. Find out which before you look at any other number.";
}

const char* correction_text(Correction correction) {
  switch (correction) {
    case Correction::none:
      return "not corrected";
    case Correction::holm:
      return "Holm";
    case Correction::benjamini_hochberg:
      return "Benjamini-Hochberg";
  }
  return "";
}

}  // namespace personalize::report
