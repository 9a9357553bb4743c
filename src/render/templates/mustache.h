// Mustache's syntax: https://github.com/mustache/spec
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/templates/template_error.h"

namespace personalize {

struct MustacheToken {
  enum class Kind {
    text,
    variable,  // {{name}}
    raw,       // {{{name}}} or {{&name}}
    section,   // {{#name}}
    inverted,  // {{^name}}
    close,     // {{/name}}
    partial,   // {{>name}}
  };
  Kind kind = Kind::text;
  // The text, or the tag's content without its sigil and surrounding white space. A view into the
  // template.
  std::string_view content;
  unsigned line = 1;
  // For a partial alone on its line: the indentation of each of the partial's lines.
  std::string_view indent;
};

// Splits a template into tokens. Comments and changes of delimiters take effect and are left out,
// as are the lines on which a tag stands alone. Throws ConfigError if a tag is not closed or is
// empty.
std::vector<MustacheToken> read_mustache(std::string_view text, const TemplateSource& source);

}  // namespace personalize
