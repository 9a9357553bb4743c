#include "render/widget_content.h"

#include <algorithm>

#include "base/text/nearest.h"
#include "base/text/text.h"
#include "base/values/scalar.h"
#include "personalize/render/json_text.h"
#include "render/escaping/address.h"
#include "render/fields/field_values.h"
#include "render/fields/prizes.h"
#include "render/fields/progress.h"
#include "render/formats/formats.h"
#include "render/own_widget.h"
#include "render/partials.h"
#include "render/widget_assets.h"
#include "widgets/embedded.h"
#include "widgets/labels.h"

namespace personalize {

namespace {

// Returns markup without the line end after it: white space beside our elements confuses those who
// compare the page with what they expect there (React).
std::string without_end(std::string_view markup) {
  return std::string(markup.substr(0, markup.find_last_not_of('\n') + 1));
}

// The names that the markup of every widget may show beside its fields and the labels, in the order
// in which render() gives their values.
constexpr std::string_view common_names[] = {"progress",  "questions", "campaign",
                                             "uncounted", "trigger",   "waits",
                                             "auto_hide", "priority",  "claim"};

}  // namespace

bool is_common_name(std::string_view name) {
  return std::find(std::begin(common_names), std::end(common_names), name) !=
         std::end(common_names);
}

TemplateOptions widget_options(const Widget& widget) {
  TemplateOptions options;
  options.closed = true;
  options.ends = TemplateEnds::trimmed;
  options.records = &ItemRecords::names;
  for (const auto& field : widget.fields) {
    options.fields.emplace_back(field.name);
  }
  options.fields.insert(options.fields.end(), std::begin(common_names), std::end(common_names));
  options.texts.assign(std::begin(label_names), std::end(label_names));
  return options;
}

std::string built_in_part(std::string_view name, const Where& where) {
  const auto part = find_embedded(std::string(name) + ".html");
  if (part.empty()) {
    throw ConfigError(where, "no built-in partial " + quoted(name));
  }
  return without_end(part);
}

namespace {

const Widget& find_widget(std::string_view name, const OwnWidget* own_widget, const OwnWidgets* own,
                          const Where& where) {
  if (own_widget != nullptr) {
    return own_widget->widget();
  }
  for (const auto& widget : widgets()) {
    if (widget.name == name) {
      return widget;
    }
  }
  const auto of_operator =
      own == nullptr || own->names().empty() ? "" : ", " + list_names(own->names());
  throw ConfigError(where, "unknown widget " + quoted(name) + "; the widgets are " +
                               list_names(widgets(), [](const auto& one) { return one.name; }) +
                               of_operator);
}

}  // namespace

WidgetContent::WidgetContent(const Statement& widget, const std::vector<const Statement*>& sets,
                             const Declaration& campaign, const std::string& directory,
                             AttributeTable& attributes, const OwnWidgets* own)
    : own_(own == nullptr ? nullptr : own->find(widget.words[1])),
      widget_(find_widget(widget.words[1], own_, own, widget.where)),
      campaign_(campaign.name),
      fields_(widget_.fields.begin(), widget_.fields.end()),
      appearance_(read_appearance(campaign, widget_)) {
  const auto partials = partials_of(directory, directory);
  for (const auto* set : sets) {
    read_set(*set, partials, attributes);
  }
  check_pool(campaign);
  check_required(campaign.name, widget.where);
  check_pairs();
  check_form();
  check_progress();
  check_targets();

  auto options = widget_options(widget_);
  options.constants = constants();
  if (own_ != nullptr) {
    markup_.emplace(own_->compile(options, attributes));
  } else {
    markup_.emplace(widget_.name, without_end(widget_.markup), Template::Mode::html, attributes,
                    built_in_part, widget.where, options);
  }
}

std::vector<std::optional<Value>> WidgetContent::constants() const {
  std::vector<std::optional<Value>> values;
  for (const auto& field : fields_) {
    const auto& declared = field.declared();
    auto& value = values.emplace_back();
    if (declared.kind == FieldKind::choice) {
      value = field.chosen();
    } else if (!field.is_set() && !is_one_of(declared.name, label_names)) {
      value = Value::string({});
    } else if (declared.kind == FieldKind::text && !field.constant().empty()) {
      value = Value::string(field.constant());
    }
  }
  const auto absent_unless = [](bool is_given) {
    return is_given ? std::nullopt : std::optional(Value());
  };
  // In the order of common_names.
  values.insert(
      values.end(),
      {absent_unless(is_set("goal")), absent_unless(is_set("question") || is_set("questions")),
       Value::string(campaign_), std::nullopt, Value::string(appearance_.trigger),
       Value::boolean(appearance_.waits), Value::string(appearance_.auto_hide),
       Value::string(appearance_.priority), absent_unless(has_pool_ || prizes_ != nullptr)});
  return values;
}

std::vector<AttributeId> WidgetContent::attributes_of(std::string_view name) const {
  std::vector<AttributeId> attributes;
  for (const auto& field : fields_) {
    if (field.declared().name == name) {
      for (const Template& text : field.texts()) {
        attributes.insert(attributes.end(), text.used().begin(), text.used().end());
      }
    }
  }
  return attributes;
}

bool WidgetContent::reports(std::string_view /*campaign*/) const {
  return own_ == nullptr || own_->reports();
}

void WidgetContent::read_set(const Statement& statement, const Template::PartialReader& partials,
                             AttributeTable& attributes) {
  const auto& words = statement.words;
  if (words.size() != 3) {
    throw ConfigError(
        statement.where,
        "\"set\" takes a field and a value: quote a value with blanks, as in set text "
        "\"Free delivery\"");
  }
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const FieldSetting& field) {
    return field.declared().name == words[1];
  });
  if (found == fields_.end()) {
    throw ConfigError(statement.where,
                      "widget " + std::string(widget_.name) + " has no field " + quoted(words[1]) +
                          ": it has " +
                          list_names(widget_.fields, [](const auto& one) { return one.name; }));
  }
  found->set(statement, attributes, partials);
  check_places(*found, statement);
  if (found->declared().kind == FieldKind::prizes) {
    prizes_ = &*found;
  }
  if (found->declared().kind == FieldKind::deadline) {
    clock_ = {attributes.intern("time.now", statement.where),
              attributes.intern("time.offset", statement.where)};
  }
}

