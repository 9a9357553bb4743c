// The built-in widgets: what each is called, what can be set, and the files that it is made of.
//
// Each is a Mustache template (NAME.html), its part of the style sheet (NAME.css) and, where it
// needs one, its part of the script (NAME.js). The fields below are what the template may show;
// `campaign`, the campaign's name, `close`, the word for a closing button in the locale's
// language, and `uncounted`, true where nothing needs to be noted of the campaign in the visitor's
// cookie, are there in all of them. A field that is not set, or came out empty, is not shown.
//
// A page may set these custom properties, on any element around a widget:
//   --pz-accent      background of the bar and of buttons      --pz-on-accent  text on it
//   --pz-surface     background of the popup                   --pz-text       text on it
//   --pz-radius      roundness of corners                      --pz-font       font family
// Titles are <h2> and take their font from the page's own.
#pragma once

#include <string_view>
#include <vector>

namespace personalize {

struct WidgetField {
  std::string_view name;
  bool required = false;
  bool list = false;  // names an attribute that holds items, in place of a template
};

struct Widget {
  std::string_view name;
  std::string_view markup;  // its template
  std::vector<WidgetField> fields;
  unsigned assets;                             // as in Content::assets
  std::vector<std::string_view> default_rule;  // see add_default_rules()
};

constexpr unsigned style_asset = 1;
constexpr unsigned script_asset = 2;

const std::vector<Widget>& widgets();

// "Close" in the language (ISO 639-1); in English where it is not known.
std::string_view close_label(std::string_view language);

}  // namespace personalize
