// Which elements are open: the HTML standard's tree construction (WHATWG HTML, 13.2.6) without a
// tree.
//
// The parser's course depends on the stack of open elements, the list of active formatting elements
// and the insertion mode alone, so these are followed exactly. What a stream cannot know is
// reported and not guessed: an element whose place in the tree differs from its place on the stack
// is `shaky` (foster-parented, cloned or moved by the adoption agency, within a <select>, where
// browsers differ), and after something that cannot be followed at all lost() is called.
//
// Example: the tokens of <table><tr><td><p>1<td>2</table>
//
//   token     insertion mode   stack after it                   calls of the observer
//   <table>   in body          html body table                  opened table
//   <tr>      in table         html body table tbody tr         opened tbody (implied), tr
//   <td>      in row           html body table tbody tr td      opened td
//   <p>       in cell          html body table tbody tr td p    opened p
//   <td>      in cell          html body table tbody tr td      closed p, td (implied); opened td
//   </table>  in cell          html body                        closed td, tr, tbody (implied), and
//                                                               table (own_tag)
//
// closed() is called for elements that are watched, opened() for what takes no short way. The
// insertion modes are member functions in files of their own, named after the standard's sections:
// they take a token, change stack and mode, and return true when the token is to be processed again
// in the new mode. <td> in the last but one line is such: "in cell" closes the cell, sets "in row"
// and hands it on.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "rewrite/tokenizer/name.h"
#include "rewrite/tokenizer/tag.h"
#include "rewrite/tokenizer/token.h"
#include "rewrite/tree/element_stack.h"

namespace personalize::rewrite {

// How an element came to its end.
enum class ElementEnd : std::uint8_t {
  own_tag,     // its end tag, the present token
  no_content,  // void or self-closing: with its start tag
  implied,     // before the present token
  misnested,   // taken out of the middle of the stack
  page,        // with the page
};

class TreeObserver {
 public:
  // Called when `element` has been put on the stack by the present token. `implied`: there is no
  // start tag.
  virtual void opened(OpenElement& element, bool implied) = 0;
  // Called when a watched element has ended. It is off the stack already.
  virtual void closed(const OpenElement& element, ElementEnd end) = 0;
  // Called when the parser took elements apart that were opened as `serial` or later.
  virtual void misnested(std::uint32_t serial) = 0;
  // Called when it takes formatting apart, so that elements that were opened as `serial` or later
  // come to stand elsewhere. Those of them that stay open are in the tree what they are on the
  // stack, once moved() has been called.
  virtual void rearranged(std::uint32_t serial) = 0;
  // Called before the element at `index` is taken off the stack, while those above it stay open in
  // it.
  virtual void orphaned(ElementStack& stack, std::size_t index) = 0;
  // Called when the parser moved elements into those at `first` to `last` of the stack: their
  // children are others than those that were opened in them. How many there are is known.
  virtual void children_moved(std::size_t first, std::size_t last) = 0;
  // Called when elements of the stack, from `first` on, have got other ancestors.
  virtual void moved(ElementStack& stack, std::size_t first) = 0;
  // Called when an element has been put before the one at `index`, which has the next number now.
  virtual void renumbered(ElementStack& stack, std::size_t index) = 0;
  // Called when it is seen that the page is a whole one, after elements of the stack were opened.
  virtual void page_is_whole(ElementStack& stack) = 0;
  virtual void head_ended() = 0;
  virtual void body_started(bool implied) = 0;
  virtual void body_ended() = 0;
  // Called for content after the end of body: the parser puts it into body all the same.
  virtual void body_reopened() = 0;
  // Called when the rest of the page cannot be followed.
  virtual void lost() = 0;

 protected:
  ~TreeObserver() = default;
};

class Tree {
 public:
  Tree(TreeObserver& observer, std::pmr::memory_resource* memory);

  struct StartTag {
    NameKey name;
    Tag tag;
    const RawTag* raw;
  };

  // The short ways for the tags that most pages consist of. Passed::nothing: the tag has to go
  // through start_tag() or end_tag(). The observer is not called for elements opened this way.
  Passed open_plainly(const TagIndex::Entry& known, NameKey name, std::string_view start,
                      bool is_leaf);
  // `name`: the bytes after "</", of which nine can be read. Returns what follows the end tag, or
  // nullptr.
  const char* close_plainly(const char* name);