const FieldSetting* WidgetContent::find(std::string_view name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const FieldSetting& field) {
    return field.declared().name == name;
  });
  return found == fields_.end() ? nullptr : &*found;
}

bool WidgetContent::is_set(std::string_view name) const {
  const FieldSetting* field = find(name);
  return field != nullptr && field->is_set();
}

// Checks that a text has no place but those that are filled: {remaining}, in what a cart lacks.
void WidgetContent::check_places(const FieldSetting& field, const Statement& statement) const {
  const std::string_view value = statement.words[2];
  const bool has_place = field.declared().name == "text" && find("goal") != nullptr;
  for (auto open = value.find('{'); open != std::string_view::npos;
       open = value.find('{', open + 1)) {
    const auto end = value.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", open + 1);
    const bool is_tag = open > 0 && value[open - 1] == '{';
    const bool is_place = end != std::string_view::npos && value[end] == '}' && end > open + 1;
    const auto place = is_place ? value.substr(open, end + 1 - open) : std::string_view();
    if (!is_place || is_tag || (has_place && place == remaining_place)) {
      continue;
    }
    if (has_place || edits_between(place, remaining_place) <= 2) {
      throw ConfigError(statement.where,
                        "nothing is put in the place of " + quoted(place) + " in field " +
                            quoted(field.declared().name) + ": " +
                            (has_place ? "write " : "only \"text\" of purchase-progress has ") +
                            std::string(remaining_place));
    }
  }
}

void WidgetContent::check_pairs() const {
  for (const auto& field : fields_) {
    if (own_ != nullptr || !field.is_set()) {
      continue;
    }
    const auto name = field.declared().name;
    for (const auto beside : shown_beside(widget_, name)) {
      if (!is_set(beside)) {
        throw ConfigError(field.where(), "field " + quoted(name) + " of widget " +
                                             std::string(widget_.name) + " is only shown beside " +
                                             quoted(beside) + ": add set " + std::string(beside) +
                                             " \"…\"");
      }
    }
  }
}

