// What was decided for a visitor, as scripts and apps are told.
#pragma once

#include "nginx/request/facts.h"
#include "personalize/render/json_text.h"

namespace personalize {

// Writes an object with the visitor's variant of each experiment that is decided, by its name.
// Telling of a variant is no use of it. Throws bad_alloc.
void write_variants(RequestFacts& facts, JsonText& json);

}  // namespace personalize
