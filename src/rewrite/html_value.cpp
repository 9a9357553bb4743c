#include "personalize/rewrite/html_value.h"

#include <algorithm>
#include <memory_resource>
#include <vector>

#include "base/text/ascii.h"
#include "personalize/rewrite/element_changes.h"
#include "rewrite/tokenizer/tag.h"
#include "rewrite/tree/element_groups.h"

namespace personalize {

namespace rewrite {
namespace {

// Elements with a meaning for a whole page, or whose content is no markup.
bool is_refused(Tag tag) {
  return is_one_of(
      tag, {Tag::html, Tag::head, Tag::body, Tag::frameset, Tag::frame, Tag::base, Tag::form,
            Tag::nobr, Tag::script, Tag::noscript, Tag::template_, Tag::title, Tag::textarea,
            Tag::xmp, Tag::plaintext, Tag::noembed, Tag::noframes, Tag::image, Tag::iframe});
}

// What stands in a table alone, and the element that it has to stand in.
bool has_its_parent(Tag tag, Tag parent) {
  switch (tag) {
    case Tag::caption:
    case Tag::colgroup:
    case Tag::tbody:
    case Tag::thead:
    case Tag::tfoot:
      return parent == Tag::table;
    case Tag::tr:
      return is_table_row_group(parent);
    case Tag::td:
    case Tag::th:
      return parent == Tag::tr;
    case Tag::col:
      return parent == Tag::colgroup;
    default:
      break;
  }
  // In these the parser drops or moves other content.
  return !(parent == Tag::table || parent == Tag::tr || parent == Tag::colgroup ||
           is_table_row_group(parent));
}

class Reader {
 public:
  explicit Reader(std::string_view html) : rest_(html), names_(&memory_, &known_names()) {}

  HtmlValue read() {
    if (rest_.find('\0') != std::string_view::npos) {
      refuse("it has a NUL");
    }
    while (value_.refusal.empty() && !rest_.empty()) {
      const auto mark = rest_.find('<');
      check_text(rest_.substr(0, mark));
      rest_.remove_prefix(std::min(mark, rest_.size()));
      if (!rest_.empty()) {
        read_markup();
      }
    }
    if (value_.refusal.empty() && !open_.empty()) {
      refuse("it does not close <" + open_.back().name + ">");
    }
    return std::move(value_);
  }

 private:
  struct Element {
    std::string name;
    Tag tag;
  };

  void refuse(std::string why) { value_.refusal = std::move(why); }
  Tag parent() const { return open_.empty() ? Tag::other : open_.back().tag; }

  // Text in a table would be moved before it.
  void check_text(std::string_view text) {
    const bool is_blank = std::all_of(text.begin(), text.end(), ascii::is_html_space);
    if (!is_blank && !has_its_parent(Tag::other, parent())) {
      refuse("it has text in a table");
    }
  }

  void read_markup() {
    if (rest_.substr(0, 4) == "<!--") {
      return read_comment();
    }
    if (rest_.size() < 2) {
      return refuse("it ends with \"<\"");
    }
    const char next = rest_[1];
    if (next == '!' || next == '?') {
      return refuse("it has a declaration");
    }
    if (next == '/') {
      return read_end_tag();
    }
    if (ascii::is_letter(next)) {
      return read_start_tag();
    }
    rest_.remove_prefix(1);
  }

  void read_comment() {
    const auto text = rest_.substr(4);
    const auto end = text.find("-->");
    const auto inside = text.substr(0, end);
    const bool is_odd = inside.empty() ? end != 0 : inside.front() == '>';
    if (end == std::string_view::npos || is_odd || inside.substr(0, 2) == "->" ||
        inside.find("--!") != std::string_view::npos ||
        inside.find("<!--") != std::string_view::npos) {
      return refuse("it has a comment that browsers read in several ways");
    }
    rest_.remove_prefix(4 + end + 3);
  }

