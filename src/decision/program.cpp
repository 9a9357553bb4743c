#include "personalize/decision/program.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include "base/numbers/number.h"
#include "base/text/text.h"
#include "decision/campaigns/campaign_rules.h"
#include "decision/compiled_program.h"
#include "decision/conditions/dependency_graph.h"
#include "decision/deciding_attributes.h"
#include "decision/experiment_declarations.h"
#include "decision/experiments/split.h"
#include "decision/notations/when_compiler.h"

namespace personalize {

namespace {

using decision::Campaign;
using decision::CompiledProgram;
using decision::Dependencies;
using decision::Node;
using decision::WhenCompiler;

const std::string& only_argument(const Statement& statement, const char* usage) {
  if (statement.words.size() != 2) {
    throw ConfigError(statement.where, quoted(statement.words[0]) + " takes one value: write \"" +
                                           statement.words[0] + " " + usage + "\"");
  }
  return statement.words[1];
}

int parse_priority(const Statement& statement) {
  const std::string& word = only_argument(statement, "NUMBER");
  const auto priority = read_integer<int>(word);
  if (!priority) {
    throw ConfigError(statement.where, "priority " + quoted(word) +
                                           " is not a whole number: write for example " +
                                           "\"priority 20\"; the highest wins");
  }
  return *priority;
}

// The statements of a campaign that are neither conditions nor rules.
struct CampaignHead {
  std::optional<std::string> slot;
  std::optional<int> priority;
};

void read_head(const Statement& statement, CampaignHead& head) {
  const std::string& word = statement.words.at(0);
  if ((word == "slot" && head.slot) || (word == "priority" && head.priority)) {
    throw ConfigError(statement.where,
                      quoted(word) + " is duplicate in this campaign: keep one of them");
  }
  if (word == "slot") {
    head.slot = only_argument(statement, "NAME");
    if (head.slot->empty()) {
      throw ConfigError(statement.where, "the name of a slot cannot be empty");
    }
  } else if (word == "priority") {
    head.priority = parse_priority(statement);
  }
}

// Returns a statement as one string. Words have a delimiter after them that none of them contains.
std::string text_of(const Statement& statement) {
  std::string text;
  for (const auto& word : statement.words) {
    text += word + '\0';
  }
  if (!statement.block.empty()) {
    text += '\1';
    for (const auto& inner : statement.block) {
      text += text_of(inner) + '\2';
    }
  }
  return text;
}

// Returns the condition of `boost FACTOR when …`; nothing if the statement is another one.
std::optional<Statement> condition_of_boost(const Statement& statement) {
  if (statement.words.at(0) != "boost") {
    return std::nullopt;
  }
  if (statement.words.size() < 4 ||
      (statement.words[2] != "when" && statement.words[2] != "unless")) {
    throw ConfigError(statement.where,
                      "\"boost\" takes a factor and a condition: write \"boost 1.5 when "
                      "item.item_brand = ${profile.brand}\"");
  }
  return Statement{statement.where, {statement.words.begin() + 2, statement.words.end()}, {}};
}

// Returns `when …` of `keep_while …`.
Statement condition_of_keeping(const Statement& statement) {
  Statement condition = statement;
  condition.words[0] = "when";
  return condition;
}

// Compiles one server's declarations.
class ProgramCompiler {
 public:
  ProgramCompiler(AttributeTable& attributes, const ExperimentText& experiments,
                  CompiledProgram& out)
      : attributes_(attributes),
        experiments_(experiments),
        groups_(decision::saved_groups(experiments)),
        saved_groups_(groups_.isNull() ? nullptr : &groups_),
        out_(out) {}

