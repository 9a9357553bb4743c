// nginx.conf as its text has it: every directive with its file and line, also those of other
// modules. NGINX itself forgets where a directive stood once it has been read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

struct TextDirective {
  Where where;
  std::vector<std::string> words;  // without quotes; the name first
  std::vector<TextDirective> block;
};

// The configuration that `cf` reads, from its main file on; `include` is replaced by what it
// includes, in the same order. Blocks that hold another language (…_by_lua_block) are left empty.
// nullopt if a file cannot be read, or not with certainty.
std::optional<std::vector<TextDirective>> read_configuration_text(ngx_conf_t* cf);

// Returns the names after `$` in a word, in lower case, as NGINX takes them.
std::vector<std::string> variables_in(std::string_view word);

}  // namespace personalize
