// What personalize_explain tells of visual changes.
#pragma once

#include "nginx/request/facts.h"

namespace Json {
class Value;
}

namespace personalize {

// Adds one entry for each experiment with visual changes to a JSON array: whether it is for the
// page, which variation the visitor has there, and who makes each change. Throws bad_alloc.
void explain_visual(RequestFacts& facts, Json::Value& out);

}  // namespace personalize
