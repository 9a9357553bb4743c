#include "widgets/widget.h"

#include <algorithm>

#include "base/text/text.h"
#include "widgets/embedded.h"

namespace personalize {

namespace {

constexpr unsigned both = style_asset | script_asset;

constexpr bool required = true;

using Rules = std::vector<std::vector<std::string_view>>;
const Rules stops_when_dismissed = {{"stop", "after=dismiss", "for=7d"}};
// Whoever has answered is not asked again.
const Rules asks_once = {{"cap", "1/session"}, {"stop", "after=answer"}};

// Fields of an offer.
const std::vector<WidgetField> popup_fields = {
    {"title", required},
    {"text"},
    {"link"},
    {"link_text"},
    {"code"},
    {"image"},
    {"deadline", false, FieldKind::deadline},
    {"discount"},
    {"price", false, FieldKind::price},
    {"reason"},
    {"question"},
    {"answers", false, FieldKind::answers},
    {"thanks"},
};

const std::vector<WidgetField> row_fields = {
    {"items", required, FieldKind::items},
    {"title"},
    {"text"},
    {"link"},
    {"link_text"},
    {"reason"},
    {"item_class"},
};

std::vector<WidgetField> fields_of_lists() {
  auto fields = row_fields;
  fields.push_back({"form", false, FieldKind::choice, {"row", "list"}});
  return fields;
}

}  // namespace

const std::vector<Widget>& widgets() {
  static const std::vector<Widget> all = {
      {"hello-bar",
       find_embedded("hello-bar.html"),
       {{"text", required, FieldKind::texts},
        {"link"},
        {"link_text"},
        {"code"},
        {"deadline", false, FieldKind::deadline},
        {"discount"},
        {"price", false, FieldKind::price},
        {"reason"}},
       both,
       stops_when_dismissed},
      {"popup", find_embedded("popup.html"), popup_fields, both, asks_once, true, "delay=5000"},
      {"exit-popup", find_embedded("exit-popup.html"), popup_fields, both, asks_once, true,
       "exit_intent"},
      {"side-coupon",
       find_embedded("side-coupon.html"),
       {{"code", required},
        {"title"},
        {"text"},
        {"link"},
        {"link_text"},
        {"image"},
        {"deadline", false, FieldKind::deadline},
        {"discount"},
        {"reason"}},
       both,
       stops_when_dismissed},
      {"floating-icon",
       find_embedded("floating-icon.html"),
       {{"title", required},
        {"text"},
        {"link"},
        {"link_text"},
        {"code"},
        {"image"},
        {"value"},
        {"icon", false, FieldKind::choice, {"gift", "percent", "help", "chat", "cart"}}},
       both,
       {}},
      {"scratch-coupon",
       find_embedded("scratch-coupon.html"),
       {{"title", required},
        {"prizes", required, FieldKind::prizes},
        {"text"},
        {"link"},
        {"link_text"},
        {"image"}},
       both,
       {}},
      {"purchase-progress",
       find_embedded("purchase-progress.html"),
       {{"goal", required, FieldKind::goals},
        {"value", required, FieldKind::number},
        {"currency"},
        {"text", false, FieldKind::texts},
        {"done_text"},
        {"link"},
        {"link_text"}},
       both,
       {}},
      {"recommendations",
       find_embedded("recommendations.html"),
       fields_of_lists(),
       style_asset,
       {}},
      {"continue-shopping",
       find_embedded("continue-shopping.html"),
       fields_of_lists(),
       style_asset,
       {}},
      {"complements", find_embedded("complements.html"), row_fields, both, {}, true},
      {"countdown",
       find_embedded("countdown.html"),
       {{"deadline", required, FieldKind::deadline},
        {"title"},
        {"text"},
        {"done_text"},
        {"link"},
        {"link_text"}},
       both,
       {}},
      {"editorial",
       find_embedded("editorial.html"),
       {{"title", required},
        {"link", required},
        {"text"},
        {"image"},
        {"link_text"},
        {"items", false, FieldKind::items, {}, true}},
       style_asset,
       {}},
      {"notice",
       find_embedded("notice.html"),
       {{"text", required},
        {"title"},
        {"link"},
        {"link_text"},
        {"image"},
        {"value", false, FieldKind::number},
        {"min", false, FieldKind::least},
        {"price", false, FieldKind::price},
        {"old_price", false, FieldKind::price},
        {"reason"}},
       style_asset,
       {}},
      {"lead-form",
       find_embedded("lead-form.html"),
       {{"title", required},
        {"text"},
        {"type", false, FieldKind::choice, {"email", "tel"}},
        {"placeholder"},
        {"consent"},
        {"link"},
        {"link_text"},
        {"action", false, FieldKind::target},
        {"send"},
        {"thanks"}},
       both,
       {{"stop", "after=conversion"}}},
      {"survey",
       find_embedded("survey.html"),
       {{"questions", required, FieldKind::questions}, {"title"}, {"send"}, {"thanks"}},
       both,
       asks_once,
       true},
  };
  return all;
}

std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names;
  for (const auto& widget : widgets()) {
    for (const auto& field : widget.fields) {
      if (std::find(names.begin(), names.end(), field.name) == names.end()) {
        names.push_back(field.name);
      }
    }
  }
  return names;
}

std::vector<std::string_view> shown_beside(const Widget& widget, std::string_view field) {
  constexpr std::string_view pairs[][2] = {
      {"answers", "question"}, {"thanks", "question"}, {"min", "value"},   {"old_price", "price"},
      {"link_text", "link"},   {"link", "link_text"},  {"link", "consent"}};
  // These make a link of something else where it has no text.
  constexpr std::string_view linked[] = {"hello-bar", "popup", "exit-popup", "floating-icon",
                                         "editorial"};
  const auto has = [&](std::string_view name) {
    return std::any_of(widget.fields.begin(), widget.fields.end(),
                       [&](const WidgetField& one) { return one.name == name; });
  };
  std::vector<std::string_view> found;
  for (const auto& [name, beside] : pairs) {
    const bool is_linked = name == "link" && is_one_of(widget.name, linked);
    if (name == field && has(beside) && !is_linked) {
      found.push_back(beside);
    }
  }
  return found;
}

}  // namespace personalize
