#include "nginx/request/told_decisions.h"

namespace personalize {

void write_variants(RequestFacts& facts, JsonText& json) {
  const Program& program = *facts.site().program;
  json.begin_object();
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    if (!facts.documents().is_complete(program.experiment_needs(id))) {
      continue;
    }
    const Value variant = facts.decision().variant(id);
    if (!variant.is_missing()) {
      json.key(program.experiment_name(id)).value(variant);
    }
  }
  json.end_object();
}

}  // namespace personalize
