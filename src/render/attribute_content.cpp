#include "render/attribute_content.h"

#include "base/text/ascii.h"
#include "render/places/attribute_use.h"

namespace personalize {

namespace {

// A name that any element may have.
TemplateAttribute attribute_of(const AttributePlace& place) {
  return {place.element.empty() ? "div" : place.element, place.attribute};
}

}  // namespace

AttributeContent::AttributeContent(const AttributePlace& place, const Statement& source,
                                   const std::vector<const Statement*>& sets,
                                   const std::string& directory, AttributeTable& attributes)
    : attribute_(attribute_of(place)),
      is_address_(personalize::is_address(use_of(attribute_.element, attribute_.name))),
      tag_(source, sets, directory, attributes, &attribute_) {}

bool AttributeContent::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                              std::string_view campaign, unsigned& assets, std::pmr::string& out,
                              ConstantParts* /*constants*/) const {
  const auto begin = out.size();
  if (!tag_.render(facts, locale, delivery, campaign, assets, out, nullptr)) {
    return false;
  }
  const auto before = 1 + attribute_.element.size();          // <img
  const auto head = before + 1 + attribute_.name.size() + 2;  //  src="
  constexpr std::size_t tail = 2;                             // ">
  const std::string_view tag = std::string_view(out).substr(begin);
  const auto value = ascii::trim_html_space(tag.substr(head, tag.size() - head - tail));
  // The escaper puts this in the place of an address that would run something.
  constexpr std::string_view no_address = "#";
  if (value.empty() || (is_address_ && value == no_address)) {
    out.resize(begin);
    return false;
  }
  out.pop_back();
  out.erase(begin, before);
  return true;
}

}  // namespace personalize
