#include "personalize/attributes/attribute.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "attributes/fields.h"
#include "base/text/ascii.h"
#include "base/text/text.h"
#include "base/values/member.h"
#include "personalize/attributes/page.h"
#include "personalize/base/element_data.h"

namespace personalize {

namespace {

// Words that mean something in templates.
constexpr std::string_view reserved_names[] = {"this"};

bool is_reserved(std::string_view name) {
  return find_root(name) || std::find(std::begin(reserved_names), std::end(reserved_names), name) !=
                                std::end(reserved_names);
}

[[noreturn]] void fail_unknown(const Attribute& attribute, const std::string& reason) {
  throw ConfigError(attribute.where,
                    "unknown attribute " + quoted(attribute.spelling) + ": " + reason);
}

[[noreturn]] void fail(const Attribute& attribute, const std::string& problem) {
  throw ConfigError(attribute.where, "attribute " + quoted(attribute.spelling) + " " + problem);
}

// Returns "a, b, c" of names that could have been meant; the first ones of many.
std::string list_some(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  if (names.size() <= most) {
    return list_names(names);
  }
  return list_names(std::vector(names.begin(), names.begin() + most)) + " and " +
         std::to_string(names.size() - most) + " more";
}

void read_page_field(Attribute& attribute, std::string_view name) {
  const auto field = find_page_field(name);
  if (!field) {
    fail_unknown(attribute, "a page has the fields " + list_page_fields());
  }
  attribute.name = name;
  attribute.index = *field;
}

// Splits what follows the name of a source, a feature or a list; nothing follows if `rest` is
// empty.
std::vector<std::string> read_path(std::string_view rest, const Attribute& attribute) {
  if (rest.empty() && attribute.spelling.back() != '.') {
    return {};
  }
  auto path = split_path(rest);
  if (std::find(path.begin(), path.end(), std::string()) != path.end()) {
    fail(attribute, "has an empty name before, between or after dots");
  }
  return path;
}

void read_field(Attribute& attribute, std::string_view rest) {
  attribute.field = find_field(attribute.root, rest);
  if (attribute.field != Field::none && rest.find('.') != std::string_view::npos) {
    return;
  }
  const auto word = ascii::take_until(rest, '.');
  attribute.field = find_field(attribute.root, word);
  if (attribute.field == Field::none) {
    fail_unknown(attribute, "its root has the fields " + list_fields(attribute.root));
  }
  const auto field_traits = row_of(attribute.field).traits;
  if ((field_traits & traits::named) != 0) {
    if (rest.empty()) {
      fail(attribute, "lacks a name: write \"" + attribute.spelling + ".NAME\"");
    }
    const bool is_lower = (field_traits & traits::lower_case) != 0;
    attribute.name = is_lower ? ascii::lowered(rest) : std::string(rest);
  } else if (row_of(attribute.field).type == ValueType::list) {
    attribute.path = read_path(rest, attribute);
  } else if (attribute.spelling.back() == '.' || !rest.empty()) {
    fail(attribute, "goes on after " + quoted(word) + ", which has no fields");
  }
}

// Returns whether it is an NGINX variable that is empty before the response has a header.
bool is_of_response(const Attribute& attribute) {
  constexpr std::string_view prefixes[] = {"upstream_http_", "upstream_cookie_", "sent_http_"};
  return attribute.root == Root::variable && begins_with_one_of(attribute.name, prefixes);
}

}  // namespace

bool is_decided(const Attribute& attribute) noexcept {
  return is_decided(attribute.root) ||
         (attribute.root == Root::variable && ascii::starts_with(attribute.name, "personalize_"));
}

bool reads_source(const Attribute& attribute, std::uint32_t source) noexcept {
  return attribute.root == Root::source &&
         (attribute.index == source || std::find(attribute.others.begin(), attribute.others.end(),
                                                 source) != attribute.others.end());
}

ValueType type_of(const Attribute& attribute) noexcept {
  const bool is_inside = attribute.field != Field::none && !attribute.path.empty();
  return attribute.root == Root::segment ? ValueType::boolean
         : attribute.is_list             ? ValueType::list
         : is_inside                     ? ValueType::any
                                         : row_of(attribute.field).type;
}

SourceSet direct_needs(const Attribute& attribute) noexcept {
  SourceSet needs;
  if (attribute.root == Root::source || attribute.root == Root::recommend) {
    needs.set(attribute.index);
    for (const std::uint32_t other : attribute.others) {
      needs.set(other);
    }
  } else if (attribute.root == Root::campaign) {
    for (const std::uint32_t of_person : attribute.others) {
      needs.set(of_person);
    }
  } else if (attribute.root == Root::page || is_of_response(attribute)) {
    needs.set(page_need);
  } else if (attribute.root == Root::slot) {
    needs.set(element_need);
  } else if (attribute.root == Root::session) {
    const auto field_traits = row_of(attribute.field).traits;
    for (std::size_t part = 0; part < fixed_session_parts; ++part) {
      if ((field_traits & traits::bit(static_cast<SessionPart>(part))) != 0) {
        needs.set(attribute.index + part);
      }
    }
    const bool is_ranked =
        attribute.field == Field::session_top || attribute.field == Field::session_distinct;
    if (is_ranked && attribute.place != Attribute::no_place) {
      for (const bool is_older : {false, true}) {
        const auto part = count_part(attribute.place, is_older);
        needs.set(attribute.index + static_cast<std::size_t>(part));
      }
    }
    needs.set(page_need, (field_traits & traits::page) != 0);
  }
  return needs;
}

std::uint32_t AttributeTable::DeclaredNames::add(const std::string& what, std::string_view name,
                                                 const Where& where) {
  const auto next = static_cast<std::uint32_t>(list.size());
  if (!index.emplace(name, next).second) {
    throw ConfigError(where,
                      what + " " + quoted(name) + " is duplicate" +
                          (what == "source" ? ": give each its name, or make one key of a "
                                              "personalize_value, as in \"key=cart:${value.NAME}\""
                                            : ""));
  }
  list.emplace_back(name);
  return next;
}

std::optional<std::uint32_t> AttributeTable::DeclaredNames::find(std::string_view name) const {
  const auto found = index.find(std::string(name));
  return found == index.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t AttributeTable::DeclaredNames::get(const std::string& what, std::string_view name,
                                                 const Where& where) const {
  const auto found = find(name);
  if (!found) {
    throw ConfigError(where, "unknown " + what + " " + quoted(name) + ": " +
                                 (list.empty() ? "none is declared with personalize_" + what
                                               : "declared are " + list_some(list)));
  }
  return *found;
}

std::uint32_t AttributeTable::declare_source(std::string_view name, const Where& where) {
  if (is_reserved(name)) {
    throw ConfigError(where, "source cannot be called " + quoted(name) +
                                 ": attributes of that root mean something else");
  }
  if (name.empty() || name.find('.') != std::string_view::npos) {
    throw ConfigError(where, "source name " + quoted(name) + " must be one word without a dot");
  }
  if (sources_.list.size() == most_sources && !sources_.find(name)) {
    throw ConfigError(where, "more than " + std::to_string(most_sources) + " sources");
  }
  return sources_.add("source", name, where);
}

bool AttributeTable::is_trusted(const Attribute& attribute) const {
  return attribute.root == Root::source && trusted_[attribute.index] &&
         std::all_of(attribute.others.begin(), attribute.others.end(),
                     [&](std::uint32_t other) { return trusted_[other]; });
}

void AttributeTable::declare_merge(std::string_view name, const std::vector<std::string>& parts,
                                   const Where& where) {
  if (is_reserved(name) || name.empty() || name.find('.') != std::string_view::npos) {
    throw ConfigError(where, "source cannot be called " + quoted(name) +
                                 ": it must be one word without a dot, of no other meaning");
  }
  std::vector<std::uint32_t> indices(parts.size());
  std::transform(parts.begin(), parts.end(), indices.begin(),
                 [&](const std::string& part) { return sources_.get("source", part, where); });
  if (sources_.find(name) || !merges_.emplace(name, std::move(indices)).second) {
    throw ConfigError(where, "source " + quoted(name) + " is duplicate");
  }
}

std::uint32_t AttributeTable::declare_hidden_source(std::string_view name, const Where& where) {
  if (sources_.list.size() == most_sources) {
    throw ConfigError(where, "more than " + std::to_string(most_sources) +
                                 " sources and steps of recommendations");
  }
  return sources_.add("source", name, where);
}

std::uint32_t AttributeTable::declare_recommendation(std::string_view name, const Where& where) {
  if (name.empty() || name.find('.') != std::string_view::npos) {
    throw ConfigError(where, "recommendation " + quoted(name) + " must be one word without a dot");
  }
  if (recommendations_.find(std::string(name)) != recommendations_.end()) {
    throw ConfigError(where, "recommendation " + quoted(name) + " is duplicate");
  }
  const auto index = declare_hidden_source("recommend " + std::string(name), where);
  recommendations_.emplace(name, index);
  return index;
}

std::uint32_t AttributeTable::declare_person(std::string_view name, const Where& where) {
  person_ = declare_hidden_source(name, where);
  return *person_;
}

std::uint32_t AttributeTable::declare_session(const Where& where, const SessionNames* names) {
  const std::size_t parts = names == nullptr ? fixed_session_parts : names->parts();
  if (sources_.list.size() + parts > most_sources) {
    throw ConfigError(where, "personalize_session counts as " + std::to_string(parts) +
                                 " sources, and there is room for " + std::to_string(most_sources) +
                                 " in all");
  }
  session_ = static_cast<std::uint32_t>(sources_.list.size());
  session_names_ = names;
  return *session_;
}

std::uint32_t AttributeTable::declare_segment(std::string_view name, const Where& where) {
  return segments_.add("segment", name, where);
}

std::uint32_t AttributeTable::declare_campaign(std::string_view name, const Where& where) {
  const auto known = campaigns_.find(name);
  return known ? *known : campaigns_.add("campaign", name, where);
}

std::uint32_t AttributeTable::declare_experiment(std::string_view name,
                                                 std::vector<std::string> variants,
                                                 const Where& where) {
  variants_.push_back(std::move(variants));
  return experiments_.add("experiment", name, where);
}

std::uint32_t AttributeTable::declare_feature(std::string_view name, const Where& where) {
  return features_.add("feature", name, where);
}

std::uint32_t AttributeTable::declare_value(std::string_view name, const Where& where) {
  return values_.add("value", name, where);
}

// Those that a configuration can name.
std::string AttributeTable::named_sources() const {
  std::vector<std::string> names;
  std::copy_if(sources_.list.begin(), sources_.list.end(), std::back_inserter(names),
               [](const std::string& name) { return name.find(' ') == std::string::npos; });
  for (const auto& merge : merges_) {
    names.push_back(merge.first);
  }
  return names.empty() ? "none declared" : list_names(names);
}

void AttributeTable::find_recommendation(Attribute& attribute, std::string_view rest) const {
  const auto name = ascii::take_until(rest, '.');
  const auto found = recommendations_.find(std::string(name));
  if (found == recommendations_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, index] : recommendations_) {
      names.push_back(known);
    }
    std::sort(names.begin(), names.end());
    throw ConfigError(attribute.where,
                      "unknown recommendation " + quoted(name) + ": " +
                          (names.empty() ? "none is declared with personalize_recommend"
                                         : "declared are " + list_some(names)));
  }
  attribute.name = name;
  attribute.index = found->second;
  attribute.path = read_path(rest, attribute);
}

