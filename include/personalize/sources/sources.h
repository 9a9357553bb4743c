// Sources: documents in Redis. How keys are made, what Redis is asked for, and how its reply
// becomes a document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/attributes/expression.h"
#include "personalize/base/document.h"
#include "personalize/redis/reply.h"

namespace personalize {

// The template of a Redis key, `profile:${visitor.id}`: literal pieces and attributes, which may
// have filters (`popular:${profile.gender | default all}`).
class KeyTemplate {
 public:
  KeyTemplate() = default;
  // Throws ConfigError if it is empty, a `${` is not closed, an attribute or a filter is unknown,
  // or a `$name` is written without braces. A brace without `$` is literal, so that the hash tag of
  // Redis Cluster can surround an attribute: `{${visitor.id}}`.
  KeyTemplate(std::string_view text, AttributeTable& attributes, const Where& where);

  // The same, followed by the ids of a list, each after a line feed: of an array of ids or of items
  // the first most_ids, also as `lines` or `items` of a cart; an id that stands alone is a list of
  // one, and a text with commas one of several, unless `is_one` says that it is one id whatever it
  // is.
  KeyTemplate(std::string_view head, AttributeId list, bool is_one);
  static constexpr std::size_t most_ids = 10;

  // Appends the key. Returns false, and leaves `key` as it was, if there is nothing to ask for: an
  // attribute is absent, empty or not a scalar, or the key exceeds 1024 bytes. Bytes are taken as
  // they are, since keys are binary safe. Numbers are written as JavaScript writes them or, where a
  // double cannot hold them, as the document has them.
  bool expand(Facts& facts, std::pmr::string& key) const;

  // Returns the sources whose documents the key names directly, and the page if it names that.
  SourceSet needs(const AttributeTable& attributes) const;
  // Returns whether the key contains the attribute.
  bool uses(const AttributeTable& attributes, Root root, Field field) const;
  // Returns all attributes it contains.
  std::vector<AttributeId> attributes() const;
  // Returns those whose value is decided (is_decided);
  // Program::attribute_needs() returns what those need.
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;
  // Returns what precedes the first `${`.
  std::string_view head() const noexcept;

 private:
  struct Piece {
    std::string literal;
    Expression expression;
    bool is_attribute = false;
    bool is_list = false;  // its ids are appended
    bool is_one = false;   // a text is one id
  };
  std::vector<Piece> pieces_;
};

class Gatherer;

// The type of the Redis value. ranking is a sorted set as well, for the module's own documents;
// fields is a hash of which all fields are read, whatever their names; gathered is what
// Source::gatherer makes of several.
enum class SourceType : std::uint8_t { json, hash, list, string, ranking, zset, fields, gathered };

// How long what Redis replied is used, in milliseconds.
struct CacheTimes {
  std::int64_t ttl_ms = 60000;       // a document, as fresh
  std::int64_t stale_ms = 600000;    // beyond that, while it is fetched again or Redis fails
  std::int64_t negative_ms = 10000;  // that there is nothing usable at the key
};

// if=segment.NAME or if=!segment.NAME: whether a source is looked up.
struct SourceCondition {
  std::uint32_t segment = 0;  // by index
  bool negated = false;

  bool holds(bool in_segment) const noexcept { return in_segment != negated; }
};

// personalize_source NAME key=… type=… ttl=… stale=… negative=… max=… if=… fields=…
struct Source {
  std::string name;
  Where where;
  KeyTemplate key;
  SourceType type = SourceType::json;
  std::uint32_t max = 64 * 1024;  // bytes of the value (all values of a hash or list)
  CacheTimes times;
  std::optional<SourceCondition> condition;
  // type=hash: the fields that conditions and templates name, in the order in which they are asked
  // for. Filled by collect_hash_fields(). Of any object those of fields=, if has_fields.
  std::vector<std::string> fields;
  bool has_fields = false;
  std::shared_ptr<const Gatherer> gatherer;  // type gathered
  // Kept by this module of whoever asks: in the key, ${visitor.id} is the person's key where a
  // person is known.
  bool is_owned = false;
  // Hashes and lists: whether strings that are a JSON object or array are decoded.
  bool decodes = true;

