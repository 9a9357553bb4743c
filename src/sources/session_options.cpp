// The parameters of personalize_session, and the documents that it adds.
#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/parameters.h"
#include "personalize/sources/session.h"

namespace personalize {

namespace {

constexpr std::int64_t second_ms = 1000;
// Redis would not take a longer time for an expiry.
constexpr std::int64_t longest_s = std::int64_t{10} * 365 * 86400;

[[noreturn]] void refuse(const Where& where, const std::string& problem) {
  throw ConfigError(where, "personalize_session: " + problem);
}

std::int64_t read_time(std::string_view parameter, std::string_view value, const Where& where) {
  const auto ms = parse_time(value);
  if (!ms || *ms < second_ms || *ms % second_ms != 0 || *ms / second_ms > longest_s) {
    refuse(where, "invalid value \"" + std::string(parameter) +
                      "\": write a time in whole seconds, as in timeout=30m or half_life=7d");
  }
  return *ms / second_ms;
}

// Returns the names in a list with commas between them.
std::vector<std::string_view> read_names(std::string_view parameter, std::string_view value,
                                         std::size_t most, const Where& where) {
  std::vector<std::string_view> names;
  while (!value.empty()) {
    const auto name = ascii::take_until(value, ',');
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      refuse(where, "invalid value \"" + std::string(parameter) +
                        "\": write each name once, with a comma between two");
    }
    names.push_back(name);
  }
  if (names.empty() || names.size() > most || parameter.back() == ',') {
    refuse(where, "invalid value \"" + std::string(parameter) + "\": it takes up to " +
                      std::to_string(most) + " names, with commas between them");
  }
  return names;
}

void read_args(std::string_view parameter, std::string_view value, const Where& where,
               SessionNames& names) {
  for (const auto name : read_names(parameter, value, SessionNames::most_args, where)) {
    if (name.size() > SessionOptions::longest_arg) {
      refuse(where, "the name of an argument has at most " +
                        std::to_string(SessionOptions::longest_arg) +
                        " bytes: " + std::string(parameter));
    }
    names.args.emplace_back(name);
  }
}

void read_counts(std::string_view parameter, std::string_view value, const Where& where,
                 SessionNames& names) {
  for (const auto name : read_names(parameter, value, SessionNames::most_counts, where)) {
    const auto field = find_page_field(name);
    if (!field || name == "type") {
      refuse(where, "count= cannot have \"" + std::string(name) + "\": it is one of " +
                        list_page_fields());
    }
    if (name == "item_category" || name == "item_brand") {
      refuse(where, std::string(name) + " is counted without count=: see session.top_" +
                        std::string(name.substr(name.find('_') + 1)));
    }
    names.counts.push_back(*field);
  }
}

std::uint32_t read_history(std::string_view parameter, std::string_view value, const Where& where) {
  const auto n = read_integer<std::uint32_t>(value).value_or(0);
  if (n < 1 || n > list_length) {
    refuse(where, "invalid value \"" + std::string(parameter) +
                      "\": write a number of items from 1 to " + std::to_string(list_length));
  }
  return n;
}

struct Part {
  std::string_view name, key;
  SourceType type;
  std::uint32_t max;
};
constexpr std::uint32_t ranking_max = 32 * 1024;

// In the order of SessionPart.
constexpr std::array<Part, fixed_session_parts> parts = {{
    {"session.current", "pz:session:${visitor.id}", SourceType::hash, 16 * 1024},
    {"session.visits", "pz:visits:${visitor.id}", SourceType::hash, 1024},
    {"session.seen", "pz:seen:${visitor.id}", SourceType::list, 64 * 1024},
    {"session.categories", "pz:affinity:${visitor.id}:category", SourceType::ranking, ranking_max},
    {"session.older_categories", "pz:affinity:${visitor.id}:category", SourceType::ranking,
     ranking_max},
    {"session.brands", "pz:affinity:${visitor.id}:brand", SourceType::ranking, ranking_max},
    {"session.older_brands", "pz:affinity:${visitor.id}:brand", SourceType::ranking, ranking_max},
    {"session.purchased", "pz:purchased:${visitor.id}", SourceType::list, 64 * 1024},
    {"session.dismissed", "pz:dismissed:${visitor.id}", SourceType::list, 64 * 1024},
    {"session.cart", "pz:cart:${visitor.id}", SourceType::list, 64 * 1024},
    {"session.browsed", "pz:browsed:${visitor.id}", SourceType::list, 32 * 1024},
    {"session.prices", "pz:prices:${visitor.id}", SourceType::ranking, ranking_max},
    {"session.purchases", "pz:purchases:${visitor.id}", SourceType::hash, 1024},
    {"session.attention", "pz:attention:${visitor.id}", SourceType::hash, 1024},
}};

}  // namespace

