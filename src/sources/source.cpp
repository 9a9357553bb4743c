#include <algorithm>
#include <optional>

#include "base/numbers/units.h"
#include "base/text/parameters.h"
#include "personalize/base/fnv.h"
#include "personalize/sources/sources.h"

namespace personalize {

namespace {

constexpr std::pair<std::string_view, SourceType> type_names[] = {
    {"json", SourceType::json},     {"hash", SourceType::hash}, {"list", SourceType::list},
    {"string", SourceType::string}, {"zset", SourceType::zset},
};

constexpr std::string_view parameter_names[] = {"key", "type", "ttl",    "stale", "negative",
                                                "max", "if",   "fields", "merge"};

}  // namespace

std::uint32_t source_id(const Source& source) {
  constexpr std::string_view separator("\0", 1);
  std::uint32_t id = fnv1a_32(std::to_string(static_cast<unsigned>(source.type)) + " " +
                              std::to_string(source.max));
  for (const auto& field : source.fields) {
    id = fnv1a_32(field, fnv1a_32(separator, id));
  }
  return source.decodes ? id : fnv1a_32(separator, id);
}

namespace {

// The values of the parameters, in the order of parameter_names.
using Parameters = std::optional<std::string_view>[std::size(parameter_names)];

class ParameterReader {
 public:
  ParameterReader(std::string_view source, const std::vector<std::string_view>& parameters,
                  const Where& where)
      : source_(source), where_(where) {
    refuse_duplicates("source \"" + std::string(source) + "\"", parameters, where);
    for (const auto parameter : parameters) {
      if (parameter != trusted_word) {
        add(parameter);
      }
    }
  }

  std::optional<std::string_view> get(std::string_view name) const {
    const auto found = std::find(std::begin(parameter_names), std::end(parameter_names), name);
    return values_[found - std::begin(parameter_names)];
  }

  std::int64_t time(std::string_view name, std::int64_t otherwise) const {
    const auto value = get(name);
    if (!value) {
      return otherwise;
    }
    const auto ms = parse_time(*value);
    if (!ms) {
      fail(name, *value, "is not a time: write it as in 500ms, 60s, 10m or 1d");
    }
    return *ms;
  }

  [[noreturn]] void fail(std::string_view name, std::string_view value,
                         const std::string& problem) const {
    fail(std::string(name) + "=" + std::string(value) + " " + problem);
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw ConfigError(where_, "source \"" + std::string(source_) + "\": " + problem);
  }

 private:
  void add(std::string_view parameter) {
    const auto equals = parameter.find('=');
    const auto name = parameter.substr(0, equals);
    const auto found = std::find(std::begin(parameter_names), std::end(parameter_names), name);
    if (equals == std::string_view::npos || found == std::end(parameter_names)) {
      fail("unknown parameter \"" + std::string(parameter) +
           "\"; the parameters are key= type= ttl= stale= negative= max= if= fields= merge= "
           "trusted");
    }
    values_[found - std::begin(parameter_names)] = parameter.substr(equals + 1);
  }

  std::string_view source_;
  const Where& where_;
  Parameters values_;
};

SourceType parse_type(const ParameterReader& parameters) {
  const auto value = parameters.get("type");
  if (!value) {
    return SourceType::json;
  }
  for (const auto& [name, type] : type_names) {
    if (name == *value) {
      return type;
    }
  }
  parameters.fail("type", *value, "is unknown; it must be one of json, hash, list, string, zset");
}

std::uint32_t parse_max(const ParameterReader& parameters, std::uint32_t otherwise) {
  const auto value = parameters.get("max");
  if (!value) {
    return otherwise;
  }
  const auto bytes = parse_size(*value);
  if (!bytes || *bytes == 0 || *bytes > largest_value) {
    parameters.fail("max", *value, "is not a size from 1 to 16m: write it as in 64k or 1m");
  }
  return *bytes;
}

CacheTimes parse_times(const ParameterReader& parameters, const CacheTimes& defaults) {
  CacheTimes times;
  times.ttl_ms = parameters.time("ttl", defaults.ttl_ms);
  const bool always_asked = times.ttl_ms == 0;
  times.stale_ms = parameters.time("stale", always_asked ? 0 : defaults.stale_ms);
  times.negative_ms = parameters.time("negative", always_asked ? 0 : defaults.negative_ms);
  return times;
}

std::optional<SourceCondition> parse_condition(const ParameterReader& parameters,
                                               AttributeTable& attributes, const Where& where) {
  const auto value = parameters.get("if");
  if (!value) {
    return std::nullopt;
  }
  SourceCondition condition;
  std::string_view name = *value;
  if (name.substr(0, 1) == "!") {
    condition.negated = true;
    name.remove_prefix(1);
  }
  constexpr std::string_view root = "segment.";
  if (name.substr(0, root.size()) != root || name.size() == root.size()) {
    parameters.fail("if", *value,
                    "is not a segment: write it as in if=segment.NAME or if=!segment.NAME, and "
                    "other conditions into a segment");
  }
  condition.segment = attributes[attributes.intern(name, where)].index;
  return condition;
}

// Splits `a,b,c`; empty if a name is empty or there twice.
std::vector<std::string> read_names(std::string_view list) {
  std::vector<std::string> names;
  for (bool is_last = false; !is_last;) {
    const auto comma = list.find(',');
    is_last = comma == std::string_view::npos;
    std::string name(list.substr(0, comma));
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      return {};
    }
    names.push_back(std::move(name));
    list.remove_prefix(is_last ? list.size() : comma + 1);
  }
  return names;
}

void read_fields(const ParameterReader& parameters, Source& source) {
  const auto value = parameters.get("fields");
  if (!value) {
    return;
  }
  if (source.type != SourceType::json && source.type != SourceType::hash) {
    parameters.fail("fields", *value, "is for type=json and type=hash, which have fields");
  }
  source.fields = read_names(*value);
  source.has_fields = true;
  for (const auto& field : source.fields) {
    if (field.find('.') != std::string::npos) {
      parameters.fail("fields", *value,
                      "goes into a field: it names those of the document itself, so write \"" +
                          field.substr(0, field.find('.')) + "\" for \"" + field + "\"");
    }
  }
  if (source.fields.empty()) {
    parameters.fail("fields", *value,
                    "has an empty name, or one twice: write it as in fields=name,tier,cart");
  }
}

}  // namespace