// Items that stand in a list of the page have no room for what a row has around them.
void WidgetContent::check_form() const {
  const FieldSetting* form = find("form");
  if (own_ != nullptr || form == nullptr || form->choice() != "list") {
    return;
  }
  for (const char* name : {"title", "text", "link", "link_text", "reason"}) {
    if (is_set(name)) {
      throw ConfigError(find(name)->where(), "field " + quoted(name) + " of widget " +
                                                 std::string(widget_.name) +
                                                 " is not shown with set form list: the list of "
                                                 "the page has its own");
    }
  }
}

void WidgetContent::check_progress() const {
  const FieldSetting* goals = find("goal");
  if (own_ != nullptr || goals == nullptr) {
    return;
  }
  const FieldSetting& texts = *find("text");
  if (texts.texts().size() > goals->texts().size()) {
    throw ConfigError(texts.where(),
                      "field \"text\" is set " + std::to_string(texts.texts().size()) +
                          " times, and field \"goal\" " + std::to_string(goals->texts().size()) +
                          ": each text is for the goal at its place");
  }
  const FieldSetting& currency = *find("currency");
  if (!currency.constant().empty() && !is_currency(currency.constant())) {
    throw ConfigError(currency.where(), "unknown currency " + quoted(currency.constant()) +
                                            ": write its ISO 4217 code, as in EUR");
  }
}

// A form is sent to a path from the root, on whichever page it is, or to another host.
void WidgetContent::check_targets() const {
  for (const auto& field : fields_) {
    const auto address = field.constant();
    if (field.declared().kind != FieldKind::target || address.empty()) {
      continue;
    }
    if (!has_fixed_host(address) || (address.front() != '/' && !names_host(address))) {
      throw ConfigError(field.where(),
                        "field " + quoted(field.declared().name) +
                            " takes an address, as in \"/newsletter\" or https://HOST/PATH, not " +
                            quoted(address));
    }
  }
}

std::vector<std::pair<Where, std::string>> WidgetContent::warnings(double now_s) const {
  std::vector<std::pair<Where, std::string>> found;
  for (const auto& field : fields_) {
    found.insert(found.end(), field.doubts().begin(), field.doubts().end());
    const Deadline* deadline = field.deadline();
    const bool stays = is_set("done_text");
    // By the clock of whoever is last to reach it.
    constexpr double latest_zone_s = -12 * 3600;
    const auto left = deadline == nullptr || stays
                          ? std::nullopt
                          : deadline->left({now_s, latest_zone_s, std::nullopt});
    if (left && *left <= 0) {
      found.emplace_back(field.where(), "the deadline has passed: the campaign is shown to nobody");
    }
  }
  for (const auto& field : fields_) {
    if (field.declared().kind == FieldKind::target && names_host(field.written())) {
      found.emplace_back(field.where(),
                         "field " + quoted(field.declared().name) +
                             " sends what visitors enter to " + quoted(field.written()) +
                             ": if that is this site, write the path alone, as in \"/newsletter\"");
    }
  }
  return found;
}

std::vector<OfferedPrize> WidgetContent::prizes() const {
  std::pmr::vector<OfferedPrize> offered(std::pmr::get_default_resource());
  if (prizes_ != nullptr && prizes_->is_literal()) {
    offer_prizes(prizes_->literal(), true, offered);
  }
  return {offered.begin(), offered.end()};
}

bool WidgetContent::shows_locale_money() const {
  if (own_ == nullptr && find("goal") != nullptr && !is_set("currency")) {
    return true;
  }
  return std::any_of(fields_.begin(), fields_.end(),
                     [](const FieldSetting& field) { return field.shows_locale_money(); }) ||
         (own_ != nullptr && markup_->shows_locale_money());
}

// Checks that the widget shows a code, and no other one.
void WidgetContent::check_pool(const Declaration& campaign) {
  const auto& statements = campaign.statements;
  const auto statement = std::find_if(statements.begin(), statements.end(),
                                      [](const auto& one) { return one.words.front() == "code"; });
  if (statement == statements.end()) {
    return;
  }
  const auto code = std::find_if(fields_.begin(), fields_.end(), [](const FieldSetting& field) {
    return field.declared().name == "code";
  });
  if (code == fields_.end()) {
    throw ConfigError(statement->where,
                      "widget " + std::string(widget_.name) + " shows no code to claim");
  }
  if (code->is_set()) {
    throw ConfigError(statement->where,
                      "campaign " + quoted(campaign.name) +
                          " has \"set code\" and \"code pool=\": a code is the same for "
                          "everybody, or taken from a pool");
  }
  has_pool_ = true;
}

