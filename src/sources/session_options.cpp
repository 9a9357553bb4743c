// The parameters of personalize_session, and the documents that it adds.
#include <algorithm>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
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

// In the order of SessionPart.
constexpr std::array<Part, session_parts> parts = {{
    {"session.current", "pz:session:${visitor.id}", SourceType::hash, 16 * 1024},
    {"session.visits", "pz:visits:${visitor.id}", SourceType::hash, 1024},
    {"session.seen", "pz:seen:${visitor.id}", SourceType::list, 64 * 1024},
    {"session.categories", "pz:affinity:${visitor.id}:category", SourceType::ranking, 32 * 1024},
    {"session.older_categories", "pz:affinity:${visitor.id}:category", SourceType::ranking,
     32 * 1024},
    {"session.brands", "pz:affinity:${visitor.id}:brand", SourceType::ranking, 32 * 1024},
    {"session.older_brands", "pz:affinity:${visitor.id}:brand", SourceType::ranking, 32 * 1024},
    {"session.purchased", "pz:purchased:${visitor.id}", SourceType::list, 64 * 1024},
    {"session.dismissed", "pz:dismissed:${visitor.id}", SourceType::list, 64 * 1024},
    {"session.cart", "pz:cart:${visitor.id}", SourceType::list, 64 * 1024},
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
    } else if (name == "history") {
      options.history = read_history(parameter, value, where);
    } else {
      refuse(where, "unknown parameter \"" + std::string(parameter) +
                        "\"; it takes timeout= history= half_life= keep=, or off alone");
    }
  }
  return options;
}

std::vector<Source> session_sources(AttributeTable& attributes, const Where& where) {
  std::vector<Source> sources;
  for (const Part& part : parts) {
    Source& source = sources.emplace_back();
    source.name = part.name;
    source.where = where;
    source.key = KeyTemplate(part.key, attributes, where);
    source.type = part.type;
    source.max = part.max;
    source.times = {0, 0, 0};  // it changes with every page view
    source.decodes = false;
  }
  sources[static_cast<std::size_t>(SessionPart::visits)].fields = {"last", "previous", "visits"};
  for (Source& source : sources) {
    source.id = source_id(source);
  }
  return sources;
}

void collect_session_fields(Source& current, const AttributeTable& attributes) {
  const auto is_used = [&](Field field) {
    for (AttributeId id = 0; id < attributes.size(); ++id) {
      if (attributes[id].root == Root::session && attributes[id].field == field) {
        return true;
      }
    }
    return false;
  };
  for (const Field field : fields_of(Root::session)) {
    // `started` says whether there is a session.
    if (is_kept_in_session(field) && (field == Field::session_started || is_used(field))) {
      current.fields.emplace_back(name_of(field));
    }
  }
  current.id = source_id(current);
}

}  // namespace personalize
