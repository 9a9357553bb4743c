#include "nginx/config/site/element_needs.h"

#include <algorithm>

#include "base/text/text.h"
#include "personalize/rewrite/page_ends.h"

namespace personalize {

namespace {

// Returns how what is named depends on an element: "slot.data.sku", or "source "price", whose key
// has slot.data.sku".
std::string dependence(const Site& site, const SourceSet& needs) {
  std::string attribute = "slot.data";
  for (AttributeId id = 0; id < site.attributes.size(); ++id) {
    if (site.attributes[id].root == Root::slot) {
      attribute = site.attributes[id].spelling;
      break;
    }
  }
  if (!needs[element_need]) {
    for (std::size_t i = 0; i < site.sources.size(); ++i) {
      if (needs[i] && site.element_sources[i]) {
        return "source " + quoted(site.sources[i].name) + ", whose key depends on " + attribute;
      }
    }
  }
  return attribute;
}

// Throws ConfigError if what is named needs an element.
void refuse(const Site& site, const SourceSet& needs, const Where& where, const std::string& what) {
  if (site.closure(needs)[element_need]) {
    throw ConfigError(where, what + " is the same for the whole page, and cannot use " +
                                 dependence(site, needs) +
                                 ": an element's attributes are known to the campaigns of its "
                                 "slot, in their conditions, their content and in keys of sources");
  }
}

void refuse_outside_campaigns(const SiteDeclarations& declared, const Site& site) {
  const Program& program = *site.program;
  for (SegmentId id = 0; id < program.segment_count(); ++id) {
    const auto& name = program.segment_name(id);
    const auto found =
        std::find_if(declared.segments.begin(), declared.segments.end(),
                     [&](const Declaration& segment) { return segment.name == name; });
    const Where where = found == declared.segments.end() ? Where() : found->where;
    refuse(site, program.segment_needs(id), where, "segment " + quoted(name));
  }
  for (ValueId id = 0; id < program.value_count(); ++id) {
    refuse(site, program.value_needs(id), declared.values[id].where,
           "value " + quoted(declared.values[id].name));
  }
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    refuse(site, program.experiment_needs(id), program.experiment_place(id),
           "experiment " + quoted(program.experiment_name(id)));
  }
  for (FeatureId id = 0; id < site.attributes.features().size(); ++id) {
    refuse(site, program.feature_needs(id), Where(),
           "feature " + quoted(site.attributes.features()[id]));
  }
  for (const Chain& chain : site.chains) {
    refuse(site, chain.needs, chain.where, "personalize_recommend " + quoted(chain.name));
  }
  for (const AttributeId id : site.event_attributes) {
    refuse(site, direct_needs(site.attributes[id]), declared.events_where,
           "personalize_events: attributes=" + site.attributes[id].spelling);
  }
  for (CampaignId id = 0; id < site.pools.size(); ++id) {
    if (site.pools[id]) {
      refuse(site, site.pools[id]->key.needs(site.attributes), declared.campaigns[id].where,
             "the key of the pool of campaign " + quoted(declared.campaigns[id].name));
    }
  }
}

// Throws ConfigError if a campaign of a slot that is decided by element says what cannot be so.
void check_campaign(const Site& site, const Declaration& campaign, const std::string& slot,
                    const std::string& used) {
  if (is_one_of(slot, page_ends)) {
    throw ConfigError(campaign.where,
                      "campaign " + quoted(campaign.name) + " uses " + used + ", and its slot " +
                          quoted(slot) +
                          " is at no element: give it a slot of its own, and say where that is "
                          "with personalize_slot NAME SELECTOR");
  }
  for (const auto& statement : campaign.statements) {
    const auto& words = statement.words;
    const bool keeps = words[0] == "keep_per" || words[0] == "keep_while" ||
                       (words[0] == "keep" && words.size() > 1 && words[1] == "value");
    if (keeps) {
      throw ConfigError(statement.where,
                        quoted(words[0]) + " cannot be here: what campaigns offer in slot " +
                            quoted(slot) + " is decided anew for each element, by " + used +
                            ", and nothing of it is kept");
    }
  }
  if (site.program->has_rivals(site.program->slot(slot))) {
    throw ConfigError(campaign.where,
                      "slot " + quoted(slot) + " is decided for each of its elements, by " + used +
                          ", and cannot be decided together with others: a group that limits views "
                          "has campaigns of this slot and of others; write \"cap N/view\" in place "
                          "of the group");
  }
}

// Returns the sources that the slot looks up for each element, in the order of their rounds.
std::vector<std::uint32_t> documents_of(const Site& site, const SourceSet& needs) {
  std::vector<std::uint32_t> documents;
  for (std::uint32_t i = 0; i < site.sources.size(); ++i) {
    if (needs[i] && site.element_sources[i]) {
      documents.push_back(i);
    }
  }
  std::stable_sort(documents.begin(), documents.end(), [&](std::uint32_t a, std::uint32_t b) {
    return site.source_rounds[a] < site.source_rounds[b];
  });
  return documents;
}

}  // namespace

void find_element_needs(const SiteDeclarations& declared, Site& site) {
  for (std::size_t i = 0; i < site.sources.size(); ++i) {
    site.element_sources[i] = site.closure(site.source_needs[i])[element_need];
  }
  refuse_outside_campaigns(declared, site);

  site.elements.names = site.attributes.element_names();
  site.elements.slots.assign(site.slot_needs.size(), false);
  site.element_documents.resize(site.slot_needs.size());
  SourceSet all;
  for (SlotId slot = 0; slot < site.slot_needs.size(); ++slot) {
    SourceSet& needs = site.slot_needs[slot];
    if (!needs[element_need]) {
      continue;
    }
    site.elements.slots[slot] = true;
    site.element_documents[slot] = documents_of(site, needs);
    all |= needs;
    for (const auto& campaign : declared.campaigns) {
      const bool is_here = std::any_of(
          campaign.statements.begin(), campaign.statements.end(), [&](const Statement& statement) {
            return statement.words[0] == "slot" && site.program->slot(statement.words[1]) == slot;
          });
      if (is_here) {
        check_campaign(site, campaign, site.program->slots()[slot], dependence(site, needs));
      }
    }
    site.program->decide_by_element(slot);
    needs &= ~site.element_sources;
    needs.reset(element_need);
  }
  site.all_element_documents = documents_of(site, all);
}

}  // namespace personalize
