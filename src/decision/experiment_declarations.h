// Everything that a server declares of experiments and features, in its compiled form.
#pragma once

#include <json/value.h>

#include "decision/compiled_program.h"
#include "decision/conditions/dependency_graph.h"
#include "personalize/attributes/attribute.h"
#include "personalize/decision/experiments.h"

namespace personalize::decision {

// Returns the saved groups of all payloads by id, for conditions that name them; the first, if
// several payloads have one of that id. null if there are none.
Json::Value saved_groups(const ExperimentText& text);

// Adds experiments, features, and the payloads' groups as segments to `out`, and what they depend
// on to the graph. declare_experiments must have added their names to `attributes`. Throws
// ConfigError.
void compile_experiments(const ExperimentText& text, const Json::Value* saved_groups,
                         AttributeTable& attributes, DependencyGraph& graph, CompiledProgram& out);

}  // namespace personalize::decision
