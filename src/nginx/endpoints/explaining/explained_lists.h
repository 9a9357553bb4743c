// The lists of recommendations of an explanation.
#pragma once

#include "nginx/request/documents/documents.h"

namespace Json {
class Value;
}

namespace personalize {

// Adds to a JSON array what each chain of the site gave: each of its steps with how many candidates
// it had, and each candidate with what became of it. Throws bad_alloc.
void explain_lists(const Site& site, Documents& documents, Json::Value& out);

}  // namespace personalize