SessionOptions parse_session(const std::vector<std::string_view>& parameters, const Where& where) {
  SessionOptions options;
  refuse_duplicates("personalize_session", parameters, where);
  for (const auto parameter : parameters) {
    const auto equals = parameter.find('=');
    const auto name = parameter.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    if (name == "timeout") {
      options.timeout_s = read_time(parameter, value, where);
    } else if (name == "half_life") {
      options.half_life_s = read_time(parameter, value, where);
    } else if (name == "keep") {
      options.keep_s = read_time(parameter, value, where);
    } else if (name == "keep_purchases") {
      options.keep_purchases_s = read_time(parameter, value, where);
    } else if (name == "keep_args") {
      read_args(parameter, value, where, options.names);
    } else if (name == "count") {
      read_counts(parameter, value, where, options.names);
    } else if (name == "history") {
      options.history = read_history(parameter, value, where);
    } else {
      refuse(where,
             "unknown parameter \"" + std::string(parameter) +
                 "\"; it takes timeout= history= half_life= keep= keep_purchases= keep_args= "
                 "count=, or off alone");
    }
  }
  return options;
}

std::vector<Source> session_sources(AttributeTable& attributes, const Where& where,
                                    const SessionNames& names) {
  std::vector<Source> sources;
  const auto add = [&](std::string name, std::string_view key, SourceType type, std::uint32_t max) {
    Source& source = sources.emplace_back();
    source.name = std::move(name);
    source.where = where;
    source.key = KeyTemplate(key, attributes, where);
    source.type = type;
    source.max = max;
    source.times = {0, 0, 0};  // it changes with every page view
    source.is_owned = true;
    source.decodes = false;
  };
  for (const Part& part : parts) {
    add(std::string(part.name), part.key, part.type, part.max);
  }
  for (const std::uint32_t field : names.counts) {
    const std::string name(page_fields[field]);
    for (const char* period : {"session.top.", "session.older."}) {
      add(period + name, "pz:affinity:${visitor.id}:" + name, SourceType::ranking, ranking_max);
    }
  }
  const auto fields = [&](SessionPart part) -> std::vector<std::string>& {
    return sources[static_cast<std::size_t>(part)].fields;
  };
  fields(SessionPart::visits) = {"first", "last", "previous", "visits"};
  fields(SessionPart::purchases) = {"last_purchase", "purchase_value", "purchases"};
  fields(SessionPart::attention) = {"scroll", "visible_seconds"};
  for (Source& source : sources) {
    source.id = source_id(source);
  }
  return sources;
}

namespace {

// Returns whether some attribute is about one of the fields.
bool is_any_used(const AttributeTable& attributes, std::initializer_list<Field> fields) {
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const Attribute& attribute = attributes[id];
    if (attribute.root == Root::session &&
        std::find(fields.begin(), fields.end(), attribute.field) != fields.end()) {
      return true;
    }
  }
  return false;
}

void collect_args(const AttributeTable& attributes, std::vector<std::string>& fields) {
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const Attribute& attribute = attributes[id];
    if (attribute.root == Root::session && attribute.field == Field::session_args) {
      fields.push_back(std::string(arg_prefix) + attribute.name);
    }
  }
}

// How far visits have come is asked for only where somebody wants to know.
void collect_stages(const AttributeTable& attributes, std::vector<std::string>& fields) {
  const bool is_previous_used =
      is_any_used(attributes, {Field::session_previous_furthest, Field::session_previous_last_item,
                               Field::session_previous_cart_value});
  if (is_previous_used || is_any_used(attributes, {Field::session_furthest})) {
    fields.insert(fields.end(), stage_fields.begin(), stage_fields.end());
  }
  if (is_previous_used) {
    fields.insert(fields.end(), {"last_item", "cart_value", "previous_furthest",
                                 "previous_last_item", "previous_cart_value"});
  }
}

}  // namespace

void collect_session_fields(std::vector<Source>& sources, std::size_t first,
                            const AttributeTable& attributes) {
  Source& current = sources[first + static_cast<std::size_t>(SessionPart::current)];
  for (const Field field : fields_of(Root::session)) {
    // `started` says whether there is a session.
    if (is_kept_in_session(field) &&
        (field == Field::session_started || is_any_used(attributes, {field}))) {
      current.fields.emplace_back(name_of(field));
    }
  }
  collect_args(attributes, current.fields);
  current.id = source_id(current);
  Source& visits = sources[first + static_cast<std::size_t>(SessionPart::visits)];
  collect_stages(attributes, visits.fields);
  visits.id = source_id(visits);
}

void find_session_uses(const AttributeTable& attributes, SessionOptions& options) {
  options.keeps_prices =
      is_any_used(attributes, {Field::session_lowest_price, Field::session_highest_price});
  options.keeps_browsed = is_any_used(attributes, {Field::session_categories});
  options.keeps_attention =
      is_any_used(attributes, {Field::session_visible_seconds, Field::session_scroll});
}

}  // namespace personalize
