// Sources: documents behind Redis keys. Their keys, how a reply becomes a document, and the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/document.h"
#include "personalize/redis/reply.h"

namespace personalize {

// `profile:${visitor.id}`: literal pieces and attributes.
class KeyTemplate {
 public:
  KeyTemplate() = default;
  // Throws ConfigError (empty, unclosed `${`, unknown attribute, `$name` without braces). A brace
  // without `$` is literal, so that a Redis Cluster hash tag can stand around an attribute:
  // `{${visitor.id}}`.
  KeyTemplate(std::string_view text, AttributeTable& attributes, const Where& where);

  // Appends the key. False where an attribute is absent, empty, not a scalar, or the key is longer
  // than 1024 bytes: there is nothing to ask for, and `key` is as it was. Bytes are taken as they
  // are: keys are binary safe. Numbers are written as JavaScript writes them, as far as integers
  // below 2^53 go.
  bool expand(Facts& facts, std::pmr::string& key) const;

  // Sources whose documents the key names directly, and the page (by way of decisions: see below).
  SourceSet needs(const AttributeTable& attributes) const;
  // Whether the key contains the attribute.
  bool uses(const AttributeTable& attributes, Root root, Field field) const;
  // The attributes that it asks for whose value is decided (is_decided); what they need is the
  // decision's to say.
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;
  // What stands before the first `${`.
  std::string_view head() const noexcept;

 private:
  struct Piece {
    std::string literal;
    AttributeId attribute = 0;
    bool is_attribute = false;
  };
  std::vector<Piece> pieces_;
};

// ranking, a sorted set, is for the module's own documents.
enum class SourceType : std::uint8_t { json, hash, list, string, ranking };

// How long what Redis said is used, in milliseconds.
struct CacheTimes {
  std::int64_t ttl_ms = 60000;       // as fresh
  std::int64_t stale_ms = 600000;    // beyond that, while it is fetched anew or Redis fails
  std::int64_t negative_ms = 10000;  // that there is nothing of use at the key
};

// if=segment.NAME or if=!segment.NAME: whether a source is looked up at all.
struct SourceCondition {
  std::uint32_t segment = 0;  // by index
  bool negated = false;

  bool holds(bool in_segment) const noexcept { return in_segment != negated; }
};

// personalize_source NAME key=… type=… ttl=… stale=… negative=… max=… if=…
struct Source {
  std::string name;
  Where where;
  KeyTemplate key;
  SourceType type = SourceType::json;
  std::uint32_t max = 64 * 1024;  // bytes of the value (of all values of a hash or list)
  CacheTimes times;
  std::optional<SourceCondition> condition;
  // type=hash: the fields that conditions and templates name, in the order in which they are asked
  // for. Filled by collect_hash_fields.
  std::vector<std::string> fields;
  // Hashes and lists: text that is a JSON object or array is decoded.
  bool decodes = true;

  // Together with the Redis key, what a cached document is found by: equal for sources that read a
  // key in the same way. Depends on nothing else, so that it outlasts a reload.
  std::uint32_t id = 0;
};

// The most that max= may be, and the most elements of a list that are asked for.
constexpr std::uint32_t largest_value = 16 * 1024 * 1024;
constexpr std::uint32_t list_length = 100;
constexpr std::uint32_t ranking_length = 50;

// Parses the parameters after the name. `defaults` are those of personalize_cache. With ttl=0, and
// where stale= and negative= are not given, they are 0 too: the source is asked for on every
// request. Throws ConfigError.
Source parse_source(std::string_view name, const std::vector<std::string_view>& parameters,
                    const CacheTimes& defaults, AttributeTable& attributes, const Where& where);

// Source::id of a source whose other members are as they should be.
std::uint32_t source_id(const Source& source);

// Fills in the fields of a hash source, once everything that names attributes has interned them;
// leaves other sources alone. `index` is the source's in `attributes`. The first word of a path is
// the field: `profile.address.city` reads inside the JSON that the field `address` holds. Throws
// ConfigError where a hash is used without a field.
void collect_hash_fields(Source& source, std::uint32_t index, const AttributeTable& attributes);

// Throws ConfigError where a source of type=string, whose `index` in `attributes` this is, is used
// with a field.
void check_text_fields(const Source& source, std::uint32_t index, const AttributeTable& attributes);

// What became of a look-up. The names are those of $personalize_sources.
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
  error,    // Redis said no, the connection broke, there was none
  timeout,  // Redis did not answer in time
};
std::string_view to_string(Lookup lookup);

// What to ask Redis for: GETRANGE, HMGET, LRANGE or ZREVRANGE, never more than one byte beyond the
// source's limit (a list: list_length elements; a ranking: ranking_length). The views point into
// `source`, `key` and `memory`. Empty for a hash without fields: there is nothing to ask for.
// Throws what `memory` throws.
std::pmr::vector<std::string_view> redis_command(const Source& source, std::string_view key,
                                                 std::pmr::memory_resource* memory);

// What the reply to redis_command says: fetched (the document is added to `out`), missing,
// too_large, invalid, wrong_type or error; `out` is of use only where it is fetched. A hash becomes
// an object of the fields that exist, a list an array, a ranking an object of its members'
// scores. In hashes and lists, text that is a JSON
// object or array is decoded; other text, also numbers, stays text.
Lookup read_reply(const Source& source, const RedisReply& reply, DocumentBuilder& out) noexcept;

// Adds what the JSON says to `out`. False where it is not JSON (RFC 8259, in UTF-8), nests deeper
// than 32 (an empty innermost array or object is not counted), or holds a number beyond a double's
// range: `out` is then as it was; also where memory runs out. Integers become doubles; of equal
// keys the last wins. Keeps a parser per thread.
bool decode_json(std::string_view json, DocumentBuilder& out) noexcept;

}  // namespace personalize