  std::string take_name() {
    const auto* end = std::find_if(rest_.begin(), rest_.end(), [](char c) {
      return ascii::is_html_space(c) || c == '/' || c == '>';
    });
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    std::string name = ascii::lowered(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return name;
  }

  void read_end_tag() {
    rest_.remove_prefix(2);
    const std::string name = take_name();
    skip_spaces();
    if (rest_.empty() || rest_.front() != '>') {
      return refuse("an end tag of it is not whole");
    }
    rest_.remove_prefix(1);
    if (open_.empty() || open_.back().name != name) {
      return refuse("it has </" + name + "> where that does not close what was opened last");
    }
    foreign_ = foreign_ == open_.size() ? 0 : foreign_;
    open_.pop_back();
  }

  void skip_spaces() {
    while (!rest_.empty() && ascii::is_html_space(rest_.front())) {
      rest_.remove_prefix(1);
    }
  }

  // Passes over the attributes and the end of a start tag. Returns whether it has a solidus there.
  bool skip_attributes() {
    for (;;) {
      skip_spaces();
      if (rest_.empty()) {
        refuse("a tag of it is not whole");
        return false;
      }
      if (rest_.front() == '>') {
        rest_.remove_prefix(1);
        return false;
      }
      if (rest_.front() == '/') {
        rest_.remove_prefix(1);
        if (!rest_.empty() && rest_.front() == '>') {
          rest_.remove_prefix(1);
          return true;
        }
        continue;
      }
      skip_attribute();
    }
  }

  void skip_attribute() {
    const auto ends_name = [](char c) {
      return ascii::is_html_space(c) || c == '/' || c == '>' || c == '=';
    };
    rest_.remove_prefix(1);  // a name can begin with anything
    skip_until(ends_name);
    skip_spaces();
    if (rest_.empty() || rest_.front() != '=') {
      return;
    }
    rest_.remove_prefix(1);
    skip_spaces();
    const char quote = rest_.empty() ? '>' : rest_.front();
    if (quote == '"' || quote == '\'') {
      rest_.remove_prefix(1);
      skip_until([quote](char c) { return c == quote; });
      rest_.remove_prefix(std::min<std::size_t>(rest_.size(), 1));
    } else {
      skip_until([](char c) { return ascii::is_html_space(c) || c == '>'; });
    }
  }

  template <class Ends>
  void skip_until(Ends ends) {
    const auto* end = std::find_if(rest_.begin(), rest_.end(), ends);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
  }

  void read_start_tag() {
    rest_.remove_prefix(1);
    Element element{take_name(), Tag::other};
    const NameKey key = names_.key(element.name);
    element.tag = tag_of(key);
    const bool closes_itself = skip_attributes();
    if (!value_.refusal.empty()) {
      return;
    }
    if (foreign_ != 0) {
      return open_foreign(std::move(element), closes_itself);
    }
    note(element);
    const std::uint32_t traits = standard_tags.find(key).traits;
    if (!value_.refusal.empty() || (traits & trait::void_element) != 0) {
      return;
    }
    if (element.name == "svg" || element.name == "math") {
      foreign_ = closes_itself ? 0 : open_.size() + 1;
      if (closes_itself) {
        return;
      }
    } else if (closes_itself) {
      return refuse("it has <" + element.name + "/>, which HTML does not close");
    }
    if (element.tag == Tag::style) {
      return skip_style();
    }
    open_.push_back(std::move(element));
  }

  // In a drawing: tags of HTML would end it.
  void open_foreign(Element element, bool closes_itself) {
    const std::uint32_t traits = standard_tags.find(names_.key(element.name)).traits;
    if ((traits & trait::breaks_out) != 0 || element.name == "script" || element.name == "style" ||
        element.name == "foreignobject" || element.name == "desc" || element.name == "font" ||
        open_[foreign_ - 1].name == "math") {
      return refuse("it has <" + element.name + "> in a drawing or formula");
    }
    element.tag = Tag::other;
    if (!closes_itself) {
      open_.push_back(std::move(element));
    }
  }

  void skip_style() {
    const auto end = rest_.find("</style>");
    if (end == std::string_view::npos) {
      return refuse("it does not close <style>");
    }
    rest_.remove_prefix(end + 8);
  }

  bool is_in(Tag tag) const {
    return std::any_of(open_.begin(), open_.end(),
                       [tag](const Element& one) { return one.tag == tag; });
  }

  // Notes what an element needs of the place where it stands.
  void note(const Element& element) {
    const Tag tag = element.tag;
    if (is_refused(tag) || !has_its_parent(tag, parent())) {
      return refuse("it has <" + element.name + ">" +
                    (tag == Tag::script ? ", which a stream would run" : " where that is special"));
    }
    const std::uint32_t traits = standard_tags.find(names_.key(element.name)).traits;
    const bool closes_p = (traits & trait::closes_p) != 0 || is_heading(tag) ||
                          is_one_of(tag, {Tag::li, Tag::dd, Tag::dt, Tag::hr, Tag::table});
    if ((closes_p && is_in(Tag::p)) || (tag == Tag::a && is_in(Tag::a)) ||
        (tag == Tag::button && is_in(Tag::button)) || (is_heading(tag) && is_heading(parent()))) {
      return refuse("it has <" + element.name + "> in an element that this ends");
    }
    if (is_in(Tag::select) && tag != Tag::option && tag != Tag::optgroup) {
      return refuse("it has <" + element.name + "> in <select>");
    }
    const bool is_item = is_one_of(tag, {Tag::li, Tag::dd, Tag::dt});
    const bool is_in_list = is_one_of(parent(), {Tag::ul, Tag::ol, Tag::menu, Tag::dl});
    if (is_item && !is_in_list && !open_.empty()) {
      return refuse("it has <" + element.name + "> outside of a list");
    }
    unsigned breaks = value_.breaks_in;
    const auto add = [&breaks](bool holds, ElementChanges::Fact place) {
      breaks |= holds ? static_cast<unsigned>(place) : 0U;
    };
    add(closes_p, ElementChanges::in_paragraph);
    add(tag == Tag::a, ElementChanges::in_link);
    add(tag == Tag::button, ElementChanges::in_button);
    add(is_heading(tag) && open_.empty(), ElementChanges::in_heading);
    add(is_item && open_.empty(), ElementChanges::in_list_item);
    value_.breaks_in = static_cast<std::uint8_t>(breaks);
  }

  std::string_view rest_;
  std::pmr::monotonic_buffer_resource memory_;
  NameTable names_;
  std::vector<Element> open_;
  std::size_t foreign_ = 0;  // how many are open with the drawing that it is in; 0 for none
  HtmlValue value_;
};

}  // namespace
}  // namespace rewrite

HtmlValue examine_html(std::string_view html) {
  HtmlValue value = rewrite::Reader(html).read();
  value.breaks_in |= ElementChanges::is_special;
  return value;
}

}  // namespace personalize
