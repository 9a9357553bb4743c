#include "decision/experiments/variants.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/numbers/number.h"
#include "base/text/text.h"
#include "personalize/decision/experiments.h"

namespace personalize::decision {

namespace {

[[noreturn]] void fail(const Statement& line, const std::string& message) {
  throw ConfigError(line.where, message);
}

}  // namespace

bool Variants::have_weights() const {
  return std::any_of(weights.begin(), weights.end(),
                     [](const std::string& weight) { return !weight.empty(); });
}

Assigned split_assigned(const std::string& word) {
  const auto equals = word.rfind('=');
  return equals == std::string::npos ? Assigned{word, ""}
                                     : Assigned{word.substr(0, equals), word.substr(equals + 1)};
}

const Statement& variants_line(const Declaration& experiment) {
  const auto found = std::find_if(experiment.statements.begin(), experiment.statements.end(),
                                  [](const Statement& s) { return s.words.at(0) == "variants"; });
  if (found == experiment.statements.end()) {
    throw ConfigError(experiment.where, "experiment " + quoted(experiment.name) +
                                            " has no variants: write for example \"variants "
                                            "control=50 new=50;\" into it");
  }
  return *found;
}

Variants read_variants(const Statement& line) {
  Variants result;
  for (auto word = line.words.begin() + 1; word != line.words.end(); ++word) {
    const Assigned variant = split_assigned(*word);
    // Variables and cookies hold lists of variants.
    const bool is_name =
        !variant.name.empty() && variant.name.find_first_of(",=; \"") == std::string::npos;
    if (!is_name) {
      fail(line, quoted(variant.name) + " cannot be the name of a variant: it must be a word " +
                     "without commas, equals signs, quotes and spaces");
    }
    if (std::find(result.names.begin(), result.names.end(), variant.name) != result.names.end()) {
      fail(line, "variant " + quoted(variant.name) + " is duplicate");
    }
    result.names.push_back(variant.name);
    result.weights.push_back(variant.value);
  }
  if (result.names.size() < 2) {
    fail(line,
         "an experiment has two variants or more: write for example \"variants "
         "control=50 new=50\"");
  }
  return result;
}

std::vector<double> read_shares(const Statement& line, const Variants& variants) {
  const auto& weights = variants.weights;
  const auto given = static_cast<std::size_t>(
      std::count_if(weights.begin(), weights.end(), [](const auto& w) { return !w.empty(); }));
  if (given == 0) {
    return equal_weights(static_cast<int>(weights.size()));
  }
  std::vector<double> numbers;
  for (const auto& weight : weights) {
    const auto number = read_decimal(weight);
    if (!number || *number < 0) {
      fail(line, given < weights.size()
                     ? "some variants have a weight and some have none: give one to each, as "
                       "in \"variants control=50 new=50\""
                     : quoted(weight) +
                           " is not a weight: write a number, as in "
                           "\"variants control=50 new=50\"");
    }
    numbers.push_back(*number);
  }
  const double total = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  if (!(total > 0) || !std::isfinite(total)) {
    fail(line, "the weights of variants must add up to more than 0");
  }
  if (std::fabs(total - 1) < 1e-9) {
    return numbers;
  }
  if (std::fabs(total - 100) < 1e-7) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = read_percent(weights[i] + "%").value_or(numbers[i] / 100);
    }
    return numbers;
  }
  std::for_each(numbers.begin(), numbers.end(), [&](double& number) { number /= total; });
  return numbers;
}

std::optional<BucketRange> read_range(const std::string& text) {
  const auto dash = text.find('-', 1);
  if (dash == std::string::npos) {
    return std::nullopt;
  }
  const auto from = read_decimal(std::string_view(text).substr(0, dash));
  const auto to = read_decimal(std::string_view(text).substr(dash + 1));
  if (!from || !to || *from < 0 || *to > 1 || *from > *to) {
    return std::nullopt;
  }
  return BucketRange{*from, *to};
}

}  // namespace personalize::decision
