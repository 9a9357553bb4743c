#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include "base/text.h"
#include "decision/campaigns/campaign_rules.h"
#include "decision/campaigns/contests.h"
#include "decision/compiled.h"
#include "decision/conditions/dependency_graph.h"
#include "decision/notations/when_compiler.h"
#include "personalize/decision/decision.h"

namespace personalize {

namespace {

using decision::Dependencies;
using decision::Node;
using decision::WhenCompiler;

const std::string& only_argument(const Statement& statement, std::string_view usage) {
  if (statement.words.size() != 2) {
    throw ConfigError(statement.where, quoted(statement.words[0]) + " takes one value: write \"" +
                                           statement.words[0] + " " + std::string(usage) + "\"");
  }
  return statement.words[1];
}

int parse_priority(const Statement& statement) {
  const std::string& word = only_argument(statement, "NUMBER");
  int priority = 0;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, priority);
  if (result.ec != std::errc() || result.ptr != end) {
    throw ConfigError(statement.where, "priority " + quoted(word) +
                                           " is not a whole number: write for example " +
                                           "\"priority 20\"; the highest wins");
  }
  return priority;
}

// What a campaign says beside its conditions.
struct CampaignHead {
  std::optional<std::string> slot;
  std::optional<int> priority;
};

void read_head(const Statement& statement, CampaignHead& head) {
  const auto twice = [&] {
    throw ConfigError(statement.where, quoted(statement.words[0]) +
                                           " stands twice in this campaign: keep one of them");
  };
  if (statement.words.at(0) == "slot") {
    if (head.slot) {
      twice();
    }
    head.slot = only_argument(statement, "NAME");
    if (head.slot->empty()) {
      throw ConfigError(statement.where, "the name of a slot cannot be empty");
    }
  } else if (statement.words[0] == "priority") {
    if (head.priority) {
      twice();
    }
    head.priority = parse_priority(statement);
  }
}

}  // namespace

Program::Program(AttributeTable& attributes, const std::vector<Declaration>& segments,
                 const std::vector<Declaration>& campaigns, const ExperimentText& experiments)
    : compiled_(std::make_unique<Compiled>()) {
  auto& conditions = compiled_->conditions;
  const Json::Value groups = decision::saved_groups(experiments);
  const Json::Value* saved_groups = groups.isNull() ? nullptr : &groups;
  decision::DependencyGraph graph;

  for (std::size_t i = 0; i < segments.size(); ++i) {
    Dependencies dependencies;
    WhenCompiler compiler(conditions, attributes, dependencies, saved_groups);
    const auto root = conditions.open(Node());
    for (const auto& statement : segments[i].statements) {
      if (!WhenCompiler::knows(statement)) {
        throw ConfigError(statement.where,
                          "unknown directive " + quoted(statement.words.at(0)) +
                              " in a segment: it holds when, unless, any, all and json");
      }
      compiler.compile(statement);
    }
    conditions.close(root);
    compiled_->segments.push_back({segments[i].name, segments[i].where, root, {}});
    graph.segments.push_back({segments[i].name, segments[i].where, std::move(dependencies)});
  }
  compiled_->experiments.compile(experiments, saved_groups, conditions, attributes, graph);
  for (auto& group : compiled_->experiments.groups) {
    compiled_->segments.push_back({group.name, group.where, group.root, {}});
    graph.segments.push_back({group.name, group.where, std::move(group.dependencies)});
  }
  graph.check();
  for (SegmentId id = 0; id < segment_count(); ++id) {
    compiled_->segments[id].needs = graph.needs(graph.segments[id].dependencies);
  }
  compiled_->experiments.fill_needs(graph);

  for (const auto& declaration : campaigns) {
    const auto same_name = [&](const Compiled::Campaign& c) { return c.name == declaration.name; };
    if (std::any_of(compiled_->campaigns.begin(), compiled_->campaigns.end(), same_name)) {
      throw ConfigError(declaration.where,
                        "campaign " + quoted(declaration.name) + " is declared twice");
    }

    Dependencies campaign_dependencies;
    WhenCompiler compiler(conditions, attributes, campaign_dependencies, saved_groups);
    CampaignHead head;
    decision::CampaignRulesReader rules(declaration);
    const auto root = conditions.open(Node());
    for (const auto& statement : declaration.statements) {
      if (WhenCompiler::knows(statement)) {
        compiler.compile(statement);
      } else if (!rules.read(statement)) {
        read_head(statement, head);
      }
    }
    conditions.close(root);
    if (!head.slot) {
      throw ConfigError(declaration.where, "campaign " + quoted(declaration.name) +
                                               " has no slot: write \"slot NAME;\" into it");
    }

    SlotId slot = this->slot(*head.slot);
    if (slot == no_slot) {
      slot = static_cast<SlotId>(compiled_->slots.size());
      compiled_->slot_names.push_back(*head.slot);
      compiled_->slots.emplace_back();
    }
    compiled_->slots[slot].needs |= graph.needs(campaign_dependencies);
    compiled_->slots[slot].campaigns.push_back(campaign_count());
    compiled_->campaigns.push_back(
        {declaration.name, slot, head.priority.value_or(0), root, rules.finish(), {}});
    compiled_->add_rules(attributes, declaration.where);
  }

  for (auto& slot : compiled_->slots) {
    compiled_->rank(slot.campaigns);
  }
  decision::form_groups(*compiled_);
  decision::form_contests(*compiled_);
  for (const auto& experiment : compiled_->experiments.named) {
    compiled_->switch_names.push_back("experiment:" + experiment.name);
  }
}

