#include "render/templates/compiler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "base/values/member.h"
#include "personalize/attributes/known_attribute.h"
#include "render/escaping/escape.h"
#include "render/templates/linker.h"

namespace personalize {

namespace {

constexpr unsigned max_section_depth = 16;
constexpr std::size_t max_partial_depth = 16;

// Of a template with its partials, each as often as it is called, and what is compiled again for
// sections in scripts as often as it is.
constexpr std::size_t max_size = std::size_t{4} * 1024 * 1024;
constexpr std::size_t size_of_tag = 64;  // beside its text
constexpr std::size_t size_of_partial = 1024;

// Mustache: each line of a partial that stands alone is indented like its tag.
std::string indented(std::string_view text, std::string_view indent) {
  std::string result;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    result += indent;
    result += text.substr(begin, end - begin);
    begin = end;
  }
  return result;
}

// Returns the operation that inserts a nonce after the name of such a start tag; nothing for other
// elements.
std::optional<Op::Kind> nonce_of(std::string_view element) {
  if (element == "script") {
    return Op::Kind::script_nonce;
  }
  if (element == "style") {
    return Op::Kind::style_nonce;
  }
  return std::nullopt;
}

// Takes the name off `name | filters`, and leaves the filters in `content`.
std::string_view take_name(std::string_view& content) {
  const auto bar = std::min(content.find('|'), content.size());
  const auto name = content.substr(0, bar);
  content.remove_prefix(bar);
  return ascii::trim_html_space(name);
}

}  // namespace

void TemplateCompiler::compile(std::string_view name, std::string_view text) {
  in_section_ = members_ = options_.data;
  const TemplateSource source{name, where_};
  if (options_.attribute != nullptr) {
    compile_attribute(source, text);
  } else {
    compile_block(source, text);
  }
  if (mode_ == Template::Mode::html && !markup_.in_text()) {
    const auto lines = std::count(text.begin(), text.end(), '\n');
    source.fail(static_cast<unsigned>(lines) + 1,
                "it ends " + markup_.describe() + ": close what is open there");
  }
  into_.open_element_ = elements_.find();
  if (mode_ == Template::Mode::html && options_.ends != TemplateEnds::kept) {
    top_level_.strip(into_.blocks_, into_.text_, options_.ends);
  }
  TemplateLinker(into_, options_.constants).link();
}

// Compiles the value of an attribute with the tag around it.
void TemplateCompiler::compile_attribute(const TemplateSource& source, std::string_view text) {
  const auto tokens = read_mustache(text, source);
  Unit unit{source, static_cast<std::uint32_t>(into_.blocks_.size())};
  into_.blocks_.emplace_back();
  compile_markup(unit, "<" + options_.attribute->element + " " + options_.attribute->name + "=\"",
                 1);
  is_text_ = true;
  const auto end = compile_tokens(unit, tokens, 0);
  is_text_ = false;
  if (end != tokens.size()) {
    source.fail(tokens[end].line,
                "{{/" + std::string(tokens[end].content) + "}} closes no section");
  }
  compile_markup(unit, "\">", 1);
}

std::uint32_t TemplateCompiler::compile_block(const TemplateSource& source, std::string_view text) {
  const auto tokens = read_mustache(text, source);
  Unit unit{source, static_cast<std::uint32_t>(into_.blocks_.size())};
  into_.blocks_.emplace_back();
  const auto end = compile_tokens(unit, tokens, 0);
  if (end != tokens.size()) {
    source.fail(tokens[end].line,
                "{{/" + std::string(tokens[end].content) + "}} closes no section");
  }
  return unit.block;
}

// Compiles tokens up to the end or a closing tag; returns its index.
std::size_t TemplateCompiler::compile_tokens(Unit& unit, const Tokens& tokens, std::size_t begin) {
  using Kind = MustacheToken::Kind;
  std::size_t i = begin;
  while (i < tokens.size() && tokens[i].kind != Kind::close) {
    const auto& token = tokens[i];
    count(unit, token, token.content.size() + (token.kind == Kind::text ? 0 : size_of_tag));
    try {
      switch (token.kind) {
        case Kind::text:
          compile_text(unit, token);
          break;
        case Kind::section:
        case Kind::inverted:
          i = compile_section(unit, tokens, i);
          break;
        case Kind::partial:
          compile_partial(unit, token);
          break;
        default:
          compile_value(unit, token);
      }
    } catch (const MarkupError& error) {
      unit.source.fail(token.line, error.what());
    }
    ++i;
  }
  return i;
}