void WidgetContent::check_required(std::string_view campaign, const Where& where) const {
  const bool suffices = std::any_of(fields_.begin(), fields_.end(), [](const FieldSetting& field) {
    return field.declared().suffices && field.is_set();
  });
  for (const auto& field : fields_) {
    const auto& declared = field.declared();
    const bool is_claimed = has_pool_ && declared.name == "code";
    if (declared.required && !suffices && !field.is_set() && !is_claimed) {
      const auto name = std::string(declared.name);
      throw ConfigError(where, "widget " + std::string(widget_.name) + " of campaign " +
                                   quoted(campaign) + " needs the field " + quoted(name) +
                                   ": add set " + name +
                                   (is_list(declared.kind) ? " profile." + name : " \"…\""));
    }
  }
}

SourceSet WidgetContent::needs(const AttributeTable& attributes) const {
  auto sources = markup_->needs(attributes);
  for (const auto& field : fields_) {
    field.add_needs(attributes, sources);
  }
  return sources;
}

std::vector<AttributeId> WidgetContent::decided(const AttributeTable& attributes) const {
  auto decided = markup_->decided(attributes);
  for (const auto& field : fields_) {
    field.add_decided(attributes, decided);
  }
  return decided;
}

std::optional<DeadlineClock> WidgetContent::read_clock(Facts& facts,
                                                       const WidgetDelivery& delivery) const {
  if (!clock_) {
    return std::nullopt;
  }
  const Value now = facts.get(clock_->now);
  const Value offset = facts.get(clock_->offset);
  using ValueKind = personalize::Kind;
  if (now.kind() != ValueKind::number || offset.kind() != ValueKind::number) {
    return std::nullopt;
  }
  DeadlineClock clock{now.as_number(), offset.as_number(), std::nullopt};
  if (delivery.first_shown) {
    clock.first_shown = *delivery.first_shown * 60.0;
  }
  return clock;
}

bool WidgetContent::write_ticket(Facts& facts, const WidgetDelivery& delivery,
                                 std::pmr::string& ticket) const {
  if (!has_pool_ && prizes_ == nullptr) {
    return true;
  }
  std::pmr::vector<OfferedPrize> offered(ticket.get_allocator());
  if (prizes_ != nullptr) {
    offer_prizes(prizes_->list(facts), prizes_->is_literal(), offered);
  }
  return delivery.claims != nullptr && delivery.claims->write(offered, ticket);
}

namespace {

// What is kept of the items that records were made of.
class RecordTexts final : public KeptTexts {
 public:
  RecordTexts(KeptTexts& kept, const std::pmr::list<ItemRecords>& items)
      : kept_(kept), items_(items) {}

  bool has(const Value& list) noexcept override {
    const ItemRecords* records = find_records(list);
    return kept_.has(records == nullptr ? list : records->source());
  }
  const KeptText* find(const Value& list, std::uint32_t number, const void* part,
                       const Locale& locale) noexcept override {
    const ItemRecords* records = find_records(list);
    return records == nullptr
               ? kept_.find(list, number, part, locale)
               : kept_.find(records->source(), records->source_number(number), part, locale);
  }
  void keep(const Value& list, std::uint32_t number, const void* part, const Locale& locale,
            const KeptText& text) noexcept override {
    const ItemRecords* records = find_records(list);
    records == nullptr
        ? kept_.keep(list, number, part, locale, text)
        : kept_.keep(records->source(), records->source_number(number), part, locale, text);
  }

 private:
  const ItemRecords* find_records(const Value& list) const noexcept {
    const auto found = std::find_if(items_.begin(), items_.end(), [&](const ItemRecords& records) {
      return records.list().is_same(list);
    });
    return found == items_.end() ? nullptr : &*found;
  }

  KeptTexts& kept_;
  const std::pmr::list<ItemRecords>& items_;
};

}  // namespace

