// Sources: documents behind Redis keys. Their keys, how a reply becomes a document, and the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attribute.h"
#include "personalize/document.h"

namespace personalize {

// `profile:${visitor.id}`: literal pieces and attributes.
class KeyTemplate {
 public:
  KeyTemplate() = default;
  // Throws ConfigError (unknown attribute, unclosed `${`, empty).
  KeyTemplate(std::string_view text, AttributeTable& attributes, const Where& where);

  // Appends the key. False where an attribute is absent, empty, not a scalar, or the key is longer
  // than 1024 bytes: there is nothing to ask for. Bytes are taken as they are: keys are binary
  // safe.
  bool expand(Facts& facts, std::pmr::string& key) const;

  // Sources whose documents the key is made of.
  SourceSet needs(const AttributeTable& attributes) const;
  // Whether the key contains the attribute.
  bool uses(const AttributeTable& attributes, Root root, Field field) const;
  // What stands before the first `${`.
  std::string_view head() const;

 private:
  struct Piece {
    std::string literal;
    AttributeId attribute = 0;
    bool is_attribute = false;
  };
  std::vector<Piece> pieces_;
};

enum class SourceType : std::uint8_t { json, hash, list, string };

// personalize_source NAME key=… type=… ttl=… stale=… negative=… max=…
struct Source {
  std::string name;
  Where where;
  KeyTemplate key;
  SourceType type = SourceType::json;
  std::uint32_t max = 64 * 1024;  // bytes of the value
  std::int64_t ttl_ms = 60000, stale_ms = 600000, negative_ms = 10000;
  // type=hash: the fields that conditions and templates name, in the order in which they are asked
  // for.
  std::vector<std::string> fields;

  // What a cached document is found by: differs from the Redis key where two sources read the same
  // key in different ways.
  std::uint32_t id = 0;
};

// Parses the parameters after the name. Throws ConfigError.
Source parse_source(std::string_view name, const std::vector<std::string_view>& parameters,
                    AttributeTable& attributes, const Where& where);

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

// Turns JSON into a document. False where it is not JSON, nests deeper than 32 or exceeds 4 GB.
// Exact duplicates of a key: the last wins. Keeps a parser per thread; does not throw.
bool decode_json(std::string_view json, DocumentBuilder& out);

}  // namespace personalize