  // With the Redis key, the key of a cached document: equal for sources that read a Redis key in
  // the same way. Depends on nothing else, so that it survives a reload.
  std::uint32_t id = 0;
};

// Limits: of max=, of the elements of a list or sorted set, of the members of a ranking that are
// asked for.
constexpr std::uint32_t largest_value = 16 * 1024 * 1024;
constexpr std::uint32_t list_length = 100;
constexpr std::uint32_t ranking_length = 50;

// The parameter of personalize_source that AttributeTable::trust_source() is about.
constexpr std::string_view trusted_word = "trusted";

// Reads the directive's parameters after the name. `defaults` are those of personalize_cache. With
// ttl=0, stale= and negative= are 0 as well unless given: the source is asked for on every request.
// Throws ConfigError.
Source parse_source(std::string_view name, const std::vector<std::string_view>& parameters,
                    const CacheTimes& defaults, AttributeTable& attributes, const Where& where);

// Returns the sources that `merge=A,B` in the directive's parameters merges; nothing if it is not
// among them. Throws ConfigError: other parameters beside it, fewer than two sources, one twice.
std::optional<std::vector<std::string>> read_merge(std::string_view name,
                                                   const std::vector<std::string_view>& parameters,
                                                   const Where& where);

// Returns the Source::id of a source whose other members are final.
std::uint32_t source_id(const Source& source);

// Fills in the fields of a hash source, once all attributes have been interned; leaves other
// sources alone. `index` is the source's in `attributes`. The first word of a path is the field:
// `profile.address.city` reads inside the JSON that the field `address` holds. Throws ConfigError
// if a hash is used without a field.
void collect_hash_fields(Source& source, std::uint32_t index, const AttributeTable& attributes);

// Throws ConfigError if an attribute names a field that fields= of the source does not have.
void check_named_fields(const Source& source, std::uint32_t index,
                        const AttributeTable& attributes);

// Throws ConfigError if a source of type=string, whose `index` in `attributes` this is, is used
// with a field.
void check_text_fields(const Source& source, std::uint32_t index, const AttributeTable& attributes);

// The outcome of a look-up. The names are those of $personalize_sources.
enum class Lookup : std::uint8_t {
  idle,  // not asked for
  pending,
  hit,      // from the cache
  stale,    // from the cache, past its ttl
  fetched,  // from Redis
  missing,  // there is no such key, or no key to ask for
  too_large,
  invalid,  // not JSON
  wrong_type,
  error,    // Redis returned an error, or there was no connection
  timeout,  // Redis did not answer in time
};
std::string_view to_string(Lookup lookup);

// Returns what to ask Redis for: GETRANGE, HMGET, LRANGE or ZREVRANGE, at most one byte more than
// the source's limit (of a list or sorted set, list_length elements; of a ranking,
// ranking_length). The words are
// views into `source`, `key` and `memory`. Empty for a hash without fields: there is nothing to ask
// for. Throws what `memory` throws.
std::pmr::vector<std::string_view> redis_command(const Source& source, std::string_view key,
                                                 std::pmr::memory_resource* memory);

struct ReadReply {
  Lookup outcome = Lookup::error;
  // Something in the document is not quite JSON, and was replaced or passed over (JsonReader).
  bool is_mended = false;
};

// Reads the reply to redis_command(): fetched (the document is added to `out`), missing, too_large,
// invalid, wrong_type or error; `out` is usable only if it is fetched. A hash becomes an object of
// the fields that exist, a list an array, a sorted set an array of {"id": member, "score": number}
// with the best first, a ranking an object with its members' scores. In hashes
// and lists, a string that is a JSON object or array is decoded; any other, also a number, stays a
// string.
ReadReply read_reply(const Source& source, const RedisReply& reply, DocumentBuilder& out) noexcept;

}  // namespace personalize