// What the rules of the campaign that was added last depend on.
void Program::Compiled::add_rules(AttributeTable& attributes, const Where& where) {
  const Campaign& campaign = campaigns.back();
  const auto& rules = campaign.rules;
  switch_names.push_back("campaign:" + campaign.name);
  if (rules.needs_clock() || rules.is_offer || !rules.stops.empty()) {
    clock = decision::ClockAttributes::intern(attributes, where);
  }
  if (rules.holdout > 0) {
    visitor_id = attributes.intern("visitor.id", where);
  }
}

void Program::Compiled::rank(std::vector<CampaignId>& ids) const {
  std::sort(ids.begin(), ids.end(), [this](CampaignId a, CampaignId b) {
    return campaigns[a].priority != campaigns[b].priority
               ? campaigns[a].priority > campaigns[b].priority
               : a < b;
  });
}

Program::~Program() = default;

std::uint32_t Program::segment_count() const {
  return static_cast<std::uint32_t>(compiled_->segments.size());
}

std::uint32_t Program::campaign_count() const {
  return static_cast<std::uint32_t>(compiled_->campaigns.size());
}

const std::string& Program::segment_name(SegmentId id) const {
  return compiled_->segments[id].name;
}

const std::string& Program::campaign_name(CampaignId id) const {
  return compiled_->campaigns[id].name;
}

const std::vector<std::string>& Program::slots() const {
  return compiled_->slot_names;
}

SlotId Program::slot(std::string_view name) const {
  const auto& names = compiled_->slot_names;
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? no_slot : static_cast<SlotId>(found - names.begin());
}

void Program::add_content_needs(CampaignId id, SourceSet sources) {
  compiled_->slots[compiled_->campaigns[id].slot].needs |= sources;
}

SourceSet Program::slot_needs(SlotId id) const {
  SourceSet needs;
  if (id < compiled_->slots.size()) {
    for (const SlotId rival : compiled_->contests[compiled_->slots[id].contest].slots) {
      needs |= compiled_->slots[rival].needs;
    }
  }
  return needs;
}

bool Program::keeps_state(CampaignId id) const {
  return compiled_->keeps_state(id);
}

bool Program::keeps_state() const {
  for (CampaignId id = 0; id < campaign_count(); ++id) {
    if (keeps_state(id)) {
      return true;
    }
  }
  return false;
}

bool Program::Compiled::keeps_state(CampaignId id) const {
  const Campaign& campaign = campaigns[id];
  const auto counts = [](const std::vector<decision::Cap>& caps) {
    return std::any_of(caps.begin(), caps.end(),
                       [](const decision::Cap& cap) { return cap.per != Per::view; });
  };
  return campaign.rules.is_offer || !campaign.rules.stops.empty() || counts(campaign.rules.caps) ||
         std::any_of(campaign.groups.begin(), campaign.groups.end(),
                     [&](std::uint32_t group) { return counts(groups[group].caps); });
}

CampaignId Program::campaign(std::string_view name) const {
  const auto& all = compiled_->campaigns;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Compiled::Campaign& c) { return c.name == name; });
  return found == all.end() ? no_campaign : static_cast<CampaignId>(found - all.begin());
}

std::uint32_t Program::views_cap(CampaignId id) const {
  for (const auto& cap : compiled_->campaigns[id].rules.caps) {
    if (cap.per == Per::view) {
      return cap.most;
    }
  }
  return ~std::uint32_t{0};
}

const std::vector<std::string>& Program::switch_names() const {
  return compiled_->switch_names;
}

std::uint32_t Program::experiment_count() const {
  return static_cast<std::uint32_t>(compiled_->experiments.named.size());
}

const std::string& Program::experiment_name(ExperimentId id) const {
  return compiled_->experiments.named[id].name;
}

bool Program::is_sticky(ExperimentId id) const {
  return compiled_->experiments.named[id].sticky;
}

const Where& Program::experiment_place(ExperimentId id) const {
  return compiled_->experiments.named[id].where;
}

SourceSet Program::experiment_needs(ExperimentId id) const {
  const auto& named = compiled_->experiments.named;
  return id < named.size() ? named[id].needs : SourceSet();
}

SourceSet Program::feature_needs(FeatureId id) const {
  const auto& needs = compiled_->experiments.feature_needs;
  return id < needs.size() ? needs[id] : SourceSet();
}

SourceSet Program::attribute_needs(const Attribute& attribute) const {
  switch (attribute.root) {
    case Root::segment:
      return segment_needs(attribute.index);
    case Root::experiment:
      return experiment_needs(attribute.index);
    case Root::feature:
      return feature_needs(attribute.index);
    default:
      return direct_needs(attribute);
  }
}

const std::vector<std::pair<Where, std::string>>& Program::warnings() const {
  return compiled_->experiments.warnings;
}

SourceSet Program::segment_needs(SegmentId id) const {
  return id < compiled_->segments.size() ? compiled_->segments[id].needs : SourceSet();
}

}  // namespace personalize
