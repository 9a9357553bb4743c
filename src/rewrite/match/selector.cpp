#include "rewrite/match/selector.h"

#include <algorithm>
#include <cstdlib>

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

void append_code_point(std::uint32_t code, std::string& out) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    code = 0xFFFD;
  }
  append_utf8(code, out);
}

class Parser {
 public:
  Parser(std::string_view text, const Where& where) : text_(text), where_(where) {}

  std::vector<ComplexSelector> list() {
    if (text_.size() > max_selector_bytes) {
      fail("is longer than 4096 bytes");
    }
    std::vector<ComplexSelector> selectors;
    do {
      selectors.push_back(complex());
    } while (take(','));
    if (!done()) {
      fail("has an unexpected '" + std::string(1, peek()) + "'");
    }
    return selectors;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError(where_, "selector \"" + std::string(text_) + "\" " + what);
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

  ComplexSelector complex() {
    ComplexSelector compounds;
    auto combinator = CompoundSelector::Combinator::none;
    skip_space();
    for (;;) {
      CompoundSelector next = compound();
      next.combinator = combinator;
      compounds.push_back(std::move(next));
      bool space = skip_space();
      if (done() || peek() == ',') {
        return compounds;
      }
      if (peek() == '+' || peek() == '~') {
        fail("uses the sibling combinator '" + std::string(1, peek()) +
             "', which is not supported; use a child or descendant combinator, or mark the place "
             "with data-pz-slot");
      }
      if (take('>')) {
        combinator = CompoundSelector::Combinator::child;
        skip_space();
      } else if (space) {
        combinator = CompoundSelector::Combinator::descendant;
      } else {
        fail("has an unexpected '" + std::string(1, peek()) + "'");
      }
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
    std::string name = starts_identifier() ? ascii::lowered(identifier()) : std::string();
    if (name == "not" && take('(')) {
      do {
        skip_space();
        compound.none.push_back(negated());
        skip_space();
      } while (take(','));
      if (!take(')')) {
        fail("has more than simple selectors in :not(), which is not supported");
      }
    } else if (name == "first-child") {
      compound.all.push_back(first_child());
    } else if (name == "nth-child" && take('(')) {
      compound.all.push_back(nth_child());
    } else {
      fail(
          "uses ':" + name +
          "', which is not supported; of pseudo-classes :not(), :first-child and :nth-child() are");
    }
  }

  SimpleSelector negated() {
    if (take('*')) {
      return {};
    }
    if (starts_identifier()) {
      return type();
    }
    if (peek() == '#' || peek() == '.' || peek() == '[') {
      return subclass();
    }
    if (take(':')) {
      std::string name = starts_identifier() ? ascii::lowered(identifier()) : std::string();
      if (name == "first-child") {
        return first_child();
      }
      if (name == "nth-child" && take('(')) {
        return nth_child();
      }
    }
    fail("has something else than simple selectors in :not(), which is not supported");
  }

  static SimpleSelector first_child() {
    SimpleSelector simple;
    simple.kind = SimpleSelector::Kind::nth_child;
    simple.offset = 1;
    return simple;
  }

  // Reads An+B, odd or even, up to and with the ')'.
  SimpleSelector nth_child() {
    std::size_t close = text_.find(')', at_);
    if (close == std::string_view::npos) {
      fail("has :nth-child() without its ')'");
    }
    std::string argument = ascii::lowered(text_.substr(at_, close - at_));
    at_ = close + 1;
    argument.erase(0, argument.find_first_not_of(" \t\n\r\f"));
    argument.erase(argument.find_last_not_of(" \t\n\r\f") + 1);

    SimpleSelector simple;
    simple.kind = SimpleSelector::Kind::nth_child;
    if (argument == "odd" || argument == "even") {
      simple.step = 2;
      simple.offset = argument == "odd" ? 1 : 0;
      return simple;
    }
    if (argument.find(" of ") != std::string::npos) {
      fail("uses :nth-child(… of …), which is not supported");
    }
    std::size_t n = argument.find('n');
    std::string offset = argument;
    if (n != std::string::npos) {
      std::string step = argument.substr(0, n);
      if (step.empty() || step == "+" || step == "-") {
        step += "1";
      }
      if (!read_integer(step, simple.step)) {
        fail("has a malformed :nth-child()");
      }
      offset = argument.substr(n + 1);
      offset.erase(0, offset.find_first_not_of(" \t\n\r\f"));
      if (offset.empty()) {
        return simple;
      }
      if (offset[0] != '+' && offset[0] != '-') {
        fail("has a malformed :nth-child()");
      }
      std::size_t digits = offset.find_first_not_of(" \t\n\r\f", 1);
      offset = offset.substr(0, 1) + (digits == std::string::npos ? "" : offset.substr(digits));
    }
    if (!read_integer(offset, simple.offset)) {
      fail("has a malformed :nth-child()");
    }
    return simple;
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
  return Parser(text, where).list();
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
