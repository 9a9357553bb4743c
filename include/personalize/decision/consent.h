// Whether a visitor lets pages be made personal, as the request alone tells it.
#pragma once

#include <memory>
#include <memory_resource>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"
#include "personalize/decision/decision.h"
#include "personalize/signals/request_view.h"
#include "personalize/signals/signals.h"

namespace personalize {

// `Sec-GPC: 1` (Global Privacy Control, https://www.w3.org/TR/gpc/).
bool asks_for_privacy(RequestView& request) noexcept;

// personalize_consent [gpc=refuse|ignore] { … }, compiled.
class Consent {
 public:
  // `parameters` are those before the block, `conditions` (when, unless, any, all) must all hold.
  // Throws ConfigError: conditions may ask for cookies, the request, NGINX variables, the place,
  // the device and the time alone, since nobody is recognised and nothing looked up before consent.
  Consent(const std::vector<std::string_view>& parameters, const std::vector<Statement>& conditions,
          const Where& where);

  // What the conditions ask for: NGINX variables among it are yet to be bound.
  AttributeTable& attributes() { return attributes_; }

  // Takes a few bytes from `memory`; without memory there is no consent.
  bool is_given(RequestView& request, Signals& signals,
                std::pmr::memory_resource* memory) const noexcept;

 private:
  AttributeTable attributes_;
  std::unique_ptr<Program> program_;
  bool obeys_gpc_ = true;
};

}  // namespace personalize
