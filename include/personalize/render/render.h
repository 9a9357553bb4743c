// HTML of what a campaign shows: Mustache templates, escaped by the place in which a value stands.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace personalize {

// How numbers and money are written. Compiled at configuration time, used by all requests of a
// worker.
class Locale {
 public:
  // A BCP 47 tag and an ISO 4217 code: "pl-PL", "PLN". Throws ConfigError for an unknown one.
  Locale(std::string_view tag, std::string_view currency, const Where& where = {});
  ~Locale();
  Locale(const Locale&) = delete;
  Locale& operator=(const Locale&) = delete;

  class Formats;
  Formats& formats() const { return *formats_; }

 private:
  std::unique_ptr<Formats> formats_;
};

// A compiled template.
class Template {
 public:
  enum class Mode {
    html,  // values are escaped by the place in which they stand
    text,  // values are put in as they are: the result is itself a value
  };
  // Reads a partial, `{{> name}}`; throws ConfigError where there is none.
  using PartialReader = std::function<std::string(std::string_view name, const Where& where)>;

  // Names are interned in `attributes`. Inside a section a name may also be that of a member of the
  // section's items; outside, an unknown root is an error. `where` is the place of the directive;
  // errors name the template (`name`), its line, and what to write instead. Throws ConfigError.
  Template(std::string_view name, std::string_view text, Mode mode, AttributeTable& attributes,
           const PartialReader& partials, const Where& where);
  ~Template();
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;

  // The sources that it shows values of.
  SourceSet needs(const AttributeTable& attributes) const;
  // The attributes that it asks for whose value is decided (is_decided); what they need is the
  // decision's to say.
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;

  // Appends to `out`. False where it cannot be shown (out of memory, output beyond a megabyte):
  // `out` is then as it was. Never throws.
  bool render(Facts& facts, const Locale& locale, std::pmr::string& out) const noexcept;

  class Compiled;

 private:
  std::unique_ptr<Compiled> compiled_;
};

// Nonces of a response's own policy; views into it.
struct Nonces {
  std::string_view script, style;
};

// Finds what inserted scripts and styles need to pass the policies of a response (CSP Level 3,
// https://www.w3.org/TR/CSP3/): for each kind a nonce that every policy which restricts it knows.
// `policies` are the values of the Content-Security-Policy headers, each one or more policies with
// commas between. Empty where no nonce is needed, or none would do.
Nonces find_nonces(const std::string_view* policies, std::size_t count) noexcept;

// How the script and style of widgets reach the browser.
struct WidgetDelivery {
  // The address of a location with personalize_endpoint, ending in '/': they are loaded from there.
  // Empty: they stand in the page beside the first widget that needs them.
  std::string_view endpoint;
  // What the response's Content-Security-Policy lets scripts and styles pass by; "" for none. Given
  // to those of widgets and to those that stand in a fragment.
  Nonces nonces;
  // The campaign has rules about how often it is shown, or what stops it: the script notes in the
  // visitor's cookie what becomes of it.
  bool counted = false;
  // Whether the script may keep anything in the visitor's browser.
  bool may_store = true;
};

// What one campaign shows: a `fragment FILE` or a `widget NAME` with its `set FIELD TEMPLATE`.
class Content {
 public:
  // Reads those statements of a campaign and leaves the others alone. One that sets a discount or a
  // price has nothing to show where its reason comes out empty. `directory` is what a
  // relative fragment path starts from. Throws ConfigError: neither or both given, a file that
  // cannot be read, an unknown widget or field (the message lists the known ones), a field set
  // twice, a required field that is not set.
  Content(const Declaration& campaign, const std::string& directory, AttributeTable& attributes);
  ~Content();
  Content(Content&&) noexcept;

  // As of Template.
  SourceSet needs(const AttributeTable& attributes) const;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;

  // Which assets (bit 0 style, bit 1 script) this content needs in the page; of a fragment, the
  // script where it takes part by data-pz-campaign.
  unsigned assets() const;

  // Whether the runtime script finds the campaign in it, and so tells what visitors see and do: a
  // fragment names it in an attribute data-pz-campaign.
  bool reports(std::string_view campaign) const;

  // Appends HTML to `out`. `assets` is what the page has so far; what this content brings is added.
  // False: it has nothing to show (a recommendations widget without items, a required field that
  // came out empty) or cannot be shown; `out` is then as it was.
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
              std::string_view campaign, unsigned& assets, std::pmr::string& out) const noexcept;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

// Adds to a campaign what its widget does unless the campaign says otherwise: a bar that was closed
// stays away for a week, a popup comes once a session.
void add_default_rules(Declaration& campaign);

// The files that personalize_endpoint serves.
struct Asset {
  std::string_view name;  // "personalize.js"
  std::string_view type;  // "text/javascript"
  std::string_view body;
  std::string_view version;  // hex digest of the body: cacheable for ever under ?v=VERSION
};
const std::vector<Asset>& assets();

}  // namespace personalize
