// A campaign's `widget NAME` with its `set FIELD TEMPLATE`.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render/content_kind.h"
#include "render/fields/field_setting.h"
#include "render/templates/template.h"
#include "widgets/widget.h"

namespace personalize {

class WidgetContent final : public Content::Kind {
 public:
  // `widget` is the statement that names it, `sets` are those that fill its fields. Throws
  // ConfigError.
  WidgetContent(const Statement& widget, const std::vector<const Statement*>& sets,
                std::string_view campaign, AttributeTable& attributes);

  SourceSet needs(const AttributeTable& attributes) const override;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const override;
  bool reports(std::string_view /*campaign*/) const override { return true; }
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
              std::string_view campaign, unsigned& assets, std::pmr::string& out,
              ConstantParts* constants) const override;

 private:
  // What a deadline is measured by.
  struct Clock {
    AttributeId now, offset;
  };

  void read_set(const Statement& statement, AttributeTable& attributes);
  void check_required(std::string_view campaign, const Where& where) const;
  std::optional<DeadlineClock> read_clock(Facts& facts, const WidgetDelivery& delivery) const;

  const Widget& widget_;
  std::vector<FieldSetting> fields_;  // in the order of the widget's
  std::optional<Template> markup_;
  std::optional<Clock> clock_;  // where a deadline is set
};

}  // namespace personalize
