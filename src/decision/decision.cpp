#include "personalize/decision/decision.h"

#include <algorithm>
#include <new>

#include "base/values/exact_number.h"
#include "base/values/kept_offer.h"
#include "decision/compiled_program.h"
#include "decision/conditions/evaluator.h"
#include "decision/experiments/experiment_decision.h"
#include "personalize/decision/forcing.h"

namespace personalize {

namespace {

// The values of segments_.
constexpr std::uint8_t unknown = 0;
constexpr std::uint8_t outside = 1;
constexpr std::uint8_t inside = 2;
// The value of winners_ for a slot that is not decided yet.
constexpr CampaignId undecided = no_campaign - 1;

// Lets conditions ask the decision for what they name, and uses what they ask for.
class UsedDecision final : public decision::Decided {
 public:
  explicit UsedDecision(Decision& decision) : decision_(decision) {}
  bool segment(std::uint32_t id) noexcept override { return decision_.segment(id); }
  Value experiment(std::uint32_t id) noexcept override { return decision_.use_variant(id); }
  Value feature(std::uint32_t id) noexcept override { return decision_.use_feature(id); }
  Value value(std::uint32_t id) noexcept override { return decision_.value(id); }

 private:
  Decision& decision_;
};

}  // namespace

std::string_view to_string(CampaignOutcome outcome) noexcept {
  switch (outcome) {
    case CampaignOutcome::undecided:
      return "undecided";
    case CampaignOutcome::shown:
      return "shown";
    case CampaignOutcome::outranked:
      return "outranked";
    case CampaignOutcome::unrendered:
      return "unrendered";
    case CampaignOutcome::switched_off:
      return "switched_off";
    case CampaignOutcome::out_of_time:
      return "out_of_time";
    case CampaignOutcome::stopped:
      return "stopped";
    case CampaignOutcome::capped:
      return "capped";
    case CampaignOutcome::group_capped:
      return "group_capped";
    case CampaignOutcome::other_offer:
      return "other_offer";
    case CampaignOutcome::held_out:
      return "held_out";
    case CampaignOutcome::not_met:
      return "not_met";
  }
  return "";
}

Decision::Decision(const Program& program, Facts& facts, std::pmr::memory_resource* memory,
                   DecisionInputs inputs)
    : program_(program),
      facts_(facts),
      inputs_(inputs),
      experiments_(make_experiments(memory), Destroy{memory}),
      segments_(program.segment_count(), unknown, memory),
      values_(program.value_count(), memory),
      has_value_(program.value_count(), 0, memory),
      winners_(program.slots().size(), undecided, memory),
      outcomes_(program.campaign_count(), CampaignOutcome::undecided, memory),
      views_(program.compiled_->campaigns.decides_by_element ? program.campaign_count() : 0, 0,
             memory),
      shared_(program.compiled_->conditions.shared_count(), 0, memory),
      candidate_words_(2 * program.compiled_->candidate_words, memory),
      candidate_tests_(program.compiled_->candidate_tests, memory) {}

Decision::~Decision() = default;

decision::ExperimentDecision* Decision::make_experiments(std::pmr::memory_resource* memory) const {
  std::pmr::polymorphic_allocator<decision::ExperimentDecision> allocator(memory);
  auto* place = allocator.allocate(1);
  try {
    return new (place) decision::ExperimentDecision(
        program_.compiled_->experiments, program_.campaign_count(), facts_, inputs_, memory);
  } catch (...) {
    allocator.deallocate(place, 1);
    throw;
  }
}

void Decision::Destroy::operator()(decision::ExperimentDecision* experiments) const noexcept {
  experiments->~ExperimentDecision();
  std::pmr::polymorphic_allocator<decision::ExperimentDecision>(memory).deallocate(experiments, 1);
}

template <class Ask>
auto Decision::with_conditions(Facts& facts, Ask ask) {
  UsedDecision decided(*this);
  const bool is_shared = &facts == &facts_;
  is_begun_ = is_begun_ || is_shared;
  decision::Evaluator conditions(
      program_.compiled_->conditions, facts, decided, segments_.get_allocator().resource(),
      inputs_.regex_budget == nullptr ? own_budget_ : *inputs_.regex_budget,
      is_shared ? shared_.data() : nullptr);
  return ask(conditions);
}

Value Decision::variant(ExperimentId id) noexcept {
  const decision::Variation* variation = with_conditions(
      [&](decision::Evaluator& conditions) { return experiments_->variation(id, conditions); });
  return variation == nullptr ? Value() : Value::string(variation->key);
}

Value Decision::feature(FeatureId id) noexcept {
  return with_conditions(
      [&](decision::Evaluator& conditions) { return experiments_->feature(id, conditions); });
}

Value Decision::value(ValueId id) noexcept {
  if (id >= values_.size()) {
    return {};
  }
  if (has_value_[id] == 0) {
    has_value_[id] = 1;
    values_[id] = Value();
    const auto* line = with_conditions([&](decision::Evaluator& conditions) {
      return program_.compiled_->values[id].choose(conditions);
    });
    values_[id] = line == nullptr
                      ? Value()
                      : decision::value_of(*line, facts_, segments_.get_allocator().resource());
  }
  return values_[id];
}

Value Decision::use_variant(ExperimentId id) noexcept {
  const Value value = variant(id);
  experiments_->use_experiment(id);
  return value;
}

Value Decision::use_feature(FeatureId id) noexcept {
  const Value value = feature(id);
  experiments_->use_feature(id);
  return value;
}

std::string_view Decision::allocation_version(ExperimentId id) const noexcept {
  return inputs_.allocations == nullptr ? std::string_view() : inputs_.allocations->version(id);
}

bool Decision::is_exposed(ExperimentId id) const noexcept {
  return experiments_->is_exposed(id);
}

ExperimentId Decision::last_used() const noexcept {
  return experiments_->last_used();
}

ExperimentId Decision::used_before(ExperimentId id) const noexcept {
  return experiments_->used_before(id);
}

bool Decision::redirect(std::pmr::string& out) {
  return with_conditions(
      [&](decision::Evaluator& conditions) { return experiments_->redirect(conditions, out); });
}

bool Decision::targets_page(const VisualExperiment& visual) noexcept {
  return experiments_->targets_page(
      visual, inputs_.regex_budget == nullptr ? own_budget_ : *inputs_.regex_budget);
}

void Decision::choose_visual(bool may_run_js, std::pmr::vector<VisualChoice>& out) {
  with_conditions([&](decision::Evaluator& conditions) {
    experiments_->choose_visual(conditions, may_run_js, out);
    return true;
  });
}

bool Decision::segment(SegmentId id) noexcept {
  if (id >= segments_.size()) {
    return false;
  }
  if (segments_[id] == unknown) {
    // A variable of NGINX may ask again on the way: $personalize_segments through a map.
    segments_[id] = outside;
    const auto forced = inputs_.forcing == nullptr ? std::nullopt : inputs_.forcing->segment(id);
    const bool is_member = forced ? *forced : holds(program_.compiled_->segments[id].root);
    segments_[id] = is_member ? inside : outside;
    is_begun_ = true;
  }
  return segments_[id] == inside;
}

CampaignId Decision::winner(SlotId slot) noexcept {
  if (slot >= winners_.size()) {
    return no_campaign;
  }
  if (winners_[slot] == undecided) {
    decide(program_.compiled_->campaigns.slots[slot].contest);
    is_begun_ = true;
  }
  return winners_[slot];
}

void Decision::begin_element(SlotId slot) noexcept {
  winners_[slot] = undecided;
  for (const CampaignId id : program_.compiled_->campaigns.slots[slot].campaigns) {
    outcomes_[id] = CampaignOutcome::undecided;
  }
}

void Decision::note_at_element(CampaignId id) noexcept {
  if (id < views_.size()) {
    ++views_[id];
  }
}

bool Decision::is_by_element(CampaignId id) const noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  return campaigns.slots[campaigns.all[id].slot].by_element;
}

