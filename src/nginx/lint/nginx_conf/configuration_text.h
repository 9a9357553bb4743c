// nginx.conf as its text has it: every directive with its file and line, also those of other
// modules. NGINX itself forgets where a directive stood once it has been read.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

struct TextDirective {
  std::vector<std::string_view> words;  // without quotes; the name first
  std::vector<TextDirective> block;
  const std::string* file = nullptr;
  unsigned line = 0;

  Where where() const { return {*file, line}; }
};

struct ConfigurationText {
  std::vector<TextDirective> directives;
  std::deque<std::string> texts;  // files, their names, and words that a file does not have as such
};

// Reads the configuration that `cf` reads, from its main file on; `include` is replaced by what it
// includes, in the same order. Blocks that hold another language (…_by_lua_block) are left empty.
// No directives if a file cannot be read, or not with certainty.
ConfigurationText read_configuration_text(ngx_conf_t* cf);

// Returns the names after `$` in a word, in lower case, as NGINX takes them.
std::vector<std::string> variables_in(std::string_view word);

}  // namespace personalize
