#include "decision/growthbook/visual_changes.h"

#include <algorithm>
#include <optional>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "base/values/json/json_file.h"
#include "decision/growthbook/payload_json.h"

namespace personalize::decision {

namespace {

using Action = DomMutation::Action;
using Target = DomMutation::Target;

const Json::Value& variations(const Json::Value& experiment) {
  return member(experiment, "variations");
}

// The names that dom-mutator sets: /^[a-zA-Z:_][a-zA-Z0-9:_.-]*$/.
bool is_attribute_name(const std::string& name) {
  const auto may_begin = [](char c) { return ascii::is_letter(c) || c == ':' || c == '_'; };
  return !name.empty() && may_begin(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return may_begin(c) || ascii::is_digit(c) || c == '.' || c == '-';
         });
}

Target target_of(const std::string& attribute) {
  if (attribute == "html") {
    return Target::html;
  }
  if (attribute == "class") {
    return Target::classes;
  }
  if (attribute == "className") {
    return Target::class_name;
  }
  return attribute == "position" ? Target::position : Target::attribute;
}

std::optional<Action> action_of(const std::string& action) {
  for (const Action one : {Action::set, Action::append, Action::remove}) {
    if (action == name_of(one)) {
      return one;
    }
  }
  return std::nullopt;
}

// Returns whether dom-mutator knows the action for what it is about.
bool is_possible(const DomMutation& mutation) {
  return (mutation.target != Target::html || mutation.action != Action::remove) &&
         (mutation.target != Target::position || mutation.action == Action::set);
}

// Returns why dom-mutator leaves alone what was read, of an action of this name; "" if it does not.
std::string mistake_in(const DomMutation& mutation, const std::string& action) {
  if (mutation.selector.empty()) {
    return "it has no selector";
  }
  if (!action_of(action) || !is_possible(mutation)) {
    return "its attribute " + quoted(mutation.attribute) + " can have no action " + quoted(action);
  }
  if (mutation.target == Target::position && mutation.parent.empty()) {
    return "it has no parentSelector";
  }
  if (mutation.target == Target::attribute && !is_attribute_name(mutation.attribute)) {
    return quoted(mutation.attribute) + " is no name of an attribute";
  }
  return {};
}

// Returns nothing for what dom-mutator leaves alone, and says in `mistake` what it is and why.
std::optional<DomMutation> read_mutation(const Json::Value& json, std::string& mistake) {
  DomMutation mutation;
  mutation.selector = text_or(member(json, "selector"), "");
  mutation.attribute = text_or(member(json, "attribute"), "");
  mutation.target = target_of(mutation.attribute);
  mutation.value = text_or(member(json, "value"), "");
  mutation.parent = text_or(member(json, "parentSelector"), "");
  mutation.before = text_or(member(json, "insertBeforeSelector"), "");
  const std::string action = text_or(member(json, "action"), "");
  mutation.action = action_of(action).value_or(Action::set);
  const std::string reason = mistake_in(mutation, action);
  if (reason.empty()) {
    return mutation;
  }
  const bool has_selector = !mutation.selector.empty();
  mistake = " (" + std::string(has_selector ? "selector " : "action ") +
            quoted(has_selector ? mutation.selector : action) + ") is passed over: " + reason;
  return std::nullopt;
}

}  // namespace

bool has_visual_changes(const Json::Value& experiment) {
  const Json::Value& all = variations(experiment);
  if (!all.isArray()) {
    return false;
  }
  const bool redirects = to_boolean(member(experiment, "urlPatterns")) &&
                         std::any_of(all.begin(), all.end(), [](const Json::Value& one) {
                           return one.isObject() && one.isMember("urlRedirect");
                         });
  return !redirects && std::any_of(all.begin(), all.end(), [](const Json::Value& one) {
    return one.isObject() &&
           (to_boolean(one["domMutations"]) || one.isMember("js") || one.isMember("css"));
  });
}

std::vector<VisualVariation> visual_variations(const Json::Value& experiment,
                                               std::vector<std::string>& mistakes) {
  std::vector<VisualVariation> made;
  for (const auto& one : variations(experiment)) {
    VisualVariation variation;
    variation.css = text_or(member(one, "css"), "");
    variation.js = text_or(member(one, "js"), "");
    const Json::Value& mutations = member(one, "domMutations");
    unsigned number = 0;
    for (const auto& json : mutations.isArray() ? mutations : Json::Value::nullSingleton()) {
      ++number;
      std::string mistake;
      if (auto mutation = read_mutation(json, mistake)) {
        variation.has_handlers =
            variation.has_handlers ||
            (mutation->target == Target::attribute &&
             ascii::equal_ignoring_case(mutation->attribute.substr(0, 2), "on"));
        variation.mutations.push_back(std::move(*mutation));
      } else {
        mistakes.push_back("experiment " + quoted(text_or(member(experiment, "key"), "")) +
                           ": change " + std::to_string(number) + " of variation " +
                           std::to_string(made.size()) + mistake);
      }
    }
    made.push_back(std::move(variation));
  }
  return made;
}

bool targets_fragment(const Json::Value& experiment) {
  const Json::Value& patterns = member(experiment, "urlPatterns");
  return patterns.isArray() &&
         std::any_of(patterns.begin(), patterns.end(), [](const Json::Value& one) {
           return text_or(member(one, "type"), "") == "simple" &&
                  text_or(member(one, "pattern"), "").find('#') != std::string::npos;
         });
}

}  // namespace personalize::decision
