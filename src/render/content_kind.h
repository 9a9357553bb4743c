// The kinds of content that a campaign can show.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/render/content.h"

namespace personalize {

// Content's functions of the same names, for one kind of content.
class Content::Kind {
 public:
  virtual ~Kind() = default;

  virtual SourceSet needs(const AttributeTable& attributes) const = 0;
  virtual std::vector<AttributeId> decided(const AttributeTable& attributes) const = 0;
  virtual bool reports(std::string_view campaign) const = 0;
  virtual std::vector<std::pair<Where, std::string>> warnings(double /*now_s*/) const { return {}; }
  virtual bool shows_locale_money() const = 0;
  virtual std::vector<OfferedPrize> prizes() const { return {}; }
  virtual std::vector<AttributeId> attributes_of(std::string_view /*field*/) const { return {}; }
  // May throw, and leaves a part of the HTML in `out`, and of the constants, if it returns false.
  virtual bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                      unsigned& assets, std::pmr::string& out, ConstantParts* constants) const = 0;
  // The same for Content::write_data().
  virtual bool write_data(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                          std::pmr::string& out) const = 0;
};

}  // namespace personalize