  // Returns how to read what follows it.
  TagContent start_tag(const StartTag& tag);
  void end_tag(NameKey name, Tag tag);
  void doctype(std::string_view text);
  // The kinds of pieces of text. NUL is dropped in body and in tables, but brings the parser there
  // as a word does.
  enum class Text : std::uint8_t { space, null, word };
  // Takes a piece of one kind off `rest`. A word takes all with it: nothing after it makes a
  // difference.
  static Text take_text(std::string_view& rest);
  void text(Text text);
  void end_of_page();

  // Returns whether text makes a difference now.
  bool wants_text() const {
    return (hurdles_ & (meaningful_text | waiting_formatting | awaited_text)) != 0;
  }
  // Has text reported to the observer's owner, whether or not it makes a difference to the tree.
  void await_text(bool awaits) {
    hurdles_ = static_cast<std::uint8_t>((hurdles_ & ~awaited_text) | (awaits ? awaited_text : 0));
  }
  // Returns whether the content is foreign for the tokenizer: CDATA sections exist.
  bool in_foreign_content() const {
    return !stack_.empty() && stack_.back().space != Namespace::html;
  }

  const ElementStack& stack() const { return stack_; }
  // Returns whether an <html>, <head>, <body> or doctype has been seen: it is not part of a page
  // only.
  bool is_whole_page() const { return whole_page_; }
  // Returns whether it is content of a <template> that is no shadow root.
  bool is_inert() const { return inert_ != 0; }
  // Returns whether markup put in here stays here: before <head> it would become the start of body.
  bool takes_markup() const { return mode_ >= Mode::in_head; }
  // Returns whether the present mode closes a form at its start tag.
  bool closes_forms_at_once() const {
    return mode_ == Mode::in_table || mode_ == Mode::in_table_body || mode_ == Mode::in_row;
  }
  // Returns whether a form that began as `serial` or later still keeps other forms from beginning.
  bool form_is_set_since(std::uint32_t serial) const { return form_ >= serial && form_ != 0; }
  // Returns whether what has come since that element began, all of it in the element, would end
  // elsewhere than at a </template> behind it, or not without a trace, if it stood in a <template>.
  bool outlasts_template_since(std::uint32_t serial) const {
    return outlasting_template_ >= serial || left_marker_ > serial;
  }
  // Notes that what has come last does.
  void note_outlasting() { outlasting_template_ = last_serial(); }
  // Notes before the first token that it is a whole page.
  void begin_whole() { whole_page_ = true; }
  // Has the current node's end reported.
  void watch_current() { stack_.back().watched = true; }
  // Call it to have content that the parser moves before a table counted as misnested from now on.
  void watch_fostering() { watches_fostering_ = true; }
  struct Names {
    const NameKey* names;
    std::size_t count;
  };
  std::uint32_t last_serial() const { return serial_; }
  // Returns whether there are elements on the stack whose place in the tree is not the one on the
  // stack.
  bool is_shaky() const { return shaky_ != 0; }
  // Returns whether there are some whose ancestors are not those on the stack. Those that are shaky
  // besides are clones of formatting, and what the adoption agency has moved.
  bool is_displaced() const { return displaced_ != 0; }
  // Returns whether the present token has closed elements that needed an end tag and had none.
  bool left_open() const { return (left_open_ & firmly) != 0; }
  // Returns whether it is an <a> that has ended another one, as </a> before it would have done.
  bool left_link_open() const { return (left_open_ & link) != 0; }
  // Returns whether `element` is an <a> that has ended so.
  bool was_left_link(const OpenElement& element) const { return element.serial == left_link_; }
  // Returns whether the present token has closed none before.
  bool left_none_open() const { return left_open_ == 0; }
  // Returns whether the present token has closed elements other than <p> that had no end tag.
  bool left_more_than_p_open() const { return (left_open_ & ~paragraph) != 0; }
  // Returns whether content directly in `element` would not have ended all that the present token
  // has closed without an end tag.
  bool left_open_within(const OpenElement& element) const;
  // Returns the names of the elements that the present token has closed without an end tag, if
  // their end tags before it, in this order, would have done no more and no less; none otherwise.
  Names names_left_open() const;
  // Returns whether its end tag, when it is the current node, would end it and do nothing else.
  bool ends_by_tag_alone(const OpenElement& element) const;
  // Returns whether formatting elements are to be reopened by the next content.
  bool formatting_waits() const { return (hurdles_ & waiting_formatting) != 0; }
  // Returns whether the end of formatting around the current element could still move it elsewhere
  // in the tree.
  bool may_move_current() const;
  // Returns whether formatting that began within the element will go on after its end, or what
  // ended within it keeps formatting from before it from going on.
  bool formatting_goes_on(std::uint32_t serial) const;