// A name may have dots in it: the field comes after the last one.
void AttributeTable::find_campaign(Attribute& attribute, std::string_view rest) const {
  const auto dot = rest.rfind('.');
  if (dot == std::string_view::npos) {
    campaigns_.get("campaign", rest, attribute.where);
    fail(attribute, "lacks a field: write \"" + attribute.spelling + ".shown\", or one of " +
                        list_fields(Root::campaign));
  }
  attribute.name = rest.substr(0, dot);
  attribute.index = campaigns_.get("campaign", attribute.name, attribute.where);
  attribute.field = find_field(Root::campaign, rest.substr(dot + 1));
  if (person_) {
    attribute.others = {*person_};
  }
  if (attribute.field == Field::none) {
    fail_unknown(attribute, "of a campaign is known " + list_fields(Root::campaign));
  }
}

void AttributeTable::find_feature(Attribute& attribute, std::string_view rest,
                                  const Where& where) const {
  for (auto end = rest.size(); end != std::string_view::npos;
       end = end == 0 ? std::string_view::npos : rest.rfind('.', end - 1)) {
    if (const auto found = features_.find(rest.substr(0, end))) {
      attribute.index = *found;
      attribute.name = rest.substr(0, end);
      if (end < rest.size()) {
        attribute.path = read_path(rest.substr(end + 1), attribute);
      }
      return;
    }
  }
  throw ConfigError(
      where, "unknown feature " + quoted(rest) + ": " +
                 (features_.list.empty() ? "no personalize_features names a file with features"
                                         : "there are " + list_some(features_.list)));
}

