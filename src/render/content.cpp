#include <algorithm>
#include <array>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "render/escaping/escape.h"
#include "render/escaping/nonce.h"
#include "render/templates/compiled.h"
#include "render/templates/formats.h"
#include "render/templates/items.h"
#include "widgets/widget.h"

namespace personalize {

namespace {

constexpr std::size_t max_file_size = std::size_t{1024} * 1024;
constexpr std::size_t max_fields = 12;

// As read_file() of base/, without a byte order mark.
std::string read_text(const std::string& path, const Where& where) {
  std::string text = read_file(path, max_file_size, where);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.compare(0, byte_order_mark.size(), byte_order_mark) == 0) {
    text.erase(0, byte_order_mark.size());
  }
  return text;
}

std::string resolve(const std::string& directory, std::string_view path) {
  if (path.substr(0, 1) == "/" || directory.empty()) {
    return std::string(path);
  }
  return directory + (directory.back() == '/' ? "" : "/") + std::string(path);
}

// `{{> price}}` in fragments/bar.html is fragments/price.html.
Template::PartialReader partials_beside(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
  return [folder](std::string_view name, const Where& where) {
    const auto file = name.substr(name.rfind('/') + 1);
    const bool has_extension = file.find('.') != std::string_view::npos;
    return read_text(resolve(folder, std::string(name) + (has_extension ? "" : ".html")), where);
  };
}

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
  throw ConfigError(where, "unknown widget " + quoted(name) + ": known are " +
                               list_names(widgets(), [](const auto& one) { return one.name; }));
}

}  // namespace

class Content::Parts {
 public:
  Parts(const Declaration& campaign, const std::string& directory, AttributeTable& attributes);

  SourceSet needs(const AttributeTable& attributes) const;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;
  unsigned assets() const { return assets_; }
  bool reports(std::string_view campaign) const {
    return widget_ != nullptr || fragment_.find(campaign) != std::string::npos;
  }
  bool render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
              std::string_view campaign, unsigned& assets, std::pmr::string& out) const;

 private:
  // What `set` gave for a field of the widget.
  struct Field {
    std::optional<Template::Compiled> text;
    std::optional<AttributeId> list;
  };

  void read_set(const Statement& statement, AttributeTable& attributes);
  void check_required(const Declaration& campaign, const Where& where) const;
  bool evaluate(Facts& facts, const Locale& locale, std::string_view campaign, bool counted,
                DocumentBuilder& items, std::pmr::string& texts,
                std::array<Value, max_fields>& values) const;

  const Widget* widget_ = nullptr;
  std::vector<Field> fields_;  // as the widget's
  std::optional<Template::Compiled> markup_;
  unsigned assets_ = 0;
  std::string fragment_;   // its text, where it takes part in the runtime script's reports
  bool is_offer_ = false;  // sets a discount or a price
};

Content::Parts::Parts(const Declaration& campaign, const std::string& directory,
                      AttributeTable& attributes) {
  const Statement* source = nullptr;
  std::vector<const Statement*> sets;
  for (const auto& statement : campaign.statements) {
    const auto& word = statement.words.front();
    if (word == "set") {
      sets.push_back(&statement);
    } else if (word == "fragment" || word == "widget") {
      if (source != nullptr) {
        throw ConfigError(statement.where, "campaign " + quoted(campaign.name) +
                                               " already shows a " + source->words.front() +
                                               ": it shows one fragment or one widget");
      }
      if (statement.words.size() != 2) {
        throw ConfigError(statement.where,
                          quoted(word) + " takes one " + (word == "widget" ? "name" : "file"));
      }
      source = &statement;
    }
  }
  if (source == nullptr) {
    throw ConfigError(campaign.where, "campaign " + quoted(campaign.name) +
                                          " shows nothing: it lacks \"fragment FILE\" or "
                                          "\"widget NAME\"");
  }

  const auto& name = source->words[1];
  if (source->words.front() == "fragment") {
    if (!sets.empty()) {
      throw ConfigError(sets.front()->where, "\"set\" fills the fields of a widget, and campaign " +
                                                 quoted(campaign.name) + " shows a fragment");
    }
    const auto path = resolve(directory, name);
    auto text = read_text(path, source->where);
    markup_.emplace(name, text, Template::Mode::html, attributes, partials_beside(path),
                    source->where, TemplateOptions());
    if (text.find("data-pz-campaign") != std::string::npos) {
      assets_ = script_asset;
      fragment_ = std::move(text);
    }
    return;
  }

  widget_ = &find_widget(name, source->where);
  assets_ = widget_->assets;
  fields_.resize(widget_->fields.size());
  for (const auto* set : sets) {
    read_set(*set, attributes);
  }
  check_required(campaign, source->where);

  TemplateOptions options;
  for (const auto& field : widget_->fields) {
    options.fields.emplace_back(field.name);
  }
  options.fields.emplace_back("campaign");
  options.fields.emplace_back("close");
  options.fields.emplace_back("uncounted");
  markup_.emplace(widget_->name, widget_->markup, Template::Mode::html, attributes, no_partials,
                  source->where, options);
}

