// The insides of personalize_… { } blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/statement.h"

extern ngx_module_t ngx_personalize_block_module;

namespace personalize {

enum class Block : std::uint8_t {
  segment,
  campaign,
  group,
  experiment,
  holdout,
  widget,
  recommendation,
};

// Reads the statements of the block whose opening brace was read, up to its closing one. NGINX
// reports what is wrong with them.
char* read_block(ngx_conf_t* cf, Block block, std::vector<Statement>& statements);

// Does the same for a block whose statements may begin with any word and have no blocks, as those
// of `map`.
char* read_lines(ngx_conf_t* cf, std::vector<Statement>& statements);

}  // namespace personalize
