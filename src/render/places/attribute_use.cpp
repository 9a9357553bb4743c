#include "render/places/attribute_use.h"

#include <algorithm>
#include <string>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::string_view address_attributes[] = {
    "action",   "archive", "attributionsrc", "background", "cite",   "classid",
    "codebase", "data",    "dynsrc",         "formaction", "href",   "icon",
    "longdesc", "lowsrc",  "manifest",       "ping",       "poster", "profile",
    "src",      "usemap",  "xlink:href",     "xml:base"};

// An author's own attributes hold an address if their name says so.
constexpr std::string_view address_words[] = {"href", "src", "uri", "url"};

constexpr std::string_view code_addresses[] = {
    "script src", "script href",    "script xlink:href", "link href",
    "base href",  "embed src",      "object data",       "object codebase",
    "use href",   "use xlink:href", "applet archive"};
constexpr std::string_view frame_addresses[] = {"iframe src", "frame src", "fencedframe src"};

// Frameworks put what they load from these into the page, and run scripts in it: htmx, fixi,
// Unpoly, intercooler.js, W3.JS. With or without "data-", as all names below.
constexpr std::string_view loaded_addresses[] = {
    "fx-action",   "hx-action",   "hx-delete",  "hx-get",          "hx-patch",
    "hx-post",     "hx-put",      "ic-src",     "ic-append-from",  "ic-delete-from",
    "ic-get-from", "ic-patch-to", "ic-post-to", "ic-prepend-from", "ic-put-to",
    "sse-connect", "up-href",     "up-source",  "w3-include-html", "ws-connect"};

// Unpoly puts their values into the page.
constexpr std::string_view pages[] = {"up-content", "up-document", "up-fragment"};

// Attributes that a framework evaluates, or by which it chooses what is put where: Alpine's, Vue's,
// AngularJS's, htmx's, Knockout's, hyperscript's, Unpoly's, intercooler.js's, fixi's, TwinSpark's,
// OWL's, Rivets', Angular's, Mavo's, UIkit's, LiveView's.
constexpr std::string_view script_prefixes[] = {"x-",   "v-",   "ng-", "hx-",   "up-on",  "ic-",
                                                "fx-",  "ts-",  "t-",  "rv-",   "mv-",    "uk-",
                                                "phx-", "sse-", "ws-", "bind-", "bindon-"};
constexpr std::string_view script_names[] = {"bind", "script", "_", "is", "nonce", "up-watch"};
// Of those the ones that show a text, and those that are an address.
constexpr std::string_view plain_names[] = {"hx-confirm", "hx-prompt", "ic-confirm"};
constexpr std::string_view plain_addresses[] = {"hx-push-url", "hx-replace-url"};

// The same after "data-" alone: Stimulus', rails-ujs', Bootstrap's before 5, jQuery's plugins'.
constexpr std::string_view data_names[] = {
    "action",      "caption",  "container", "content",  "controller",     "disable-with",
    "enable-with", "html",     "main",      "method",   "original-title", "parent",
    "remote",      "sub-html", "target",    "template", "toggle",         "viewport"};
// Bootstrap's, Turbo's, jQuery Unobtrusive Ajax's, Dojo's, Tippy's, Strada's.
constexpr std::string_view data_prefixes[] = {"bs-",   "turbo-", "ajax-",
                                              "dojo-", "tippy-", "bridge-"};
constexpr std::string_view plain_data_names[] = {"turbo-confirm"};
// These prefixes are used for other things as well, unlike "data-".
constexpr std::string_view plain_data_prefixes[] = {"x-", "v-", "t-", "mv-"};

// Datastar's expressions, after "data-". A modifier may follow, as in data-init__delay; it may
// follow a key as well, as in data-on-click__once.
constexpr std::string_view datastar_names[] = {
    "animate", "attr",         "class", "computed", "custom-validity", "effect",
    "init",    "json-signals", "on",    "persist",  "query-string",    "replace-url",
    "show",    "signals",      "style", "text"};
constexpr std::string_view datastar_keyed[] = {"attr-", "bind-",    "class-", "computed-",
                                               "on-",   "signals-", "style-"};

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

bool is_datastar(std::string_view name) {
  return is_one_of(name.substr(0, name.find("__")), datastar_names) ||
         begins_with_one_of(name, datastar_keyed);
}

// Takes the name after "data-".
bool is_script_data(std::string_view name) {
  return is_datastar(name) || is_one_of(name, data_names) || ascii::ends_with(name, "-outlet") ||
         (begins_with_one_of(name, data_prefixes) && !is_one_of(name, plain_data_names));
}

bool is_script(std::string_view attribute) {
  const auto name = without_data(attribute);
  const bool is_data = name.size() != attribute.size();
  const bool is_plain_data = is_data && begins_with_one_of(name, plain_data_prefixes);
  if (is_one_of(name, plain_names) || is_one_of(name, plain_addresses) ||
      is_one_of(name, loaded_addresses) || is_one_of(name, pages)) {
    return false;
  }
  return ascii::starts_with(attribute, "on") || has_punctuation(attribute) ||
         (begins_with_one_of(name, script_prefixes) && !is_plain_data) ||
         is_one_of(name, script_names) || (is_data && is_script_data(name));
}

// Custom elements load what they like from "src", HTML most of all: <turbo-frame>,
// <include-fragment>, <sl-include>.
bool is_custom(std::string_view element) {
  return element.find('-') != std::string_view::npos;
}

}  // namespace

AttributeUse use_of(std::string_view element, std::string_view attribute) {
  if (is_script(attribute)) {
    return AttributeUse::script;
  }
  if (attribute == "style") {
    return AttributeUse::style;
  }
  constexpr std::string_view of_streams[] = {"action", "target", "targets"};
  if (element == "turbo-stream" && is_one_of(attribute, of_streams)) {
    return AttributeUse::script;
  }
  if (attribute == "srcdoc" || is_one_of(without_data(attribute), pages)) {
    return AttributeUse::page;
  }
  constexpr std::string_view permissions[] = {"allow", "csp", "sandbox"};
  if (is_one_of(attribute, permissions)) {
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
    const bool is_frame =
        is_one_of(place, frame_addresses) || (is_custom(element) && attribute == "src");
    return is_one_of(place, code_addresses) ? AttributeUse::code_address
           : is_frame                       ? AttributeUse::frame_address
                                            : AttributeUse::address;
  }
  if (is_one_of(without_data(attribute), plain_addresses)) {
    return AttributeUse::address;
  }
  if (is_one_of(without_data(attribute), loaded_addresses)) {
    return AttributeUse::frame_address;
  }
  return is_loader && !ascii::starts_with(attribute, "data-") ? AttributeUse::loading
                                                              : AttributeUse::text;
}

}  // namespace personalize