// Partials that call others twice become exponentially large, as do nested sections of scripts.
void TemplateCompiler::count(const Unit& unit, const MustacheToken& token, std::size_t size) {
  size_ += size;
  if (size_ > max_size) {
    unit.source.fail(token.line,
                     "the template is too large: with its partials, each as often as it is called, "
                     "and sections of scripts, which nested ones repeat, it has more than " +
                         std::to_string(max_size / 1024 / 1024) + " MB");
  }
}

void TemplateCompiler::compile_text(Unit& unit, const MustacheToken& token) {
  auto begin = into_.text_.size();
  if (mode_ == Template::Mode::text) {
    into_.text_ += token.content;
    emit_text(unit, begin);
    return;
  }

  if (!is_text_) {
    return compile_markup(unit, token.content, token.line);
  }
  std::pmr::string escaped;
  escape_html(token.content, escaped);
  compile_markup(unit, escaped, token.line);
}

void TemplateCompiler::compile_markup(Unit& unit, std::string_view markup, unsigned line) {
  auto begin = into_.text_.size();
  for (const char c : markup) {
    const bool was_in_url = markup_.in_url();
    const auto check = was_in_url ? markup_.address_check() : AddressCheck::none;
    const auto nonce = nonce_of(markup_.begun_element());
    const auto outermost = TopLevel::part_of(markup_.outermost());
    try {
      markup_.feed(c);
    } catch (const MarkupError& error) {
      unit.source.fail(line, error.what());
    }
    note_tag();
    if (nonce && markup_.begun_element().empty()) {
      emit_text(unit, begin);
      begin = into_.text_.size();
      ops(unit).push_back({*nonce});
    }
    if (was_in_url && !markup_.in_url()) {
      auto& list = ops(unit);
      if (!list.empty() && list.back().kind == Op::Kind::url_begin) {
        list.pop_back();  // it contains no value
      } else {
        emit_text(unit, begin);
        begin = into_.text_.size();
        list.push_back({Op::Kind::url_end, Escape::none, check});
      }
    }
    into_.text_ += c;
    top_level_.note(c, outermost, markup_);
    if (!was_in_url && markup_.in_url()) {
      emit_text(unit, begin);
      begin = into_.text_.size();
      ops(unit).push_back({Op::Kind::url_begin});
    }
    line += c == '\n' ? 1 : 0;
  }
  emit_text(unit, begin);
}

void TemplateCompiler::note_tag() {
  if (const auto& tag = markup_.read_tag(); tag && !is_again_) {
    tag->is_end ? elements_.close(tag->element) : elements_.open(tag->element);
  }
}

// Turns the text from `begin` on into an operation, or extends the last one.
void TemplateCompiler::emit_text(Unit& unit, std::size_t begin) {
  const auto size = into_.text_.size() - begin;
  if (size == 0) {
    return;
  }
  auto& list = ops(unit);
  if (list.size() > unit.merge_floor && list.back().kind == Op::Kind::text &&
      list.back().text + list.back().size == begin) {
    list.back().size += static_cast<std::uint32_t>(size);
    return;
  }
  Op op{Op::Kind::text};
  op.text = static_cast<std::uint32_t>(begin);
  op.size = static_cast<std::uint32_t>(size);
  list.push_back(op);
}

void TemplateCompiler::compile_value(Unit& unit, const MustacheToken& token) {
  auto filters = token.content;
  const auto spelling = take_name(filters);
  Op op{Op::Kind::value};
  op.a = compile_name(unit, spelling, token.line);
  op.is_top_level = markup_.in_text() && markup_.outermost().empty();
  op.b = static_cast<std::uint32_t>(into_.filters_.size());
  for (auto& filter : read_filters(filters, unit.source, token.line)) {
    try {
      refuse_attribute_as_default(filter.plain.bare_text(), attributes_, where_);
    } catch (const ConfigError& error) {
      unit.source.fail(token.line, error.what());
    }
    if (!filter.argument.empty()) {
      filter.argument_name = compile_name(unit, filter.argument, token.line);
    }
    into_.filters_.push_back(std::move(filter));
  }
  op.c = static_cast<std::uint32_t>(into_.filters_.size());
  op.escape = token.kind == MustacheToken::Kind::raw ? raw_value(unit, token, into_.names_[op.a])
              : mode_ == Template::Mode::text        ? Escape::none
                                                     : markup_.value();
  refuse_list(unit, token, op);
  ops(unit).push_back(op);
}

