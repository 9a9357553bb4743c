// A field of a widget as a campaign sets it.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/base/statement.h"
#include "render/fields/deadline.h"
#include "render/templates/template.h"
#include "widgets/widget.h"

namespace personalize {

class FieldSetting {
 public:
  explicit FieldSetting(const WidgetField& declared);

  // Takes `set FIELD VALUE`. Throws ConfigError.
  void set(const Statement& statement, AttributeTable& attributes,
           const Template::PartialReader& partials);

  const WidgetField& declared() const { return *declared_; }
  bool is_set() const {
    return !texts_.empty() || list_ || deadline_ || !literal_.empty() || !choice_.empty();
  }

  void add_needs(const AttributeTable& attributes, SourceSet& sources) const;
  void add_decided(const AttributeTable& attributes, std::vector<AttributeId>& decided) const;

  // Returns the place of its first statement. It must be set.
  const Where& where() const { return where_; }

  // Its templates. A deadline, a choice and a list have none, but for a deadline that takes its
  // value from a document.
  const std::vector<Template>& texts() const { return texts_; }
  // Returns the list; missing if there is none, or the field is no list.
  Value list(Facts& facts) const;
  // Returns whether the list stands in the configuration.
  bool is_literal() const { return !literal_.empty(); }
  // Returns that list; missing if there is none.
  Value literal() const { return Value::document(literal_); }
  // Returns the deadline that the configuration gives; nullptr if there is none.
  const Deadline* deadline() const { return deadline_ ? &*deadline_ : nullptr; }
  // Returns the text of its first statement, a template or not; "" of a list, a deadline, a choice.
  const std::string& written() const { return written_; }
  // Returns it if it is the same for everybody; "" if it is not.
  std::string_view constant() const;
  // Returns what of it works and is hardly meant.
  const std::vector<std::pair<Where, std::string>>& doubts() const { return doubts_; }
  // Returns whether it shows amounts in the currency of the request's locale.
  bool shows_locale_money() const;
  // Returns which of the field's choices it is.
  std::string_view choice() const { return choice_.empty() ? declared_->choices.front() : choice_; }
  // Returns it as markup asks for it: an object with one member, which has its name.
  Value chosen() const { return Value::document(chosen_); }

 private:
  void set_text(const std::string& value, const Statement& statement, AttributeTable& attributes,
                const Template::PartialReader& partials);
  void check_number(const std::string& value, const Where& where);
  void doubt(const std::string& value, const Where& where, const AttributeTable& attributes);
  void choose(std::string_view choice);
  void set_list(const std::string& value, const Where& where, AttributeTable& attributes);
  void set_literal(const std::string& json, const Where& where);

  const WidgetField* declared_;
  Where where_;
  std::vector<Template> texts_;
  std::optional<AttributeId> list_;
  std::string literal_;  // a document
  std::optional<Deadline> deadline_;
  std::string choice_;
  std::string chosen_;  // a document
  std::string written_;
  std::vector<std::pair<Where, std::string>> doubts_;
  double last_goal_ = 0;
};

}  // namespace personalize