  void compile(const std::vector<Declaration>& segments, const std::vector<Declaration>& campaigns,
               const std::vector<Declaration>& chains, const std::vector<Declaration>& values) {
    std::for_each(segments.begin(), segments.end(),
                  [&](const Declaration& segment) { add_segment(segment); });
    std::for_each(values.begin(), values.end(),
                  [&](const Declaration& value) { add_value(value); });
    decision::compile_experiments(experiments_, saved_groups_, attributes_, graph_, out_);
    out_.experiments.hashes.plan(out_.experiments.compiled);
    graph_.check();
    fill_needs();
    std::for_each(chains.begin(), chains.end(),
                  [&](const Declaration& chain) { add_chain(chain); });
    std::for_each(campaigns.begin(), campaigns.end(),
                  [&](const Declaration& campaign) { add_campaign(campaign); });
    out_.campaigns.finish();
    for (const auto& contest : out_.campaigns.contests) {
      const auto& index = out_.candidates.emplace_back(out_, attributes_, contest);
      out_.candidate_words = std::max(out_.candidate_words, index.words());
      out_.candidate_tests = std::max(out_.candidate_tests, index.tests());
    }
    for (auto& campaign : out_.campaigns.all) {
      campaign.conditions = {};
    }
    for (const auto& experiment : out_.experiments.named) {
      out_.switch_names.push_back("experiment:" + experiment.name);
    }
    write_splits();
  }

 private:
  void write_splits() {
    for (ExperimentId id = 0; id < out_.experiments.named.size(); ++id) {
      std::string& split = out_.experiment_splits.emplace_back();
      for (const auto& [variant, share] : out_.experiments.shares(id)) {
        decision::append_split(variant, share, split);
      }
    }
    for (const CampaignId id : out_.campaigns.with_holdout) {
      const double holdout = out_.campaigns.all[id].rules.holdout;
      std::string& split = out_.campaign_splits.emplace_back();
      decision::append_split("shown", 1 - holdout, split);
      decision::append_split("holdout", holdout, split);
    }
  }

  void add_segment(const Declaration& segment) {
    Dependencies dependencies;
    WhenCompiler compiler(out_.conditions, attributes_, dependencies, saved_groups_);
    const auto root = out_.conditions.open(Node());
    for (const auto& statement : segment.statements) {
      if (!WhenCompiler::knows(statement)) {
        throw ConfigError(statement.where,
                          "unknown directive " + quoted(statement.words.at(0)) +
                              " in a segment: it holds when, unless, any, all, element and json");
      }
      compiler.compile(statement);
    }
    out_.conditions.close(root);
    out_.segments.push_back({segment.name, segment.where, root, {}});
    graph_.segments.push_back({segment.name, segment.where, std::move(dependencies)});
  }

  void add_value(const Declaration& value) {
    Dependencies dependencies;
    out_.values.push_back(
        decision::compile_value(value, saved_groups_, out_.conditions, attributes_, dependencies));
    graph_.values.push_back({value.name, value.where, std::move(dependencies)});
  }

  // Variants that are kept of a person come from there.
  void need_persons() {
    const auto person = attributes_.person();
    bool is_any_sticky = false;
    for (std::size_t i = 0; person && i < out_.experiments.named.size(); ++i) {
      if (out_.experiments.named[i].sticky) {
        is_any_sticky = true;
        graph_.experiments[i].dependencies.sources.set(*person);
      }
    }
    for (auto& feature : graph_.features) {
      if (is_any_sticky) {
        feature.dependencies.sources.set(*person);
      }
    }
  }

  void fill_needs() {
    need_persons();
    for (std::size_t i = 0; i < out_.segments.size(); ++i) {
      out_.segments[i].needs = graph_.needs(graph_.segments[i].dependencies);
    }
    for (std::size_t i = 0; i < out_.experiments.named.size(); ++i) {
      out_.experiments.named[i].needs = graph_.needs(graph_.experiments[i].dependencies);
    }
    for (std::size_t i = 0; i < out_.values.size(); ++i) {
      out_.values[i].needs = graph_.needs(graph_.values[i].dependencies);
    }
    for (const auto& feature : graph_.features) {
      out_.experiments.feature_needs.push_back(graph_.needs(feature.dependencies));
    }
  }

  void add_chain(const Declaration& chain) {
    Dependencies dependencies;
    WhenCompiler compiler(out_.conditions, attributes_, dependencies, saved_groups_);
    decision::ChainConditions conditions;
    attributes_.know_items(true);
    for (const auto& statement : chain.statements) {
      if (WhenCompiler::knows(statement)) {
        conditions.all.push_back(out_.conditions.next());
        compiler.compile(statement);
      } else if (const auto condition = condition_of_boost(statement)) {
        conditions.boosts.push_back(out_.conditions.next());
        compiler.compile(*condition);
      }
    }
    attributes_.know_items(false);
    conditions.needs = graph_.needs(dependencies);
    out_.chains.push_back(std::move(conditions));
  }