// A list shows nothing as a text.
void TemplateCompiler::refuse_list(const Unit& unit, const MustacheToken& token,
                                   const Op& op) const {
  const Name& name = into_.names_[op.a];
  if (op.b != op.c || op.escape == Escape::script || op.escape == Escape::json || name.member ||
      name.attribute == Name::no_index) {
    return;
  }
  const Attribute& attribute = attributes_[name.attribute];
  const bool is_list = type_of(attribute) == ValueType::list ||
                       (attribute.root == Root::recommend && attribute.path.empty());
  if (is_list) {
    unit.source.fail(token.line, "{{" + attribute.spelling +
                                     "}} is a list, which shows nothing as a text: write {{#" +
                                     attribute.spelling + "}}…{{/" + attribute.spelling +
                                     "}} around what is shown of each element, or {{" +
                                     attribute.spelling + " | join ', '}}");
  }
}

// {{{name}}} and {{&name}} put markup in as it is: that of trusted sources, and in text.
Escape TemplateCompiler::raw_value(const Unit& unit, const MustacheToken& token,
                                   const Name& name) const {
  const std::string tag(token.content);
  const bool is_allowed =
      options_.raw || (mode_ == Template::Mode::html && markup_.in_text() && is_trusted(name));
  if (!is_allowed) {
    unit.source.fail(token.line,
                     "{{{" + tag +
                         "}}} would insert a value without escaping, which is for text, and for "
                         "sources that are declared trusted: write {{" +
                         tag + "}}");
  }
  return Escape::none;
}

std::size_t TemplateCompiler::compile_section(Unit& unit, const Tokens& tokens, std::size_t at) {
  const auto& token = tokens[at];
  const bool inverted = token.kind == MustacheToken::Kind::inverted;
  const std::string tag(token.content);
  if (token.content.find('|') != std::string_view::npos) {
    unit.source.fail(
        token.line,
        "filters are for values, not for sections: write {{#" +
            std::string(token.content.substr(
                0, token.content.find_last_not_of(" \t", token.content.find('|') - 1) + 1)) +
            "}}");
  }
  if (++section_depth_ > max_section_depth) {
    unit.source.fail(token.line, "sections nest deeper than " + std::to_string(max_section_depth));
  }

  const auto name = compile_name(unit, token.content, token.line);
  const auto op = ops(unit).size();
  ops(unit).push_back({inverted ? Op::Kind::inverted : Op::Kind::section});
  ops(unit).back().a = name;
  unit.merge_floor = ops(unit).size();

  const bool members = members_, in_section = in_section_, trusted = trusted_;
  if (!inverted) {
    trusted_ = is_trusted(into_.names_[name]);
    members_ = members_ || may_hold_members(into_.names_[name]);
    in_section_ = true;
  }
  markup_.branch();
  const auto begin = markup_;
  if (!is_again_) {
    elements_.begin_section(token.content, inverted, members);
  }
  const auto end = compile_tokens(unit, tokens, at + 1);
  if (!is_again_) {
    elements_.end_section();
  }
  if (end == tokens.size()) {
    unit.source.fail(token.line, "section {{" + std::string(inverted ? "^" : "#") + tag +
                                     "}} is not closed: {{/" + tag + "}} is missing");
  }
  if (tokens[end].content != token.content) {
    unit.source.fail(tokens[end].line, "{{/" + std::string(tokens[end].content) +
                                           "}} stands where {{/" + tag + "}} was expected");
  }
  if (!inverted) {
    const bool is_again = std::exchange(is_again_, true);
    compile_iterations(unit, tokens, at + 1, op + 1, begin);
    is_again_ = is_again;
  }
  const auto described = markup_.describe();
  if (!markup_.join(begin)) {
    unit.source.fail(tokens[end].line,
                     "section " + tag + " begins " + begin.describe() + " and ends " + described +
                         ": markup that is opened inside a section must be closed inside it");
  }

  members_ = members;
  in_section_ = in_section;
  trusted_ = trusted;
  --section_depth_;
  ops(unit)[op].b = static_cast<std::uint32_t>(ops(unit).size());
  unit.merge_floor = ops(unit).size();
  return end;
}

