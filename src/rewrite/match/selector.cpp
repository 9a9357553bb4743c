#include "rewrite/match/selector.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/text/text.h"
#include "base/text/utf8.h"
#include "rewrite/tokenizer/name.h"

namespace personalize::rewrite {
namespace {

// Attributes whose values compare without regard to case in HTML ("Case-sensitivity of selectors").
constexpr std::string_view caseless_attributes[] = {
    "accept",     "accept-charset", "align",     "alink",    "axis",     "bgcolor", "charset",
    "checked",    "clear",          "codetype",  "color",    "compact",  "declare", "defer",
    "dir",        "direction",      "disabled",  "enctype",  "face",     "frame",   "hreflang",
    "http-equiv", "lang",           "language",  "link",     "media",    "method",  "multiple",
    "nohref",     "noresize",       "noshade",   "nowrap",   "readonly", "rel",     "rev",
    "rules",      "scope",          "scrolling", "selected", "shape",    "target",  "text",
    "type",       "valign",         "valuetype", "vlink"};

constexpr std::size_t max_selector_bytes = 4096;
constexpr unsigned max_depth = 8;  // of pseudo-classes with lists in each other

constexpr std::string_view known_pseudo_classes =
    ":is(), :where(), :not(), :first-child, :nth-child(), :first-of-type, :nth-of-type() and :root";

// What depends on what stands behind an element, and on what is in it.
constexpr std::string_view of_later_siblings[] = {"last-child",     "last-of-type",
                                                  "nth-last-child", "nth-last-of-type",
                                                  "only-child",     "only-of-type"};
constexpr std::string_view of_content[] = {"has", "empty", "blank", "contains", "focus-within"};

void append_code_point(std::uint32_t code, std::string& out) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    code = 0xFFFD;
  }
  append_utf8(code, out);
}

class Parser {
 public:
  Parser(std::string_view text, const Where& where) : text_(text), where_(where) {}

  std::vector<ComplexSelector> whole() {
    if (text_.size() > max_selector_bytes) {
      fail("is longer than 4096 bytes");
    }
    auto selectors = list();
    if (!done()) {
      fail_at_unexpected();
    }
    return selectors;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError(where_, "selector \"" + std::string(text_) + "\" " + what);
  }

  [[noreturn]] void fail_at_unexpected() const {
    fail("has an unexpected '" + std::string(1, peek()) + "'");
  }

