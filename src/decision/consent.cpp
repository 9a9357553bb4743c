#include "personalize/decision/consent.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::array<std::string_view, 6> known_roots = {"cookie", "request", "var",
                                                         "geo",    "device",  "time"};

void check_attribute(const std::string& spelling, const Where& where) {
  const auto root = std::string_view(spelling).substr(0, spelling.find('.'));
  if (std::find(known_roots.begin(), known_roots.end(), root) == known_roots.end()) {
    throw ConfigError(where, "personalize_consent cannot ask for " + quoted(spelling) +
                                 ": before there is consent nobody is recognized and nothing is "
                                 "looked up; it can ask for cookie, request, var, geo, device and "
                                 "time");
  }
}

// What a visitor's answer can be read from.
constexpr std::string_view answer_roots[] = {"cookie.", "request.arg.", "request.header.", "var."};
// Variables that NGINX takes from the same places.
constexpr std::string_view sent_variables[] = {"var.cookie_", "var.arg_", "var.http_"};

// Of an answer, "no", "denied" and "False" are as good as "yes" to a condition without an operator.
void check_bare(const std::string& word, const std::string& spelling, const Where& where) {
  if (begins_with_one_of(spelling, answer_roots)) {
    const std::string line = word + " " + spelling;
    throw ConfigError(where, quoted(line) +
                                 " takes every answer but 0 and false for a yes, also no, denied "
                                 "and rejected: write the answer that is meant, as in " +
                                 quoted(line + " = yes") + ", or " + quoted(line + " exists") +
                                 " if it is there after one answer only");
  }
}

// Finds conditions by which everybody consents who has not answered.
class OptOuts {
 public:
  static std::vector<std::pair<Where, std::string>> find(const std::vector<Statement>& conditions) {
    OptOuts found;
    found.walk_all(conditions);
    return std::move(found.warnings_);
  }

 private:
  // Returns whether it asks for something that a client sends or leaves out. What an operator makes
  // of that with a map has whatever default the operator chose.
  static bool asks_client(const Statement& one) {
    const std::string& spelling = one.words[1];
    return begins_with_one_of(spelling, sent_variables) ||
           (begins_with_one_of(spelling, answer_roots) && !ascii::starts_with(spelling, "var."));
  }

  static std::string_view operation(const Statement& one) {
    return one.words.size() > 2 ? std::string_view(one.words[2]) : "exists";
  }

  // Returns whether the condition can hold for a client that has sent nothing.
  static bool holds_unanswered(const Statement& one) {
    if (one.words[0] == "any") {
      return std::any_of(one.block.begin(), one.block.end(), holds_unanswered);
    }
    if (one.words[0] == "all") {
      return std::all_of(one.block.begin(), one.block.end(), holds_unanswered);
    }
    if (one.words.size() < 2 || !asks_client(one)) {
      return true;
    }
    constexpr std::string_view holding[] = {"missing", "!=", "not_in", "not_in_group", "!~"};
    return is_one_of(operation(one), holding) == (one.words[0] == "when");
  }

  // All of these must hold, so that nothing in one of them counts if another never does.
  void walk_all(const std::vector<Statement>& statements) {
    if (std::all_of(statements.begin(), statements.end(), holds_unanswered)) {
      walk_any(statements);
    }
  }

  void walk_any(const std::vector<Statement>& statements) {
    for (const auto& one : statements) {
      if (one.words[0] == "any") {
        walk_any(one.block);
      } else if (one.words[0] == "all") {
        walk_all(one.block);
      } else {
        note(one);
      }
    }
  }

  // "missing" and "exists" say plainly that it is about whether there is an answer.
  void note(const Statement& one) {
    const bool is_plain = operation(one) == "missing" || operation(one) == "exists";
    if (one.words.size() < 2 || is_plain || !asks_client(one) || !holds_unanswered(one)) {
      return;
    }
    const std::string line = list_names(one.words, " ");
    warnings_.emplace_back(
        one.where, "personalize_consent: " + quoted(line) +
                       " holds for everybody who has not answered: write the answer that is a "
                       "yes, as in " +
                       quoted("when " + one.words[1] + " = yes"));
  }

  std::vector<std::pair<Where, std::string>> warnings_;
};

void check(const Statement& statement) {
  const std::string& word = statement.words.at(0);
  if (word == "json") {
    throw ConfigError(statement.where,
                      "personalize_consent takes no \"json\": write when, unless, any and all");
  }
  if ((word == "when" || word == "unless") && statement.words.size() > 1) {
    check_attribute(statement.words[1], statement.where);
    if (statement.words.size() == 2) {
      check_bare(word, statement.words[1], statement.where);
    }
  }
  std::for_each(statement.block.begin(), statement.block.end(), check);
}

class SignalFacts final : public Facts {
 public:
  SignalFacts(const AttributeTable& attributes, Signals& signals)
      : attributes_(attributes), signals_(signals) {}

  Value get(AttributeId id) noexcept override { return signals_.read(attributes_[id]); }

 private:
  const AttributeTable& attributes_;
  Signals& signals_;
};

}  // namespace

bool asks_for_privacy(RequestView& request) noexcept {
  return request.header("sec-gpc") == "1";
}

Consent::Consent(const std::vector<std::string_view>& parameters,
                 const std::vector<Statement>& conditions, const Where& where) {
  for (const auto parameter : parameters) {
    if (parameter != "gpc=ignore" && parameter != "gpc=refuse") {
      throw ConfigError(where, "unknown parameter " + quoted(parameter) +
                                   " of personalize_consent; it takes gpc=refuse or gpc=ignore, "
                                   "and conditions in a block, as in "
                                   "\"{ when cookie.consent = yes; }\"");
    }
    obeys_gpc_ = parameter == "gpc=refuse";
  }
  std::for_each(conditions.begin(), conditions.end(), check);
  attributes_.declare_segment("consent", where);
  program_ = std::make_unique<Program>(attributes_,
                                       std::vector<Declaration>{{where, "consent", conditions}},
                                       std::vector<Declaration>());
  warnings_ = OptOuts::find(conditions);
}

bool Consent::is_given(RequestView& request, Signals& signals, RegexBudget& regex_budget,
                       std::pmr::memory_resource* memory) const noexcept {
  if (obeys_gpc_ && asks_for_privacy(request)) {
    return false;
  }
  try {
    SignalFacts facts(attributes_, signals);
    DecisionInputs inputs;
    inputs.regex_budget = &regex_budget;
    return Decision(*program_, facts, memory, inputs).segment(0);
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace personalize