  void add_campaign(const Declaration& declaration) {
    if (out_.campaigns.find(declaration.name) != no_campaign) {
      throw ConfigError(declaration.where,
                        "campaign " + quoted(declaration.name) + " is duplicate");
    }
    Dependencies dependencies;
    WhenCompiler compiler(out_.conditions, attributes_, dependencies, saved_groups_);
    CampaignHead head;
    decision::CampaignRulesReader rules(declaration);
    Campaign campaign;
    campaign.name = declaration.name;
    campaign.root = out_.conditions.open(Node());
    std::vector<Statement> keep_while;
    for (const auto& statement : declaration.statements) {
      if (statement.words[0] == "keep_while") {
        keep_while.push_back(condition_of_keeping(statement));
      }
      if (WhenCompiler::knows(statement)) {
        campaign.conditions.push_back({out_.conditions.next(), text_of(statement)});
        compiler.compile(statement);
      } else if (!rules.read(statement)) {
        read_head(statement, head);
      }
    }
    out_.conditions.close(campaign.root);
    for (const auto& statement : keep_while) {
      campaign.keep_while.push_back(out_.conditions.next());
      compiler.compile(statement);
    }
    if (!head.slot) {
      throw ConfigError(declaration.where, "campaign " + quoted(declaration.name) +
                                               " has no slot: write \"slot NAME;\" into it");
    }
    campaign.priority = head.priority.value_or(0);
    campaign.rules = rules.finish();
    intern_attributes(campaign.rules, declaration.where, dependencies);
    out_.switch_names.push_back("campaign:" + campaign.name);
    out_.campaigns.add(std::move(campaign), *head.slot, graph_.needs(dependencies));
  }

  // Interns what the rules look at.
  void intern_attributes(decision::CampaignRules& rules, const Where& where,
                         Dependencies& dependencies) {
    if (!rules.keep_per_name.empty()) {
      rules.keep_per = attributes_.intern(rules.keep_per_name, where);
      dependencies.add(attributes_[*rules.keep_per]);
    }
    if (rules.keeps_offers()) {
      out_.kept_offers = attributes_.intern(kept_offers_name, where);
      dependencies.add(attributes_[out_.kept_offers]);
    }
    if (rules.needs_clock() || rules.is_offer || !rules.stops.empty()) {
      out_.clock = decision::ClockAttributes::intern(attributes_, where);
    }
    if (rules.holdout > 0) {
      out_.visitor_id = attributes_.intern("visitor.id", where);
    }
  }

