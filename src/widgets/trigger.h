// When a widget appears: the statements `trigger` and `auto_hide` of a campaign, as the attributes
// that the runtime script reads (src/widgets/script/triggers.js).
#pragma once

#include <string>

#include "personalize/base/statement.h"
#include "widgets/widget.h"

namespace personalize {

// The values of a widget's markup that say when it appears; "" for none.
struct Appearance {
  std::string trigger;
  std::string auto_hide;  // milliseconds
  std::string priority;   // among overlays of one page
  bool waits = false;     // it is hidden in its place until the trigger fires

  bool needs_script() const { return !trigger.empty() || !auto_hide.empty(); }
};

// Reads a campaign's `trigger`, `auto_hide` and `priority`. Throws ConfigError.
Appearance read_appearance(const Declaration& campaign, const Widget& widget);

// Returns `trigger WORD …` as the script reads it: times are in milliseconds, and of event= and
// click= blanks, `|`, `=` and `%` are percent-encoded. Several lines are joined with `|`. Throws
// ConfigError.
//
//   trigger delay=5s scroll=50%;     "delay=5000 scroll=50"
//   trigger click="#help a";         "click=#help%20a"
std::string compile_trigger(const Statement& statement);

// Returns `auto_hide TIME` in milliseconds. Throws ConfigError.
std::string compile_auto_hide(const Statement& statement);

}  // namespace personalize