// Compiles the body of a section for its second iteration, which begins where the first one ended:
// the values must be safe there, too. In scripts and style sheets it is compiled anew until it
// suits all iterations.
void TemplateCompiler::compile_iterations(Unit& unit, const Tokens& tokens, std::size_t first,
                                          std::size_t body, const Markup& begin) {
  if (!markup_.in_language() || !begin.in_language()) {
    if (!(markup_ == begin)) {
      const auto size = ops(unit).size();
      const auto first_end = markup_;
      unit.merge_floor = size;
      compile_tokens(unit, tokens, first);
      ops(unit).resize(size, Op{Op::Kind::text});
      markup_ = first_end;
    }
    return;
  }
  for (auto start = begin;;) {
    auto next = markup_;
    next.widen(start);
    if (next == start) {
      return;
    }
    ops(unit).resize(body, Op{Op::Kind::text});
    unit.merge_floor = body;
    start = markup_ = next;
    compile_tokens(unit, tokens, first);
  }
}

void TemplateCompiler::compile_partial(Unit& unit, const MustacheToken& token) {
  Op op{Op::Kind::partial};
  const auto same = std::find_if(open_.begin(), open_.end(), [&](const Open& open) {
    return open.name == token.content && open.indent == token.indent && open.begin == markup_ &&
           open.members == members_ && open.trusted == trusted_;
  });
  if (same != open_.end()) {
    same->recursive = true;
    op.a = same->block;
    ops(unit).push_back(op);
    return;
  }
  if (open_.size() == max_partial_depth) {
    unit.source.fail(token.line, "partials nest deeper than " + std::to_string(max_partial_depth));
  }

  count(unit, token, size_of_partial);
  auto text = indented(read_partial(unit, token), token.indent);
  const bool is_text = is_text_ || mode_ == Template::Mode::text;
  while (is_text && !text.empty() && ascii::is_html_space(text.back())) {
    text.pop_back();  // of a file; a field has no lines
  }
  open_.push_back({std::string(token.content), std::string(token.indent), markup_, members_,
                   trusted_, static_cast<std::uint32_t>(into_.blocks_.size())});
  op.a = compile_block({token.content, where_}, text);
  const auto open = std::move(open_.back());
  open_.pop_back();
  if (open.recursive && !(markup_ == open.begin)) {
    unit.source.fail(token.line, "partial " + open.name + " calls itself and begins " +
                                     open.begin.describe() + " but ends " + markup_.describe() +
                                     ": markup that is opened inside it must be closed inside it");
  }
  ops(unit).push_back(op);
}

std::string TemplateCompiler::read_partial(const Unit& unit, const MustacheToken& token) {
  try {
    return partials_(token.content, where_);
  } catch (const ConfigError& error) {
    unit.source.fail(token.line, error.what());
  }
}

std::uint32_t TemplateCompiler::compile_name(const Unit& unit, std::string_view spelling,
                                             unsigned line) {
  Name name;
  if (spelling == ".") {
    if (!in_section_) {
      unit.source.fail(line, "{{.}} is the item of a section, and there is none around it");
    }
    name.current = true;
  } else {
    const bool well_formed = !spelling.empty() && spelling.front() != '.' &&
                             spelling.back() != '.' &&
                             spelling.find("..") == std::string_view::npos &&
                             spelling.find_first_of(" \t\r\n") == std::string_view::npos;
    if (!well_formed) {
      unit.source.fail(line, "\"" + std::string(spelling) +
                                 "\" is not a name: write words with dots between them, and "
                                 "filters after '|'");
    }
    if (const auto field = find_field(spelling); field != Name::no_index) {
      name.field = field;
      if (members_ && options_.members_first) {
        look_in_items(name, spelling);
      }
    } else {
      if (members_) {
        look_in_items(name, spelling);
      }
      try {
        use_attribute(name, spelling);
      } catch (const ConfigError& error) {
        unit.source.fail(line, error.what());
      }
    }
  }
  into_.names_.push_back(std::move(name));
  return static_cast<std::uint32_t>(into_.names_.size() - 1);
}

