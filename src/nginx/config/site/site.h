// What is declared for a server, compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/config_error.h"
#include "personalize/base/element_data.h"
#include "personalize/claims/code_pool.h"
#include "personalize/decision/decision.h"
#include "personalize/recommend/chain.h"
#include "personalize/render/content.h"
#include "personalize/signals/person.h"
#include "personalize/sources/answers.h"
#include "personalize/sources/session.h"
#include "personalize/sources/sources.h"
#include "personalize/visual/visual_changes.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

// personalize_source, as read: its key may name what is declared further down.
struct SourceDeclaration {
  Where where;
  std::string name;
  std::vector<std::string> parameters;
};

// personalize_session.
struct SessionRule {
  Where where;
  bool on = true;
  SessionOptions options;
};

// personalize_person $variable [merge=…]
struct PersonRule {
  Where where;
  bool on = true;
  std::intptr_t variable = -1;  // its index in NGINX
  std::string variable_name;
  PersonMerges merges;
};

// Immutable once compiled (site_compiler.h); servers that declare nothing share one.
struct Site {
  AttributeTable attributes;
  std::vector<Source> sources;              // by the index that AttributeTable gave
  std::vector<SourceSet> source_needs;      // those that a source's key and condition are made of
  std::vector<std::uint8_t> source_rounds;  // when its turn is, from 1 on: after all it needs
  std::uint32_t first_of_chains = 0;        // the sources of chains begin here
  std::vector<Chain> chains;
  std::optional<SessionOptions> session_options;
  AnswerForms forms;
  const SessionOptions* session = nullptr;  // those; nullptr: none is kept
  // The index of the first SessionPart among the sources, if session.* is known. Set even if the
  // server has no session.
  std::optional<std::uint32_t> first_of_session;
  // The index of the source of what is kept of a person, if persons are known.
  std::optional<std::uint32_t> person;
  std::unique_ptr<Program> program;
  std::vector<SourceSet> slot_needs;  // by SlotId: all documents that its decision may need
                                      // for the whole page
  std::vector<bool> attribute_slots;  // by SlotId: whether it is an attribute of an element
  ElementNames elements;              // what slots know of their elements
  SourceSet element_sources;          // whose keys depend on an element: they are no page's
  // By SlotId: those that are looked up for each element, in that order.
  std::vector<std::vector<std::uint32_t>> element_documents;
  std::vector<std::uint32_t> all_element_documents;  // those of all slots
  SourceSet all_needs;            // of every slot, segment, experiment, feature and value
  std::vector<Content> contents;  // by CampaignId
  std::vector<std::optional<CodePool>> pools;  // by CampaignId
  std::vector<std::vector<AttributeId>>
      kept_attributes;           // by CampaignId: by which an offer is made
  std::vector<SourceSet> lists;  // by CampaignId: the chains whose items it shows
  std::uint32_t number = 0;      // of SwitchPlan::sites
  bool keeps_state = false;      // Program::keeps_state()
  SlotId page_end = no_slot;     // of what stands there beside content; behind the program's
  bool has_previews = false;
  std::optional<VisualChanges> visual;        // of payloads; nothing if there are none
  SlotId first_visual = no_slot;              // the first of their slots, behind page_end
  std::vector<SourceSet> visual_needs;        // by the experiments that have them
  std::vector<const Asset*> scripts;          // that pages for people load at their end
  std::vector<ExperimentId> sticky;           // experiments whose variants visitors keep
  std::vector<AttributeId> event_attributes;  // of which exposures and conversions tell

  // Returns whether the slot is decided for each of its elements.
  bool is_by_element(SlotId slot) const {
    return slot < elements.slots.size() && elements.slots[slot];
  }

  // Returns whether what the slot shows is one content, which can stand without its page.
  bool is_content(SlotId slot) const { return !is_by_element(slot) && !attribute_slots[slot]; }

  // Returns `needs`, and the sources that their keys and conditions need.
  SourceSet closure(SourceSet needs) const;

  // Returns the chain whose list the source is; nullptr if it is none.
  const Chain* chain(std::size_t source) const;

  // Returns the part of the session that the source is; nothing if it is not one.
  std::optional<SessionPart> session_part(std::size_t source) const;

  // Appends the key of a source, as KeyTemplate::expand() does, at that time.
  bool expand_key(std::size_t source, Facts& facts, std::int64_t now_s,
                  std::pmr::string& key) const;

  // Returns those of `needs` that can be there before the page is known, as personalize_page says
  // it.
  SourceSet before_page(SourceSet needs) const;
};

using Sites = std::vector<std::shared_ptr<const Site>>;

}  // namespace personalize
