// JSON text as part of a document.
#pragma once

#include <string_view>

#include "personalize/base/document.h"

namespace personalize {

// As decode_json, but lets std::bad_alloc of the builder's memory pass.
bool add_json(std::string_view json, DocumentBuilder& out);

}  // namespace personalize