  AttributeTable& attributes_;
  const ExperimentText& experiments_;
  const Json::Value groups_;
  const Json::Value* saved_groups_;
  CompiledProgram& out_;
  decision::DependencyGraph graph_;
};

// Returns the index of the entry of that name.
template <class Entry>
std::optional<std::uint32_t> index_of(const std::vector<Entry>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  return found == list.end() ? std::nullopt
                             : std::optional(static_cast<std::uint32_t>(found - list.begin()));
}

}  // namespace

Program::Program(AttributeTable& attributes, const std::vector<Declaration>& segments,
                 const std::vector<Declaration>& campaigns, const ExperimentText& experiments,
                 const std::vector<Declaration>& chains, const std::vector<Declaration>& values)
    : compiled_(std::make_unique<CompiledProgram>()) {
  ProgramCompiler(attributes, experiments, *compiled_).compile(segments, campaigns, chains, values);
}

Program::~Program() = default;

std::uint32_t Program::segment_count() const {
  return static_cast<std::uint32_t>(compiled_->segments.size());
}

const std::string& Program::segment_name(SegmentId id) const {
  return compiled_->segments[id].name;
}

std::optional<SegmentId> Program::segment(std::string_view name) const {
  return index_of(compiled_->segments, name);
}

std::uint32_t Program::value_count() const {
  return static_cast<std::uint32_t>(compiled_->values.size());
}

std::uint32_t Program::experiment_count() const {
  return static_cast<std::uint32_t>(compiled_->experiments.named.size());
}

const std::string& Program::experiment_name(ExperimentId id) const {
  return compiled_->experiments.named[id].name;
}

const Where& Program::experiment_place(ExperimentId id) const {
  return compiled_->experiments.named[id].where;
}

std::optional<ExperimentId> Program::experiment(std::string_view name) const {
  return index_of(compiled_->experiments.named, name);
}

bool Program::has_variant(ExperimentId id, std::string_view variant) const {
  return compiled_->experiments.has_variant(id, variant);
}

std::vector<VariantShare> Program::variant_shares(ExperimentId id) const {
  return compiled_->experiments.shares(id);
}

const std::vector<VisualExperiment>& Program::visual() const {
  return compiled_->experiments.visual;
}

const std::vector<AllocatedExperiment>& Program::allocated() const {
  return compiled_->experiments.allocated;
}

std::string_view Program::experiment_split(ExperimentId id) const {
  return compiled_->experiment_splits[id];
}

std::string_view Program::campaign_split(CampaignId id) const {
  const auto& all = compiled_->campaigns.with_holdout;
  const auto found = std::find(all.begin(), all.end(), id);
  return found == all.end()
             ? std::string_view()
             : compiled_->campaign_splits[static_cast<std::size_t>(found - all.begin())];
}

bool Program::is_sticky(ExperimentId id) const {
  return compiled_->experiments.named[id].sticky;
}

std::uint32_t Program::campaign_count() const {
  return static_cast<std::uint32_t>(compiled_->campaigns.all.size());
}

const std::string& Program::campaign_name(CampaignId id) const {
  return compiled_->campaigns.all[id].name;
}

CampaignId Program::campaign(std::string_view name) const {
  return compiled_->campaigns.find(name);
}

bool Program::is_claimed(CampaignId id) const {
  return compiled_->campaigns.all[id].rules.is_claimed;
}

bool Program::keeps_offers(CampaignId id) const {
  return compiled_->campaigns.all[id].rules.keeps_offers();
}

bool Program::keeps_offers() const {
  const auto& all = compiled_->campaigns.all;
  return std::any_of(all.begin(), all.end(),
                     [](const Campaign& campaign) { return campaign.rules.keeps_offers(); });
}

bool Program::keeps_values(CampaignId id) const {
  const auto& rules = compiled_->campaigns.all[id].rules;
  return rules.is_offer && rules.keep == decision::Keep::value;
}

bool Program::keeps_state(CampaignId id) const {
  return compiled_->campaigns.keeps_state(id);
}

void Program::remember(const AttributeTable& attributes) {
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    if (attributes[id].root == Root::campaign) {
      compiled_->campaigns.all[attributes[id].index].is_remembered = true;
    }
  }
}

CampaignKey Program::campaign_key(CampaignId id) const {
  return compiled_->campaigns.all[id].rules.key;
}

bool Program::keeps_state() const {
  for (CampaignId id = 0; id < campaign_count(); ++id) {
    if (keeps_state(id)) {
      return true;
    }
  }
  return false;
}

const std::vector<CampaignId>& Program::campaigns_with_holdout() const {
  return compiled_->campaigns.with_holdout;
}

std::uint32_t Program::views_cap(CampaignId id) const {
  for (const auto& cap : compiled_->campaigns.all[id].rules.caps) {
    if (cap.per == Per::view) {
      return cap.most;
    }
  }
  return ~std::uint32_t{0};
}

const std::vector<std::string>& Program::slots() const {
  return compiled_->campaigns.slot_names;
}

SlotId Program::slot(std::string_view name) const {
  return compiled_->campaigns.find_slot(name);
}

bool Program::has_rivals(SlotId id) const {
  const auto& campaigns = compiled_->campaigns;
  return campaigns.contests[campaigns.slots[id].contest].slots.size() > 1;
}

void Program::decide_by_element(SlotId id) {
  compiled_->campaigns.slots[id].by_element = true;
  compiled_->campaigns.decides_by_element = true;
}

const std::vector<std::string>& Program::switch_names() const {
  return compiled_->switch_names;
}

const std::vector<std::uint32_t>& Program::chain_conditions(std::size_t chain) const {
  return compiled_->chains[chain].all;
}

const std::vector<std::uint32_t>& Program::chain_boosts(std::size_t chain) const {
  return compiled_->chains[chain].boosts;
}