void Content::Parts::read_set(const Statement& statement, AttributeTable& attributes) {
  const auto& words = statement.words;
  if (words.size() != 3) {
    throw ConfigError(statement.where,
                      "\"set\" takes a field and a text: quote a text with blanks, as in set text "
                      "\"Free delivery\"");
  }
  const auto& declared = widget_->fields;
  const auto found = std::find_if(declared.begin(), declared.end(),
                                  [&](const WidgetField& field) { return field.name == words[1]; });
  if (found == declared.end()) {
    throw ConfigError(statement.where,
                      "widget " + std::string(widget_->name) + " has no field " + quoted(words[1]) +
                          ": it has " +
                          list_names(declared, [](const auto& one) { return one.name; }));
  }
  auto& field = fields_[static_cast<std::size_t>(found - declared.begin())];
  if (field.text || field.list) {
    throw ConfigError(statement.where, "field " + quoted(words[1]) + " is set twice");
  }

  if (!found->list) {
    is_offer_ = is_offer_ || words[1] == "discount" || words[1] == "price";
    field.text.emplace("set " + words[1], words[2], Template::Mode::text, attributes, no_partials,
                       statement.where, TemplateOptions());
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

void Content::Parts::check_required(const Declaration& campaign, const Where& where) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& field = widget_->fields[i];
    if (field.required && !fields_[i].text && !fields_[i].list) {
      const auto name = std::string(field.name);
      throw ConfigError(where, "widget " + std::string(widget_->name) + " of campaign " +
                                   quoted(campaign.name) + " needs the field " + quoted(name) +
                                   ": add set " + name +
                                   (field.list ? " profile.recommended" : " \"…\""));
    }
  }
}

SourceSet Content::Parts::needs(const AttributeTable& attributes) const {
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

std::vector<AttributeId> Content::Parts::decided(const AttributeTable& attributes) const {
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

// The values of the widget's fields, which live in `items` and `texts`. False where a required one
// is empty.
bool Content::Parts::evaluate(Facts& facts, const Locale& locale, std::string_view campaign,
                              bool counted, DocumentBuilder& items, std::pmr::string& texts,
                              std::array<Value, max_fields>& values) const {
  std::array<std::size_t, max_fields + 1> ends{};
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& field = fields_[i];
    if (field.text && !field.text->render(facts, locale, Nonces(), nullptr, Value(), texts)) {
      return false;
    }
    if (field.list) {
      values[i] = read_items(facts.get(*field.list), items);
    }
    ends[i + 1] = texts.size();
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].text) {
      values[i] = Value::string(std::string_view(texts).substr(ends[i], ends[i + 1] - ends[i]));
    }
    const bool empty = fields_[i].list ? values[i].size() == 0 : ends[i + 1] == ends[i];
    const auto& declared = widget_->fields[i];
    if (empty && (declared.required || (is_offer_ && declared.name == "reason"))) {
      return false;
    }
  }
  values[fields_.size()] = Value::string(campaign);
  values[fields_.size() + 1] = Value::string(close_label(locale.formats().language()));
  values[fields_.size() + 2] = Value::boolean(!counted);
  return true;
}