// Decides the slots of a contest that are undecided. Those decided before a campaign was skipped
// stay as they are.
void Decision::decide(std::uint32_t index) noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  const auto& contest = campaigns.contests[index];
  const auto& candidates = program_.compiled_->candidates[index];
  if (candidates.has_tests() && inputs_.forcing == nullptr && !keeps_outcomes_) {
    return decide(contest, candidates);
  }
  for (const CampaignId id : contest.campaigns) {
    CampaignId& winner = winners_[campaigns.all[id].slot];
    if (winner == undecided && outcomes_[id] != CampaignOutcome::unrendered) {
      outcomes_[id] = judge(id);
      winner = outcomes_[id] == CampaignOutcome::shown ? id : undecided;
    } else if (outcomes_[id] == CampaignOutcome::undecided) {
      outcomes_[id] = CampaignOutcome::outranked;
    }
  }
  for (const SlotId slot : contest.slots) {
    winners_[slot] = winners_[slot] == undecided ? no_campaign : winners_[slot];
  }
}

// Does the same without looking at campaigns whose conditions cannot hold, or at those after the
// last winner.
void Decision::decide(const decision::Contest& contest,
                      const decision::CandidateIndex& candidates) noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  const auto is_undecided = [&](SlotId slot) { return winners_[slot] == undecided; };
  with_conditions([&](decision::Evaluator& conditions) {
    const decision::CandidateRoom room = {candidate_words_.data(),
                                          candidate_words_.data() + candidate_words_.size() / 2,
                                          candidate_tests_.data()};
    candidates.walk(room, conditions, facts_, [&](std::size_t place) {
      const CampaignId id = contest.campaigns[place];
      CampaignId& winner = winners_[campaigns.all[id].slot];
      if (winner == undecided && outcomes_[id] != CampaignOutcome::unrendered) {
        outcomes_[id] = judge(id, [&] { return candidates.rest_holds(place, conditions); });
        winner = outcomes_[id] == CampaignOutcome::shown ? id : undecided;
      }
      return std::any_of(contest.slots.begin(), contest.slots.end(), is_undecided);
    });
    return true;
  });
  for (const SlotId slot : contest.slots) {
    winners_[slot] = is_undecided(slot) ? no_campaign : winners_[slot];
  }
}

