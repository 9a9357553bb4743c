// Templates of fragments, widgets and their fields: a flat list of operations for the template and
// for each partial.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/slot_html.h"
#include "personalize/render/kept_texts.h"
#include "personalize/render/locale.h"
#include "personalize/render/nonces.h"
#include "render/places/markup.h"
#include "render/templates/filter.h"
#include "render/templates/open_elements.h"

namespace personalize {

// What becomes of white space beside the outermost elements of a template of HTML, and of comments
// there (top_level.h).
enum class TemplateEnds : std::uint8_t {
  kept,           // all stays as it is
  lines_trimmed,  // goes where it is not seen, and at the ends where it has a line break
  trimmed,        // goes where it is not seen, and at both ends
};

// Names in small letters.
struct TemplateAttribute {
  std::string element;
  std::string name;
};

// Options of the templates of widgets, and of the conformance suite. An operator's templates have
// fields, ends and an attribute only.
struct TemplateOptions {
  // Names of values that the caller provides at each render ("title"); they take precedence over
  // attributes.
  std::vector<std::string> fields;
  // Names of texts that the caller provides beside them, as fields.
  std::vector<std::string> texts;
  // By field, its value if that is the same at each render; it need not be given there.
  std::vector<std::optional<Value>> constants;
  // The caller provides a value that is the bottom of the context stack; any name may be one of its
  // members.
  bool data = false;
  // {{{name}}} and {{&name}} are allowed, and put values in as they are.
  bool raw = false;
  // Names are those of fields, and of members of what sections show: none is an attribute. So an
  // operator's source does not show where an item lacks a member of its name.
  bool closed = false;
  // The names of the members of items that are records.
  const RecordNames* records = nullptr;
  // Members of items are found before fields of the same name, as Mustache has it.
  bool members_first = false;
  TemplateEnds ends = TemplateEnds::kept;
  // The template is text of a start tag `<ELEMENT ATTRIBUTE="…">`, in which it is the value.
  const TemplateAttribute* attribute = nullptr;
};

// Returns whether a section over the value is shown: over false, null, an empty list and "" none
// is. Unlike in `when`, the strings "0" and "false" and an empty object are, as Mustache's
// specification has it.
bool shows_section(const Value& value) noexcept;

// What a name refers to, tried in this order.
struct Name {
  bool current = false;                // {{.}}
  bool member = false;                 // of a section's items
  std::uint32_t place = no_index;      // of the member in TemplateOptions::records
  std::vector<std::string> path;       // words of the member
  std::uint32_t field = no_index;      // of the caller's values
  std::uint32_t attribute = no_index;  // AttributeId

  static constexpr std::uint32_t no_index = ~0U;
};

struct Op {
  enum class Kind : std::uint8_t {
    text,          // nothing but its text
    value,         // name a, filters [b, c)
    address,       // the same: a value that is the whole address of an attribute; `check`
    section,       // name a; its body is the operations up to b
    inverted,      // the same
    skip,          // goes on at b
    partial,       // block a
    url_begin,     // the value of an attribute that holds an address begins
    url_end,       // and ends; `check`: what it must not become
    script_nonce,  // the place of a nonce in the tag of a script
    style_nonce,
  };
  Kind kind;
  Escape escape = Escape::none;
  AddressCheck check = AddressCheck::none;
  bool is_top_level = false;   // a value in text, in no element of the template
  bool is_of_section = false;  // a value that is what the section around it is of
  bool needs_item = false;     // a section whose body shows {{.}}
  // A section that is followed by the operation `inverted` at b, for when it is not shown; its last
  // one skips that.
  bool has_else = false;
  std::uint32_t a = 0, b = 0, c = 0;
  // In a section, where the operations end that begin with this one and depend on the section's
  // item alone, and on the locale; 0 for none that are worth keeping.
  std::uint32_t kept_until = 0;
  // What the template says before it: [text, text + size), and the hash of that.
  std::uint32_t text = 0, size = 0, hash = 0;
};

// The input of one render of a template beside the facts of the request.
struct TemplateInput {
  Nonces nonces;
  const Value* fields = nullptr;            // in the order of TemplateOptions::fields
  Value data;                               // where TemplateOptions::data is set
  ConstantParts* constants = nullptr;       // where literals are noted; nullptr for nowhere
  KeptTexts* kept = nullptr;                // of items in lists; nullptr for none
  const std::string_view* texts = nullptr;  // in the order of TemplateOptions::texts
};

// A Mustache template whose values are escaped for the places in which they stand. Compiled when
// the configuration is read and constant afterwards.
class Template {
 public:
  enum class Mode : std::uint8_t {
    html,  // values are escaped for the place in which they stand
    text,  // values are put in as they are: the result is itself a value
  };
  // Returns the text of a partial, `{{> name}}`; throws ConfigError if there is none.
  using PartialReader = std::function<std::string(std::string_view name, const Where& where)>;

  // Names are interned in `attributes`. Inside a section a name may also be that of a member of the
  // section's items; outside, an unknown root is an error. `where` is the place of the directive.
  // Throws ConfigError, which names the template (`name`), its line, and what to write instead.
  Template(std::string_view name, std::string_view text, Mode mode, AttributeTable& attributes,
           const PartialReader& partials, const Where& where, const TemplateOptions& options = {});

  // Return the same as those of Content.
  SourceSet needs(const AttributeTable& attributes) const;
  std::vector<AttributeId> decided(const AttributeTable& attributes) const;

  // Returns the attributes that it names.
  const std::vector<AttributeId>& used() const { return used_; }

  // Returns whether a field (an index in TemplateOptions::fields) is shown, or decides about what
  // is.
  bool shows_field(std::uint32_t field) const;

  // Returns whether a value is written as a language writes it, as 1,234.5 or €5.00, which is no
  // number any more.
  bool writes_words() const;
  // Returns whether a value is written as money of the request's locale.
  bool shows_locale_money() const;

  // Returns an element that the template opens and does not close, so that what follows in the page
  // is inside of it, or one of the page that it closes. Only of html.
  const OpenElement& open_element() const { return open_element_; }

  // Appends to `out`. Returns false, and leaves `out` as it was, if the template cannot be shown
  // (out of memory, output beyond a megabyte).
  bool render(Facts& facts, const Locale& locale, const TemplateInput& input,
              std::pmr::string& out) const noexcept;
  bool render(Facts& facts, const Locale& locale, std::pmr::string& out) const noexcept {
    return render(facts, locale, {}, out);
  }

 private:
  friend class TemplateCompiler;
  friend class TemplateLinker;
  friend class TemplateRun;

  std::string text_;  // of all literals
  std::vector<Name> names_;
  std::vector<Filter> filters_;
  std::vector<std::vector<Op>> blocks_;  // 0 is the template, the others are partials
  std::vector<AttributeId> used_;
  OpenElement open_element_;
  const RecordNames* records_;
  std::uint32_t field_count_;  // fields from this one on are texts
  bool data_;
  TemplateEnds ends_;
};

}  // namespace personalize
