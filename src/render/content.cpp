#include "personalize/render/content.h"

#include "base/text/text.h"
#include "render/attribute_content.h"
#include "render/content_kind.h"
#include "render/fragment_content.h"
#include "render/widget_content.h"
#include "widgets/trigger.h"

namespace personalize {

namespace {

// The statements of a campaign that say what it shows.
struct Statements {
  const Statement* source = nullptr;  // `fragment FILE`, `content TEMPLATE` or `widget NAME`
  std::vector<const Statement*> sets;
};

Statements find_statements(const Declaration& campaign) {
  Statements found;
  for (const auto& statement : campaign.statements) {
    const auto& word = statement.words.front();
    if (word == "set") {
      found.sets.push_back(&statement);
    } else if (word == "fragment" || word == "widget" || word == "content") {
      if (found.source != nullptr) {
        throw ConfigError(statement.where, "campaign " + quoted(campaign.name) +
                                               " already shows a " + found.source->words.front() +
                                               ": it shows one fragment, content or widget");
      }
      if (statement.words.size() != 2) {
        throw ConfigError(statement.where, quoted(word) + " takes one " +
                                               (word == "widget"     ? "name"
                                                : word == "fragment" ? "file"
                                                                     : "template, in quotes"));
      }
      found.source = &statement;
    }
  }
  if (found.source == nullptr) {
    throw ConfigError(campaign.where, "campaign " + quoted(campaign.name) +
                                          " shows nothing: it lacks \"fragment FILE\", "
                                          "\"content TEMPLATE\" or \"widget NAME\"");
  }
  return found;
}

// A fragment says itself when it appears.
void refuse_appearance(const Declaration& campaign) {
  for (const auto& statement : campaign.statements) {
    const auto& word = statement.words.front();
    const bool is_trigger = word == "trigger";
    if (is_trigger || word == "auto_hide") {
      throw ConfigError(statement.where,
                        quoted(word) + " is for widgets, and campaign " + quoted(campaign.name) +
                            " shows a fragment: write data-pz-" +
                            (is_trigger ? "trigger=" + quoted(compile_trigger(statement))
                                        : "auto-hide=" + quoted(compile_auto_hide(statement))) +
                            " into the element that has data-pz-campaign");
    }
  }
}

std::unique_ptr<Content::Kind> compile(const Declaration& campaign, const std::string& directory,
                                       AttributeTable& attributes, const OwnWidgets* own,
                                       const AttributePlace* place) {
  const auto [source, sets] = find_statements(campaign);
  if (place != nullptr && source->words.front() == "widget") {
    throw ConfigError(source->where, "slot " + quoted(place->slot) + " is the attribute " +
                                         quoted(place->attribute) +
                                         ", and takes no widget: write \"content\"");
  }
  if (source->words.front() == "widget") {
    return std::make_unique<WidgetContent>(*source, sets, campaign, directory, attributes, own);
  }
  for (const auto& statement : campaign.statements) {
    if (statement.words.front() == "code") {
      throw ConfigError(statement.where, "\"code pool=\" is for widgets, and campaign " +
                                             quoted(campaign.name) + " shows a fragment");
    }
  }
  refuse_appearance(campaign);
  if (place != nullptr) {
    return std::make_unique<AttributeContent>(*place, *source, sets, directory, attributes);
  }
  return std::make_unique<FragmentContent>(*source, sets, directory, attributes);
}

}  // namespace

Content::Content(const Declaration& campaign, const std::string& directory,
                 AttributeTable& attributes, const OwnWidgets* own, const AttributePlace* place)
    : kind_(compile(campaign, directory, attributes, own, place)) {}

Content::~Content() = default;
Content::Content(Content&&) noexcept = default;

SourceSet Content::needs(const AttributeTable& attributes) const {
  return kind_->needs(attributes);
}

std::vector<AttributeId> Content::decided(const AttributeTable& attributes) const {
  return kind_->decided(attributes);
}

std::vector<AttributeId> Content::attributes_of(std::string_view field) const {
  return kind_->attributes_of(field);
}

bool Content::reports(std::string_view campaign) const {
  return kind_->reports(campaign);
}

std::vector<std::pair<Where, std::string>> Content::warnings(double now_s) const {
  return kind_->warnings(now_s);
}

std::vector<OfferedPrize> Content::prizes() const {
  return kind_->prizes();
}

bool Content::shows_locale_money() const {
  return kind_->shows_locale_money();
}

bool Content::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                     unsigned& assets, std::pmr::string& out,
                     ConstantParts* constants) const noexcept {
  const auto begin = out.size();
  const auto constants_begin = constants == nullptr ? 0 : constants->size();
  try {
    if (kind_->render(facts, locale, delivery, assets, out, constants)) {
      return true;
    }
  } catch (...) {
    // Out of memory; what was appended goes away below.
  }
  out.resize(begin);
  if (constants != nullptr) {
    constants->resize(constants_begin);
  }
  return false;
}

bool Content::write_data(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                         std::pmr::string& out) const noexcept {
  const auto begin = out.size();
  try {
    if (kind_->write_data(facts, locale, delivery, out)) {
      return true;
    }
  } catch (...) {
    // Out of memory; what was appended goes away below.
  }
  out.resize(begin);
  return false;
}

}  // namespace personalize