  bool done() const { return at_ == text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(char c) {
    if (done() || peek() != c) {
      return false;
    }
    ++at_;
    return true;
  }
  bool skip_space() {
    std::size_t before = at_;
    while (!done() && ascii::is_html_space(peek())) {
      ++at_;
    }
    return at_ != before;
  }

  // Reads up to the end, or to the ')' around it.
  std::vector<ComplexSelector> list() {
    std::vector<ComplexSelector> selectors;
    do {
      selectors.push_back(complex());
    } while (take(','));
    return selectors;
  }

  // Reads a list that stands in parentheses, of which the first is read already.
  std::vector<ComplexSelector> list_in_parentheses(const std::string& name) {
    if (++depth_ > max_depth) {
      fail("nests deeper than " + std::to_string(max_depth) + " pseudo-classes");
    }
    skip_space();
    if (peek() == ')') {
      fail("has nothing in :" + name + "()");
    }
    auto selectors = list();
    if (!take(')')) {
      fail("has :" + name + "( without its ')'");
    }
    --depth_;
    return selectors;
  }

  ComplexSelector complex() {
    ComplexSelector compounds;
    auto combinator = CompoundSelector::Combinator::none;
    skip_space();
    for (;;) {
      CompoundSelector next = compound();
      next.combinator = combinator;
      compounds.push_back(std::move(next));
      const bool space = skip_space();
      if (done() || peek() == ',' || (depth_ > 0 && peek() == ')')) {
        return compounds;
      }
      if (take('>')) {
        combinator = CompoundSelector::Combinator::child;
      } else if (take('+')) {
        combinator = CompoundSelector::Combinator::next;
      } else if (take('~')) {
        combinator = CompoundSelector::Combinator::later;
      } else if (space) {
        combinator = CompoundSelector::Combinator::descendant;
      } else {
        fail_at_unexpected();
      }
      skip_space();
    }
  }

  CompoundSelector compound() {
    CompoundSelector result;
    bool any = false;
    if (take('*')) {
      result.all.emplace_back();
      any = true;
    } else if (starts_identifier()) {
      result.all.push_back(type());
      any = true;
    }
    if (peek() == '|') {
      fail("uses a namespace, which is not supported");
    }
    while (!done()) {
      char c = peek();
      if (c == '#' || c == '.' || c == '[') {
        result.all.push_back(subclass());
      } else if (c == ':') {
        pseudo_class(result);
      } else {
        break;
      }
      any = true;
    }
    if (!any) {
      fail(done() ? "ends where an element is expected"
                  : "has an unexpected '" + std::string(1, peek()) + "'");
    }
    return result;
  }

  SimpleSelector type() {
    SimpleSelector simple;
    simple.kind = SimpleSelector::Kind::type;
    simple.name = ascii::lowered(identifier());
    return simple;
  }

  SimpleSelector subclass() {
    SimpleSelector simple;
    if (take('#')) {
      simple.kind = SimpleSelector::Kind::id;
      simple.name = identifier();
    } else if (take('.')) {
      simple.kind = SimpleSelector::Kind::class_name;
      simple.name = identifier();
    } else {
      take('[');
      simple = attribute();
    }
    return simple;
  }

  SimpleSelector attribute() {
    SimpleSelector simple;
    simple.kind = SimpleSelector::Kind::attribute;
    skip_space();
    simple.name = ascii::lowered(identifier());
    skip_space();
    if (peek() == '|' && peek(1) != '=') {
      fail("uses a namespace, which is not supported");
    }
    if (take(']')) {
      return simple;
    }

    simple.test = attribute_test();
    skip_space();
    simple.value = peek() == '"' || peek() == '\'' ? string() : identifier();
    bool sensitive = false;
    if (skip_space() || peek() == 'i' || peek() == 'I' || peek() == 's' || peek() == 'S') {
      simple.ignore_case = take('i') || take('I');
      sensitive = !simple.ignore_case && (take('s') || take('S'));
      skip_space();
    }
    if (!take(']')) {
      fail("has an attribute without its ']'");
    }
    simple.html_ignores_case =
        !sensitive && std::find(std::begin(caseless_attributes), std::end(caseless_attributes),
                                simple.name) != std::end(caseless_attributes);
    return simple;
  }

  AttributeTest attribute_test() {
    AttributeTest test = AttributeTest::equals;
    switch (peek()) {
      case '=':
        break;
      case '~':
        test = AttributeTest::word;
        break;
      case '|':
        test = AttributeTest::language;
        break;
      case '^':
        test = AttributeTest::prefix;
        break;
      case '$':
        test = AttributeTest::suffix;
        break;
      case '*':
        test = AttributeTest::substring;
        break;
      default:
        fail("has an attribute without its ']'");
    }
    if (test != AttributeTest::equals) {
      ++at_;
    }
    if (!take('=')) {
      fail("has an unknown attribute operator; use = ~= |= ^= $= *=");
    }
    return test;
  }

  void pseudo_class(CompoundSelector& compound) {
    take(':');
    if (peek() == ':') {
      fail("uses a pseudo-element, which is not supported");
    }
    const std::string name = starts_identifier() ? ascii::lowered(identifier()) : std::string();
    const bool has_argument = take('(');
    if (name == "not" && has_argument) {
      for (ComplexSelector& one : list_in_parentheses(name)) {
        compound.none.push_back(as_simple(std::move(one)));
      }
    } else if ((name == "is" || name == "where") && has_argument) {
      require_any(compound, list_in_parentheses(name));
    } else if ((name == "nth-child" || name == "nth-of-type") && has_argument) {
      compound.all.push_back(nth(name));
    } else if ((name == "first-child" || name == "first-of-type") && !has_argument) {
      compound.all.push_back(first(name == "first-child" ? SimpleSelector::Kind::nth_child
                                                         : SimpleSelector::Kind::nth_of_type));
    } else if (name == "root" && !has_argument) {
      SimpleSelector html;
      html.kind = SimpleSelector::Kind::type;
      html.name = "html";
      compound.all.push_back(html);
    } else {
      refuse(name);
    }
  }

  [[noreturn]] void refuse(const std::string& name) const {
    std::string why =
        "is not supported; of pseudo-classes " + std::string(known_pseudo_classes) + " are";
    if (is_one_of(name, of_later_siblings)) {
      why =
          "a stream cannot know: whether an element follows is seen after it; use :nth-child(), "
          ":nth-of-type() or a class, or mark the place with data-pz-slot";
    } else if (is_one_of(name, of_content)) {
      why =
          "a stream cannot know: what is in an element is seen after its start; use what is "
          "before the place or around it, or mark it with data-pz-slot";
    }
    fail("uses ':" + name + "', which " + why);
  }

  // Requires that an element matches one of the list. One compound alone is as if it were written
  // out.
  static void require_any(CompoundSelector& compound, std::vector<ComplexSelector> list) {
    if (list.size() == 1 && list.front().size() == 1) {
      CompoundSelector& one = list.front().front();
      std::move(one.all.begin(), one.all.end(), std::back_inserter(compound.all));
      std::move(one.none.begin(), one.none.end(), std::back_inserter(compound.none));
      return;
    }
    SimpleSelector any;
    any.kind = SimpleSelector::Kind::any;
    any.list = std::move(list);
    compound.all.push_back(std::move(any));
  }

  static SimpleSelector as_simple(ComplexSelector one) {
    CompoundSelector& first = one.front();
    if (one.size() == 1 && first.all.size() == 1 && first.none.empty()) {
      return std::move(first.all.front());
    }
    SimpleSelector any;
    any.kind = SimpleSelector::Kind::any;
    any.list.push_back(std::move(one));
    return any;
  }

  static SimpleSelector first(SimpleSelector::Kind kind) {
    SimpleSelector simple;
    simple.kind = kind;
    simple.offset = 1;
    return simple;
  }

  // Reads An+B, odd or even, and a list after "of", up to and with the ')'.
  SimpleSelector nth(const std::string& name) {
    const std::size_t close = text_.find(')', at_);
    if (close == std::string_view::npos) {
      fail("has :" + name + "() without its ')'");
    }
    std::string argument = ascii::lowered(text_.substr(at_, close - at_));
    const std::size_t of = argument.find("of");
    const bool has_list = of != std::string::npos && of > 0 && name == "nth-child" &&
                          ascii::is_html_space(argument[of - 1]);
    SimpleSelector simple;
    simple.kind =
        name == "nth-child" ? SimpleSelector::Kind::nth_child : SimpleSelector::Kind::nth_of_type;
    argument.resize(has_list ? of : argument.size());
    if (!read_nth(ascii::trim_html_space(argument), simple)) {
      fail("has a malformed :" + name + "()");
    }
    if (has_list) {
      at_ += of + 2;
      simple.list = list_in_parentheses(name);
    } else {
      at_ = close + 1;
    }
    return simple;
  }

  static bool read_nth(std::string_view argument, SimpleSelector& simple) {
    if (argument == "odd" || argument == "even") {
      simple.step = 2;
      simple.offset = argument == "odd" ? 1 : 0;
      return true;
    }
    const std::size_t n = argument.find('n');
    std::string offset(argument);
    if (n != std::string_view::npos) {
      std::string step(argument.substr(0, n));
      if (step.empty() || step == "+" || step == "-") {
        step += "1";
      }
      if (!read_integer(step, simple.step)) {
        return false;
      }
      offset = ascii::trim_html_space(argument.substr(n + 1));
      if (offset.empty()) {
        return true;
      }
      if (offset[0] != '+' && offset[0] != '-') {
        return false;
      }
      offset.erase(1, offset.find_first_not_of(" \t\n\r\f", 1) - 1);
    }
    return read_integer(offset, simple.offset);
  }

  static bool read_integer(const std::string& text, int& number) {
    std::size_t sign = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
    if (text.size() == sign || text.size() > sign + 9) {
      return false;
    }
    for (std::size_t i = sign; i < text.size(); ++i) {
      if (text[i] < '0' || text[i] > '9') {
        return false;
      }
    }
    number = static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
    return true;
  }

  static bool is_name_start(char c) {
    return ascii::is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  }
  static bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-'; }

  bool starts_identifier() const {
    char c = peek();
    if (c == '-') {
      return is_name_start(peek(1)) || peek(1) == '-' || peek(1) == '\\';
    }
    return !done() && (is_name_start(c) || c == '\\');
  }

  std::string identifier() {
    if (!starts_identifier()) {
      if (done()) {
        fail("ends where a name is expected");
      }
      fail("has '" + std::string(1, peek()) +
           "' where a name is expected; quote it or escape it with \\");
    }
    std::string name;
    while (!done()) {
      if (take('\\')) {
        escape(name);
      } else if (is_name(peek())) {
        name += text_[at_++];
      } else {
        break;
      }
    }
    return name;
  }

  std::string string() {
    char quote = text_[at_++];
    std::string value;
    while (!done() && peek() != quote) {
      if (take('\\')) {
        escape(value);
      } else {
        value += text_[at_++];
      }
    }
    if (!take(quote)) {
      fail("has a string without its closing quote");
    }
    return value;
  }

  // Reads what follows a backslash: up to six hexadecimal digits and a space, or any character.
  void escape(std::string& out) {
    if (done()) {
      fail("ends with a backslash");
    }
    std::uint32_t code = 0;
    std::size_t digits = 0;
    for (; digits < 6 && !done(); ++digits, ++at_) {
      char c = ascii::lower(peek());
      if (c >= '0' && c <= '9') {
        code = code * 16 + static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        code = code * 16 + static_cast<std::uint32_t>(c - 'a' + 10);
      } else {
        break;
      }
    }
    if (digits == 0) {
      out += text_[at_++];
      return;
    }
    if (!done() && ascii::is_html_space(peek())) {
      ++at_;
    }
    append_code_point(code, out);
  }

  std::string_view text_;
  const Where& where_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;  // of lists in parentheses
};

// Compares as the attribute test asks.
class ValueComparison {
 public:
  ValueComparison(std::string_view wanted, bool ignore_case)
      : wanted_(wanted), ignore_case_(ignore_case) {}

