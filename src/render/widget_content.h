// A campaign's `widget NAME` with its `set FIELD TEMPLATE`.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/render/own_widgets.h"
#include "render/content_kind.h"
#include "render/fields/field_setting.h"
#include "render/templates/template.h"
#include "widgets/trigger.h"
#include "widgets/widget.h"

namespace personalize {

// Returns whether the markup of every widget may show that name beside its fields.
bool is_common_name(std::string_view name);

// Returns the options of a widget's markup: the names of its fields, common names, labels.
TemplateOptions widget_options(const Widget& widget);

// Reads `{{> campaign}}` in the markup of a widget from src/widgets/parts/.
std::string built_in_part(std::string_view name, const Where& where);

class WidgetContent final : public Content::Kind {
 public:
  // `widget` is the statement that names it, `sets` are those that fill its fields. `own` are the
  // operator's widgets, or nullptr; they outlive this. Throws ConfigError.
  WidgetContent(const Statement& widget, const std::vector<const Statement*>& sets,
                const Declaration& campaign, const std::string& directory,
                AttributeTable& attributes, const OwnWidgets* own);

  SourceSet needs(const AttributeTable& attributes) const override;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const override;
  bool reports(std::string_view campaign) const override;
  std::vector<std::pair<Where, std::string>> warnings(double now_s) const override;
  bool shows_locale_money() const override;
  std::vector<OfferedPrize> prizes() const override;
  std::vector<AttributeId> attributes_of(std::string_view field) const override;
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery, unsigned& assets,
              std::pmr::string& out, ConstantParts* constants) const override;
  bool write_data(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                  std::pmr::string& out) const override;

 private:
  // Returns, by field of the markup, the values that no request changes.
  std::vector<std::optional<Value>> constants() const;

  // What a deadline is measured by.
  struct Clock {
    AttributeId now, offset;
  };

  void read_set(const Statement& statement, const Template::PartialReader& partials,
                AttributeTable& attributes);
  void check_pool(const Declaration& campaign);
  // Check what of several fields belongs together.
  void check_places(const FieldSetting& field, const Statement& statement) const;
  void check_pairs() const;
  void check_form() const;
  void check_progress() const;
  void check_targets() const;
  const FieldSetting* find(std::string_view name) const;
  bool is_set(std::string_view name) const;
  // Appends the ticket by which the visitor claims what is given. Returns false if there is nothing
  // to claim.
  bool write_ticket(Facts& facts, const WidgetDelivery& delivery, std::pmr::string& ticket) const;
  void check_required(std::string_view campaign, const Where& where) const;
  std::optional<DeadlineClock> read_clock(Facts& facts, const WidgetDelivery& delivery) const;

  const OwnWidget* own_;  // nullptr: it is built in
  const Widget& widget_;
  std::string campaign_;              // its name
  std::vector<FieldSetting> fields_;  // in the order of the widget's
  std::optional<Template> markup_;
  Appearance appearance_;
  std::optional<Clock> clock_;            // where a deadline is set
  bool has_pool_ = false;                 // visitors claim a code of a pool (`code pool=`)
  const FieldSetting* prizes_ = nullptr;  // or one of these prizes
};

}  // namespace personalize
