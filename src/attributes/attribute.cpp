#include "personalize/attributes/attribute.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "personalize/attributes/page.h"

namespace personalize {

namespace {

struct FieldName {
  Root root;
  Field field;
  std::string_view name;
};

// The fields of the roots that have fixed ones. `request.arg.NAME` and `request.header.NAME` take a
// further name.
constexpr FieldName field_names[] = {
    {Root::visitor, Field::id, "id"},
    {Root::visitor, Field::is_new, "new"},
    {Root::visitor, Field::verified, "verified"},
    {Root::request, Field::url, "url"},
    {Root::request, Field::path, "path"},
    {Root::request, Field::host, "host"},
    {Root::request, Field::method, "method"},
    {Root::request, Field::scheme, "scheme"},
    {Root::request, Field::referer, "referer"},
    {Root::request, Field::referer_host, "referer_host"},
    {Root::request, Field::language, "language"},
    {Root::request, Field::argument, "arg"},
    {Root::request, Field::header, "header"},
    {Root::geo, Field::country, "country"},
    {Root::geo, Field::continent, "continent"},
    {Root::geo, Field::region, "region"},
    {Root::geo, Field::city, "city"},
    {Root::geo, Field::postal, "postal"},
    {Root::geo, Field::latitude, "latitude"},
    {Root::geo, Field::longitude, "longitude"},
    {Root::geo, Field::timezone, "timezone"},
    {Root::geo, Field::in_eu, "in_eu"},
    {Root::geo, Field::asn, "asn"},
    {Root::device, Field::type, "type"},
    {Root::consent, Field::personalization, "personalization"},
    {Root::time, Field::now, "now"},
    {Root::time, Field::hour, "hour"},
    {Root::time, Field::weekday, "weekday"},
    {Root::time, Field::date, "date"},
    {Root::time, Field::offset, "offset"},
    {Root::session, Field::views, "views"},
    {Root::session, Field::item_views, "item_views"},
    {Root::session, Field::visits, "visits"},
    {Root::session, Field::started, "started"},
    {Root::session, Field::landing_path, "landing_path"},
    {Root::session, Field::session_referer_host, "referer_host"},
    {Root::session, Field::utm_source, "utm_source"},
    {Root::session, Field::utm_medium, "utm_medium"},
    {Root::session, Field::utm_campaign, "utm_campaign"},
    {Root::session, Field::top_category, "top_category"},
    {Root::session, Field::top_brand, "top_brand"},
    {Root::session, Field::distinct_categories, "distinct_categories"},
    {Root::session, Field::last_item, "last_item"},
    {Root::session, Field::viewed, "viewed"},
    {Root::session, Field::cart_value, "cart_value"},
    {Root::session, Field::cart_items, "cart_items"},
    {Root::session, Field::days_since_last_visit, "days_since_last_visit"},
};

struct RootName {
  Root root;
  std::string_view name;
};

constexpr RootName root_names[] = {
    {Root::visitor, "visitor"}, {Root::cookie, "cookie"},   {Root::request, "request"},
    {Root::variable, "var"},    {Root::geo, "geo"},         {Root::device, "device"},
    {Root::time, "time"},       {Root::segment, "segment"}, {Root::experiment, "experiment"},
    {Root::feature, "feature"}, {Root::page, "page"},       {Root::consent, "consent"},
    {Root::session, "session"},
};

// Words that mean something in templates or are to become roots.
constexpr std::string_view reserved_names[] = {"recommend", "item", "this"};

std::optional<Root> find_root(std::string_view name) {
  for (const auto& root : root_names) {
    if (root.name == name) {
      return root.root;
    }
  }
  return std::nullopt;
}

// Splits off the first word of a dotted name.
std::string_view take_word(std::string_view& rest) {
  const auto dot = rest.find('.');
  const auto word = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return word;
}

std::optional<std::uint32_t> index_of(const std::vector<std::string>& names,
                                      std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(found - names.begin());
}

// "a, b, c": names that could have been meant. Of many, the first.
std::string list_some(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  if (names.size() <= most) {
    return list_names(names);
  }
  return list_names(std::vector(names.begin(), names.begin() + most)) + " and " +
         std::to_string(names.size() - most) + " more";
}

std::string lower(std::string_view s) {
  std::string result(s);
  for (char& c : result) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return result;
}

void compile_page_field(Attribute& attribute, std::string_view name, const Where& where) {
  const auto field = find_page_field(name);
  if (!field) {
    throw ConfigError(where, "unknown attribute " + quoted(attribute.spelling) +
                                 ": a page has the fields " + list_page_fields());
  }
  attribute.name = name;
  attribute.index = *field;
}

void compile_field(Attribute& attribute, std::string_view rest, const Where& where) {
  const auto root = attribute.root;
  const auto word = take_word(rest);
  const auto field =
      std::find_if(std::begin(field_names), std::end(field_names),
                   [&](const FieldName& f) { return f.root == root && f.name == word; });
  if (field == std::end(field_names)) {
    std::vector<std::string> known;
    for (const auto& f : field_names) {
      if (f.root == root) {
        known.emplace_back(f.name);
      }
    }
    throw ConfigError(where, "unknown attribute " + quoted(attribute.spelling) +
                                 ": its root has the fields " + list_names(known));
  }

  attribute.field = field->field;
  if (attribute.field == Field::argument || attribute.field == Field::header) {
    if (rest.empty()) {
      throw ConfigError(where, "attribute " + quoted(attribute.spelling) +
                                   " lacks a name: write \"" + attribute.spelling + ".NAME\"");
    }
    attribute.name = attribute.field == Field::header ? lower(rest) : std::string(rest);
  } else if (attribute.spelling.back() == '.' || !rest.empty()) {
    throw ConfigError(where, "attribute " + quoted(attribute.spelling) + " has nothing inside \"" +
                                 std::string(word) + "\"");
  }
}

// The steps behind a source's name.
std::vector<std::string> split_path(std::string_view rest, const Attribute& attribute,
                                    const Where& where) {
  std::vector<std::string> path;
  while (!rest.empty()) {
    path.emplace_back(take_word(rest));
  }
  if (attribute.spelling.back() == '.' ||
      std::find(path.begin(), path.end(), std::string()) != path.end()) {
    throw ConfigError(where, "attribute " + quoted(attribute.spelling) +
                                 " has a dot too many: nothing stands before or behind it");
  }
  return path;
}

SourceSet session_needs(const Attribute& attribute) noexcept {
  SourceSet needs;
  const auto need = [&](SessionPart part) {
    needs.set(attribute.index + static_cast<std::size_t>(part));
  };
  switch (attribute.field) {
    case Field::top_category:
    case Field::distinct_categories:
      need(SessionPart::categories);
      need(SessionPart::older_categories);
      break;
    case Field::top_brand:
      need(SessionPart::brands);
      need(SessionPart::older_brands);
      break;
    case Field::viewed:
      need(SessionPart::seen);
      break;
    case Field::visits:
    case Field::days_since_last_visit:
      need(SessionPart::current);
      need(SessionPart::visits);
      break;
    case Field::item_views:
    case Field::cart_value:
    case Field::cart_items:
      need(SessionPart::current);
      needs.set(page_need);
      break;
    default:
      need(SessionPart::current);
  }
  return needs;
}

}  // namespace

SourceSet direct_needs(const Attribute& attribute) noexcept {
  SourceSet needs;
  if (attribute.root == Root::source) {
    needs.set(attribute.index);
  } else if (attribute.root == Root::page) {
    needs.set(page_need);
  } else if (attribute.root == Root::session) {
    needs = session_needs(attribute);
  }
  return needs;
}

std::uint32_t AttributeTable::declare_source(std::string_view name, const Where& where) {
  const bool reserved = find_root(name).has_value() ||
                        std::find(std::begin(reserved_names), std::end(reserved_names), name) !=
                            std::end(reserved_names);
  if (reserved) {
    throw ConfigError(where, "source cannot be called " + quoted(name) +
                                 ": attributes of that root mean something else");
  }
  if (name.empty() || name.find('.') != std::string_view::npos) {
    throw ConfigError(where, "source name " + quoted(name) + " must be one word without a dot");
  }
  if (index_of(sources_, name)) {
    throw ConfigError(where, "source " + quoted(name) + " is declared twice");
  }
  if (sources_.size() == most_sources) {
    throw ConfigError(where, "more than " + std::to_string(most_sources) + " sources");
  }
  sources_.emplace_back(name);
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::uint32_t AttributeTable::declare_session(const Where& where) {
  if (sources_.size() + session_parts > most_sources) {
    throw ConfigError(where, "personalize_session counts as " + std::to_string(session_parts) +
                                 " sources, and there is room for " + std::to_string(most_sources) +
                                 " in all");
  }
  session_ = static_cast<std::uint32_t>(sources_.size());
  return *session_;
}

std::uint32_t AttributeTable::declare_segment(std::string_view name, const Where& where) {
  if (index_of(segments_, name)) {
    throw ConfigError(where, "segment " + quoted(name) + " is declared twice");
  }
  segments_.emplace_back(name);
  return static_cast<std::uint32_t>(segments_.size() - 1);
}

std::uint32_t AttributeTable::declare(Names& names, const char* what, std::string_view name,
                                      const Where& where) {
  const auto index = static_cast<std::uint32_t>(names.names.size());
  if (!names.index.emplace(name, index).second) {
    throw ConfigError(where, std::string(what) + " " + quoted(name) + " is declared twice");
  }
  names.names.emplace_back(name);
  return index;
}

std::uint32_t AttributeTable::declare_experiment(std::string_view name,
                                                 std::vector<std::string> variants,
                                                 const Where& where) {
  variants_.push_back(std::move(variants));
  return declare(experiments_, "experiment", name, where);
}

std::uint32_t AttributeTable::declare_feature(std::string_view name, const Where& where) {
  return declare(features_, "feature", name, where);
}

void AttributeTable::find_feature(Attribute& attribute, std::string_view rest,
                                  const Where& where) const {
  for (auto end = rest.size(); end != std::string_view::npos;
       end = end == 0 ? std::string_view::npos : rest.rfind('.', end - 1)) {
    const auto found = features_.index.find(std::string(rest.substr(0, end)));
    if (found != features_.index.end()) {
      attribute.index = found->second;
      attribute.name = found->first;
      if (end < rest.size()) {
        attribute.path = split_path(rest.substr(end + 1), attribute, where);
      }
      return;
    }
  }
  throw ConfigError(
      where, "unknown feature " + quoted(rest) + ": " +
                 (features_.names.empty() ? "no personalize_features names a file with features"
                                          : "there are " + list_some(features_.names)));
}

bool AttributeTable::knows_root(std::string_view spelling) const {
  const auto word = take_word(spelling);
  return find_root(word).has_value() || index_of(sources_, word).has_value();
}

AttributeId AttributeTable::intern(std::string_view spelling, const Where& where) {
  const auto known = ids_.find(std::string(spelling));
  if (known != ids_.end()) {
    return known->second;
  }

  Attribute attribute;
  attribute.spelling = spelling;
  attribute.where = where;

  std::string_view rest = spelling;
  const auto word = take_word(rest);
  const auto root = find_root(word);
  if (!root) {
    const auto source = index_of(sources_, word);
    if (!source) {
      std::vector<std::string> roots;
      for (const auto& r : root_names) {
        roots.emplace_back(r.name);
      }
      throw ConfigError(where, "unknown attribute " + quoted(spelling) + ": \"" +
                                   std::string(word) + "\" is neither a personalize_source (" +
                                   (sources_.empty() ? "none declared" : list_names(sources_)) +
                                   ") nor one of " + list_names(roots));
    }
    attribute.root = Root::source;
    attribute.index = *source;
    attribute.name = word;
    attribute.path = split_path(rest, attribute, where);
  } else {
    attribute.root = *root;
    switch (*root) {
      case Root::cookie:
      case Root::variable:
      case Root::segment:
      case Root::experiment:
      case Root::feature:
        if (rest.empty()) {
          throw ConfigError(where, "attribute " + quoted(spelling) + " lacks a name: write \"" +
                                       std::string(word) + ".NAME\"");
        }
        attribute.name = rest;
        break;
      case Root::page:
        compile_page_field(attribute, rest, where);
        break;
      default:
        if (rest.empty()) {
          throw ConfigError(where, "attribute " + quoted(spelling) + " lacks a field, as in \"" +
                                       std::string(word) + ".FIELD\"");
        }
        compile_field(attribute, rest, where);
    }
    if (*root == Root::session) {
      if (!session_) {
        throw ConfigError(where, "attribute " + quoted(spelling) +
                                     " is not known: sessions are kept only where it is said; "
                                     "write \"personalize_session;\" into http or server");
      }
      attribute.index = *session_;
    }
    if (*root == Root::segment) {
      const auto segment = index_of(segments_, rest);
      if (!segment) {
        throw ConfigError(where,
                          "unknown segment " + quoted(rest) + ": " +
                              (segments_.empty() ? "none is declared with personalize_segment"
                                                 : "declared are " + list_names(segments_)));
      }
      attribute.index = *segment;
    } else if (*root == Root::experiment) {
      const auto found = experiments_.index.find(attribute.name);
      if (found == experiments_.index.end()) {
        throw ConfigError(where, "unknown experiment " + quoted(rest) + ": " +
                                     (experiments_.names.empty()
                                          ? "none is declared with personalize_experiment"
                                          : "declared are " + list_some(experiments_.names)));
      }
      attribute.index = found->second;
    } else if (*root == Root::feature) {
      find_feature(attribute, rest, where);
    }
  }

  const auto id = static_cast<AttributeId>(attributes_.size());
  attributes_.push_back(std::move(attribute));
  ids_.emplace(spelling, id);
  return id;
}

}  // namespace personalize
