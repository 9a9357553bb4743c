// A campaign's `widget NAME` with its `set FIELD TEMPLATE`.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"
#include "render/content_kind.h"
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
  // The value of a field by `set`; neither of both if it is not set.
  struct Field {
    std::optional<Template> text;
    std::optional<AttributeId> list;

    bool is_set() const { return text || list; }
  };

  void read_set(const Statement& statement, AttributeTable& attributes);
  void check_required(std::string_view campaign, const Where& where) const;
  bool evaluate(Facts& facts, const Locale& locale, DocumentBuilder& items, std::pmr::string& texts,
                std::pmr::vector<Value>& values) const;

  const Widget& widget_;
  std::vector<Field> fields_;  // in the order of the widget's
  std::optional<Template> markup_;
  bool is_offer_ = false;  // sets a discount or a price
};

}  // namespace personalize
