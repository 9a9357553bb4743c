// JSON text as part of a document.
#pragma once

#include <string_view>

#include "personalize/base/document.h"

namespace personalize {

// Adds what the JSON says to `out`. Returns false, and leaves `out` as it was, if the text is not
// JSON (RFC 8259, in UTF-8), nests deeper than 32 (not counting an innermost array or object that
// is empty), or contains a number beyond a double's range. Integers become doubles; of members with
// the same key the last wins. Keeps a parser for each thread. Throws what the builder's memory
// throws.
bool add_json(std::string_view json, DocumentBuilder& out);

// The same, but returns false if memory runs out.
bool decode_json(std::string_view json, DocumentBuilder& out) noexcept;

}  // namespace personalize
