// JSON text as part of a document.
#pragma once

#include <string_view>

#include "personalize/base/document.h"

namespace personalize {

enum class JsonOutcome : unsigned char {
  invalid,
  whole,
  mended,  // something was replaced or passed over (JsonReader)
};

// Adds the JSON value to `out`, or leaves `out` as it was if the text is not JSON. Numbers that a
// double cannot hold keep their text; of members with the same key the last wins. Keeps a parser
// for each thread. Throws what the builder's memory throws.
JsonOutcome add_json(std::string_view json, DocumentBuilder& out);

// Does the same. Returns false if the text is not JSON, or if allocation fails.
bool decode_json(std::string_view json, DocumentBuilder& out) noexcept;

}  // namespace personalize
