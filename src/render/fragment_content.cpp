#include "render/fragment_content.h"

#include "personalize/widgets/widgets.h"
#include "render/partials.h"
#include "render/widget_assets.h"

namespace personalize {

FragmentContent::FragmentContent(const std::string& file, const std::string& directory,
                                 AttributeTable& attributes, const Where& where)
    : FragmentContent(file, read_template(resolve(directory, file), where),
                      partials_of(folder_of(resolve(directory, file)), directory), attributes,
                      where) {}

FragmentContent::FragmentContent(const std::string& name, const std::string& text,
                                 const Template::PartialReader& partials,
                                 AttributeTable& attributes, const Where& where)
    : markup_(name, text, Template::Mode::html, attributes, partials, where) {
  if (text.find("data-pz-campaign") != std::string::npos) {
    reporting_text_ = text;
  }
}

SourceSet FragmentContent::needs(const AttributeTable& attributes) const {
  return markup_.needs(attributes);
}

std::vector<AttributeId> FragmentContent::decided(const AttributeTable& attributes) const {
  return markup_.decided(attributes);
}

bool FragmentContent::reports(std::string_view campaign) const {
  return reporting_text_.find(campaign) != std::string::npos;
}

bool FragmentContent::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                             std::string_view /*campaign*/, unsigned& assets, std::pmr::string& out,
                             ConstantParts* constants) const {
  if (!markup_.render(facts, locale, {delivery.nonces, nullptr, {}, constants}, out)) {
    return false;
  }
  if (!reporting_text_.empty() && (assets & script_asset) == 0) {
    append_script(delivery, out);
    assets |= script_asset;
  }
  return true;
}

}  // namespace personalize
