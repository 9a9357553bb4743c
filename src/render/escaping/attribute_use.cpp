#include "render/escaping/attribute_use.h"

#include <algorithm>
#include <string>

#include "base/ascii.h"

namespace personalize {

namespace {

template <std::size_t N>
bool is_one_of(std::string_view s, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), s) != std::end(list);
}

constexpr std::string_view address_attributes[] = {
    "action",     "archive", "background", "cite",       "classid",  "codebase", "data",
    "formaction", "href",    "icon",       "longdesc",   "manifest", "ping",     "poster",
    "profile",    "src",     "usemap",     "xlink:href", "xml:base"};

// An author's own attributes hold an address if their name says so.
constexpr std::string_view address_words[] = {"href", "src", "uri", "url"};

constexpr std::string_view code_addresses[] = {
    "script src", "script href",    "script xlink:href", "link href",       "base href",
    "iframe src", "embed src",      "object data",       "object codebase", "frame src",
    "use href",   "use xlink:href", "applet archive"};

constexpr std::string_view animations[] = {"animate", "animatecolor", "animatemotion",
                                           "animatetransform", "set"};
constexpr std::string_view animation_values[] = {"attributename", "by", "from", "to", "values"};

bool holds_address(std::string_view attribute) {
  if (ascii::starts_with(attribute, "data-")) {
    return std::any_of(std::begin(address_words), std::end(address_words),
                       [&](auto word) { return attribute.find(word) != std::string_view::npos; });
  }
  return is_one_of(attribute, address_attributes);
}

}  // namespace

AttributeUse use_of(std::string_view element, std::string_view attribute) {
  if (ascii::starts_with(attribute, "on")) {
    return AttributeUse::script;
  }
  if (attribute == "style") {
    return AttributeUse::style;
  }
  if (attribute == "srcdoc") {
    return AttributeUse::page;
  }
  if (attribute == "sandbox") {
    return AttributeUse::sandbox;
  }
  if (is_one_of(element, animations) && is_one_of(attribute, animation_values)) {
    return AttributeUse::animation;
  }
  const bool is_loader = element == "script" || element == "link";
  if (attribute == "srcset" || attribute == "imagesrcset") {
    return is_loader ? AttributeUse::loading : AttributeUse::srcset;
  }
  if (holds_address(attribute)) {
    const auto place = std::string(element) + " " + std::string(attribute);
    return is_one_of(place, code_addresses) ? AttributeUse::code_address : AttributeUse::address;
  }

  return is_loader && !ascii::starts_with(attribute, "data-") ? AttributeUse::loading
                                                              : AttributeUse::text;
}

}  // namespace personalize
