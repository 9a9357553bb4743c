// Decides from the request alone whether a visitor consents to personal pages.
#pragma once

#include <memory>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"
#include "personalize/decision/decision.h"
#include "personalize/signals/request_view.h"
#include "personalize/signals/signals.h"

namespace personalize {

// Returns whether the request says `Sec-GPC: 1` (Global Privacy Control,
// https://www.w3.org/TR/gpc/).
bool asks_for_privacy(RequestView& request) noexcept;

// personalize_consent [gpc=refuse|ignore] { … }, compiled.
class Consent {
 public:
  // Compiles the parameters before the block and its conditions (when, unless, any, all), all of
  // which must hold. Throws ConfigError. Conditions may only ask for cookies, the request, NGINX
  // variables, the place, the device and the time, since before consent nobody is recognized and
  // nothing is looked up.
  Consent(const std::vector<std::string_view>& parameters, const std::vector<Statement>& conditions,
          const Where& where);

  // Returns what the conditions ask for. The caller binds the NGINX variables among it.
  AttributeTable& attributes() { return attributes_; }

  // Returns what is worth a warning: conditions by which everybody consents who has not answered.
  const std::vector<std::pair<Where, std::string>>& warnings() const { return warnings_; }

  // Takes a few bytes from `memory`; false if allocation fails.
  bool is_given(RequestView& request, Signals& signals, RegexBudget& regex_budget,
                std::pmr::memory_resource* memory) const noexcept;

 private:
  AttributeTable attributes_;
  std::unique_ptr<Program> program_;
  std::vector<std::pair<Where, std::string>> warnings_;
  bool obeys_gpc_ = true;
};

}  // namespace personalize