 private:
  // What ends an element whose end tag is missing.
  enum LeftOpen : std::uint8_t {
    paragraph = 1,    // nearly any markup
    list_item = 2,    // its like
    description = 4,  // <dt> and <dd>
    option = 8,
    part = 16,     // what belongs into a table, <html>, <head>, <body>
    link = 32,     // by an <a>: </a> before it would have ended the same
    firmly = 128,  // its end tag alone, or nearly
  };
  void note_left_open(const OpenElement& element);
  static std::uint8_t kind_left_open(const OpenElement& element);

  enum class Mode : std::uint8_t {
    initial,
    before_html,
    before_head,
    in_head,
    after_head,
    in_body,
    in_table,
    in_caption,
    in_column_group,
    in_table_body,
    in_row,
    in_cell,
    in_select,
    in_select_in_table,
    in_template,
    after_body,
    after_after_body,
  };

  struct Formatting {
    std::uint32_t serial;  // 0: a marker
    NameKey name;
    Tag tag;
    std::uint64_t attributes;  // a digest, for "the same attributes"
  };

  static constexpr std::uint64_t no_attributes = 0;
  static constexpr std::size_t max_depth = 512;
  // So many that are the same are listed, not more ("the Noah's Ark clause").
  static constexpr std::size_t noahs_ark = 3;
  static constexpr std::size_t no_element = static_cast<std::size_t>(-1);

  OpenElement& top() { return stack_.back(); }
  bool top_is(Tag tag) const { return !stack_.empty() && stack_.back().is(tag); }
  void set_mode(Mode mode);
  void reset_mode();

  // Opening and closing.
  std::size_t parent_for(std::size_t index) const;
  OpenElement& push(NameKey name, Tag tag, Namespace space, bool implied);
  void push_implied(Tag tag) { push(key_of(tag), tag, Namespace::html, true); }
  void insert(const StartTag& tag) { push(tag.name, tag.tag, Namespace::html, false); }
  Passed push_plainly(NameKey name, const ElementKind& kind);
  Passed count_childless(Passed passed);
  Passed open_less_plainly(const TagIndex::Entry& known, NameKey name, std::string_view start,
                           bool is_leaf);
  Passed open_svg_plainly(const TagIndex::Entry& known, NameKey name, std::string_view start);
  Passed open_in_own_mode(const TagIndex::Entry& known, NameKey name, bool is_leaf);
  bool close_p_plainly();
  bool close_less_plainly();
  void insert_void(const StartTag& tag);
  void insert_raw(const StartTag& tag);
  void insert_template(const StartTag& tag);
  bool makes_shadow_root(const StartTag& tag) const;
  void insert_formatting(const StartTag& tag);
  void insert_foreign(const StartTag& tag, Namespace space);
  void pop(ElementEnd end);
  // Pops down to and with the element at `index`; `own`: the present token is its end tag.
  void pop_to(std::size_t index, bool own);
  // For an element with a marker on the list of formatting.
  void pop_to_marked(std::size_t index, bool own);
  void take_out(std::size_t index);
  void make_shaky(std::size_t from, bool displaced);
  void count_shaky(const OpenElement& element, std::uint32_t by);
  void note_fostering();
  void give_up();

  // Scopes: the index of the element, or no_element.
  enum class Scope : std::uint8_t { normal, list_item, button, table };
  std::size_t in_scope(NameKey name, Scope scope) const;
  std::size_t in_scope(Tag tag, Scope scope = Scope::normal) const {
    return in_scope(key_of(tag), scope);
  }
  static bool bounds_scope(const OpenElement& element, Scope scope);
  std::size_t find_open(Tag tag) const;
  std::size_t find_serial(std::uint32_t serial) const;
  std::size_t select_in_scope() const;