  bool equals(std::string_view text) const {
    return ignore_case_ ? ascii::equal_ignoring_case(text, wanted_) : text == wanted_;
  }
  bool starts(std::string_view text) const {
    return text.size() >= wanted_.size() && equals(text.substr(0, wanted_.size()));
  }
  bool ends(std::string_view text) const {
    return text.size() >= wanted_.size() && equals(text.substr(text.size() - wanted_.size()));
  }
  bool within(std::string_view text) const {
    for (; text.size() >= wanted_.size(); text.remove_prefix(1)) {
      if (starts(text)) {
        return true;
      }
      if (text.empty()) {
        return false;
      }
    }
    return false;
  }
  bool is_word_of(std::string_view text) const {
    while (!text.empty()) {
      std::size_t length = 0;
      while (length < text.size() && !ascii::is_html_space(text[length])) {
        ++length;
      }
      if (length > 0 && equals(text.substr(0, length))) {
        return true;
      }
      text.remove_prefix(std::min(length + 1, text.size()));
    }
    return false;
  }

 private:
  std::string_view wanted_;
  bool ignore_case_;
};

}  // namespace

std::vector<ComplexSelector> parse_selector(std::string_view text, const Where& where) {
  return Parser(text, where).whole();
}

bool matches_nth(const SimpleSelector& nth, std::uint32_t index) {
  std::int64_t distance = static_cast<std::int64_t>(index) - nth.offset;
  if (nth.step == 0) {
    return distance == 0;
  }
  return distance % nth.step == 0 && distance / nth.step >= 0;
}

bool matches_value(const SimpleSelector& attribute, std::string_view value, bool html) {
  ValueComparison wanted(attribute.value,
                         attribute.ignore_case || (attribute.html_ignores_case && html));
  bool empty = attribute.value.empty();
  switch (attribute.test) {
    case AttributeTest::present:
      return true;
    case AttributeTest::equals:
      return wanted.equals(value);
    case AttributeTest::word:
      return !empty && wanted.is_word_of(value);
    case AttributeTest::language:
      return wanted.equals(value) ||
             (wanted.starts(value) && value.size() > attribute.value.size() &&
              value[attribute.value.size()] == '-');
    case AttributeTest::prefix:
      return !empty && wanted.starts(value);
    case AttributeTest::suffix:
      return !empty && wanted.ends(value);
    case AttributeTest::substring:
      return !empty && wanted.within(value);
  }
  return false;
}

}  // namespace personalize::rewrite
