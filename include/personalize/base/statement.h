// A directive inside a personalize_… block, as read from the configuration.
#pragma once

#include <string>
#include <vector>

#include "personalize/base/config_error.h"

namespace personalize {

// `when geo.country in PL RO;` is {words = [when, geo.country, in, PL, RO]};
// `any { … }` is {words = [any], block = […]}. Quotes are already removed.
struct Statement {
  Where where;
  std::vector<std::string> words;
  std::vector<Statement> block;
};

// A named block: personalize_segment NAME { … }, personalize_campaign NAME { … }.
struct Declaration {
  Where where;
  std::string name;
  std::vector<Statement> statements;
};

}  // namespace personalize
