#include "personalize/decision/allocations.h"

#include <json/value.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/values/json/json_file.h"
#include "decision/experiments/bucketing.h"
#include "decision/experiments/split.h"

namespace personalize {

namespace {

constexpr std::size_t longest_version = 32;

std::optional<std::string> read_version(const Json::Value& json) {
  std::string version = json.isString()     ? json.asString()
                        : json.isIntegral() ? number_text(json)
                                            : std::string();
  const bool is_plain = std::all_of(version.begin(), version.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
  const bool is_version = !version.empty() && version.size() <= longest_version && is_plain;
  return is_version ? std::optional(std::move(version)) : std::nullopt;
}

// Returns a share for each variant; none if they are not what they should be.
std::vector<double> read_weights(const Json::Value& json,
                                 const std::vector<std::string>& variants) {
  std::vector<double> weights;
  if (!json.isObject() || json.size() != variants.size()) {
    return weights;
  }
  double sum = 0;
  for (const auto& variant : variants) {
    const Json::Value& weight = json[variant];
    if (!weight.isNumeric() || !(weight.asDouble() >= 0)) {
      return {};
    }
    weights.push_back(weight.asDouble());
    sum += weights.back();
  }
  constexpr double rounding = 0.001;
  if (!(std::abs(sum - 1) <= rounding)) {
    return {};
  }
  std::for_each(weights.begin(), weights.end(), [sum](double& weight) { weight /= sum; });
  return weights;
}

std::string split_of(const std::vector<std::string>& variants, const std::vector<double>& shares) {
  std::string split;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    decision::append_split(variants[i], shares[i], split);
  }
  return split;
}

}  // namespace

struct Allocations::Present {
  const AllocatedExperiment* declared;
  std::string version;  // "" if what is configured counts
  std::string split;
  std::vector<decision::BucketRange> ranges;
};

Allocations::Allocations(const Program& program) {
  for (const auto& declared : program.allocated()) {
    presents_.push_back({&declared, {}, split_of(declared.variants, declared.shares), {}});
  }
}

Allocations::~Allocations() = default;
Allocations::Allocations(Allocations&&) noexcept = default;

const Allocations::Present* Allocations::find(ExperimentId id) const noexcept {
  const auto found = std::find_if(presents_.begin(), presents_.end(), [id](const Present& present) {
    return present.declared->id == id;
  });
  return found == presents_.end() ? nullptr : &*found;
}

bool Allocations::set(ExperimentId id, std::string_view text) noexcept {
  auto* present = const_cast<Present*>(find(id));
  if (present == nullptr) {
    return false;
  }
  const AllocatedExperiment& declared = *present->declared;
  try {
    if (text.empty()) {
      present->split = split_of(declared.variants, declared.shares);
      present->version.clear();
      present->ranges.clear();
      return true;
    }
    std::string errors;
    const auto json = parse_json(text, errors);
    if (!json || !json->isObject()) {
      return false;
    }
    auto version = read_version((*json)["version"]);
    const auto weights = read_weights((*json)["weights"], declared.variants);
    if (!version || weights.empty()) {
      return false;
    }
    auto ranges =
        decision::bucket_ranges(static_cast<int>(weights.size()), declared.coverage, weights);
    present->split = split_of(declared.variants, weights);
    present->version = std::move(*version);
    present->ranges = std::move(ranges);
    return true;
  } catch (...) {
    return false;
  }
}

std::string_view Allocations::version(ExperimentId id) const noexcept {
  const Present* present = find(id);
  return present == nullptr ? std::string_view() : present->version;
}

std::string_view Allocations::split(ExperimentId id) const noexcept {
  const Present* present = find(id);
  return present == nullptr ? std::string_view() : present->split;
}

const std::vector<decision::BucketRange>* Allocations::ranges(ExperimentId id) const noexcept {
  const Present* present = find(id);
  return present == nullptr || present->ranges.empty() ? nullptr : &present->ranges;
}

}  // namespace personalize
