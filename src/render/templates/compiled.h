// A template as it is run: a flat list of operations per template and partial.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/render/render.h"
#include "render/escaping/markup.h"
#include "render/templates/filter.h"

namespace personalize {

// What the templates of widgets and the conformance suite need beyond those of an operator.
struct TemplateOptions {
  // Values that the caller hands over at each render, by name ("widget.title"); these names win
  // over attributes.
  std::vector<std::string> fields;
  // The caller hands over a value that stands at the bottom of the context stack, and any name may
  // be one of its members.
  bool data = false;
  // {{{name}}} and {{&name}} put values in as they are.
  bool raw = false;
};

// What a name stands for, tried in this order.
struct Name {
  bool current = false;                // {{.}}
  bool member = false;                 // of a section's items
  std::vector<std::string> path;       // words of the member
  std::uint32_t field = no_index;      // of the caller's
  std::uint32_t attribute = no_index;  // AttributeId

  static constexpr std::uint32_t no_index = ~0U;
};

struct Op {
  enum class Kind : std::uint8_t {
    literal,       // text [a, a + b)
    value,         // name a, filters [b, c)
    section,       // name a; its body is the operations up to b
    inverted,      // the same
    partial,       // block a
    url_begin,     // a URL attribute's value begins
    url_end,       // and ends; `check`: its scheme may come from values
    script_nonce,  // the tag of a script begins: its nonce stands here, if there is one
    style_nonce,
  };
  Kind kind;
  Escape escape = Escape::none;
  bool check = false;
  std::uint32_t a = 0, b = 0, c = 0;
};

class Template::Compiled {
 public:
  // As Template's constructor.
  Compiled(std::string_view name, std::string_view text, Mode mode, AttributeTable& attributes,
           const PartialReader& partials, const Where& where, const TemplateOptions& options);

  // As Template::render. `fields` are in the order of TemplateOptions::fields.
  bool render(Facts& facts, const Locale& locale, const Nonces& nonces, const Value* fields,
              const Value& data, std::pmr::string& out) const noexcept;

  const std::vector<AttributeId>& attributes() const { return used_; }
  SourceSet needs(const AttributeTable& attributes) const;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;

 private:
  friend class TemplateCompiler;
  friend class TemplateRun;

  std::string text_;  // of all literals
  std::vector<Name> names_;
  std::vector<Filter> filters_;
  std::vector<std::vector<Op>> blocks_;  // 0 is the template, the others are partials
  std::vector<AttributeId> used_;
  bool data_;
};

}  // namespace personalize
