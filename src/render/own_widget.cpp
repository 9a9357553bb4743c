#include "render/own_widget.h"

#include <algorithm>

#include "base/files.h"
#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/render/own_widgets.h"
#include "render/partials.h"
#include "render/widget_content.h"

namespace personalize {

namespace {

constexpr std::size_t max_file_size = std::size_t{1024} * 1024;
// The built-in partial, and the name that it shows.
constexpr std::string_view campaign_name = "campaign";

// Beside style_asset and script_asset.
constexpr unsigned first_own_asset = 4;

bool is_word(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || also.find(c) != std::string_view::npos;
  });
}

void check_name(const Declaration& declaration) {
  const auto& name = declaration.name;
  if (!is_word(name, "-_")) {
    throw ConfigError(declaration.where, "widget " + quoted(name) +
                                             " cannot be called so: its name has letters, digits, "
                                             "'-' and '_'");
  }
  const bool is_built_in = std::any_of(widgets().begin(), widgets().end(),
                                       [&](const Widget& widget) { return widget.name == name; }) ||
                           find_asset(name + ".css") != nullptr ||
                           find_asset(name + ".js") != nullptr;
  if (is_built_in) {
    throw ConfigError(declaration.where,
                      "widget " + quoted(name) + " is built in: give yours another name");
  }
}

// What ends the element if the file is put into the page.
void check_body(const std::string& body, bool is_script, const std::string& path,
                const Where& where) {
  const auto lower = ascii::lowered(body);
  for (const std::string_view end : {is_script ? "</script" : "</style", "<!--"}) {
    if (lower.find(end) != std::string::npos) {
      throw ConfigError(where, quoted(path) + " contains " + quoted(end) +
                                   ", which has another meaning inside of a page: write \"\\x3c\" "
                                   "for \"<\" in strings of scripts, \"\\3c \" in those of CSS");
    }
  }
}

}  // namespace

OwnWidget::OwnWidget(const Declaration& declaration, const std::string& directory,
                     unsigned first_bit)
    : name_(declaration.name), where_(declaration.where), directory_(directory) {
  check_name(declaration);
  for (const auto& statement : declaration.statements) {
    read(statement, directory);
  }
  if (template_name_.empty()) {
    throw ConfigError(where_, "widget " + quoted(name_) + " lacks \"template FILE\"");
  }
  widget_.name = name_;
  widget_.markup = markup_;
  // Only now that all names are there do views of them stay valid.
  for (std::size_t i = 0; i < field_names_.size(); ++i) {
    widget_.fields[i].name = field_names_[i];
  }
  if (style_) {
    style_->bit = first_bit;
  }
  if (script_) {
    script_->bit = first_bit << (style_ ? 1 : 0);
  }
  check_template();
}

void OwnWidget::read(const Statement& statement, const std::string& directory) {
  const auto& word = statement.words[0];
  if (word == "field") {
    read_field(statement);
  } else if (word == "style") {
    read_file(statement, directory, style_);
  } else if (word == "script") {
    read_file(statement, directory, script_);
  } else {
    if (!template_name_.empty()) {
      throw ConfigError(statement.where, "\"template\" is duplicate");
    }
    template_name_ = statement.words[1];
    template_where_ = statement.where;
    const auto path = resolve(directory, template_name_);
    folder_ = folder_of(path);
    markup_ = read_template(path, statement.where);
  }
}

void OwnWidget::read_field(const Statement& statement) {
  const auto& words = statement.words;
  const auto& name = words[1];
  WidgetField field{};
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "required") {
      field.required = true;
    } else if (words[i] == "list") {
      field.kind = FieldKind::list;
    } else {
      throw ConfigError(statement.where, "field " + quoted(name) + " has unknown parameter " +
                                             quoted(words[i]) +
                                             ": a field is \"required\" and a \"list\", or not");
    }
  }
  if (!is_word(name, "_") || is_common_name(name)) {
    throw ConfigError(statement.where,
                      "field cannot be called " + quoted(name) +
                          (is_common_name(name) ? ": all widgets have that name"
                                                : ": its name has letters, digits and '_'"));
  }
  if (std::find(field_names_.begin(), field_names_.end(), name) != field_names_.end()) {
    throw ConfigError(statement.where, "field " + quoted(name) + " is duplicate");
  }
  field_names_.push_back(name);
  widget_.fields.push_back(field);
}

