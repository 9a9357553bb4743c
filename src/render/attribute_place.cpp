#include "personalize/render/attribute_place.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "render/places/attribute_use.h"

namespace personalize {

namespace {

// Their attributes decide what is loaded, run or shown as a page, in one way or another.
constexpr std::string_view steering_elements[] = {
    "animate", "animatecolor", "animatemotion", "animatetransform",
    "applet",  "base",         "embed",         "fencedframe",
    "frame",   "iframe",       "link",          "meta",
    "object",  "param",        "script",        "set",
    "style",   "template",     "turbo-stream"};

// Mean the same for all elements.
constexpr std::string_view common_attributes[] = {
    "class",      "alt",     "datetime", "dir",      "draggable", "height", "hidden",      "id",
    "inert",      "label",   "lang",     "max",      "min",       "open",   "placeholder", "role",
    "spellcheck", "summary", "title",    "tabindex", "translate", "width"};

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == ':';
  });
}

bool is_common(std::string_view attribute) {
  return is_one_of(attribute, common_attributes) || ascii::starts_with(attribute, "data-") ||
         ascii::starts_with(attribute, "aria-");
}

// Returns why the attribute must not come from data; "" if it may.
std::string_view why_not(const AttributePlace& place) {
  if (ascii::starts_with(place.attribute, "data-pz-")) {
    return "is the module's own";
  }
  if (is_one_of(place.element, steering_elements)) {
    return "is of an element that decides about what is loaded and run";
  }
  switch (use_of(place.element, place.attribute)) {
    case AttributeUse::text:
    case AttributeUse::srcset:
    case AttributeUse::address:
      return {};
    case AttributeUse::code_address:
    case AttributeUse::frame_address:
      return "loads what runs in the page, or a page in it";
    case AttributeUse::script:
      return "is a script, or an expression that a framework evaluates";
    case AttributeUse::style:
      return "is a style sheet: change a class, or a data- attribute that your style sheet asks "
             "for";
    case AttributeUse::page:
      return "is a page of its own";
    case AttributeUse::loading:
    case AttributeUse::sandbox:
      return "decides about what is loaded and run";
    case AttributeUse::animation:
      return "can change other attributes";
  }
  return {};
}

}  // namespace

void check_attribute_place(const AttributePlace& place) {
  const auto& [where, slot, element, attribute] = place;
  if (!is_name(attribute)) {
    throw ConfigError(
        where, "slot " + quoted(slot) + ": attribute=" + attribute + " is no name of an attribute");
  }
  const auto reason = why_not(place);
  if (!reason.empty()) {
    throw ConfigError(where, "slot " + quoted(slot) + " cannot be the attribute " +
                                 quoted(attribute) +
                                 (element.empty() ? "" : " of <" + element + ">") + ": it " +
                                 std::string(reason));
  }
  if (element.empty() && !is_common(attribute)) {
    throw ConfigError(where,
                      "slot " + quoted(slot) + ": what " + quoted(attribute) +
                          " means depends on the element: write its name in the selector, as "
                          "in \"img.hero\"");
  }
}

}  // namespace personalize