CampaignOutcome Decision::judge(CampaignId id) noexcept {
  return judge(id, [&] { return holds(program_.compiled_->campaigns.all[id].root); });
}

// Decides about one campaign. Checks go from cheap to expensive.
template <class Holds>
CampaignOutcome Decision::judge(CampaignId id, Holds conditions_hold) noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  const auto& campaign = campaigns.all[id];
  const auto& rules = campaign.rules;
  if (const auto forced = forced_outcome(id)) {
    return *forced;
  }
  if (const auto rule = forbidden(id)) {
    return *rule;
  }
  if (rules.is_offer) {
    if (is_kept_offer(id)) {
      return CampaignOutcome::shown;
    }
    if (has_other_offer(id)) {
      return CampaignOutcome::other_offer;
    }
  }
  if (!conditions_hold()) {
    return CampaignOutcome::not_met;
  }
  if (rules.holdout > 0) {
    const Value visitor = facts_.get(program_.compiled_->visitor_id);
    if (visitor.kind() == Kind::string && rules.holds_out(visitor.as_string())) {
      return CampaignOutcome::held_out;
    }
  }
  return CampaignOutcome::shown;
}

std::optional<CampaignOutcome> Decision::forbidden(CampaignId id) noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  if (id >= campaigns.all.size()) {
    return std::nullopt;
  }
  const auto& rules = campaigns.all[id].rules;
  if (!is_on(id)) {
    return CampaignOutcome::switched_off;
  }
  if (rules.needs_clock() && !rules.runs_at(program_.compiled_->clock.read(facts_))) {
    return CampaignOutcome::out_of_time;
  }
  if (is_stopped(id)) {
    return CampaignOutcome::stopped;
  }
  const bool is_in_view = is_by_element(id) && views_[id] >= program_.views_cap(id);
  if (rules.is_capped(history(id)) || is_in_view) {
    return CampaignOutcome::capped;
  }
  return is_group_capped(id) ? std::optional(CampaignOutcome::group_capped) : std::nullopt;
}

// Returns the outcome that a preview forces, if it does: a campaign that is forced into a slot wins
// it over campaigns that rank higher.
std::optional<CampaignOutcome> Decision::forced_outcome(CampaignId id) const noexcept {
  if (inputs_.forcing == nullptr) {
    return std::nullopt;
  }
  if (const auto forced = inputs_.forcing->campaign(id)) {
    return *forced ? CampaignOutcome::shown : CampaignOutcome::switched_off;
  }
  const auto& campaigns = program_.compiled_->campaigns;
  const auto& rivals = campaigns.slots[campaigns.all[id].slot].campaigns;
  const bool is_taken = std::any_of(rivals.begin(), rivals.end(), [&](CampaignId rival) {
    return inputs_.forcing->campaign(rival).value_or(false) &&
           outcomes_[rival] != CampaignOutcome::unrendered;
  });
  return is_taken ? std::optional(CampaignOutcome::outranked) : std::nullopt;
}

bool Decision::is_on(CampaignId id) const noexcept {
  const Switch set = inputs_.switches == nullptr ? Switch::unset : inputs_.switches->get(id);
  return set == Switch::unset ? program_.compiled_->campaigns.all[id].rules.enabled
                              : set == Switch::on;
}

const CampaignHistory* Decision::history(CampaignId id) const noexcept {
  return inputs_.state == nullptr
             ? nullptr
             : inputs_.state->find(program_.compiled_->campaigns.all[id].rules.key);
}

bool Decision::is_stopped(CampaignId id) noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  const auto& rules = campaigns.all[id].rules;
  if (rules.stops.empty() || history(id) == nullptr) {
    return false;
  }
  const double minute = program_.compiled_->clock.read(facts_).now / 60;
  // If the time is unknown, a stop that is limited in time stops.
  return rules.is_stopped(history(id), minute >= 0 ? static_cast<std::uint32_t>(minute) : 0);
}

