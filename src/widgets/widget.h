// The built-in widgets: their names, fields and files.
//
// Each is a Mustache template (NAME.html), its part of the style sheet (NAME.css) and, if it needs
// one, its part of the script (NAME.js); and a row in widget.cpp. The template may show the fields
// of that row and, as every widget's, `campaign`, the campaign's name; `close`, the label of a
// closing button in the locale's language; and `uncounted`, true if nothing needs to be noted of
// the campaign in the visitor's cookie. A field that is not set, or is empty, is not shown.
//
// A page may set these custom properties, on any element around a widget:
//   --pz-accent      background of the bar and of buttons      --pz-on-accent  text on it
//   --pz-surface     background of the popup                   --pz-text       text on it
//   --pz-radius      roundness of corners                      --pz-font       font family
// Titles are <h2> and take their font from the page's own.
#pragma once

#include <string_view>
#include <vector>

#include "personalize/widgets/widgets.h"

namespace personalize {

struct WidgetField {
  std::string_view name;
  bool required = false;
  bool list = false;  // takes the name of an attribute that holds items, not a template
};

struct Widget {
  std::string_view name;
  std::string_view markup;  // its template
  std::vector<WidgetField> fields;
  unsigned assets;                             // that it needs in the page
  std::vector<std::string_view> default_rule;  // for add_default_rules()
};

const std::vector<Widget>& widgets();

// Returns "Close" in the language (ISO 639-1), in English if the language is not known.
std::string_view close_label(std::string_view language);

}  // namespace personalize