  void generate_implied_end_tags(Tag except = Tag::other);
  void close_p();
  static bool is_like_item(const OpenElement& node, Tag tag);
  static bool bounds_items(const OpenElement& node, Tag tag);
  void close_list_item(Tag tag);
  enum Context : std::uint8_t { table_context, table_body_context, row_context };
  void clear_to(Context context);
  std::size_t row_group_in_scope() const;
  bool leave_row(bool own);
  void leave_cell();

  // Active formatting elements.
  void reconstruct_formatting();
  void clear_formatting_to_marker();
  void remove_formatting(std::size_t index);
  void list_formatting(std::uint32_t serial, NameKey name, Tag tag, std::uint64_t attributes);
  void note_formatting();
  void set_formatting_waits(bool waits) {
    hurdles_ = static_cast<std::uint8_t>((hurdles_ & ~waiting_formatting) |
                                         (waits ? waiting_formatting : 0));
  }
  std::size_t formatting_of(std::uint32_t serial) const;
  void adopt(NameKey name, bool own);
  std::size_t adopt_once(NameKey name, bool own, bool is_first);

  // Insertion modes. They return true when the token is to be processed again in the new mode.
  bool start_before_body(const StartTag& tag);
  bool start_in_head(const StartTag& tag);
  bool start_in_body(const StartTag& tag);
  bool start_in_table(const StartTag& tag);
  bool start_in_caption(const StartTag& tag);
  bool start_in_column_group(const StartTag& tag);
  bool start_in_table_body(const StartTag& tag);
  bool start_in_row(const StartTag& tag);
  bool start_in_cell(const StartTag& tag);
  bool start_in_select(const StartTag& tag);
  bool formats_in_select() const;
  bool start_in_template(const StartTag& tag);
  bool start_foreign(const StartTag& tag);
  bool end_before_body(NameKey name, Tag tag);
  bool end_in_body(NameKey name, Tag tag);
  void end_any_other(NameKey name);
  bool end_in_table(NameKey name, Tag tag);
  bool end_in_caption(NameKey name, Tag tag);
  bool end_in_column_group(NameKey name, Tag tag);
  bool end_in_table_body(NameKey name, Tag tag);
  bool end_in_row(NameKey name, Tag tag);
  bool end_in_cell(NameKey name, Tag tag);
  bool end_in_select(NameKey name, Tag tag);
  bool end_foreign(NameKey name, Tag tag);
  void end_template();
  void dispatch_start(const StartTag& tag);
  void dispatch_end(NameKey name, Tag tag);
  bool uses_foreign_rules(const StartTag& tag) const;

  void see_whole_page();
  void imply_html();
  void imply_head();
  void leave_head();
  void imply_body();
  bool end_body();