// Returns whether a group of the campaign has reached a cap. The impressions of a group are those
// of its members, so that a campaign that joins or leaves it takes its own along.
bool Decision::is_group_capped(CampaignId id) const noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  for (const std::uint32_t index : campaigns.all[id].groups) {
    const auto& group = campaigns.groups[index];
    for (const auto& cap : group.caps) {
      std::uint32_t count = 0;
      for (const CampaignId member : group.members) {
        const CampaignHistory* past = history(member);
        count += past == nullptr ? 0 : past->impressions(cap.per);
        const bool in_view = winners_[campaigns.all[member].slot] == member;
        const std::uint32_t views = is_by_element(member) ? views_[member] : (in_view ? 1 : 0);
        count += cap.per == Per::view ? views : 0;
      }
      if (count >= cap.most) {
        return true;
      }
    }
  }
  return false;
}

// Returns whether the campaign is an offer that the visitor saw: it stays as long as it runs,
// whatever has changed about the visitor.
bool Decision::is_kept_offer(CampaignId id) noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  const auto& campaign = campaigns.all[id];
  const auto& rules = campaign.rules;
  const bool can_be_kept = rules.is_offer && rules.keep != decision::Keep::off &&
                           !is_by_element(id) && (history(id) != nullptr || rules.keeps_offers());
  if (!can_be_kept || !is_on(id) || is_stopped(id)) {
    return false;
  }
  const auto clock = program_.compiled_->clock.read(facts_);
  const bool was_seen =
      (!rules.keep_per && rules.was_shown(history(id), clock)) || !kept_offer(id).is_missing();
  return was_seen && (!rules.needs_clock() || rules.runs_at(clock)) &&
         std::all_of(campaign.keep_while.begin(), campaign.keep_while.end(),
                     [&](std::uint32_t condition) { return holds(condition); });
}

bool Decision::kept_for(CampaignId id, std::pmr::string& out) {
  const auto& per = program_.compiled_->campaigns.all[id].rules.keep_per;
  if (!per) {
    return true;
  }
  const Value value = facts_.get(*per);
  NumberBuffer digits;
  if (value.kind() == Kind::string && !value.as_string().empty()) {
    out += value.as_string();
  } else if (value.kind() == Kind::number) {
    out += number_text(value, digits);
  } else {
    return false;
  }
  return true;
}

Value Decision::kept_offer(CampaignId id) noexcept {
  const auto& campaign = program_.compiled_->campaigns.all[id];
  if (!campaign.rules.keeps_offers()) {
    return {};
  }
  try {
    std::pmr::string per(segments_.get_allocator().resource());
    if (!kept_for(id, per)) {
      return {};
    }
    const Value offer =
        find_kept_offer(facts_.get(program_.compiled_->kept_offers), campaign.name, per);
    const Value seen = offer.find("t");
    const bool counts =
        seen.kind() == Kind::number &&
        campaign.rules.is_within(seen.as_number(), program_.compiled_->clock.read(facts_));
    return counts ? offer : Value();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

bool Decision::has_other_offer(CampaignId id) noexcept {
  const auto& campaigns = program_.compiled_->campaigns;
  const auto& rivals = campaigns.slots[campaigns.all[id].slot].campaigns;
  return std::any_of(rivals.begin(), rivals.end(), [&](CampaignId rival) {
    return rival != id && outcomes_[rival] != CampaignOutcome::unrendered && is_kept_offer(rival);
  });
}

void Decision::skip(CampaignId id) noexcept {
  if (id >= outcomes_.size()) {
    return;
  }
  is_begun_ = true;
  outcomes_[id] = CampaignOutcome::unrendered;
  CampaignId& winner = winners_[program_.compiled_->campaigns.all[id].slot];
  winner = winner == id ? undecided : winner;
}

void Decision::reset() noexcept {
  experiments_->reset();
  if (!is_begun_) {
    return;
  }
  is_begun_ = false;
  std::fill(segments_.begin(), segments_.end(), unknown);
  std::fill(shared_.begin(), shared_.end(), std::uint8_t{0});
  std::fill(has_value_.begin(), has_value_.end(), std::uint8_t{0});
  std::fill(winners_.begin(), winners_.end(), undecided);
  std::fill(outcomes_.begin(), outcomes_.end(), CampaignOutcome::undecided);
}

bool Decision::holds(std::uint32_t condition, Facts& facts) noexcept {
  return with_conditions(
      facts, [&](decision::Evaluator& conditions) { return conditions.holds(condition); });
}

bool Decision::all_hold(const std::vector<std::uint32_t>& conditions, Facts& facts) noexcept {
  return with_conditions(facts, [&](decision::Evaluator& evaluator) {
    return std::all_of(conditions.begin(), conditions.end(),
                       [&](std::uint32_t condition) { return evaluator.holds(condition); });
  });
}

bool Decision::holds(std::uint32_t root) noexcept {
  return with_conditions([&](decision::Evaluator& conditions) { return conditions.holds(root); });
}

}  // namespace personalize