bool AttributeTable::knows_root(std::string_view spelling) const {
  const auto word = ascii::take_until(spelling, '.');
  return find_root(word) || sources_.find(word) || merges_.count(std::string(word)) != 0;
}

Attribute AttributeTable::compile(std::string_view spelling, const Where& where) const {
  Attribute attribute;
  attribute.spelling = spelling;
  attribute.where = where;

  std::string_view rest = spelling;
  const auto word = ascii::take_until(rest, '.');
  const auto root = find_root(word);
  if (!root) {
    const auto merge = merges_.find(std::string(word));
    const auto source =
        merge == merges_.end() ? sources_.find(word) : std::optional(merge->second.front());
    if (!source) {
      fail_unknown(attribute,
                   quoted(word) + " is neither a personalize_source (" + named_sources() +
                       ") nor one of " + list_roots() +
                       (knows_items_ ? "; a field of an item is \"item." + attribute.spelling + "\""
                                     : std::string()));
    }
    attribute.root = Root::source;
    attribute.index = *source;
    attribute.name = word;
    attribute.path = read_path(rest, attribute);
    attribute.is_list = lists_[attribute.index] && attribute.path.empty();
    if (merge != merges_.end()) {
      attribute.others.assign(merge->second.begin() + 1, merge->second.end());
      if (attribute.path.empty()) {
        fail(attribute,
             "lacks a field: of sources that are merged each field is looked for in "
             "turn; write \"" +
                 attribute.spelling + ".FIELD\"");
      }
    }
    return attribute;
  }

  attribute.root = *root;
  const Names names = row_of(*root).names;
  if (rest.empty() && names == Names::fields) {
    fail(attribute, "lacks a field, as in \"" + std::string(word) + ".FIELD\"");
  }
  if (rest.empty() && names != Names::page_fields) {
    fail(attribute, "lacks a name: write \"" + std::string(word) + ".NAME\"");
  }
  switch (names) {
    case Names::fields:
      read_field(attribute, rest);
      break;
    case Names::page_fields:
      read_page_field(attribute, rest);
      break;
    case Names::any:
      attribute.name = rest;
      break;
    case Names::segments:
      attribute.name = rest;
      attribute.index = segments_.get("segment", rest, where);
      break;
    case Names::experiments:
      attribute.name = rest;
      attribute.index = experiments_.get("experiment", rest, where);
      break;
    case Names::values:
      attribute.name = rest;
      attribute.index = values_.get("value", rest, where);
      break;
    case Names::features:
      find_feature(attribute, rest, where);
      break;
    case Names::recommendations:
      find_recommendation(attribute, rest);
      break;
    case Names::campaigns:
      find_campaign(attribute, rest);
      break;
    case Names::path:
      attribute.name = rest;
      attribute.path = read_path(rest, attribute);
      break;
  }
  if (*root == Root::session) {
    if (!session_) {
      fail(attribute,
           "is not known: sessions are kept only where it is said; write \"personalize_session;\" "
           "into http, or into server if no source in http needs it");
    }
    attribute.index = *session_;
    find_in_session(attribute);
  }
  return attribute;
}

