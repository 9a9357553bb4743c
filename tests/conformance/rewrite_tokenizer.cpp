// The tokenizer against html5lib's cases: tags with their attributes, comments and doctypes, whole
// and byte by byte. Text is not this tokenizer's business.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tokenizer/tokenizer.h"
#include "rewrite_data.h"  // before cmocka, whose macros have the names of standard functions
extern "C" {
#include <cmocka.h>
}

namespace ascii = personalize::ascii;
using namespace personalize::rewrite;

namespace {

// What the parser does to its input first: CR LF and CR are LF, NUL in a token is U+FFFD.
std::string normalized(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') {
      result += "\xEF\xBF\xBD";
    } else if (text[i] != '\r') {
      result += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      result += '\n';
    }
  }
  return result;
}

std::string lower(std::string text) {
  for (char& c : text) c = ascii::lower(c);
  return text;
}

bool drop_suffix(std::string_view& text, std::string_view suffix) {
  if (text.size() < suffix.size() || text.substr(text.size() - suffix.size()) != suffix) {
    return false;
  }
  text.remove_suffix(suffix.size());
  return true;
}

// The data of a comment, from its bytes.
std::string comment_data(std::string_view text, bool complete) {
  if (text.substr(0, 4) != "<!--") {
    text.remove_prefix(text.substr(0, 2) == "<?" ? 1 : 2);
    if (complete) text.remove_suffix(1);
    return normalized(text);
  }
  text.remove_prefix(4);
  if (complete) {
    if (text == ">" || text == "->") return {};
    if (!drop_suffix(text, "-->")) drop_suffix(text, "--!>");
  } else if (!drop_suffix(text, "--!") && !drop_suffix(text, "--")) {
    drop_suffix(text, "-");
  }
  return normalized(text);
}

class Recorder {
 public:
  // `input` begins with a tag of which no more is recorded than what follows it.
  Recorder(std::string_view input, TagContent first) : input_(input), first_(first) {}

  static Passed open_plainly(NameKey, std::string_view, bool) { return Passed::nothing; }
  static const char* close_plainly(const char*) { return nullptr; }
  static const Fingerprints& fingerprints() {
    static const Fingerprints no_fingerprints;
    return no_fingerprints;
  }
  static bool is_notable(const char*, const char*, const char*) { return true; }
  static bool is_passed(NameKey, std::string_view) { return false; }
  TagContent on_tag(const RawTag& tag) {
    if (tag.begin == 0 && first_.model != ContentModel::markup) return first_;
    exact = exact && input_.substr(tag.begin, tag.end - tag.begin) == tag.text;
    Json::Value token(Json::arrayValue);
    token.append(tag.is_end ? "EndTag" : "StartTag");
    token.append(lower(normalized(tag.name())));
    if (!tag.is_end) {
      Json::Value attributes(Json::objectValue);
      AttributeWalk walk(tag.text, tag.name_length);
      TagAttribute attribute;
      while (walk.next(attribute)) {
        std::string name = lower(normalized(attribute.name));
        if (attributes.isMember(name)) continue;
        std::pmr::string value;
        known = decode_value(attribute.value, value) && known;
        attributes[name] = std::string(value);
      }
      token.append(attributes);
      if (is_self_closing(tag.text, tag.name_length)) token.append(true);
    }
    tokens.append(token);
    return {};
  }
  void on_comment(std::uint64_t begin, std::uint64_t end, std::string_view) {
    bool complete = end <= input_.size() && input_[end - 1] == '>' && !at_end;
    Json::Value token(Json::arrayValue);
    token.append("Comment");
    token.append(comment_data(input_.substr(begin, end - begin), complete));
    tokens.append(token);
  }
  void on_doctype(std::uint64_t begin, std::uint64_t end, std::string_view text) {
    exact = exact && input_.substr(begin, end - begin) == text;
    Json::Value token(Json::arrayValue);
    token.append("DOCTYPE");
    std::string_view rest = input_.substr(begin + 9, end - begin - 9);
    if (!at_end) rest.remove_suffix(1);
    while (!rest.empty() && ascii::is_html_space(rest.front())) rest.remove_prefix(1);
    std::size_t length = 0;
    while (length < rest.size() && !ascii::is_html_space(rest[length])) ++length;
    token.append(lower(normalized(rest.substr(0, length))));
    tokens.append(token);
  }
  void on_text(std::uint64_t, std::string_view) {}
  void on_no_token(std::uint64_t, std::uint64_t) {}
  void on_too_long(std::uint64_t) { too_long = true; }
  static bool wants_text() { return false; }
  static bool wants_comment(std::string_view) { return false; }
  bool in_foreign_content() const { return in_cdata; }
  static bool stopped() { return false; }

  Json::Value tokens{Json::arrayValue};
  bool exact = true;
  bool known = true;  // all character references in attributes
  bool too_long = false;
  bool at_end = false;
  bool in_cdata = false;