namespace {

const Asset& asset(std::string_view name) {
  const auto& all = assets();
  return *std::find_if(all.begin(), all.end(), [&](const Asset& a) { return a.name == name; });
}

void put_url(const WidgetDelivery& delivery, const Asset& asset, std::pmr::string& out) {
  escape_html(delivery.endpoint, out);
  out += asset.name;
  out += "?v=";
  out += asset.version;
}

void put_style(const WidgetDelivery& delivery, std::pmr::string& out) {
  const auto& style = asset("personalize.css");
  if (delivery.endpoint.empty()) {
    out += "<style";
    append_nonce(delivery.nonces.style, out);
    out += ">\n";
    out += style.body;
    out += "</style>\n";
  } else {
    out += "<link rel=\"stylesheet\" href=\"";
    put_url(delivery, style, out);
    out += '"';
    append_nonce(delivery.nonces.style, out);
    out += ">\n";
  }
}

void put_permission(const WidgetDelivery& delivery, std::pmr::string& out) {
  if (!delivery.may_store) {
    out += " data-pz-no-cookie";
  }
}

void put_script(const WidgetDelivery& delivery, std::pmr::string& out) {
  const auto& script = asset("personalize.js");
  if (delivery.endpoint.empty()) {
    out += "<script";
    append_nonce(delivery.nonces.script, out);
    put_permission(delivery, out);
    out += ">\n";
    out += script.body;
    out += "</script>\n";
  } else {
    out += "<script src=\"";
    put_url(delivery, script, out);
    out += '"';
    append_nonce(delivery.nonces.script, out);
    put_permission(delivery, out);
    out += " defer></script>\n";
  }
}

}  // namespace

bool Content::Parts::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                            std::string_view campaign, unsigned& assets,
                            std::pmr::string& out) const {
  if (widget_ == nullptr) {
    if (!markup_->render(facts, locale, delivery.nonces, nullptr, Value(), out)) {
      return false;
    }
    if ((assets_ & ~assets) != 0) {
      put_script(delivery, out);
    }
    assets |= assets_;
    return true;
  }

  auto* memory = out.get_allocator().resource();
  DocumentBuilder items(memory);
  std::pmr::string texts(memory);
  std::array<Value, max_fields> values;
  static_assert(max_fields >= 9 + 3);
  if (!evaluate(facts, locale, campaign, delivery.counted, items, texts, values)) {
    return false;
  }

  // The script alone can tell that a campaign was seen; where nobody would hear, it is left out.
  const bool is_heard = delivery.counted || !delivery.endpoint.empty();
  const unsigned needed = assets_ | (is_heard ? script_asset : 0);
  const unsigned missing = needed & ~assets;
  if ((missing & style_asset) != 0) {
    put_style(delivery, out);
  }
  if (!markup_->render(facts, locale, delivery.nonces, values.data(), Value(), out)) {
    return false;
  }
  if ((missing & script_asset) != 0) {
    put_script(delivery, out);
  }
  assets |= needed;
  return true;
}

Content::Content(const Declaration& campaign, const std::string& directory,
                 AttributeTable& attributes)
    : parts_(std::make_unique<Parts>(campaign, directory, attributes)) {}

Content::~Content() = default;
Content::Content(Content&&) noexcept = default;

SourceSet Content::needs(const AttributeTable& attributes) const {
  return parts_->needs(attributes);
}

std::vector<AttributeId> Content::decided(const AttributeTable& attributes) const {
  return parts_->decided(attributes);
}

unsigned Content::assets() const {
  return parts_->assets();
}

bool Content::reports(std::string_view campaign) const {
  return parts_->reports(campaign);
}

bool Content::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                     std::string_view campaign, unsigned& assets,
                     std::pmr::string& out) const noexcept {
  const auto begin = out.size();
  try {
    if (parts_->render(facts, locale, delivery, campaign, assets, out)) {
      return true;
    }
  } catch (...) {
    // Out of memory; what was appended goes away below.
  }
  out.resize(begin);
  return false;
}

}  // namespace personalize