void OwnWidget::read_file(const Statement& statement, const std::string& directory,
                          std::optional<OwnFile>& file) const {
  if (file) {
    throw ConfigError(statement.where, quoted(statement.words[0]) + " is duplicate");
  }
  const bool is_script = statement.words[0] == "script";
  const auto path = resolve(directory, statement.words[1]);
  auto& [name, body, version, asset, bit] = file.emplace();
  static_cast<void>(bit);  // set when all files are known
  body = personalize::read_file(path, max_file_size, statement.where);
  check_body(body, is_script, statement.words[1], statement.where);
  name = name_ + (is_script ? ".js" : ".css");
  version = digest(body);
  asset = {name, is_script ? "text/javascript" : "text/css", body, version};
}

// Compiles the template once, whether or not a campaign shows it.
void OwnWidget::check_template() {
  AttributeTable none;
  const auto options = widget_options(widget_);
  const auto checked = compile(options, none);
  for (std::uint32_t i = 0; i < field_names_.size(); ++i) {
    if (!checked.shows_field(i)) {
      unused_.push_back(field_names_[i]);
    }
  }
  open_element_ = checked.open_element();
  const auto& names = options.fields;
  const auto campaign = std::find(names.begin(), names.end(), campaign_name) - names.begin();
  reports_ = checked.shows_field(static_cast<std::uint32_t>(campaign));
}

Template OwnWidget::compile(const TemplateOptions& options, AttributeTable& attributes) const {
  const auto own = partials_of(folder_, directory_);
  const auto read = [&](std::string_view name, const Where& where) {
    return name == campaign_name ? built_in_part(name, where) : own(name, where);
  };
  auto own_options = options;
  own_options.members_first = true;
  return {template_name_, markup_,         Template::Mode::html, attributes,
          read,           template_where_, own_options};
}

unsigned OwnWidget::asset_count() const {
  return (style_ ? 1U : 0U) + (script_ ? 1U : 0U);
}

OwnWidgets::OwnWidgets() = default;
OwnWidgets::~OwnWidgets() = default;

void OwnWidgets::add(const Declaration& declaration, const std::string& directory) {
  if (find(declaration.name) != nullptr) {
    throw ConfigError(declaration.where, "widget " + quoted(declaration.name) + " is duplicate");
  }
  unsigned count = 0;
  for (const auto& widget : widgets_) {
    count += widget->asset_count();
  }
  auto widget = std::make_unique<OwnWidget>(declaration, directory, first_own_asset << count);
  constexpr unsigned most = 30;
  if (count + widget->asset_count() > most) {
    throw ConfigError(declaration.where, "the widgets have more than " + std::to_string(most) +
                                             " style sheets and scripts: let some share a file of "
                                             "the page's own");
  }
  widgets_.push_back(std::move(widget));
}

std::vector<std::pair<Where, std::string>> OwnWidgets::warnings() const {
  std::vector<std::pair<Where, std::string>> warnings;
  for (const auto& widget : widgets_) {
    if (const auto& open = widget->open_element(); !open.name.empty()) {
      warnings.emplace_back(widget->where(), "the template of widget " + quoted(widget->name()) +
                                                 " " + open.message());
    }
    for (const auto& field : widget->unused()) {
      warnings.emplace_back(widget->where(), "field " + quoted(field) + " of widget " +
                                                 quoted(widget->name()) +
                                                 " is not shown by its template");
    }
  }
  return warnings;
}

const Asset* OwnWidgets::find_asset(std::string_view name) const noexcept {
  for (const auto& widget : widgets_) {
    for (const auto* file : {widget->style(), widget->script()}) {
      if (file != nullptr && file->name == name) {
        return &file->asset;
      }
    }
  }
  return nullptr;
}

std::vector<std::string_view> OwnWidgets::asset_names() const {
  std::vector<std::string_view> names;
  for (const auto& widget : widgets_) {
    for (const auto* file : {widget->style(), widget->script()}) {
      if (file != nullptr) {
        names.emplace_back(file->name);
      }
    }
  }
  return names;
}

const OwnWidget* OwnWidgets::find(std::string_view name) const noexcept {
  const auto found = std::find_if(widgets_.begin(), widgets_.end(),
                                  [&](const auto& widget) { return widget->name() == name; });
  return found == widgets_.end() ? nullptr : found->get();
}

std::vector<std::string_view> OwnWidgets::names() const {
  std::vector<std::string_view> names;
  for (const auto& widget : widgets_) {
    names.emplace_back(widget->name());
  }
  return names;
}

}  // namespace personalize
