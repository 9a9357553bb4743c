// A site is compiled in steps. Each takes what the one before it returned, so that none can be
// forgotten or come too early:
//
//   SiteDeclarations   what the configuration says
//   Names              every name that an expression may mention is known
//   Rules              keys and conditions are compiled, and sources can be looked up in some order
//   Definitions        contents are compiled: no attribute is mentioned for the first time any more
//   Site               sources know the fields to ask for, variables are bound
#include "nginx/config/site/site_compiler.h"

#include <algorithm>
#include <utility>

#include "base/text/text.h"
#include "nginx/config/site/bind_variables.h"
#include "nginx/config/site/chosen_pools.h"
#include "nginx/config/site/element_needs.h"
#include "nginx/config/site/source_order.h"
#include "personalize/sources/kept_offers.h"
#include "personalize/sources/person.h"

namespace personalize {

namespace {

struct Names {
  AttributeTable attributes;
  std::optional<std::uint32_t> first_of_session;
  std::optional<std::uint32_t> answers;  // the source
  std::optional<std::uint32_t> person;   // the source
};

struct Rules {
  Names names;
  std::vector<Source> sources;
  std::unique_ptr<Program> program;
  std::vector<Chain> chains;
  SourceOrder order;
  std::vector<AttributeId> event_attributes;
};

struct Definitions {
  Rules rules;
  std::vector<Content> contents;
  std::vector<std::optional<CodePool>> pools;
};

std::optional<std::vector<std::string>> merge_of(const SourceDeclaration& source) {
  return read_merge(source.name, {source.parameters.begin(), source.parameters.end()},
                    source.where);
}

// Returns a campaign that keeps what it has offered in Redis; nullptr if there is none.
const Declaration* find_keeping(const SiteDeclarations& declared) {
  const auto keeps = [](const Statement& statement) {
    const auto& words = statement.words;
    return words[0] == "keep_per" ||
           (words[0] == "keep" && words.size() > 1 && words[1] == "value");
  };
  const auto found = std::find_if(
      declared.campaigns.begin(), declared.campaigns.end(), [&](const Declaration& campaign) {
        return std::any_of(campaign.statements.begin(), campaign.statements.end(), keeps);
      });
  return found == declared.campaigns.end() ? nullptr : &*found;
}

void refuse_merges_of_merges(const SiteDeclarations& declared, const SourceDeclaration& merge,
                             const std::vector<std::string>& parts) {
  for (const auto& part : parts) {
    const auto source =
        std::find_if(declared.sources.begin(), declared.sources.end(),
                     [&](const SourceDeclaration& one) { return one.name == part; });
    if (source != declared.sources.end() && merge_of(*source)) {
      throw ConfigError(merge.where, "source " + quoted(merge.name) + ": " + quoted(part) +
                                         " is itself a merge, which has no document: name the "
                                         "sources that it merges, " +
                                         list_names(*merge_of(*source)));
    }
  }
}

Names declare_names(const SiteDeclarations& declared) {
  Names names;
  for (const auto& source : declared.sources) {
    if (merge_of(source)) {
      continue;
    }
    const auto index = names.attributes.declare_source(source.name, source.where);
    const auto& parameters = source.parameters;
    if (std::find(parameters.begin(), parameters.end(), trusted_word) != parameters.end()) {
      names.attributes.trust_source(index);
    }
    const auto has = [&](const char* word) {
      return std::find(parameters.begin(), parameters.end(), word) != parameters.end();
    };
    if (has("type=list") || has("type=zset")) {
      names.attributes.mark_list(index);
    }
  }
  for (const auto& source : declared.sources) {
    if (const auto parts = merge_of(source)) {
      refuse_merges_of_merges(declared, source, *parts);
      names.attributes.declare_merge(source.name, *parts, source.where);
    }
  }
  for (const auto& segment : declared.segments) {
    names.attributes.declare_segment(segment.name, segment.where);
  }
  for (const auto& campaign : declared.campaigns) {
    names.attributes.declare_campaign(campaign.name, campaign.where);
  }
  for (const auto& value : declared.values) {
    names.attributes.declare_value(value.name, value.where);
  }
  declare_experiments(declared.experiments, names.attributes);
  declare_chains(declared.chains, names.attributes);
  if (const Declaration* campaign = find_keeping(declared)) {
    names.attributes.declare_hidden_source(kept_offers_name, campaign->where);
  }
  if (declared.person != nullptr) {
    names.person = names.attributes.declare_person(kept_person_name, declared.person->where);
  }
  if (!declared.forms.empty()) {
    names.answers = names.attributes.declare_source(answers_name, declared.forms.front().where);
  }
  // If the session is off, session.* is known and always missing.
  if (declared.session != nullptr) {
    names.first_of_session = names.attributes.declare_session(
        declared.session->where, declared.session->on ? &declared.session->options.names : nullptr);
  }
  return names;
}

std::vector<Source> compile_sources(const SiteDeclarations& declared, AttributeTable& attributes) {
  std::vector<Source> sources;
  for (const auto& source : declared.sources) {
    if (merge_of(source)) {
      continue;
    }
    sources.push_back(parse_source(source.name,
                                   {source.parameters.begin(), source.parameters.end()},
                                   declared.cache_times, attributes, source.where));
  }
  for (auto& source :
       chain_sources(declared.chains, declared.cache_times, attributes, declared.learning)) {
    sources.push_back(std::move(source));
  }
  if (const Declaration* campaign = find_keeping(declared)) {
    sources.push_back(kept_offers_source(kept_offers_name, attributes, campaign->where));
  }
  if (declared.person != nullptr) {
    sources.push_back(person_source(kept_person_name, attributes, declared.person->where));
  }
  if (!declared.forms.empty()) {
    sources.push_back(answers_source(attributes, declared.forms.front().where));
  }
  if (declared.session != nullptr) {
    for (auto& source :
         session_sources(attributes, declared.session->where, declared.session->options.names)) {
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

bool says(const Declaration& campaign, std::string_view word, std::string_view value) {
  return std::any_of(
      campaign.statements.begin(), campaign.statements.end(), [&](const Statement& statement) {
        return statement.words[0] == word && (value.empty() || statement.words[1] == value);
      });
}

// A browser ends <head> at an element that cannot be in it, and what follows moves into the body.
void check_head(const Declaration& campaign) {
  if (says(campaign, "slot", "head-end") && says(campaign, "widget", "")) {
    throw ConfigError(campaign.where, "campaign " + quoted(campaign.name) +
                                          " would show a widget in <head>: write \"slot "
                                          "body-start\" or another slot of the body");
  }
}

// Returns the attribute that the campaign's slot is; nullptr if it is none.
const AttributePlace* find_attribute(const Declaration& campaign, const AttributeSlots& slots) {
  for (const Statement& statement : campaign.statements) {
    if (statement.words[0] == "slot") {
      return slots.find(statement.words[1]);
    }
  }
  return nullptr;
}

bool names_somebody(const Attribute& attribute) {
  return attribute.field == Field::visitor_id || attribute.field == Field::person_id;
}

// What was decided has events of its own, and the id is what the pseudonym is for.
std::vector<AttributeId> compile_event_attributes(const SiteDeclarations& declared,
                                                  AttributeTable& attributes) {
  std::vector<AttributeId> ids;
  for (const auto& name : declared.event_attributes) {
    const AttributeId id = attributes.intern(name, declared.events_where);
    const Attribute& attribute = attributes[id];
    if (attribute.root == Root::experiment || attribute.root == Root::feature ||
        names_somebody(attribute)) {
      throw ConfigError(declared.events_where,
                        "personalize_events: attributes= cannot have " + name +
                            (names_somebody(attribute) ? ": events do not name visitors"
                                                       : ": exposures tell of experiments"));
    }
    ids.push_back(id);
  }
  return ids;
}

Rules compile_rules(const SiteDeclarations& declared, Names names) {
  AttributeTable& attributes = names.attributes;
  auto sources = compile_sources(declared, attributes);
  auto program = std::make_unique<Program>(attributes, declared.segments, declared.campaigns,
                                           declared.experiments, declared.chains, declared.values);
  auto chains = compile_chains(declared.chains, declared.cache_times, attributes, *program);
  auto order = find_source_order(sources, chains, attributes, *program);
  auto of_events = compile_event_attributes(declared, attributes);
  return {std::move(names),  std::move(sources), std::move(program),
          std::move(chains), std::move(order),   std::move(of_events)};
}

std::optional<CodePool> find_pool(const Declaration& campaign, AttributeTable& attributes) {
  std::optional<CodePool> pool;
  for (const auto& statement : campaign.statements) {
    if (statement.words[0] != "code") {
      continue;
    }
    if (pool) {
      throw ConfigError(statement.where, "\"code\" is duplicate in campaign " +
                                             quoted(campaign.name) + ": keep one of them");
    }
    pool = read_code_pool(statement, attributes);
  }
  return pool;
}

Definitions compile_contents(const SiteDeclarations& declared, Rules rules) {
  std::vector<Content> contents;
  std::vector<std::optional<CodePool>> pools;
  for (const auto& campaign : declared.campaigns) {
    check_head(campaign);
    contents.emplace_back(campaign, declared.directory, rules.names.attributes, &declared.widgets,
                          find_attribute(campaign, declared.attribute_slots));
    pools.push_back(find_pool(campaign, rules.names.attributes));
    if (pools.back()) {
      refuse_chosen_pool(*pools.back(), *rules.program, rules.names.attributes, rules.sources);
    }
  }
  return {std::move(rules), std::move(contents), std::move(pools)};
}

// Returns the attributes by which an offer is made that keeps its values. Its reason is part of it:
// an offer without one is not shown, and the document that has it may be gone.
std::vector<AttributeId> find_kept_attributes(const Site& site, CampaignId id,
                                              const Declaration& campaign) {
  std::vector<AttributeId> kept;
  if (!site.program->keeps_values(id)) {
    return kept;
  }
  const auto add = [&](const char* field) {
    for (const AttributeId attribute : site.contents[id].attributes_of(field)) {
      if (std::find(kept.begin(), kept.end(), attribute) == kept.end()) {
        kept.push_back(attribute);
      }
    }
  };
  add("discount");
  add("price");
  if (kept.empty()) {
    throw ConfigError(campaign.where,
                      "campaign " + quoted(campaign.name) +
                          " keeps a value, and its discount and price are made of none: write "
                          "\"keep campaign\", or an attribute into the discount or the price");
  }
  add("old_price");
  add("reason");
  return kept;
}

SourceSet needs_of_content(const Site& site, const Content& content) {
  SourceSet needs = content.needs(site.attributes);
  for (const AttributeId id : content.decided(site.attributes)) {
    needs |= site.program->attribute_needs(site.attributes[id]);
  }
  return needs;
}

SourceSet needs_of_pool(const Site& site, const CodePool& pool) {
  SourceSet needs = pool.key.needs(site.attributes);
  for (const AttributeId id : pool.key.decided(site.attributes)) {
    needs |= site.program->attribute_needs(site.attributes[id]);
  }
  return needs;
}

SourceSet find_all_needs(const Site& site) {
  const Program& program = *site.program;
  SourceSet needs;
  for (SegmentId id = 0; id < program.segment_count(); ++id) {
    needs |= program.segment_needs(id);
  }
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    needs |= program.experiment_needs(id);
  }
  for (FeatureId id = 0; id < site.attributes.features().size(); ++id) {
    needs |= program.feature_needs(id);
  }
  for (ValueId id = 0; id < program.value_count(); ++id) {
    needs |= program.value_needs(id);
  }
  needs = site.closure(needs);
  for (const SourceSet& slot : site.slot_needs) {
    needs |= slot;
  }
  return needs;
}

// Refuses a field that none of the sources has that are merged, where all of them name theirs.
void check_merged_fields(const Site& site) {
  for (AttributeId id = 0; id < site.attributes.size(); ++id) {
    const Attribute& attribute = site.attributes[id];
    if (attribute.root != Root::source || attribute.others.empty()) {
      continue;
    }
    auto merged = attribute.others;
    merged.insert(merged.begin(), attribute.index);
    std::vector<std::string> known;
    bool is_open = false;
    for (const std::uint32_t index : merged) {
      const Source& source = site.sources[index];
      is_open = is_open || !source.has_fields;
      known.insert(known.end(), source.fields.begin(), source.fields.end());
    }
    if (!is_open && std::find(known.begin(), known.end(), attribute.path.front()) == known.end()) {
      std::sort(known.begin(), known.end());
      known.erase(std::unique(known.begin(), known.end()), known.end());
      throw ConfigError(attribute.where,
                        "attribute " + quoted(attribute.spelling) +
                            " does not exist: the merged sources have the fields " +
                            list_names(known));
    }
  }
}

// Tells sources which fields of theirs the attributes ask for.
void complete_sources(Site& site) {
  for (std::uint32_t i = 0; i < site.sources.size(); ++i) {
    collect_hash_fields(site.sources[i], i, site.attributes);
    check_text_fields(site.sources[i], i, site.attributes);
    check_named_fields(site.sources[i], i, site.attributes);
  }
  check_merged_fields(site);
  if (site.first_of_session) {
    collect_session_fields(site.sources, *site.first_of_session, site.attributes);
  }
  if (site.session_options) {
    find_session_uses(site.attributes, *site.session_options);
    if (site.session_options->keeps_attention) {
      site.scripts.push_back(find_asset(attention_script));
    }
  }
}

std::shared_ptr<const Site> finish(ngx_conf_t* cf, const SiteDeclarations& declared,
                                   Definitions definitions) {
  auto site = std::make_shared<Site>();
  Rules& rules = definitions.rules;
  site->attributes = std::move(rules.names.attributes);
  site->first_of_session = rules.names.first_of_session;
  site->person = rules.names.person;
  site->sources = std::move(rules.sources);
  site->program = std::move(rules.program);
  site->source_needs = std::move(rules.order.needs);
  site->source_rounds = std::move(rules.order.rounds);
  site->first_of_chains = static_cast<std::uint32_t>(
      std::count_if(declared.sources.begin(), declared.sources.end(),
                    [](const SourceDeclaration& source) { return !merge_of(source); }));
  site->chains = std::move(rules.chains);
  site->event_attributes = std::move(rules.event_attributes);
  site->contents = std::move(definitions.contents);
  site->pools = std::move(definitions.pools);
  site->number = declared.number;
  if (declared.session != nullptr && declared.session->on) {
    site->session = &site->session_options.emplace(declared.session->options);
  }

  Program& program = *site->program;
  program.remember(site->attributes);
  SourceSet chains;
  for (const Chain& chain : site->chains) {
    chains.set(chain.source);
  }
  for (CampaignId id = 0; id < site->contents.size(); ++id) {
    program.add_content_needs(id, needs_of_content(*site, site->contents[id]));
    site->kept_attributes.push_back(find_kept_attributes(*site, id, declared.campaigns[id]));
    site->lists.push_back(site->contents[id].needs(site->attributes) & chains);
    if (site->person && program.keeps_state(id)) {
      program.add_content_needs(id, SourceSet().set(*site->person));
    }
    if (site->pools[id]) {
      program.add_content_needs(id, needs_of_pool(*site, *site->pools[id]));
    }
  }
  for (SlotId slot = 0; slot < program.slots().size(); ++slot) {
    site->slot_needs.push_back(site->closure(program.slot_needs(slot)));
    site->attribute_slots.push_back(declared.attribute_slots.find(program.slots()[slot]) !=
                                    nullptr);
  }
  find_element_needs(declared, *site);
  site->all_needs = find_all_needs(*site);
  site->keeps_state = program.keeps_state();
  site->page_end = static_cast<SlotId>(program.slots().size());
  site->has_previews = declared.has_preview;
  if (!program.visual().empty()) {
    site->visual.emplace(program.visual());
    site->first_visual = site->page_end + 1;
    for (const VisualExperiment& experiment : program.visual()) {
      site->visual_needs.push_back(site->closure(program.experiment_needs(experiment.name)));
    }
  }
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    if (program.is_sticky(id)) {
      site->sticky.push_back(id);
    }
  }

  site->forms = AnswerForms(declared.forms);
  if (rules.names.answers) {
    site->forms.check(site->attributes, *rules.names.answers);
  }
  complete_sources(*site);
  bind_variables(cf, site->attributes);
  return site;
}

}  // namespace

std::shared_ptr<const Site> compile_site(ngx_conf_t* cf, const SiteDeclarations& declared) {
  Names names = declare_names(declared);
  Rules rules = compile_rules(declared, std::move(names));
  Definitions definitions = compile_contents(declared, std::move(rules));
  return finish(cf, declared, std::move(definitions));
}

}  // namespace personalize
