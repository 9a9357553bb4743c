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

// Of what a client sends, "no", "denied" and "False" are as good as "yes" to a condition without an
// operator.
void check_bare(const std::string& word, const std::string& spelling, const Where& where) {
  constexpr std::string_view sent[] = {"cookie.", "request.arg.", "request.header."};
  const bool is_answer = std::any_of(std::begin(sent), std::end(sent), [&](std::string_view one) {
    return ascii::starts_with(spelling, one);
  });
  if (is_answer) {
    const std::string line = word + " " + spelling;
    throw ConfigError(where, quoted(line) +
                                 " takes every answer but 0 and false for a yes, also no, denied "
                                 "and rejected: write the answer that is meant, as in " +
                                 quoted(line + " = yes") + ", or " + quoted(line + " exists") +
                                 " if it is there after one answer only");
  }
}

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
