// A campaign's `fragment FILE` or `content TEMPLATE`, with the fields that it sets for them.
#pragma once

#include <string>

#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/attributes/expression.h"
#include "render/content_kind.h"
#include "render/templates/template.h"

namespace personalize {

class FragmentContent final : public Content::Kind {
 public:
  // `source` is the statement with the file, which if relative starts from `directory`, or with the
  // template itself. `sets` are `set NAME VALUE`: the template shows the value as {{NAME}}.
  // `attribute`: see TemplateOptions. Throws ConfigError.
  FragmentContent(const Statement& source, const std::vector<const Statement*>& sets,
                  const std::string& directory, AttributeTable& attributes,
                  const TemplateAttribute* attribute = nullptr);

  SourceSet needs(const AttributeTable& attributes) const override;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const override;
  bool reports(std::string_view campaign) const override;
  std::vector<std::pair<Where, std::string>> warnings(double now_s) const override;
  bool shows_locale_money() const override { return markup_.shows_locale_money(); }
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery, unsigned& assets,
              std::pmr::string& out, ConstantParts* constants) const override;
  bool write_data(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                  std::pmr::string& out) const override;

 private:
  // What a campaign sets: a text with values in it, or `${ATTRIBUTE}`, which may be a list.
  struct Field {
    std::string name;
    std::optional<Template> text;
    std::optional<Expression> value;
  };

  static std::vector<Field> read_fields(const std::vector<const Statement*>& sets,
                                        const std::string& directory, AttributeTable& attributes);
  // Returns the values of all fields, by index; nothing where there is none to show.
  bool evaluate(Facts& facts, const Locale& locale, std::pmr::vector<Value>& values,
                std::pmr::memory_resource* memory) const;
  void check_shown(const std::vector<const Statement*>& sets) const;

  Statement source_;
  std::vector<Field> fields_;
  Template markup_;
  std::string reporting_text_;  // the template's, if it has an attribute data-pz-campaign
};

}  // namespace personalize
