#include "decision/explain/explainer.h"

#include "base/text/text.h"
#include "decision/experiments/experiment_decision.h"
#include "decision/notations/when_compiler.h"
#include "personalize/decision/forcing.h"

namespace personalize {

namespace decision {

namespace {

// Returns the statement as it is written, with quotes around words that need them.
std::string text_of(const Statement& statement) {
  std::string text;
  for (const auto& word : statement.words) {
    text += text.empty() ? "" : " ";
    const bool is_bare = !word.empty() && word.find_first_of(" \t;{}\"'") == std::string::npos;
    text += is_bare ? word : quoted(word);
  }
  return text;
}

}  // namespace

Explainer::Explainer(const Explained& explained)
    : explained_(explained),
      compiled_(*explained.program.compiled_),
      decided_(explained.decision),
      evaluator_(compiled_.conditions, explained.facts, decided_, explained.memory, regex_budget_),
      experiment_evaluator_(explained.decision.experiments_->evaluator(evaluator_)) {}

Switch Explainer::switch_of(std::size_t index) const noexcept {
  const Switches* switches = explained_.inputs.switches;
  return switches == nullptr ? Switch::unset : switches->get(index);
}

Json::Value Explainer::condition(const Statement& statement, std::uint32_t node) {
  Json::Value out(Json::objectValue);
  out["condition"] = explained_text(text_of(statement));
  out["at"] = statement.where.text();
  out["holds"] = evaluator_.holds(node);
  if (statement.words[0] == "element") {
    explain_element(statement, node, out);
  } else if (!statement.block.empty()) {
    out["conditions"] = conditions(statement.block, node, WhenCompiler::knows);
  } else if (statement.words[0] != "json") {
    const Value value = evaluator_.subject(node);
    if (value.is_missing()) {
      out["missing"] = true;
    } else {
      out["value"] = values_.write(value);
    }
  }
  return out;
}

// Tells which element of the list the block holds for, and for how many each of its lines does.
void Explainer::explain_element(const Statement& statement, std::uint32_t node, Json::Value& out) {
  const Value list = evaluator_.subject(node);
  if (list.is_missing()) {
    out["missing"] = true;
    return;
  }
  out["value"] = values_.write(list);
  const auto& nodes = compiled_.conditions.nodes();
  const std::uint32_t count = list.kind() == Kind::array ? list.size() : 0;
  Json::Value& lines = out["conditions"] = Json::Value(Json::arrayValue);
  std::uint32_t child = node + 1;
  for (const auto& line : statement.block) {
    Json::UInt held = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      held += evaluator_.holds(child, list.at(i)) ? 1 : 0;
    }
    Json::Value entry(Json::objectValue);
    entry["condition"] = explained_text(text_of(line));
    entry["at"] = line.where.text();
    entry["elements"] = held;
    lines.append(std::move(entry));
    child = nodes[child].end;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    bool all = true;
    for (std::uint32_t inner = node + 1; inner < nodes[node].end && all; inner = nodes[inner].end) {
      all = evaluator_.holds(inner, list.at(i));
    }
    if (all) {
      out["element"] = i;
      return;
    }
  }
}

Json::Value Explainer::conditions(const std::vector<Statement>& statements, std::uint32_t group,
                                  bool (*is_condition)(const Statement&)) {
  const auto& nodes = compiled_.conditions.nodes();
  Json::Value out(Json::arrayValue);
  std::uint32_t child = group + 1;
  for (const auto& statement : statements) {
    if (is_condition(statement) && child < nodes[group].end) {
      out.append(condition(statement, child));
      child = nodes[child].end;
    }
  }
  return out;
}

Json::Value Explainer::segments() {
  Json::Value out(Json::arrayValue);
  const auto count = std::min(explained_.program.segment_count(), most_entries);
  for (SegmentId id = 0; id < count; ++id) {
    const auto& compiled = compiled_.segments[id];
    Json::Value segment(Json::objectValue);
    segment["segment"] = compiled.name;
    segment["at"] = compiled.where.text();
    segment["member"] = explained_.decision.segment(id);
    if (explained_.inputs.forcing != nullptr && explained_.inputs.forcing->segment(id)) {
      segment["forced"] = true;
    }
    // Groups of payloads have no lines in the configuration.
    if (id < explained_.segments.size()) {
      segment["conditions"] =
          conditions(explained_.segments[id].statements, compiled.root, WhenCompiler::knows);
    }
    out.append(std::move(segment));
  }
  return out;
}

Json::Value Explainer::values() {
  Json::Value out(Json::arrayValue);
  const auto count = std::min(explained_.program.value_count(), most_entries);
  for (ValueId id = 0; id < count; ++id) {
    const ChosenValue& compiled = compiled_.values[id];
    Json::Value entry(Json::objectValue);
    entry["name"] = compiled.name;
    entry["at"] = compiled.where.text();
    const Value value = explained_.decision.value(id);
    if (value.is_missing()) {
      entry["missing"] = true;
    } else {
      entry["value"] = values_.write(value);
    }
    const ChosenValue::Line* chosen = compiled.choose(evaluator_);
    Json::Value& lines = entry["lines"] = Json::Value(Json::arrayValue);
    for (const auto& line : compiled.lines) {
      Json::Value told(Json::objectValue);
      told["line"] = explained_text(line.text);
      told["at"] = line.where.text();
      told["holds"] = evaluator_.holds(line.root);
      told["chosen"] = &line == chosen;
      lines.append(std::move(told));
    }
    out.append(std::move(entry));
  }
  return out;
}

Json::Value Explainer::attributes() {
  const AttributeTable& attributes = explained_.attributes;
  Json::Value out(Json::objectValue);
  for (AttributeId id = 0; id < attributes.size() && out.size() < 4 * most_entries; ++id) {
    const Attribute& attribute = attributes[id];
    if (is_decided(attribute.root)) {
      continue;  // explained as a segment, an experiment, a feature or a value
    }
    Json::Value& entry = out[attribute.spelling];
    const Value value = explained_.facts.get(id);
    if (value.is_missing()) {
      entry["missing"] = true;
    } else {
      entry["value"] = values_.write(value);
    }
    entry["origin"] = explained_.origin(attribute);
    entry["at"] = attribute.where.text();
  }
  return out;
}

}  // namespace decision

void explain(const Explained& explained, Json::Value& out) {
  decision::Explainer explainer(explained);
  out["slots"] = explainer.slots();
  out["experiments"] = explainer.experiments();
  out["features"] = explainer.features();
  out["segments"] = explainer.segments();
  out["values"] = explainer.values();
  out["attributes"] = explainer.attributes();
  constexpr const char* lists[] = {"experiments", "features", "segments", "values"};
  const std::size_t counts[] = {explained.program.experiment_count(),
                                explained.attributes.features().size(),
                                explained.program.segment_count(), explained.program.value_count()};
  for (std::size_t i = 0; i < 4; ++i) {
    if (counts[i] > out[lists[i]].size()) {
      out["left_out"][lists[i]] = static_cast<Json::UInt64>(counts[i] - out[lists[i]].size());
    }
  }
}

}  // namespace personalize
