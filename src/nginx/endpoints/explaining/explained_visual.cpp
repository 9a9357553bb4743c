#include "nginx/endpoints/explaining/explained_visual.h"

#include <json/value.h>

#include <algorithm>
#include <string_view>

#include "base/text/text.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

namespace {

// Where HTML is left to the browser.
constexpr std::string_view special_places = "tables, drawings, and elements that it would end";
// And elements.
constexpr std::string_view special_moves =
    "pages where the place comes earlier or more than 64 KB later, the markup is not certain, a "
    "script stands in between, or another experiment moves an element, too";
static_assert(longest_move == 64 * 1024);

Json::Value change_of(const VisualChange& change) {
  const DomMutation& mutation = *change.mutation;
  Json::Value out(Json::objectValue);
  out["selector"] = mutation.selector;
  out["attribute"] = mutation.attribute;
  out["action"] = std::string(name_of(mutation.action));
  out["by"] = change.streams() ? "stream" : "browser";
  if (!change.streams()) {
    out["why"] = change.refusal;
  } else if (!change.deciders.empty()) {
    out["but_browser_in"] = "pages that " + quoted(change.deciders.front().experiment->key) +
                            " or a like experiment changes for the same visitor: an earlier change "
                            "of it may decide what its selector matches";
  } else if (mutation.target == DomMutation::Target::position) {
    out["but_browser_in"] = std::string(special_moves);
  } else if (change.breaks_in != 0) {
    out["but_browser_in"] = std::string(special_places);
  }
  return out;
}

}  // namespace

void explain_visual(RequestFacts& facts, Json::Value& out) {
  const VisualChanges& visual = *facts.site().visual;
  std::pmr::vector<VisualChoice> choices(facts.memory());
  facts.decision().choose_visual(true, choices);
  for (const VisualExperiment& experiment : visual.experiments()) {
    Json::Value entry(Json::objectValue);
    entry["experiment"] = experiment.key;
    entry["changeId"] = experiment.change;
    entry["page"] = facts.decision().targets_page(experiment);
    const auto choice = std::find_if(choices.begin(), choices.end(), [&](const VisualChoice& one) {
      return one.experiment == &experiment;
    });
    const bool is_in = choice != choices.end();
    entry["inExperiment"] = is_in;
    if (is_in) {
      const VisualVariation& variation = experiment.variations[choice->variation];
      entry["variationId"] = choice->variation;
      entry["css"] = !variation.css.empty();
      entry["js"] = !variation.js.empty();
    }
    Json::Value& changes = entry["changes"] = Json::Value(Json::arrayValue);
    for (const VisualChange& change : visual.all()) {
      // Of who sees none, all: it is asked who would make them.
      if (change.experiment == &experiment && (!is_in || change.variation == choice->variation)) {
        changes.append(change_of(change))["variationId"] = change.variation;
      }
    }
    out.append(std::move(entry));
  }
}

}  // namespace personalize