  TreeObserver& observer_;
  ElementStack stack_;
  Stack<Formatting> formatting_;
  std::pmr::vector<Mode> template_modes_;
  Mode mode_ = Mode::initial;
  ContentModel content_ = ContentModel::markup;
  // What keeps the next token from going a short way.
  enum Hurdle : std::uint8_t {
    mode_of_its_own = 1,     // the mode treats most start tags in another way than "in body" does
    ends_of_its_own = 2,     // and most end tags
    meaningful_text = 4,     // in this mode
    waiting_formatting = 8,  // text would first reopen formatting elements
    awaited_text = 16,       // somebody else wants to see it
  };
  std::uint8_t hurdles_ = mode_of_its_own | ends_of_its_own | meaningful_text;
  bool whole_page_ = false;
  bool no_quirks_ = false;  // a <table> ends a <p>
  bool quirks_known_ = true;
  bool head_seen_ = false;
  bool raw_open_ = false;  // the top element's content is not markup
  bool fostering_ = false;
  bool watches_fostering_ = false;
  std::uint8_t left_open_ = 0;  // by the present token: kinds of LeftOpen
  // These, while left_open_ is not 0; only as many as there is room for are written as end tags.
  static constexpr std::size_t most_left_open = 4;
  NameKey names_left_open_[most_left_open] = {};
  std::size_t count_left_open_ = 0;
  bool takes_end_tags_ = false;     // of all of them
  bool next_shaky_ = false;         // the next element is not where the stack says
  bool next_is_clone_ = false;      // but that it is a clone
  bool clears_formatting_ = false;  // the present token takes off the list what came last
  bool lost_ = false;
  std::uint32_t serial_ = 0;
  std::uint32_t shaky_ = 0;
  std::uint32_t displaced_ = 0;
  std::uint32_t inert_ = 0;
  std::uint32_t left_marker_ = 0;      // the last whose marker stayed on the list after its end
  std::uint32_t left_link_ = 0;        // the last <a> that another one has ended as </a> would have
  std::uint32_t left_formatting_ = 0;  // the last that a cell has ended as its tag would
  std::uint32_t last_orphan_ = 0;      // the last element whose parent was taken off the stack
  std::uint32_t open_[ElementKind::counted_kinds] = {};  // on the stack, by their kind
  std::uint32_t form_ = 0;                               // serial of the form element pointer
  std::uint32_t outlasting_template_ = 0;  // of the last element before the last that does
};

// Inline: mostly the mode is a constant, and so is what it brings.
[[gnu::always_inline]] inline void Tree::set_mode(Mode mode) {
  mode_ = mode;
  bool text_matters =
      mode <= Mode::after_head || mode >= Mode::after_body || mode == Mode::in_column_group ||
      (watches_fostering_ &&
       (mode == Mode::in_table || mode == Mode::in_table_body || mode == Mode::in_row));
  bool plain_start = mode == Mode::in_body || mode == Mode::in_caption || mode == Mode::in_cell;
  bool plain_end = mode >= Mode::in_body && mode <= Mode::in_cell;
  hurdles_ = static_cast<std::uint8_t>(
      (hurdles_ & (waiting_formatting | awaited_text)) | (plain_start ? 0 : mode_of_its_own) |
      (plain_end ? 0 : ends_of_its_own) | (text_matters ? meaningful_text : 0));
}

[[gnu::always_inline]] inline Passed Tree::push_plainly(NameKey name, const ElementKind& kind) {
  OpenElement& parent = stack_.back();
  ++parent.children;
  OpenElement& element = stack_.add();
  static_cast<ElementKind&>(element) = kind;
  element.serial = ++serial_;
  element.name = name;
  element.children = 0;
  element.marks = parent.marks;
  ++open_[kind.counted];
  return Passed::start_tag;
}

// An element that ends before another one begins needs only be counted.
[[gnu::always_inline]] inline Passed Tree::count_childless(Passed passed) {
  ++stack_.back().children;
  ++serial_;
  return passed;
}

[[gnu::always_inline]] inline Passed Tree::open_plainly(const TagIndex::Entry& known, NameKey name,
                                                        std::string_view start, bool is_leaf) {
  // A full stack may be one too deep.
  bool hindered = (hurdles_ & (mode_of_its_own | waiting_formatting)) != 0 || stack_.full();
  if (unlikely(hindered)) {
    return open_in_own_mode(known, name, is_leaf);
  }
  if (unlikely(stack_.back().space != Namespace::html)) {
    return open_svg_plainly(known, name, start);
  }
  std::uint32_t traits = known.traits;
  if ((traits & trait::plain_start) != 0) {
    if ((traits & trait::closes_p) != 0 && open_[ElementKind::p] != 0 && !close_p_plainly()) {
      return Passed::nothing;
    }
    return is_leaf ? count_childless(Passed::leaf) : push_plainly(name, known.kind);
  }
  if ((traits & trait::plain_void) != 0) {
    return count_childless(Passed::start_tag);
  }
  if (is_leaf && (traits & trait::plain_leaf) != 0 && formatting_.size() < noahs_ark) {
    return count_childless(Passed::leaf);
  }
  return open_less_plainly(known, name, start, is_leaf);
}

[[gnu::always_inline]] inline const char* Tree::close_plainly(const char* name) {
  if (unlikely((hurdles_ & ends_of_its_own) != 0)) {
    return nullptr;
  }
  const OpenElement& element = stack_.back();
  // Interned names have their top bit set; others are their own bytes.
  int unused = __builtin_clzll(element.name) & 56;
  NameKey written;
  std::memcpy(&written, name, 8);
  const char* end = name + 8 - unused / 8;
  if ((written & (~NameKey{0} >> unused)) != element.name || *end != '>') {
    return nullptr;
  }
  if (!element.closes_plainly()) {
    return close_less_plainly() ? end + 1 : nullptr;
  }
  --open_[element.counted];
  stack_.pop_back();
  return end + 1;
}

}  // namespace personalize::rewrite
