// What one request makes of a widget's fields.
#pragma once

#include <list>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"
#include "personalize/render/locale.h"
#include "render/fields/field_setting.h"
#include "render/fields/items.h"
#include "widgets/labels.h"

namespace personalize {

class FieldValues {
 public:
  // What is given lives as long as this.
  FieldValues(const std::vector<FieldSetting>& fields, const Locale& locale, const Labels& labels,
              std::pmr::memory_resource* memory);

  // Returns false if there is nothing to show: a required field is empty, an offer has no reason,
  // its deadline has passed, or its number is below `min`. Without a clock no deadline is known.
  // Throws what the memory throws.
  bool evaluate(Facts& facts, const std::optional<DeadlineClock>& clock);

  // Adds the values of the fields in their order. They live as long as this and the request.
  void append(std::pmr::vector<Value>& values) const;
  // Returns the items of fields that are lists of them.
  const std::pmr::list<ItemRecords>& items() const { return items_; }
  // Return what is made of several fields; missing where there is none: the way of a cart
  // (progress.h), what a popup asks (questions.h).
  Value progress() const { return document_.find("progress"); }
  Value questions() const { return document_.find("questions"); }

 private:
  bool render_texts(Facts& facts);
  void write_as_money(std::size_t begin);
  void make_values(Facts& facts);
  void build_document(Facts& facts, const std::optional<DeadlineClock>& clock);
  void add_field(std::size_t field, Facts& facts, const std::optional<DeadlineClock>& clock);
  void add_texts(std::size_t field);
  void add_deadline(std::size_t field, const std::optional<DeadlineClock>& clock);
  void add_cart_progress(std::size_t goals);
  void add_popup_question(std::string_view question);
  bool is_enough() const;
  bool reaches_least() const;

  // Return the index of a field by its name or kind; the number of fields if there is none.
  std::size_t find(std::string_view name) const;
  std::size_t find(FieldKind kind) const;
  // Returns how often the field is set to a text.
  std::size_t count(std::size_t field) const { return fields_[field].texts().size(); }
  std::pmr::memory_resource* memory() const { return bytes_.get_allocator().resource(); }
  // Return a text of a field; "" if there is none.
  std::string_view text(std::size_t field, std::size_t i = 0) const;
  std::string_view text(std::string_view name) const;

  const std::vector<FieldSetting>& fields_;
  const Locale& locale_;
  const Labels& labels_;
  std::pmr::string bytes_;               // of all texts
  std::pmr::vector<std::size_t> ends_;   // of each text
  std::pmr::vector<std::size_t> first_;  // index in ends_ of each field's first text
  std::pmr::list<ItemRecords> items_;
  DocumentBuilder builder_;
  Value document_;                  // what is made for fields, by their names
  std::pmr::vector<Value> values_;  // of the fields
  bool has_passed_ = false;
};

}  // namespace personalize
