#include "decision/experiments/experiment_decision.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "decision/experiments/redirect.h"
#include "personalize/decision/forcing.h"

namespace personalize::decision {

ExperimentDecision::ExperimentDecision(const ExperimentProgram& program, std::size_t first_switch,
                                       Facts& facts, const DecisionInputs& inputs,
                                       std::pmr::memory_resource* memory)
    : program_(program),
      first_switch_(first_switch),
      facts_(facts),
      inputs_(inputs),
      memory_(memory),
      places_(memory),
      features_(memory),
      hashes_(memory) {}

// Most pages use no experiment, or none of hundreds.
bool ExperimentDecision::begin() noexcept {
  if (is_begun_) {
    return true;
  }
  try {
    places_.resize(program_.named.size());
    features_.resize(program_.compiled.features.size());
    hashes_.resize(program_.hashes.size(), unknown_hash);
    is_begun_ = true;
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

const Variation* ExperimentDecision::variation(ExperimentId id, Evaluator& conditions) noexcept {
  if (!begin() || id >= places_.size()) {
    return nullptr;
  }
  Place& place = places_[id];
  if (place.state == State::unasked) {
    place.state = State::asking;
    const NamedExperiment& named = program_.named[id];
    ExperimentEvaluator evaluator(program_.compiled, conditions, facts_, *this, memory_);
    for (const std::uint32_t experiment : named.experiments) {
      if (place.state == State::asking) {
        const Assignment assignment = evaluator.run(experiment);
        if (assignment.in_experiment) {
          on_assigned(experiment, assignment);
        }
      }
    }
    for (const std::uint32_t index : named.features) {
      if (place.state == State::asking) {
        feature(index, conditions);
      }
    }
    place.state = place.state == State::asking ? State::outside : place.state;
  }
  return place.state == State::inside
             ? &program_.compiled.experiments[place.experiment].variations[place.variation]
             : nullptr;
}

Value ExperimentDecision::feature(FeatureId id, Evaluator& conditions) noexcept {
  if (!begin() || id >= features_.size()) {
    return {};
  }
  FeatureValue& value = features_[id];
  if (value.state == State::unasked) {
    // While it is evaluated, conditions that ask for it find nothing.
    value.state = State::asking;
    ExperimentEvaluator evaluator(program_.compiled, conditions, facts_, *this, memory_);
    const FeatureResult result = evaluator.feature(id);
    value.document = result.document;
    value.decided_by = result.source == FeatureSource::experiment
                           ? program_.name_of[result.rule->experiment]
                           : no_index;
    value.state = State::inside;
  }
  return value.state == State::inside
             ? Value::document(program_.compiled.documents[value.document]).find("value")
             : Value();
}

void ExperimentDecision::use_experiment(ExperimentId id) noexcept {
  if (id < places_.size() && !places_[id].used) {
    places_[id].used = true;
    places_[id].used_before = last_used_;
    last_used_ = id;
  }
}

void ExperimentDecision::use_feature(FeatureId id) noexcept {
  if (id < features_.size()) {
    use_experiment(features_[id].decided_by);
  }
}

bool ExperimentDecision::is_exposed(ExperimentId id) const noexcept {
  return id < places_.size() && places_[id].used && places_[id].state == State::inside &&
         places_[id].hash_used;
}

bool ExperimentDecision::redirect(Evaluator& conditions, std::pmr::string& out) {
  if (program_.redirecting.empty()) {
    return false;
  }
  ExperimentEvaluator evaluator(program_.compiled, conditions, facts_, *this, memory_);
  const auto found =
      find_redirect(program_.redirecting, program_.compiled, evaluator, url(), memory_);
  if (!found) {
    return false;
  }
  const ExperimentId id = program_.name_of[found->experiment];
  variation(id, conditions);
  use_experiment(id);
  out += found->url;
  return !found->url.empty();
}

bool ExperimentDecision::targets_page(const VisualExperiment& visual,
                                      RegexBudget& regex_budget) noexcept {
  const auto& targets = program_.compiled.experiments[visual.number].url_targets;
  return !targets || is_targeted(*targets, regex_budget);
}

// The order is that of the payload's list: no experiment is run behind a redirect test that the
// visitor is in.
void ExperimentDecision::choose_visual(Evaluator& conditions, bool may_run_js,
                                       std::pmr::vector<VisualChoice>& out) {
  ExperimentEvaluator evaluator(program_.compiled, conditions, facts_, *this, memory_);
  auto visual = program_.visual.begin();
  for (const std::uint32_t number : program_.redirecting) {
    if (visual == program_.visual.end()) {
      return;
    }
    const bool is_visual = visual->number == number;
    if (!is_visual && !is_redirect_test(program_.compiled.experiments[number])) {
      continue;
    }
    const VisualExperiment* changes = is_visual ? &*visual++ : nullptr;
    if (is_visual && !may_run_js && changes->has_js()) {
      continue;
    }
    const Assignment assignment = evaluator.run(number);
    if (!assignment.in_experiment) {
      continue;
    }
    if (!is_visual) {
      return;
    }
    on_assigned(number, assignment);
    use_experiment(program_.name_of[number]);
    out.push_back({changes, assignment.variation});
  }
}

void ExperimentDecision::reset() noexcept {
  last_used_ = no_experiment;
  is_begun_ = false;
  places_.clear();
  features_.clear();
  hashes_.clear();
}

std::string_view ExperimentDecision::url() noexcept {
  const Value url = program_.url ? facts_.get(*program_.url) : Value();
  return url.kind() == Kind::string ? url.as_string() : std::string_view();
}

bool ExperimentDecision::is_targeted(const std::vector<UrlTarget>& targets,
                                     RegexBudget& regex_budget) noexcept {
  try {
    const auto page = parse_url(url(), "_", memory_);
    return decision::is_targeted(page ? &*page : nullptr, targets, regex_budget);
  } catch (const std::bad_alloc&) {
    return false;
  }
}

std::optional<std::size_t> ExperimentDecision::forced_variation(std::uint32_t index) noexcept {
  const Experiment& experiment = program_.compiled.experiments[index];
  const std::uint32_t id = program_.name_of[index];
  const std::string_view forced = inputs_.forcing == nullptr || id == no_index
                                      ? std::string_view()
                                      : inputs_.forcing->variant(id);
  if (!forced.empty()) {
    const auto& variations = experiment.variations;
    const auto found = std::find_if(variations.begin(), variations.end(),
                                    [&](const Variation& one) { return one.key == forced; });
    if (found != variations.end()) {
      return static_cast<std::size_t>(found - variations.begin());
    }
  }
  if (!program_.overrides[index]) {
    return std::nullopt;
  }
  return query_override(experiment.key, url(), experiment.variations.size());
}

std::optional<bool> ExperimentDecision::switched(std::uint32_t index) noexcept {
  const std::uint32_t id = program_.name_of[index];
  if (inputs_.switches == nullptr || id == no_index) {
    return std::nullopt;
  }
  const Switch set = inputs_.switches->get(first_switch_ + id);
  return set == Switch::unset ? std::nullopt : std::optional<bool>(set == Switch::on);
}

const std::vector<BucketRange>* ExperimentDecision::allocated(std::uint32_t index) noexcept {
  const std::uint32_t id = program_.name_of[index];
  return inputs_.allocations == nullptr || id == no_index ? nullptr
                                                          : inputs_.allocations->ranges(id);
}

std::optional<double> ExperimentDecision::hash(std::uint32_t place,
                                               std::string_view value) noexcept {
  if (!begin()) {
    return std::nullopt;
  }
  if (std::isnan(hashes_[place])) {
    program_.hashes.compute(place, value, hashes_.data());
  }
  return hashes_[place];
}

// Keeps the first experiment of a name that the visitor is in.
void ExperimentDecision::on_assigned(std::uint32_t experiment,
                                     const Assignment& assignment) noexcept {
  const std::uint32_t id = program_.name_of[experiment];
  if (id == no_index || !begin() || places_[id].state == State::inside) {
    return;
  }
  Place& place = places_[id];
  place.experiment = experiment;
  place.variation = assignment.variation;
  place.hash_used = assignment.hash_used;
  place.state = State::inside;
}

}  // namespace personalize::decision