std::optional<std::vector<std::string>> read_merge(std::string_view name,
                                                   const std::vector<std::string_view>& parameters,
                                                   const Where& where) {
  constexpr std::string_view merge = "merge=";
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](std::string_view one) {
    return one.substr(0, merge.size()) == merge;
  });
  if (found == parameters.end()) {
    return std::nullopt;
  }
  auto parts = read_names(found->substr(merge.size()));
  if (parameters.size() != 1 || parts.size() < 2) {
    throw ConfigError(where, "source \"" + std::string(name) +
                                 "\": merge= stands alone and names sources, of which the first "
                                 "counts that has a value: write it as in merge=crm,web");
  }
  return parts;
}

Source parse_source(std::string_view name, const std::vector<std::string_view>& parameters,
                    const CacheTimes& defaults, AttributeTable& attributes, const Where& where) {
  const ParameterReader reader(name, parameters, where);
  const auto key = reader.get("key");
  if (!key) {
    reader.fail("key= is missing: write it as in key=profile:${visitor.id}");
  }
  Source source;
  source.name = name;
  source.where = where;
  source.key = KeyTemplate(*key, attributes, where);
  source.type = parse_type(reader);
  source.max = parse_max(reader, source.max);
  source.times = parse_times(reader, defaults);
  source.condition = parse_condition(reader, attributes, where);
  read_fields(reader, source);
  source.id = source_id(source);
  return source;
}

void check_text_fields(const Source& source, std::uint32_t index,
                       const AttributeTable& attributes) {
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const auto& attribute = attributes[id];
    if (source.type == SourceType::string && reads_source(attribute, index) &&
        !attribute.path.empty()) {
      throw ConfigError(attribute.where, "attribute \"" + attribute.spelling +
                                             "\" does not exist: source \"" + source.name +
                                             "\" is a string, which has no fields; write \"" +
                                             source.name + "\", or type=json");
    }
  }
}

void check_named_fields(const Source& source, std::uint32_t index,
                        const AttributeTable& attributes) {
  for (AttributeId id = 0; source.has_fields && id < attributes.size(); ++id) {
    const auto& attribute = attributes[id];
    const auto& known = source.fields;
    if (reads_source(attribute, index) && attribute.others.empty() && !attribute.path.empty() &&
        std::find(known.begin(), known.end(), attribute.path.front()) == known.end()) {
      std::string names;
      for (const auto& name : known) {
        names += (names.empty() ? "" : ", ") + name;
      }
      throw ConfigError(attribute.where, "attribute \"" + attribute.spelling +
                                             "\" does not exist: source \"" + source.name +
                                             "\" has the fields " + names);
    }
  }
}

void collect_hash_fields(Source& source, std::uint32_t index, const AttributeTable& attributes) {
  if (source.type != SourceType::hash || source.has_fields) {
    return;
  }
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const auto& attribute = attributes[id];
    if (!reads_source(attribute, index)) {
      continue;
    }
    if (attribute.path.empty()) {
      throw ConfigError(attribute.where, "attribute \"" + attribute.spelling +
                                             "\" lacks a field: source \"" + source.name +
                                             "\" is a hash, of which only named fields are read; "
                                             "write \"" +
                                             source.name + ".FIELD\"");
    }
    source.fields.push_back(attribute.path.front());
  }
  // Sorted, so that the id does not depend on the order of use.
  std::sort(source.fields.begin(), source.fields.end());
  source.fields.erase(std::unique(source.fields.begin(), source.fields.end()), source.fields.end());
  source.id = source_id(source);
}

std::string_view to_string(Lookup lookup) {
  switch (lookup) {
    case Lookup::idle:
      return "idle";
    case Lookup::pending:
      return "pending";
    case Lookup::hit:
      return "hit";
    case Lookup::stale:
      return "stale";
    case Lookup::fetched:
      return "fetched";
    case Lookup::missing:
      return "missing";
    case Lookup::too_large:
      return "too_large";
    case Lookup::invalid:
      return "invalid";
    case Lookup::wrong_type:
      return "wrong_type";
    case Lookup::error:
      return "error";
    case Lookup::timeout:
      return "timeout";
  }
  return "";
}

}  // namespace personalize
