// Numbers and words for people.
#pragma once

#include <cstdint>
#include <string>

#include "report/analysis/findings.h"
#include "report/analysis/verdict.h"

namespace personalize::report {

// "1,234,567"
std::string count_text(std::uint64_t count);
// "+8.1 %", for lifts.
std::string lift_text(double share);
// "3.21 %", with three digits that count.
std::string share_text(double share);
// "95 %", "99.5 %"
std::string confidence_text(double confidence);
// "12.50", "0.00123", "1,234,567": amounts and ratios.
std::string amount_text(double amount);
// "12.50 EUR"; "–" for nothing in no currency, as of metrics that have no values.
std::string money_text(double amount, const std::string& currency);
// An amount with a sign.
std::string change_text(double amount);
// "0.012", "< 0.001"
std::string p_text(double p);
// "97 %", "> 99.9 %"
std::string chance_text(double chance);

// The mean of an outcome: a share or an amount, with its currency.
std::string mean_text(const Outcome& outcome, double mean);
// A lift, or a difference of means.
std::string effect_text(const Outcome& outcome, const Comparison& comparison, double value);
// "from 2.1 % to 14.0 %" of the effect.
std::string interval_text(const Outcome& outcome, const Comparison& comparison,
                          const Interval& interval);

// "Share of visitors with a purchase"
std::string outcome_title(const Outcome& outcome);

// What the result means, in one or two sentences.
std::string verdict_text(const Experiment& experiment, const Outcome& outcome,
                         const VariantResult& result, const std::string& variant,
                         const Settings& settings);

// The alarm of the sample-ratio check, in words. "" if there is none.
std::string alarm_text(const Experiment& experiment);

// "Holm"
const char* correction_text(Correction correction);

}  // namespace personalize::report
