#include "render/fragment_content.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/render/json_text.h"
#include "personalize/widgets/widgets.h"
#include "render/partials.h"
#include "render/widget_assets.h"

namespace personalize {

namespace {

bool is_file(const Statement& source) {
  return source.words[0] == "fragment";
}

std::string text_of(const Statement& source, const std::string& directory) {
  return is_file(source) ? read_template(resolve(directory, source.words[1]), source.where)
                         : source.words[1];
}

// Returns whether a tag or a comment begins with the text.
bool begins_with_markup(std::string_view text) {
  return text.size() > 1 && text[0] == '<' &&
         (ascii::is_letter(text[1]) || text[1] == '/' || text[1] == '!');
}

// Returns whether the text has a tag or a comment outside of {{…}}.
bool has_markup(std::string_view text) {
  while (!text.empty() && !begins_with_markup(text)) {
    const auto end = ascii::starts_with(text, "{{") ? text.find("}}") : 0;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return !text.empty();
}

// Returns the template of an attribute's value. It is text: markup would be shown as it is written,
// except by scripts, which can read anything in a data- attribute.
std::string value_text(const Statement& source, const std::string& directory,
                       const TemplateAttribute& attribute) {
  std::string text(ascii::trim_html_space(text_of(source, directory)));
  if (!ascii::starts_with(attribute.name, "data-") && has_markup(text)) {
    throw ConfigError(source.where,
                      quoted(is_file(source) ? source.words[1] : "content") +
                          " has markup: the slot is the attribute " + quoted(attribute.name) +
                          ", and what is written there is its value alone, without an element");
  }
  return text;
}

Template::PartialReader partials_beside(const Statement& source, const std::string& directory) {
  return partials_of(is_file(source) ? folder_of(resolve(directory, source.words[1])) : directory,
                     directory);
}

// A file ends as editors end files. White space at the ends of a "content" is written on purpose,
// but for that of its lines.
template <class Fields>
TemplateOptions options_of(const Statement& source, const Fields& fields,
                           const TemplateAttribute* attribute) {
  TemplateOptions options;
  options.attribute = attribute;
  options.ends = is_file(source) ? TemplateEnds::trimmed : TemplateEnds::lines_trimmed;
  for (const auto& field : fields) {
    options.fields.push_back(field.name);
  }
  return options;
}

// Returns the expression of a value that is one alone: "${profile.items | first}".
std::optional<std::string_view> expression_of(std::string_view value) {
  if (value.substr(0, 2) != "${") {
    return std::nullopt;
  }
  const auto inside = value.substr(2);
  const bool is_one = find_end_of_expression(inside) == inside.size() - 1;
  return is_one ? std::optional(inside.substr(0, inside.size() - 1)) : std::nullopt;
}

// Returns whether the template is a path, and nobody's text.
bool names_file(std::string_view text) {
  constexpr std::string_view ends[] = {".html", ".htm", ".mustache", ".txt", ".tpl", ".svg"};
  return text.find_first_of(" \t\r\n<{") == std::string_view::npos &&
         std::any_of(std::begin(ends), std::end(ends),
                     [&](std::string_view end) { return ascii::ends_with(text, end); });
}

// Whatever these say is worth setting, even if the template words it in its own way.
bool may_be_unseen(std::string_view name) {
  constexpr std::string_view names[] = {"discount", "price", "reason", "value", "currency"};
  return is_one_of(name, names);
}

}  // namespace

FragmentContent::FragmentContent(const Statement& source, const std::vector<const Statement*>& sets,
                                 const std::string& directory, AttributeTable& attributes,
                                 const TemplateAttribute* attribute)
    : source_(source),
      fields_(read_fields(sets, directory, attributes)),
      markup_(is_file(source) ? source.words[1] : "content",
              attribute == nullptr ? text_of(source, directory)
                                   : value_text(source, directory, *attribute),
              Template::Mode::html, attributes, partials_beside(source, directory), source.where,
              options_of(source, fields_, attribute)) {
  const std::string text = text_of(source, directory);
  if (text.find("data-pz-campaign") != std::string::npos) {
    reporting_text_ = text;
  }
  check_shown(sets);
}

std::vector<FragmentContent::Field> FragmentContent::read_fields(
    const std::vector<const Statement*>& sets, const std::string& directory,
    AttributeTable& attributes) {
  std::vector<Field> fields;
  for (const Statement* set : sets) {
    if (set->words.size() != 3) {
      throw ConfigError(set->where,
                        "\"set\" takes a field and a value: quote a value with blanks, as in set "
                        "text \"Free delivery\"");
    }
    Field field;
    field.name = set->words[1];
    const bool is_duplicate = std::any_of(
        fields.begin(), fields.end(), [&](const Field& other) { return other.name == field.name; });
    if (is_duplicate || field.name.find_first_of(". |\t") != std::string::npos) {
      throw ConfigError(set->where,
                        "field " + quoted(field.name) +
                            (is_duplicate ? " is duplicate" : " must be one word without a dot"));
    }
    if (const auto expression = expression_of(set->words[2])) {
      field.value.emplace(*expression, attributes, set->where);
    } else {
      field.text.emplace("set " + field.name, set->words[2], Template::Mode::text, attributes,
                         partials_of(directory, directory), set->where);
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

// What a template does not show is misspelt there or here.
void FragmentContent::check_shown(const std::vector<const Statement*>& sets) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (!markup_.shows_field(static_cast<std::uint32_t>(i)) && !may_be_unseen(fields_[i].name)) {
      throw ConfigError(sets[i]->where, "field " + quoted(fields_[i].name) +
                                            " is not shown: write {{" + fields_[i].name +
                                            "}} into the template of this campaign");
    }
  }
}

std::vector<std::pair<Where, std::string>> FragmentContent::warnings(double /*now_s*/) const {
  std::vector<std::pair<Where, std::string>> found;
  const std::string& written = source_.words[1];
  if (const auto& open = markup_.open_element(); !open.name.empty()) {
    found.emplace_back(source_.where,
                       (is_file(source_) ? quoted(written) : "\"content\"") + " " + open.message());
  }
  if (!is_file(source_) && names_file(written)) {
    found.emplace_back(source_.where, "\"content\" shows the text " + quoted(written) +
                                          ": for what is in that file write \"fragment " + written +
                                          "\"");
  }
  return found;
}

SourceSet FragmentContent::needs(const AttributeTable& attributes) const {
  SourceSet sources = markup_.needs(attributes);
  for (const Field& field : fields_) {
    if (field.text) {
      sources |= field.text->needs(attributes);
      continue;
    }
    for (const AttributeId id : field.value->attributes()) {
      sources |= direct_needs(attributes[id]);
    }
  }
  return sources;
}

std::vector<AttributeId> FragmentContent::decided(const AttributeTable& attributes) const {
  auto decided = markup_.decided(attributes);
  for (const Field& field : fields_) {
    const auto used = field.text ? field.text->decided(attributes) : field.value->attributes();
    std::copy_if(used.begin(), used.end(), std::back_inserter(decided),
                 [&](AttributeId id) { return is_decided(attributes[id]); });
  }
  return decided;
}

bool FragmentContent::reports(std::string_view campaign) const {
  return reporting_text_.find(campaign) != std::string::npos;
}

bool FragmentContent::evaluate(Facts& facts, const Locale& locale, std::pmr::vector<Value>& values,
                               std::pmr::memory_resource* memory) const {
  for (const Field& field : fields_) {
    Value value;
    if (field.value) {
      value = field.value->value(facts, memory);
    } else {
      std::pmr::string text(memory);
      if (!field.text->render(facts, locale, text)) {
        return false;
      }
      auto* copy = static_cast<char*>(memory->allocate(text.size() + 1, 1));
      std::copy(text.begin(), text.end(), copy);
      value = Value::string({copy, text.size()});
    }
    // An offer that cannot be explained is none, as with widgets.
    if (field.name == "reason" &&
        (value.kind() != personalize::Kind::string || value.as_string().empty())) {
      return false;
    }
    values.push_back(value);
  }
  return true;
}

bool FragmentContent::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                             unsigned& assets, std::pmr::string& out,
                             ConstantParts* constants) const {
  auto* memory = out.get_allocator().resource();
  std::pmr::monotonic_buffer_resource texts(memory);
  std::pmr::vector<Value> values(&texts);
  if (!evaluate(facts, locale, values, &texts) ||
      !markup_.render(facts, locale,
                      {delivery.nonces, values.data(), {}, constants, delivery.kept_texts}, out)) {
    return false;
  }
  if (!reporting_text_.empty() && (assets & script_asset) == 0) {
    append_script(delivery, out);
    assets |= script_asset;
  }
  return true;
}

// An operator's template says in HTML what it shows; what it sets may be all that an app needs.
bool FragmentContent::write_data(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                                 std::pmr::string& out) const {
  auto* memory = out.get_allocator().resource();
  std::pmr::monotonic_buffer_resource texts(memory);
  std::pmr::vector<Value> values(&texts);
  std::pmr::string html(memory);
  if (!evaluate(facts, locale, values, &texts) ||
      !markup_.render(facts, locale, {delivery.nonces, values.data(), {}, nullptr}, html)) {
    return false;
  }
  JsonText json(out);
  json.key("fields").begin_object();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (!values[i].is_missing() && JsonText::is_allowed(fields_[i].name, values[i])) {
      json.key(fields_[i].name).data(values[i]);
    }
  }
  json.end_object().key("html").string(html);
  return true;
}

}  // namespace personalize