 private:
  std::string_view input_;
  TagContent first_;
};

Json::Value expected_tokens(const Json::Value& output) {
  Json::Value tokens(Json::arrayValue);
  for (const Json::Value& token : output) {
    if (!token.isArray() || token[0].asString() == "Character") continue;
    Json::Value kept = token;
    if (token[0].asString() == "DOCTYPE") {
      kept.resize(2);
      if (kept[1].isNull()) kept[1] = "";
    }
    tokens.append(kept);
  }
  return tokens;
}

// "\u1234" spelled out in a string of the suite. False for what UTF-8 cannot say.
bool unescape(std::string& text) {
  std::string json = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"' || (c == '\\' && (i + 1 == text.size() || text[i + 1] != 'u'))) json += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      json += code;
    } else {
      json += c;
    }
  }
  json += '"';
  Json::CharReaderBuilder builder;
  std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string errors;
  if (!reader->parse(json.data(), json.data() + json.size(), &value, &errors)) return false;
  text = value.asString();
  return true;
}

bool unescape(Json::Value& value) {
  if (value.isString()) {
    std::string text = value.asString();
    if (!unescape(text)) return false;
    value = text;
  } else if (value.isArray()) {
    for (Json::Value& one : value) {
      if (!unescape(one)) return false;
    }
  } else if (value.isObject()) {
    Json::Value object(Json::objectValue);
    for (const std::string& name : value.getMemberNames()) {
      std::string key = name;
      Json::Value member = value[name];
      if (!unescape(key) || !unescape(member)) return false;
      object[key] = member;
    }
    value = object;
  }
  return true;
}

Json::Value run(const std::string& input, const std::string& state, const std::string& last,
                std::size_t chunk, bool& exact, bool& known) {
  // The states other than "data" are reached as a page reaches them.
  constexpr std::string_view cdata = "<![CDATA[";
  TagContent content{ContentModel::markup, last};
  if (state == "PLAINTEXT state") content.model = ContentModel::plaintext;
  if (state == "RCDATA state" || state == "RAWTEXT state") content.model = ContentModel::text;
  if (state == "Script data state") content.model = ContentModel::script;
  std::string before;
  if (content.model != ContentModel::markup) before = "<x>";
  if (state == "CDATA section state") before = cdata;
  const std::string page = before + input;
  Recorder recorder(page, content);
  Tokenizer<Recorder> tokenizer(recorder, 1 << 20, std::pmr::get_default_resource());
  recorder.in_cdata = before == cdata;
  if (!before.empty()) tokenizer.run(before);
  recorder.in_cdata = false;
  for (std::size_t at = 0; at < input.size(); at += chunk) {
    std::string bytes = input.substr(at, chunk);
    tokenizer.run(bytes);
  }
  recorder.at_end = true;
  tokenizer.end();
  exact = recorder.exact && !recorder.too_long;
  known = recorder.known;
  return recorder.tokens;
}

void suite(void**) {
  auto files = conformance::files("html", ".test");
  if (files.empty()) skip();

  unsigned right = 0;
  unsigned wrong = 0;
  unsigned unknown = 0;
  unsigned not_utf8 = 0;
  for (const auto& file : files) {
    Json::Value suite;
    std::ifstream(file) >> suite;
    for (Json::Value test : suite["tests"]) {
      std::string input = test["input"].asString();
      Json::Value expected = expected_tokens(test["output"]);
      if (test["doubleEscaped"].asBool() && (!unescape(input) || !unescape(expected))) {
        ++not_utf8;
        continue;
      }
      Json::Value states = test["initialStates"];
      if (states.isNull()) states.append("Data state");
      for (const Json::Value& state : states) {
        // Without a last start tag no end tag is the appropriate one.
        std::string last = test.get("lastStartTag", "\x01").asString();
        for (std::size_t chunk : {std::size_t{1}, std::size_t{3}, input.size() + 1}) {
          bool exact = false;
          bool known = true;
          Json::Value tokens = run(input, state.asString(), last, chunk, exact, known);
          if (exact && tokens == expected) {
            ++right;
          } else if (exact && !known) {
            ++unknown;
          } else {
            ++wrong;
            std::printf("wrong: %s: %s (%s, chunks of %zu)\n%s\nexpected %s\n",
                        file.filename().c_str(), test["description"].asCString(), state.asCString(),
                        chunk, tokens.toStyledString().c_str(), expected.toStyledString().c_str());
          }
        }
      }
    }
  }
  std::printf(
      "tokenizer: %u right, %u wrong, %u with a character reference that is not known here, "
      "%u not in UTF-8\n",
      right, wrong, unknown, not_utf8);
  assert_int_equal(wrong, 0);
  assert_true(right > 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(suite)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
