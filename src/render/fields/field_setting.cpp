#include "render/fields/field_setting.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "base/values/item.h"
#include "base/values/json/json_file.h"
#include "base/values/scalar.h"
#include "personalize/attributes/known_attribute.h"
#include "personalize/attributes/reference.h"
#include "render/fields/items.h"
#include "render/fields/list_checks.h"

namespace personalize {

namespace {

bool is_template(std::string_view value) {
  return value.find("{{") != std::string_view::npos;
}

}  // namespace

FieldSetting::FieldSetting(const WidgetField& declared) : declared_(&declared) {
  if (declared.kind == FieldKind::choice) {
    choose(declared.choices.front());
  }
}

void FieldSetting::set(const Statement& statement, AttributeTable& attributes,
                       const Template::PartialReader& partials) {
  const auto& where = statement.where;
  const auto& value = statement.words[2];
  const auto kind = declared_->kind;
  if (is_set() && kind != FieldKind::texts && kind != FieldKind::goals) {
    throw ConfigError(where, "field " + quoted(declared_->name) + " is duplicate");
  }
  if (!is_set()) {
    where_ = where;
  }
  if (is_list(kind)) {
    set_list(value, where, attributes);
  } else if (kind == FieldKind::choice) {
    const auto& choices = declared_->choices;
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      throw ConfigError(where, "field " + quoted(declared_->name) + " has no " + quoted(value) +
                                   ": it is one of " + list_names(choices));
    }
    choice_ = value;
    choose(choice_);
  } else if (kind == FieldKind::deadline && !is_template(value)) {
    deadline_.emplace(Deadline::read(value, where));
  } else {
    set_text(value, statement, attributes, partials);
  }
}

void FieldSetting::choose(std::string_view choice) {
  DocumentBuilder builder(std::pmr::get_default_resource());
  builder.begin_object();
  builder.key(choice);
  builder.string(choice);
  builder.end();
  chosen_ = builder.finish();
}

void FieldSetting::set_text(const std::string& value, const Statement& statement,
                            AttributeTable& attributes, const Template::PartialReader& partials) {
  const auto kind = declared_->kind;
  const bool is_number =
      kind == FieldKind::number || kind == FieldKind::least || kind == FieldKind::goals;
  if (is_number && !is_template(value)) {
    check_number(value, statement.where);
  }
  doubt(value, statement.where, attributes);
  if (texts_.empty()) {
    written_ = value;
  }
  constexpr std::size_t most = 12;
  if (texts_.size() == most) {
    throw ConfigError(statement.where, "field " + quoted(declared_->name) + " is set more than " +
                                           std::to_string(most) + " times");
  }
  texts_.emplace_back("set " + statement.words[1], value, Template::Mode::text, attributes,
                      partials, statement.where);
  if (is_number && texts_.back().writes_words()) {
    throw ConfigError(statement.where, "field " + quoted(declared_->name) +
                                           " takes a number, and " + quoted(value) +
                                           " writes it as people read it: leave the filter out");
  }
  if (declared_->name == "code" && value.compare(0, 5, "pool=") == 0) {
    throw ConfigError(statement.where, "field \"code\" would show " + quoted(value) +
                                           " to everybody: a code of a pool is \"code " + value +
                                           ";\", without set");
  }
}

// Notes what is shown as it is written and is hardly meant to be.
void FieldSetting::doubt(const std::string& value, const Where& where,
                         const AttributeTable& attributes) {
  const std::string name(declared_->name);
  if (const auto attribute = mentioned_attribute(value, attributes); !attribute.empty()) {
    doubts_.emplace_back(where, "field " + quoted(name) + " shows " + quoted(value) +
                                    " as it is: the value of the attribute is \"{{" + attribute +
                                    "}}\"");
  }
  constexpr std::string_view addresses[] = {"link", "image", "action"};
  if (is_one_of(name, addresses) && ascii::starts_with(value, "www.")) {
    doubts_.emplace_back(where, "field " + quoted(name) +
                                    " leads to a page of this site that is called " +
                                    quoted(value) + ": another site is \"https://" + value + "\"");
  }
  std::string ignored;
  if (!value.empty() && value.front() == '[' && parse_json(value, ignored)) {
    doubts_.emplace_back(
        where,
        "field " + quoted(name) + " is a text and shows the list as it is written" +
            (declared_->kind == FieldKind::answers ? ": write the answers with | between them"
                                                   : ""));
  }
}

