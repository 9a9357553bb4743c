// A campaign's `fragment FILE`.
#pragma once

#include <string>

#include "render/content_kind.h"
#include "render/templates/template.h"

namespace personalize {

class FragmentContent final : public Content::Kind {
 public:
  // `file` as written; if relative, it starts from `directory`. Throws ConfigError.
  FragmentContent(const std::string& file, const std::string& directory, AttributeTable& attributes,
                  const Where& where);

  SourceSet needs(const AttributeTable& attributes) const override;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const override;
  bool reports(std::string_view campaign) const override;
  bool shows_locale_money() const override { return markup_.shows_locale_money(); }
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
              std::string_view campaign, unsigned& assets, std::pmr::string& out,
              ConstantParts* constants) const override;

 private:
  FragmentContent(const std::string& name, const std::string& text,
                  const Template::PartialReader& partials, AttributeTable& attributes,
                  const Where& where);

  Template markup_;
  std::string reporting_text_;  // the file's, if it has an attribute data-pz-campaign
};

}  // namespace personalize