bool WidgetContent::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                           unsigned& assets, std::pmr::string& out,
                           ConstantParts* constants) const {
  auto* memory = out.get_allocator().resource();
  const Labels& words = labels(locale.formats().language());
  FieldValues fields(fields_, locale, words, memory);
  if (!fields.evaluate(facts, read_clock(facts, delivery))) {
    return false;
  }
  std::pmr::string ticket(memory);
  if (!write_ticket(facts, delivery, ticket)) {
    return false;
  }
  std::pmr::vector<Value> values(memory);
  values.reserve(fields_.size() + std::size(common_names));
  fields.append(values);
  const Value common[] = {fields.progress(),
                          fields.questions(),
                          Value::string(campaign_),
                          Value::boolean(!delivery.counted),
                          Value::string(appearance_.trigger),
                          Value::boolean(appearance_.waits),
                          Value::string(appearance_.auto_hide),
                          Value::string(appearance_.priority),
                          ticket.empty() ? Value() : Value::string(ticket)};
  static_assert(std::size(common) == std::size(common_names));
  values.insert(values.end(), std::begin(common), std::end(common));

  // Only the script reports views. It is left out if there is no endpoint to report to and nothing
  // to count.
  const bool needs_script =
      reports({}) && (delivery.counted || !delivery.endpoint.empty() || appearance_.needs_script());
  const auto* style = own_ == nullptr ? nullptr : own_->style();
  const auto* script = own_ == nullptr ? nullptr : own_->script();
  const unsigned needed = widget_.assets | (needs_script ? script_asset : 0) |
                          (style == nullptr ? 0 : style->bit) |
                          (script == nullptr ? 0 : script->bit);
  const unsigned missing = needed & ~assets;
  if ((missing & style_asset) != 0) {
    append_style(delivery, out);
  }
  if (style != nullptr && (missing & style->bit) != 0) {
    append_style(delivery, style->asset, out);
  }
  std::optional<RecordTexts> kept;
  if (delivery.kept_texts != nullptr) {
    kept.emplace(*delivery.kept_texts, fields.items());
  }
  TemplateInput input{delivery.nonces, values.data(), {}, constants, kept ? &*kept : nullptr};
  input.texts = words.data();
  if (!markup_->render(facts, locale, input, out)) {
    return false;
  }
  if ((missing & script_asset) != 0) {
    append_script(delivery, out);
  }
  if (script != nullptr && (missing & script->bit) != 0) {
    append_script(delivery, script->asset, out);
  }
  assets |= needed;
  return true;
}

namespace {

// Writes what a field says, without what its markup needs.
void write_field(const FieldSetting& field, const Value& value, JsonText& json) {
  switch (field.declared().kind) {
    case FieldKind::texts:
      json.begin_array();
      for (std::uint32_t i = 0; i < value.size(); ++i) {
        json.value(value.at(i).find("says"));
      }
      json.end_array();
      break;
    case FieldKind::choice:
      json.string(field.choice());
      break;
    case FieldKind::deadline:
      json.begin_object().key("left").value(to_number(value.find("left")));
      json.key("duration").value(value.find("duration")).end_object();
      break;
    default:
      json.data(value);
  }
}

}  // namespace

bool WidgetContent::write_data(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                               std::pmr::string& out) const {
  auto* memory = out.get_allocator().resource();
  FieldValues fields(fields_, locale, labels(locale.formats().language()), memory);
  std::pmr::string ticket(memory);
  if (!fields.evaluate(facts, read_clock(facts, delivery)) ||
      !write_ticket(facts, delivery, ticket)) {
    return false;
  }
  std::pmr::vector<Value> values(memory);
  fields.append(values);
  JsonText json(out);
  json.key("widget").string(widget_.name).key("fields").begin_object();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto name = fields_[i].declared().name;
    const bool is_text = values[i].kind() == personalize::Kind::string;
    const bool is_known = !values[i].is_absent() && !(is_text && values[i].as_string().empty());
    if (is_known && JsonText::is_allowed(name, values[i])) {
      write_field(fields_[i], values[i], json.key(name));
    }
  }
  json.end_object();
  for (const auto& [name, value] :
       {std::pair<std::string_view, Value>("progress", fields.progress()),
        {"questions", fields.questions()}}) {
    if (!value.is_absent()) {
      json.key(name).data(value);
    }
  }
  if (!ticket.empty()) {
    json.key("claim").string(ticket);
  }
  return true;
}

}  // namespace personalize
