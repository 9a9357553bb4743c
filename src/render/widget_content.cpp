#include "render/widget_content.h"

#include <algorithm>

#include "base/text/text.h"
#include "render/templates/formats.h"
#include "render/templates/items.h"
#include "render/widget_assets.h"

namespace personalize {

namespace {

// The names that the markup of every widget may show beside its fields (widget.h), in the order in
// which render() gives their values.
constexpr std::string_view common_names[] = {"campaign", "close", "uncounted"};

std::string no_partials(std::string_view name, const Where& where) {
  throw ConfigError(where, "partial {{> " + std::string(name) +
                               "}}: a field has no partials, only fragments have");
}

const Widget& find_widget(std::string_view name, const Where& where) {
  for (const auto& widget : widgets()) {
    if (widget.name == name) {
      return widget;
    }
  }
  throw ConfigError(where, "unknown widget " + quoted(name) + "; the widgets are " +
                               list_names(widgets(), [](const auto& one) { return one.name; }));
}

}  // namespace

WidgetContent::WidgetContent(const Statement& widget, const std::vector<const Statement*>& sets,
                             std::string_view campaign, AttributeTable& attributes)
    : widget_(find_widget(widget.words[1], widget.where)), fields_(widget_.fields.size()) {
  for (const auto* set : sets) {
    read_set(*set, attributes);
  }
  check_required(campaign, widget.where);

  TemplateOptions options;
  for (const auto& field : widget_.fields) {
    options.fields.emplace_back(field.name);
  }
  options.fields.insert(options.fields.end(), std::begin(common_names), std::end(common_names));
  markup_.emplace(widget_.name, widget_.markup, Template::Mode::html, attributes, no_partials,
                  widget.where, options);
}

void WidgetContent::read_set(const Statement& statement, AttributeTable& attributes) {
  const auto& words = statement.words;
  if (words.size() != 3) {
    throw ConfigError(
        statement.where,
        "\"set\" takes a field and a value: quote a value with blanks, as in set text "
        "\"Free delivery\"");
  }
  const auto& declared = widget_.fields;
  const auto found = std::find_if(declared.begin(), declared.end(),
                                  [&](const WidgetField& field) { return field.name == words[1]; });
  if (found == declared.end()) {
    throw ConfigError(statement.where,
                      "widget " + std::string(widget_.name) + " has no field " + quoted(words[1]) +
                          ": it has " +
                          list_names(declared, [](const auto& one) { return one.name; }));
  }
  auto& field = fields_[static_cast<std::size_t>(found - declared.begin())];
  if (field.is_set()) {
    throw ConfigError(statement.where, "field " + quoted(words[1]) + " is duplicate");
  }

  if (!found->list) {
    is_offer_ = is_offer_ || words[1] == "discount" || words[1] == "price";
    field.text.emplace("set " + words[1], words[2], Template::Mode::text, attributes, no_partials,
                       statement.where);
    return;
  }
  const bool is_name = words[2].find_first_of("{}$") == std::string::npos;
  if (is_name) {
    field.list = attributes.intern(words[2], statement.where);
  }
  if (!is_name || attributes[*field.list].root != Root::source) {
    throw ConfigError(statement.where, "field " + quoted(words[1]) + " takes the name of a list " +
                                           "in a document, as in set " + words[1] +
                                           " profile.recommended, not " + quoted(words[2]));
  }
}

void WidgetContent::check_required(std::string_view campaign, const Where& where) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& field = widget_.fields[i];
    if (field.required && !fields_[i].is_set()) {
      const auto name = std::string(field.name);
      throw ConfigError(where, "widget " + std::string(widget_.name) + " of campaign " +
                                   quoted(campaign) + " needs the field " + quoted(name) +
                                   ": add set " + name +
                                   (field.list ? " profile.recommended" : " \"…\""));
    }
  }
}

SourceSet WidgetContent::needs(const AttributeTable& attributes) const {
  auto sources = markup_->needs(attributes);
  for (const auto& field : fields_) {
    if (field.text) {
      sources |= field.text->needs(attributes);
    } else if (field.list) {
      sources.set(attributes[*field.list].index);
    }
  }
  return sources;
}

std::vector<AttributeId> WidgetContent::decided(const AttributeTable& attributes) const {
  auto decided = markup_->decided(attributes);
  for (const auto& field : fields_) {
    if (field.text) {
      for (const auto id : field.text->decided(attributes)) {
        if (std::find(decided.begin(), decided.end(), id) == decided.end()) {
          decided.push_back(id);
        }
      }
    }
  }
  return decided;
}

// Appends the values of the widget's fields, which live in `items` and `texts`. Returns false if a
// required one is empty, or an offer has no reason.
bool WidgetContent::evaluate(Facts& facts, const Locale& locale, DocumentBuilder& items,
                             std::pmr::string& texts, std::pmr::vector<Value>& values) const {
  std::pmr::vector<std::size_t> ends(texts.get_allocator());
  ends.reserve(fields_.size());
  for (const auto& field : fields_) {
    if (field.text && !field.text->render(facts, locale, texts)) {
      return false;
    }
    ends.push_back(texts.size());
  }
  // Only now that all strings are written do views of them stay valid.
  std::size_t begin = 0;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& field = fields_[i];
    Value value;
    bool is_empty = true;
    if (field.list) {
      value = read_items(facts.get(*field.list), items);
      is_empty = value.size() == 0;
    } else if (field.text) {
      value = Value::string(std::string_view(texts).substr(begin, ends[i] - begin));
      is_empty = ends[i] == begin;
    }
    begin = ends[i];
    const auto& declared = widget_.fields[i];
    if (is_empty && (declared.required || (is_offer_ && declared.name == "reason"))) {
      return false;
    }
    values.push_back(value);
  }
  return true;
}

bool WidgetContent::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                           std::string_view campaign, unsigned& assets, std::pmr::string& out,
                           ConstantParts* constants) const {
  auto* memory = out.get_allocator().resource();
  DocumentBuilder items(memory);
  std::pmr::string texts(memory);
  std::pmr::vector<Value> values(memory);
  values.reserve(fields_.size() + std::size(common_names));
  if (!evaluate(facts, locale, items, texts, values)) {
    return false;
  }
  values.push_back(Value::string(campaign));
  values.push_back(Value::string(close_label(locale.formats().language())));
  values.push_back(Value::boolean(!delivery.counted));

  // Only the script reports views. It is left out if there is no endpoint to report to and nothing
  // to count.
  const bool needs_script = delivery.counted || !delivery.endpoint.empty();
  const unsigned needed = widget_.assets | (needs_script ? script_asset : 0);
  const unsigned missing = needed & ~assets;
  if ((missing & style_asset) != 0) {
    append_style(delivery, out);
  }
  if (!markup_->render(facts, locale, {delivery.nonces, values.data(), {}, constants}, out)) {
    return false;
  }
  if ((missing & script_asset) != 0) {
    append_script(delivery, out);
  }
  assets |= needed;
  return true;
}

}  // namespace personalize
