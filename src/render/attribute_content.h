// What a campaign writes into an attribute of the page: a `content TEXT` or a `fragment FILE`,
// whose template is text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "personalize/render/attribute_place.h"
#include "render/content_kind.h"
#include "render/fragment_content.h"

namespace personalize {

class AttributeContent final : public Content::Kind {
 public:
  // `place` has been checked. The others are those of FragmentContent. Throws ConfigError.
  AttributeContent(const AttributePlace& place, const Statement& source,
                   const std::vector<const Statement*>& sets, const std::string& directory,
                   AttributeTable& attributes);

  SourceSet needs(const AttributeTable& attributes) const override {
    return tag_.needs(attributes);
  }
  std::vector<AttributeId> decided(const AttributeTable& attributes) const override {
    return tag_.decided(attributes);
  }
  bool reports(std::string_view /*campaign*/) const override { return false; }
  bool shows_locale_money() const override { return tag_.shows_locale_money(); }
  // Appends ` ATTRIBUTE="VALUE"`. An empty value, an address that is none, and classes that change
  // nothing are nothing to show.
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery, unsigned& assets,
              std::pmr::string& out, ConstantParts* constants) const override;
  // Apart from its element it is nothing.
  bool write_data(Facts& /*facts*/, const Locale& /*locale*/, const WidgetDelivery& /*delivery*/,
                  std::pmr::string& /*out*/) const override {
    return false;
  }

 private:
  bool render_classes(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                      unsigned& assets, std::pmr::string& out) const;

  TemplateAttribute attribute_;
  bool is_address_;
  FragmentContent tag_;  // a start tag with this attribute alone
};

}  // namespace personalize
