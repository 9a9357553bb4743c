// `code pool=KEY [keep=TIME]` of a campaign: visitors claim a code of a list in Redis.
#pragma once

#include <cstdint>
#include <string>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"
#include "personalize/sources/sources.h"

namespace personalize {

struct CodePool {
  Where where;
  KeyTemplate key;
  std::string name;         // the key, if it is the same for everybody; else ""
  std::int64_t keep_s = 0;  // how long a claim is kept; 0: for ever
};

// Reads the statement. Throws ConfigError, also for a key that visitors could choose themselves.
CodePool read_code_pool(const Statement& statement, AttributeTable& attributes);

}  // namespace personalize