std::string_view FieldSetting::constant() const {
  return is_template(written_) ? std::string_view() : std::string_view(written_);
}

bool FieldSetting::shows_locale_money() const {
  if (declared_->kind == FieldKind::price && is_set()) {
    return true;
  }
  const Value items = declared_->kind == FieldKind::items ? Value::document(literal_) : Value();
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    const Value item = items.at(i);
    const ItemParts parts(item);
    for (const auto part : {ItemPart::price, ItemPart::sale_price}) {
      const Money money = read_money(parts[part]);
      if (!money.amount.is_missing() && money.currency.empty() &&
          parts.text(ItemPart::currency).empty()) {
        return true;
      }
    }
  }
  return std::any_of(texts_.begin(), texts_.end(),
                     [](const Template& text) { return text.shows_locale_money(); });
}

void FieldSetting::check_number(const std::string& value, const Where& where) {
  const Value number = to_number(Value::string(value));
  if (number.is_missing()) {
    throw ConfigError(where, "field " + quoted(declared_->name) +
                                 " takes a number, as in 50 or {{cart.total}}, not " +
                                 quoted(value));
  }
  if (declared_->kind == FieldKind::goals) {
    if (number.as_number() <= last_goal_) {
      throw ConfigError(where, "goal " + value + " is not above " +
                                   (last_goal_ > 0 ? "the one before it" : "0") +
                                   ": goals are in rising order");
    }
    last_goal_ = number.as_number();
  }
}

void FieldSetting::set_list(const std::string& value, const Where& where,
                            AttributeTable& attributes) {
  if (!value.empty() && value.front() == '[') {
    set_literal(value, where);
    return;
  }
  // "${profile.recommended}" is the same, as it is written everywhere else.
  const auto referred = referred_attribute(value);
  const std::string attribute(referred.empty() ? std::string_view(value) : referred);
  const bool is_name = attribute.find_first_of("{}$") == std::string::npos;
  if (is_name) {
    list_ = attributes.intern(attribute, where);
  }
  const bool is_list = is_name && (attributes[*list_].root == Root::source ||
                                   attributes[*list_].root == Root::recommend);
  if (!is_list) {
    const std::string name(declared_->name);
    throw ConfigError(
        where, "field " + quoted(name) + " takes the name of a list in a document, as in set " +
                   name + " profile.recommended, or a list, as in set " + name + " " +
                   std::string(example_of(declared_->kind)) + ", not " + quoted(value));
  }
}

void FieldSetting::set_literal(const std::string& json, const Where& where) {
  std::string errors;
  const auto parsed = parse_json(json, errors);
  if (!parsed) {
    throw ConfigError(where, "field " + quoted(declared_->name) + " is not JSON: " + errors);
  }
  DocumentBuilder builder(std::pmr::get_default_resource());
  add_json(*parsed, builder);
  literal_ = builder.finish();
  const Value list = Value::document(literal_);
  if (list.size() == 0) {
    throw ConfigError(where, "field " + quoted(declared_->name) + " is empty: write it as in " +
                                 std::string(example_of(declared_->kind)));
  }
  check_list(declared_->kind, list, where);
}

void FieldSetting::add_needs(const AttributeTable& attributes, SourceSet& sources) const {
  for (const auto& text : texts_) {
    sources |= text.needs(attributes);
  }
  if (list_) {
    sources.set(attributes[*list_].index);
  }
}

void FieldSetting::add_decided(const AttributeTable& attributes,
                               std::vector<AttributeId>& decided) const {
  for (const auto& text : texts_) {
    for (const auto id : text.decided(attributes)) {
      if (std::find(decided.begin(), decided.end(), id) == decided.end()) {
        decided.push_back(id);
      }
    }
  }
}

Value FieldSetting::list(Facts& facts) const {
  return list_ ? facts.get(*list_) : Value::document(literal_);
}

}  // namespace personalize
