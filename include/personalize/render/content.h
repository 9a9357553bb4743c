// What one campaign shows, and how it becomes HTML.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/slot_html.h"
#include "personalize/base/statement.h"
#include "personalize/render/attribute_place.h"
#include "personalize/render/kept_texts.h"
#include "personalize/render/locale.h"
#include "personalize/render/nonces.h"
#include "personalize/render/own_widgets.h"

namespace personalize {

// A prize that visitors draw.
struct OfferedPrize {
  std::string_view code;  // "" for none; "pool=KEY" for one of a list in Redis
  std::string_view text;
  double weight = 1;
  std::optional<std::uint32_t> stock;  // nothing: as many as are claimed
};

// Writes tickets by which the visitor of a page claims what a campaign gives.
class ClaimTickets {
 public:
  // Appends a ticket of the campaign that is being rendered: for one of the prizes, or, if there
  // are none, for a code of its pool. Returns false if there is nothing to claim for this visitor.
  // Throws what the string's memory throws.
  virtual bool write(const std::pmr::vector<OfferedPrize>& prizes, std::pmr::string& out) = 0;

 protected:
  ~ClaimTickets() = default;
};

// How the script and style of widgets reach the browser. Views live as long as the render.
struct WidgetDelivery {
  // The address of a location with personalize_endpoint, ending in '/': scripts and styles are
  // loaded from there. If empty, they are put into the page beside the first widget that needs
  // them.
  std::string_view endpoint;
  // Given to the scripts and styles of widgets, and to those that stand in a fragment.
  Nonces nonces;
  // The campaign has rules about how often it is shown, or about what stops it: the script notes in
  // the visitor's cookie what becomes of it.
  bool counted = false;
  // Whether the script may keep anything in the visitor's browser.
  bool may_store = true;
  // Of the page's visitor; nullptr where nobody can claim: then a campaign that gives codes or
  // prizes has nothing to show.
  ClaimTickets* claims = nullptr;
  // Of items in lists; nullptr where none are kept.
  KeptTexts* kept_texts = nullptr;
  // The domain of the cookie in which it does; "" for the host alone.
  std::string_view cookie_domain = {};
  // The sequence number of the visitor's state by which it was decided what the page shows; nothing
  // where nothing depends on it. The script sees by it whether the visitor has seen more since.
  std::optional<std::uint32_t> state = {};
  // When the visitor has first seen the campaign, in minutes since 1970; nothing where that is not
  // known.
  std::optional<std::uint32_t> first_shown = {};
  // The classes that the page gives the element whose `class` the slot is. Nothing: what is to
  // change of them is written as it is, for a script.
  std::optional<std::string_view> page_classes = std::string_view();
};

// A `fragment FILE`, a `content TEMPLATE` or a `widget NAME`, with its `set FIELD TEMPLATE`.
// Compiled when the configuration is read and constant afterwards.
class Content {
 public:
  // Reads those statements of a campaign and ignores the others. `directory` is what a relative
  // fragment path starts from. Throws ConfigError if neither or both are given, a file cannot be
  // read, the widget or a field is unknown (the message lists the known ones), a field is set
  // twice, or a required field is not set.
  // `own` are the operator's widgets, if there are any; they must outlive this. `place`: the
  // campaign's slot is an attribute; then it shows text.
  Content(const Declaration& campaign, const std::string& directory, AttributeTable& attributes,
          const OwnWidgets* own = nullptr, const AttributePlace* place = nullptr);
  ~Content();
  Content(Content&&) noexcept;

  // Returns the sources whose values it shows, and the page if it shows that.
  SourceSet needs(const AttributeTable& attributes) const;
  // Returns the attributes it shows whose value is decided (is_decided); Program::attribute_needs()
  // returns what those need.
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;

  // Returns the attributes that the template of a widget's field names; none for a field that has
  // no template, and for fragments.
  std::vector<AttributeId> attributes_of(std::string_view field) const;

  // Returns whether the runtime script finds the campaign in it, and so reports what visitors see
  // and do. A fragment takes part by naming the campaign in an attribute data-pz-campaign.
  bool reports(std::string_view campaign) const;

  // Returns what works and is hardly meant, with its places. `now_s` is the time in seconds since
  // 1970.
  std::vector<std::pair<Where, std::string>> warnings(double now_s) const;
  // Returns the prizes that the configuration gives, as far as it gives any; they live as long as
  // this.
  std::vector<OfferedPrize> prizes() const;
  // Returns whether it shows amounts in the currency of whatever locale a request has.
  bool shows_locale_money() const;

  // Appends HTML to `out`. `assets` are the assets that the page has so far (widgets.h); those that
  // this content brings are added. Returns false, and leaves `out` as it was, if there is nothing
  // to show (no items, a required field that came out empty, an offer without a reason) or it
  // cannot be shown (out of memory, more than a megabyte). Where `constants` is given, parts of the
  // HTML that are the configuration's own are added to it.
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery, unsigned& assets,
              std::pmr::string& out, ConstantParts* constants = nullptr) const noexcept;

  // Appends the members of a JSON object that say what it shows: `widget` with its name, `fields`
  // with their values by name, `html` of a fragment, `claim` with the ticket of what can be
  // claimed. Returns false, and leaves `out` as it was, where render() does so.
  bool write_data(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                  std::pmr::string& out) const noexcept;

  class Kind;  // for the render room (src/render/content_kind.h)

 private:
  std::unique_ptr<Kind> kind_;
};

}  // namespace personalize
