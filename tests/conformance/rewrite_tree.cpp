// Which elements are open where, against html5lib's tree-construction cases.
//
// The tree is rebuilt from what the scanner's tracker reports, and compared: elements, their order
// and nesting, and where text stands. Cases with an element that the tracker called shaky, or which
// it gave up, are "unsure"; in all others it must be right.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>

#include "rewrite/tokenizer/tokenizer.h"
#include "rewrite/tree/tree.h"
#include "rewrite_data.h"  // before cmocka, whose macros have the names of standard functions
extern "C" {
#include <cmocka.h>
}

namespace ascii = personalize::ascii;
using namespace personalize::rewrite;

namespace {

struct Node {
  std::string name;  // "#text" for text that is not only white space
  std::vector<std::unique_ptr<Node>> children;

  Node* add(const std::string& child) {
    if (child == "#text" && !children.empty() && children.back()->name == child) {
      return children.back().get();
    }
    children.push_back(std::make_unique<Node>());
    children.back()->name = child;
    return children.back().get();
  }
};

// Text in these is no text of the tokenizer's, or (CDATA) not only.
bool hides_text(const std::string& name) {
  static const char* const names[] = {"script", "style",   "title",    "textarea", "xmp",
                                      "iframe", "noembed", "noframes", "noscript"};
  for (const char* hidden : names) {
    if (name == hidden) return true;
  }
  return name.compare(0, 4, "svg ") == 0 || name.compare(0, 5, "math ") == 0;
}

// Text does not close a template that has begun as a column group would; it is dropped.
bool is_for_columns(const Node& node) {
  return node.name == "content" && !node.children.empty() && node.children.back()->name == "col";
}

void print(const Node& node, std::string& out, int depth = 0) {
  for (const auto& child : node.children) {
    if (child->name == "#text" && hides_text(node.name)) continue;
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
    out += child->name + "\n";
    // The tracker is not told of the text there, nor need it know what that reopens: no tag
    // follows.
    if (child->name != "plaintext") print(*child, out, depth + 1);
  }
}

class Builder final : private TreeObserver {
 public:
  Builder()
      : tokenizer_(*this, 1 << 20, &memory_),
        tree_(*this, &memory_),
        names_(&memory_, &known_names()) {}

  void parse(const std::string& html) {
    tokenizer_.run(html);
    tokenizer_.end();
    if (sure) tree_.end_of_page();
  }

  static Passed open_plainly(NameKey, std::string_view, bool) {
    return Passed::nothing;
  }  // the observer would not hear of it
  static const char* close_plainly(const char*) { return nullptr; }
  static const Fingerprints& fingerprints() {
    static const Fingerprints no_fingerprints;
    return no_fingerprints;
  }
  static bool is_notable(const char*, const char*, const char*) { return true; }
  static bool is_passed(NameKey, std::string_view) { return false; }
  TagContent on_tag(const RawTag& tag) {
    NameKey key = names_.key(tag.name());
    Tag known = tag_of(key);
    name_.clear();
    for (char c : tag.name()) name_ += ascii::lower(c);
    if (!tag.is_end) return tree_.start_tag({key, known, &tag});
    tree_.end_tag(key, known);
    return {};
  }
  static void on_comment(std::uint64_t, std::uint64_t, std::string_view) {}
  void on_doctype(std::uint64_t, std::uint64_t, std::string_view text) { tree_.doctype(text); }
  void on_no_token(std::uint64_t, std::uint64_t) {}
  void on_text(std::uint64_t, std::string_view text) {
    for (std::string_view rest = text; !rest.empty();) tree_.text(Tree::take_text(rest));
    bool visible = false;
    for (char c : text) visible = visible || (!ascii::is_html_space(c) && c != '\0');
    if (!visible || tree_.stack().empty()) return;
    if (tree_.stack().back().has(trait::table_part)) sure = false;  // it is foster-parented
    Node* node = nodes_[tree_.stack().back().serial];
    if (node != nullptr && !is_for_columns(*node)) node->add("#text");
  }
  static void on_too_long(std::uint64_t) {}
  static bool wants_text() { return true; }
  static bool wants_comment(std::string_view) { return false; }
  bool in_foreign_content() const { return tree_.in_foreign_content(); }
  bool stopped() const { return lost_; }

  Node document;
  bool sure = true;

