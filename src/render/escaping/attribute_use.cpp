#include "render/escaping/attribute_use.h"

#include <algorithm>
#include <string>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::string_view address_attributes[] = {
    "action",     "archive", "background", "cite",       "classid",  "codebase", "data",
    "formaction", "href",    "icon",       "longdesc",   "manifest", "ping",     "poster",
    "profile",    "src",     "usemap",     "xlink:href", "xml:base"};

// An author's own attributes hold an address if their name says so.
constexpr std::string_view address_words[] = {"href", "src", "uri", "url"};

constexpr std::string_view code_addresses[] = {
    "script src", "script href",    "script xlink:href", "link href",
    "base href",  "embed src",      "object data",       "object codebase",
    "use href",   "use xlink:href", "applet archive"};
constexpr std::string_view frame_addresses[] = {"iframe src", "frame src"};

// htmx puts what it loads from these into the page, and runs scripts in it. With or without
// "data-", as all names below.
constexpr std::string_view htmx_addresses[] = {"hx-get", "hx-post", "hx-put", "hx-patch",
                                               "hx-delete"};

// Attributes that a framework evaluates: Alpine's, Vue's, AngularJS's, htmx's, Knockout's,
// hyperscript's.
constexpr std::string_view script_prefixes[] = {"x-", "v-", "ng-", "hx-on"};
constexpr std::string_view script_names[] = {"hx-vals",    "hx-vars", "hx-headers", "hx-request",
                                             "hx-trigger", "bind",    "script",     "_"};
// These prefixes are used for other things as well, unlike "data-".
constexpr std::string_view plain_data_prefixes[] = {"x-", "v-"};

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

template <std::size_t n>
bool begins_with_one_of(std::string_view s, const std::string_view (&list)[n]) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view prefix) { return ascii::starts_with(s, prefix); });
}

std::string_view without_data(std::string_view attribute) {
  constexpr std::string_view data = "data-";
  return ascii::starts_with(attribute, data) ? attribute.substr(data.size()) : attribute;
}

// HTML has no attributes with punctuation in their names but those of XML's namespaces; frameworks
// bind expressions by it: @click, :title, (click), [innerHTML], *ngIf, wire:click, data-on:load.
bool has_punctuation(std::string_view attribute) {
  constexpr std::string_view namespaces[] = {"xlink:", "xml:", "xmlns:"};
  return !begins_with_one_of(attribute, namespaces) &&
         std::any_of(attribute.begin(), attribute.end(), [](char c) {
           const bool is_plain = ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_';
           return !is_plain && static_cast<unsigned char>(c) < 0x80;
         });
}

bool is_script(std::string_view attribute) {
  const auto name = without_data(attribute);
  const bool is_data = name.size() != attribute.size();
  const bool is_plain_data = is_data && begins_with_one_of(name, plain_data_prefixes);
  return ascii::starts_with(attribute, "on") || has_punctuation(attribute) ||
         (begins_with_one_of(name, script_prefixes) && !is_plain_data) ||
         is_one_of(name, script_names);
}

}  // namespace

AttributeUse use_of(std::string_view element, std::string_view attribute) {
  if (is_script(attribute)) {
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
    return is_one_of(place, code_addresses)    ? AttributeUse::code_address
           : is_one_of(place, frame_addresses) ? AttributeUse::frame_address
                                               : AttributeUse::address;
  }
  if (is_one_of(without_data(attribute), htmx_addresses)) {
    return AttributeUse::frame_address;
  }
  return is_loader && !ascii::starts_with(attribute, "data-") ? AttributeUse::loading
                                                              : AttributeUse::text;
}

}  // namespace personalize