// What regular expressions and lists in lists cost is limited by request, so that their outcome
// depends on what else was asked.
bool Program::is_about_item_alone(std::uint32_t condition, const AttributeTable& attributes) const {
  using decision::Op;
  using decision::Subject;
  const auto& nodes = compiled_->conditions.nodes();
  return std::all_of(
      nodes.begin() + condition, nodes.begin() + nodes[condition].end,
      [&](const decision::Node& node) {
        switch (node.op) {
          case Op::within:
          case Op::older_than:
          case Op::within_last:
          case Op::within_next:
          case Op::anniversary_within:
          case Op::matches:
          case Op::js_matches:
          case Op::relates:
            return false;
          default:
            break;
        }
        return node.subject == Subject::current || node.subject == Subject::member ||
               node.subject == Subject::nothing ||
               (node.subject == Subject::attribute && attributes[node.from].root == Root::item);
      });
}

ItemComparisons Program::item_comparisons(std::uint32_t condition,
                                          const AttributeTable& attributes) const {
  using decision::Node;
  using decision::Op;
  using decision::Subject;
  const auto& conditions = compiled_->conditions;
  const auto& nodes = conditions.nodes();
  const auto is_of_item = [&](const Node& node) {
    return attributes[node.from].root == Root::item;
  };
  const Node& whole = nodes[condition];
  if (whole.subject != Subject::attribute || !is_of_item(whole)) {
    return {};
  }
  ItemComparisons found;
  found.negated = whole.negated;
  const auto add = [&](std::uint32_t index) {
    const Node& node = nodes[index];
    if (node.op == Op::compare) {
      const Value& number = conditions.literal(node.operand).number;
      found.all.push_back({whole.from, node.relation, std::nullopt, number});
      return !std::isnan(number.as_number());
    }
    if (node.op != Op::relates) {
      return false;
    }
    const Node& other = nodes[index + 1];
    found.all.push_back({whole.from, node.relation, other.from, {}});
    return other.subject == Subject::attribute && !is_of_item(other);
  };
  if (whole.op != Op::all) {
    return add(condition) ? found : ItemComparisons();
  }
  for (std::uint32_t child = condition + 1; child < whole.end; child = nodes[child].end) {
    if (nodes[child].negated || nodes[child].subject != Subject::current || !add(child)) {
      return {};
    }
  }
  return found;
}

SourceSet Program::chain_needs(std::size_t chain) const {
  return compiled_->chains[chain].needs;
}

void Program::add_content_needs(CampaignId id, SourceSet sources) {
  auto& campaigns = compiled_->campaigns;
  campaigns.slots[campaigns.all[id].slot].needs |= sources;
}

SourceSet Program::slot_needs(SlotId id) const {
  return id < slots().size() ? compiled_->campaigns.slot_needs(id) : SourceSet();
}

SourceSet Program::segment_needs(SegmentId id) const {
  return id < segment_count() ? compiled_->segments[id].needs : SourceSet();
}

SourceSet Program::experiment_needs(ExperimentId id) const {
  return id < experiment_count() ? compiled_->experiments.named[id].needs : SourceSet();
}

SourceSet Program::feature_needs(FeatureId id) const {
  const auto& needs = compiled_->experiments.feature_needs;
  return id < needs.size() ? needs[id] : SourceSet();
}

SourceSet Program::value_needs(ValueId id) const {
  return id < value_count() ? compiled_->values[id].needs : SourceSet();
}

SourceSet Program::attribute_needs(const Attribute& attribute) const {
  switch (attribute.root) {
    case Root::segment:
      return segment_needs(attribute.index);
    case Root::experiment:
      return experiment_needs(attribute.index);
    case Root::feature:
      return feature_needs(attribute.index);
    case Root::value:
      return value_needs(attribute.index);
    case Root::variable:
      return is_decided(attribute) ? compiled_->needs_of_all() : direct_needs(attribute);
    default:
      return direct_needs(attribute);
  }
}

Program::Deciding Program::deciding(AttributeId id, const Attribute& attribute) const {
  decision::DecidingAttributes found(*compiled_);
  found.add(id, attribute);
  return {{found.attributes().begin(), found.attributes().end()}, found.is_forcible()};
}

const std::vector<std::pair<Where, std::string>>& Program::warnings() const {
  return compiled_->warnings;
}

const std::vector<std::pair<Where, std::string>>& Program::condition_warnings() const {
  return compiled_->conditions.warnings();
}

}  // namespace personalize