// Finds what follows session.args, session.top and session.distinct among what is kept.
void AttributeTable::find_in_session(Attribute& attribute) const {
  if (session_names_ == nullptr || attribute.name.empty()) {
    attribute.place = Attribute::no_place;
    return;
  }
  if (attribute.field == Field::session_args) {
    const auto& args = session_names_->args;
    const auto found = std::find(args.begin(), args.end(), attribute.name);
    if (found == args.end()) {
      fail_unknown(attribute,
                   "no argument of that name is kept; write \"personalize_session keep_args=" +
                       attribute.name + "\"" +
                       (args.empty() ? std::string() : " beside " + list_names(args)));
    }
    attribute.place = static_cast<std::uint32_t>(found - args.begin());
    return;
  }
  const auto& counts = session_names_->counts;
  const auto field = find_page_field(attribute.name);
  const auto found = std::find(counts.begin(), counts.end(), field.value_or(page_fields.size()));
  if (found == counts.end()) {
    fail_unknown(attribute, field ? "that field of pages is not counted; write "
                                    "\"personalize_session count=" +
                                        attribute.name + "\""
                                  : "a page has the fields " + list_page_fields());
  }
  attribute.place = static_cast<std::uint32_t>(found - counts.begin());
}

// Finds the name of slot.data.NAME among those that are asked for, or adds it.
void AttributeTable::find_in_element(Attribute& attribute) {
  const auto is_plain = [](char c) {
    return ascii::is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  };
  if (!std::all_of(attribute.name.begin(), attribute.name.end(), is_plain)) {
    fail(attribute,
         "has other characters than small letters, digits, _ and -: the attribute data-item-id of "
         "an element is \"slot.data.item_id\"");
  }
  std::string name = attribute.name;
  std::replace(name.begin(), name.end(), '-', '_');
  const auto found = std::find(element_names_.begin(), element_names_.end(), name);
  attribute.place = static_cast<std::uint32_t>(found - element_names_.begin());
  if (found != element_names_.end()) {
    return;
  }
  if (element_names_.size() == ElementNames::most) {
    fail(attribute, "is one too many: a server uses " + std::to_string(ElementNames::most) +
                        " of an element's attributes at most, " + list_names(element_names_));
  }
  element_names_.push_back(std::move(name));
}

AttributeId AttributeTable::intern(std::string_view spelling, const Where& where) {
  if (!knows_items_ && spelling.substr(0, spelling.find('.')) == row_of(Root::item).word) {
    throw ConfigError(where, "unknown attribute " + quoted(spelling) +
                                 ": item.* is known inside personalize_recommend, where conditions "
                                 "are about the items of a list");
  }
  const auto known = ids_.find(std::string(spelling));
  if (known != ids_.end()) {
    return known->second;
  }
  Attribute attribute = compile(spelling, where);
  if (attribute.root == Root::slot) {
    find_in_element(attribute);
  }
  attributes_.push_back(std::move(attribute));
  const auto id = static_cast<AttributeId>(attributes_.size() - 1);
  ids_.emplace(spelling, id);
  return id;
}

}  // namespace personalize
