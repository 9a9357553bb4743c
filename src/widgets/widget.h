// The built-in widgets: their names, fields and files.
//
// Each is a Mustache template (markup/NAME.html, with the partials of parts/), its part of the
// style sheet and, if it needs one, of the script; and a row in widget.cpp. The template may show
// the fields of that row and what every widget's may (render/widget_content.cpp): the campaign's
// attributes by `{{> campaign}}` (trigger.h), and labels in the locale's language (labels.h). A
// field that is not set, or is empty, is not shown; if there is a label of its name, it takes that.
//
// Fields and labels are found before members of items that have the same names.
//
// docs/reference/widgets.md lists the custom properties that a page may set around a widget. Titles
// are <h2> and take their font from the page's own.
#pragma once

#include <string_view>
#include <vector>

#include "personalize/widgets/widgets.h"

namespace personalize {

// What `set FIELD VALUE` takes, and what of it the markup shows.
enum class FieldKind : unsigned char {
  text,    // a template
  texts,   // the same, several times: {{#text}}{{says}}…; `later` for all but the first, `turns`
           // for the second, and so where there are several
  price,   // a template; a number is shown as money
  target,  // a template: where a form is sent. What a value says is a path of this site, or nothing
  number,  // a template that makes a number
  goals,   // the same, several times: steps in rising order
  least,   // a number that the field `value` has to reach
  choice,  // one of the field's choices, the first if it is not set: {{#icon}}{{#gift}}…
  answers,    // a template: texts with | between them
  deadline,   // render/fields/deadline.h
  list,       // a list as it is, by the name of an attribute or as JSON
  items,      // lists, by the name of an attribute or as JSON: render/fields/items.h,
  prizes,     // prizes.h,
  questions,  // questions.h
};

constexpr bool is_list(FieldKind kind) {
  return kind >= FieldKind::list;
}

struct WidgetField {
  std::string_view name;
  bool required = false;
  FieldKind kind = FieldKind::text;
  std::vector<std::string_view> choices = {};
  bool suffices = false;  // where it is set, no other one is required
};

struct Widget {
  std::string_view name;
  std::string_view markup;  // its template
  std::vector<WidgetField> fields;
  unsigned assets;                                           // that it needs in the page
  std::vector<std::vector<std::string_view>> default_rules;  // for add_default_rules()
  // It opens over the page: always, or where its campaign has a trigger. Others wait in their
  // place.
  bool is_overlay = false;
  std::string_view trigger = {};  // as trigger.h has it, for a campaign without one
};

const std::vector<Widget>& widgets();

// Returns the fields beside which alone that one is shown.
std::vector<std::string_view> shown_beside(const Widget& widget, std::string_view field);

}  // namespace personalize