 private:
  void page_is_whole(ElementStack&) override {}
  void opened(OpenElement& element, bool) override {
    if (element.shaky) sure = false;
    std::string name(element.tag == Tag::other ? name_ : std::string(name_of(element.tag)));
    if (element.space == Namespace::svg) name = "svg " + name;
    if (element.space == Namespace::math) name = "math " + name;
    const auto& stack = tree_.stack();
    Node* parent = stack.size() < 2 ? &document : nodes_[stack[stack.size() - 2].serial];
    if (parent == nullptr) return;  // a clone's place is not known
    Node* node = parent->add(name);
    nodes_[element.serial] = name == "template" ? node->add("content") : node;
  }
  void closed(const OpenElement&, ElementEnd) override {}
  void misnested(std::uint32_t) override { sure = false; }
  void rearranged(std::uint32_t) override { sure = false; }
  void orphaned(ElementStack&, std::size_t) override { sure = false; }
  void renumbered(ElementStack&, std::size_t) override {}
  void children_moved(std::size_t, std::size_t) override {}
  void moved(ElementStack&, std::size_t) override {}
  void head_ended() override {}
  void body_started(bool) override {}
  void body_ended() override {}
  void body_reopened() override {}
  void lost() override {
    sure = false;
    lost_ = true;
  }

  std::pmr::monotonic_buffer_resource memory_;
  Tokenizer<Builder> tokenizer_;
  Tree tree_;
  NameTable names_;
  std::map<std::uint32_t, Node*> nodes_;
  std::string name_;
  bool lost_ = false;
};

struct Case {
  std::string data;
  std::string expected;
  bool runs = true;  // not a fragment, and with scripting
};

// The expected tree, from lines "| <name>" with an indent of two spaces a level.
std::string expected_tree(const std::vector<std::string>& lines) {
  Node document;
  std::vector<Node*> open = {&document};
  bool in_text = false;
  for (const std::string& line : lines) {
    bool starts = line.compare(0, 2, "| ") == 0;
    std::string item = starts ? line.substr(2) : line;
    std::size_t depth = 0;
    while (starts && item.compare(depth * 2, 2, "  ") == 0) ++depth;
    if (starts) item = item.substr(depth * 2);
    bool text = starts ? item[0] == '"' : in_text;
    in_text = text;
    if (text) {
      if (starts) open.resize(std::min(open.size(), depth + 1));
      if (item.find_first_not_of(" \t\n\r\f\"") == std::string::npos) continue;
      open.back()->add("#text");
    } else if (item == "content" ||
               (item[0] == '<' && item.back() == '>' && item[1] != '!' && item[1] != '?')) {
      open.resize(std::min(open.size(), depth + 1));
      std::string name = item == "content" ? item : item.substr(1, item.size() - 2);
      for (char& c : name) c = ascii::lower(c);
      open.push_back(open.back()->add(name));
    }
  }
  std::string printed;
  print(document, printed);
  return printed;
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::string content = conformance::read(path);
  std::string section;
  std::vector<std::string> tree;
  std::size_t at = 0;
  auto finish = [&] {
    if (cases.empty()) return;
    if (!cases.back().data.empty()) cases.back().data.pop_back();  // its last line feed
    cases.back().expected = expected_tree(tree);
    tree.clear();
  };
  while (at < content.size()) {
    std::size_t end = std::min(content.find('\n', at), content.size());
    std::string line = content.substr(at, end - at);
    at = end + 1;
    if (line == "#data" && (section.empty() || section == "#document")) {
      finish();
      cases.emplace_back();
      section = line;
    } else if (line == "#errors" || line == "#new-errors" || line == "#document") {
      section = line;
    } else if (line == "#document-fragment" || line == "#script-off") {
      cases.back().runs = false;
      section = line;
    } else if (line == "#script-on") {
      section = line;
    } else if (section == "#data") {
      cases.back().data += line + "\n";
    } else if (section == "#document" && !line.empty()) {
      tree.push_back(line);
    }
  }
  finish();
  return cases;
}

void suite(void**) {
  auto files = conformance::files("html/tree", ".dat");
  if (files.empty()) skip();

  unsigned sure = 0;
  unsigned unsure = 0;
  unsigned wrong = 0;
  unsigned skipped = 0;
  for (const auto& file : files) {
    if (file.string().find("scripted") != std::string::npos) continue;
    for (const Case& one : read_cases(file)) {
      if (!one.runs) {
        ++skipped;
        continue;
      }
      Builder builder;
      builder.parse(one.data);
      std::string tree;
      print(builder.document, tree);
      if (!builder.sure) {
        ++unsure;
      } else if (tree == one.expected) {
        ++sure;
      } else {
        ++wrong;
        std::printf("wrong: %s\n%s\ngave\n%sexpected\n%s\n", file.filename().c_str(),
                    one.data.c_str(), tree.c_str(), one.expected.c_str());
      }
    }
  }
  std::printf(
      "tree construction: %u sure and right, %u unsure, %u sure and wrong, %u skipped "
      "(fragments, scripting off)\n",
      sure, unsure, wrong, skipped);
  assert_int_equal(wrong, 0);
  assert_true(sure > unsure);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(suite)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
