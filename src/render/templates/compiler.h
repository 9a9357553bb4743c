// Compiles templates when the configuration is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/templates/mustache.h"
#include "render/templates/open_elements.h"
#include "render/templates/template.h"
#include "render/templates/template_error.h"
#include "render/templates/top_level.h"

namespace personalize {

class TemplateCompiler {
 public:
  TemplateCompiler(Template& into, Template::Mode mode, AttributeTable& attributes,
                   const Template::PartialReader& partials, const Where& where,
                   const TemplateOptions& options)
      : into_(into),
        mode_(mode),
        attributes_(attributes),
        partials_(partials),
        where_(where),
        options_(options) {}

  // Throws ConfigError.
  void compile(std::string_view name, std::string_view text);

 private:
  using Tokens = std::vector<MustacheToken>;

  // The template or partial that is being compiled.
  struct Unit {
    TemplateSource source;
    std::uint32_t block;
    std::size_t merge_floor = 0;  // operations before this one must not be extended
  };

  // A partial that is being compiled, for places inside it that call it again.
  struct Open {
    std::string name;
    std::string indent;
    Markup begin;
    bool members;
    bool trusted;
    std::uint32_t block;
    bool recursive = false;
  };

  void compile_attribute(const TemplateSource& source, std::string_view text);
  std::uint32_t compile_block(const TemplateSource& source, std::string_view text);
  std::size_t compile_tokens(Unit& unit, const Tokens& tokens, std::size_t begin);
  std::size_t compile_section(Unit& unit, const Tokens& tokens, std::size_t at);
  // `first` is the first token of the body, `body` its first operation.
  void compile_iterations(Unit& unit, const Tokens& tokens, std::size_t first, std::size_t body,
                          const Markup& begin);
  void count(const Unit& unit, const MustacheToken& token, std::size_t size);
  void compile_text(Unit& unit, const MustacheToken& token);
  void compile_markup(Unit& unit, std::string_view markup, unsigned line);
  void compile_value(Unit& unit, const MustacheToken& token);
  void refuse_list(const Unit& unit, const MustacheToken& token, const Op& op) const;
  void compile_partial(Unit& unit, const MustacheToken& token);
  std::string read_partial(const Unit& unit, const MustacheToken& token);
  std::uint32_t compile_name(const Unit& unit, std::string_view spelling, unsigned line);
  std::uint32_t find_field(std::string_view spelling) const;
  void look_in_items(Name& name, std::string_view spelling) const;
  void use_attribute(Name& name, std::string_view spelling);
  bool may_hold_members(const Name& name) const;
  bool is_trusted(const Name& name) const;
  Escape raw_value(const Unit& unit, const MustacheToken& token, const Name& name) const;

  std::vector<Op>& ops(const Unit& unit) { return into_.blocks_[unit.block]; }
  void note_tag();
  void emit_text(Unit& unit, std::size_t begin);

  Template& into_;
  Template::Mode mode_;
  AttributeTable& attributes_;
  const Template::PartialReader& partials_;
  const Where& where_;
  const TemplateOptions& options_;

  Markup markup_;
  TopLevel top_level_;
  OpenElements elements_;
  bool is_text_ = false;     // the template's text is no markup
  bool is_again_ = false;    // what is compiled was compiled before, for its first iteration
  bool members_ = false;     // names may be members of the items of a surrounding section
  bool in_section_ = false;  // there is an item that {{.}} refers to
  bool trusted_ = true;      // all items of surrounding sections come from trusted sources
  unsigned section_depth_ = 0;
  std::size_t size_ = 0;    // of all that has been compiled
  std::vector<Open> open_;  // innermost last
};

}  // namespace personalize
