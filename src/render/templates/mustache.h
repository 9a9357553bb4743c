// Reads Mustache's syntax. https://github.com/mustache/spec
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
  // The text, or what the tag holds without its sigil and surrounding white space. Points into the
  // template.
  std::string_view content;
  unsigned line = 1;
  // Of a partial alone on its line: what each of the partial's lines is indented by.
  std::string_view indent;
};

// Comments and changes of delimiters take effect and are left out, as are the lines on which a tag
// stands alone. Throws ConfigError for a tag that is not closed or holds nothing.
std::vector<MustacheToken> read_mustache(std::string_view text, const TemplateSource& source);

}  // namespace personalize