std::uint32_t TemplateCompiler::find_field(std::string_view spelling) const {
  std::uint32_t field = 0;
  for (const auto* names : {&options_.fields, &options_.texts}) {
    for (const auto& name : *names) {
      if (name == spelling) {
        return field;
      }
      ++field;
    }
  }
  return Name::no_index;
}

void TemplateCompiler::look_in_items(Name& name, std::string_view spelling) const {
  name.member = true;
  name.path = split_path(spelling);
  if (options_.records != nullptr) {
    const auto place = options_.records->find(spelling);
    name.place = place < options_.records->count ? place : Name::no_index;
  }
}

void TemplateCompiler::use_attribute(Name& name, std::string_view spelling) {
  if (options_.closed) {
    if (!name.member) {
      throw ConfigError(where_, "unknown field " + quoted(spelling) + ": add \"field " +
                                    std::string(spelling) + ";\" to personalize_widget");
    }
    return;
  }
  // Members of items may be called `time` or `device`, which alone are not attributes, and a review
  // has a `person.name`.
  const bool is_of_item = ascii::starts_with(spelling, "person.") && spelling != "person.id";
  const bool only_member =
      name.member && (!attributes_.knows_root(spelling) || is_of_item ||
                      (name.path.size() == 1 &&
                       std::find(attributes_.sources().begin(), attributes_.sources().end(),
                                 spelling) == attributes_.sources().end()));
  if (only_member) {
    return;
  }
  name.attribute = attributes_.intern(spelling, where_);
  auto& used = into_.used_;
  if (std::find(used.begin(), used.end(), name.attribute) == used.end()) {
    used.push_back(name.attribute);
  }
}

// Returns whether a section over the name can have items with members; most attributes are scalars.
bool TemplateCompiler::may_hold_members(const Name& name) const {
  return name.current || name.member || name.field != Name::no_index ||
         attributes_[name.attribute].root == Root::source ||
         attributes_[name.attribute].root == Root::recommend ||
         attributes_[name.attribute].root == Root::feature;
}

// Returns whether whatever the name refers to comes from trusted sources.
bool TemplateCompiler::is_trusted(const Name& name) const {
  if (name.field != Name::no_index || ((name.current || name.member) && !trusted_)) {
    return false;
  }
  if (name.attribute == Name::no_index) {
    return name.current || name.member;
  }
  return attributes_.is_trusted(attributes_[name.attribute]);
}

Template::Template(std::string_view name, std::string_view text, Mode mode,
                   AttributeTable& attributes, const PartialReader& partials, const Where& where,
                   const TemplateOptions& options)
    : records_(options.records),
      field_count_(static_cast<std::uint32_t>(options.fields.size())),
      data_(options.data),
      ends_(options.ends) {
  TemplateCompiler(*this, mode, attributes, partials, where, options).compile(name, text);
}

bool Template::writes_words() const {
  return std::any_of(filters_.begin(), filters_.end(),
                     [](const Filter& filter) { return filter.kind != Filter::Kind::plain; });
}

bool Template::shows_locale_money() const {
  return std::any_of(filters_.begin(), filters_.end(), [](const Filter& filter) {
    return filter.kind == Filter::Kind::money && filter.text.empty() && filter.argument.empty();
  });
}

SourceSet Template::needs(const AttributeTable& attributes) const {
  SourceSet sources;
  for (const auto id : used_) {
    sources |= direct_needs(attributes[id]);
  }
  return sources;
}

std::vector<AttributeId> Template::decided(const AttributeTable& attributes) const {
  std::vector<AttributeId> decided;
  std::copy_if(used_.begin(), used_.end(), std::back_inserter(decided),
               [&](AttributeId id) { return is_decided(attributes[id]); });
  return decided;
}

bool Template::shows_field(std::uint32_t field) const {
  return std::any_of(names_.begin(), names_.end(),
                     [&](const Name& name) { return name.field == field; });
}

}  // namespace personalize
