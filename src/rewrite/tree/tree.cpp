#include "rewrite/tree/tree.h"

#include <algorithm>

#include "personalize/base/fnv.h"
#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {
namespace {

bool is_one_of(Tag tag, std::initializer_list<Tag> tags) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

bool is_mathml_text_integration(const OpenElement& element) {
  return element.space == Namespace::math &&
         is_one_of(element.tag, {Tag::mi, Tag::mo, Tag::mn, Tag::ms, Tag::mtext});
}

bool is_svg_integration(const OpenElement& element) {
  return element.space == Namespace::svg &&
         is_one_of(element.tag, {Tag::foreign_object, Tag::desc, Tag::title});
}

bool is_html_integration(const OpenElement& element) {
  return is_svg_integration(element) || element.html_integration;
}

bool is_special(const OpenElement& element) {
  return element.has(kSpecial) || is_mathml_text_integration(element) ||
         is_svg_integration(element) ||
         (element.space == Namespace::math && element.tag == Tag::annotation_xml);
}

// The tags that "in head" takes for itself, also when they stand elsewhere.
bool belongs_in_head(Tag tag) {
  return is_one_of(tag, {Tag::base, Tag::basefont, Tag::bgsound, Tag::link, Tag::meta,
                         Tag::noframes, Tag::script, Tag::style, Tag::template_, Tag::title});
}

bool is_table_row_group(Tag tag) {
  return is_one_of(tag, {Tag::tbody, Tag::tfoot, Tag::thead});
}

bool is_table_structure(Tag tag) {
  return is_one_of(tag, {Tag::caption, Tag::col, Tag::colgroup, Tag::tbody, Tag::td, Tag::tfoot,
                         Tag::th, Tag::thead, Tag::tr});
}

}  // namespace

Tree::Tree(TreeObserver& observer, std::pmr::memory_resource* memory)
    : observer_(observer), stack_(64, memory), formatting_(16, memory), template_modes_(memory) {}

// (Most modes are known where they are set: then so is what they bring.)
[[gnu::always_inline]] inline void Tree::set_mode(Mode mode) {
  mode_ = mode;
  bool text_matters =
      mode <= Mode::after_head || mode >= Mode::after_body || mode == Mode::in_column_group ||
      (watches_fostering_ &&
       (mode == Mode::in_table || mode == Mode::in_table_body || mode == Mode::in_row));
  bool plain_start = mode == Mode::in_body || mode == Mode::in_caption || mode == Mode::in_cell;
  bool plain_end = mode >= Mode::in_body && mode <= Mode::in_cell;
  hurdles_ = static_cast<std::uint8_t>(
      (hurdles_ & kFormattingWaits) | (plain_start ? 0 : kModeOfItsOwn) |
      (plain_end ? 0 : kEndsOfItsOwn) | (text_matters ? kTextMatters : 0));
}

// "Reset the insertion mode appropriately".
void Tree::reset_mode() {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const OpenElement& node = stack_[i];
    if (node.space != Namespace::html) continue;
    switch (node.tag) {
      case Tag::select: {
        Mode mode = Mode::in_select;
        for (std::size_t j = i; j-- > 0 && !stack_[j].is(Tag::template_);) {
          if (stack_[j].is(Tag::table)) mode = Mode::in_select_in_table;
        }
        return set_mode(mode);
      }
      case Tag::td:
      case Tag::th:
        return set_mode(Mode::in_cell);
      case Tag::tr:
        return set_mode(Mode::in_row);
      case Tag::tbody:
      case Tag::thead:
      case Tag::tfoot:
        return set_mode(Mode::in_table_body);
      case Tag::caption:
        return set_mode(Mode::in_caption);
      case Tag::colgroup:
        return set_mode(Mode::in_column_group);
      case Tag::table:
        return set_mode(Mode::in_table);
      case Tag::template_:
        return set_mode(template_modes_.empty() ? Mode::in_body : template_modes_.back());
      case Tag::head:
        return set_mode(Mode::in_head);
      case Tag::body:
        return set_mode(Mode::in_body);
      case Tag::html:
        return set_mode(head_seen_ ? Mode::after_head : Mode::before_head);
      default:
        break;
    }
  }
}

// --- Opening and closing ---

OpenElement& Tree::push(NameKey name, Tag tag, Namespace space, bool implied) {
  OpenElement element{{tag, space}, ++serial_, name, 0, 0};
  element.shaky = next_shaky_;
  // (Its name cannot be compared with the bytes of an end tag.)
  element.needs_care = element.needs_care || (name & kInternedName) != 0;
  next_shaky_ = false;
  if (!stack_.empty()) {
    OpenElement& parent = top();
    element.marks = parent.marks;
    if (fostering_ && parent.has(kTablePart)) {
      element.in_foster = element.shaky = true;
      note_fostering();
      std::size_t table = find_open(Tag::table);
      if (table != kNone && table > 0) ++stack_[table - 1].children;
    } else {
      ++parent.children;
    }
  }
  if (element.shaky) ++shaky_;
  ++open_[element.counted];
  stack_.push_back(element);
  observer_.opened(stack_.back(), implied);
  if (stack_.size() > kMaxDepth || name == kTooManyNames) give_up();
  return stack_.back();
}

void Tree::note_fostering() {
  if (!watches_fostering_) return;
  std::size_t table = find_open(Tag::table);
  if (table != kNone) observer_.misnested(stack_[table].serial);
}

void Tree::insert_void(const StartTag& tag) {
  insert(tag);
  pop(ElementEnd::no_content);
}

void Tree::insert_raw(const StartTag& tag) {
  insert(tag);
  raw_open_ = true;
  content_ = tag.tag == Tag::script ? Content::script : Content::text;
}

void Tree::insert_formatting(const StartTag& tag) {
  // "The Noah's Ark clause": of four that are the same the earliest goes.
  std::string_view written = tag.raw->text.substr(1 + tag.raw->name_length);
  // An <a> ends the one before it, so there are never three.
  bool none = written == ">" || tag.tag == Tag::a;
  std::uint64_t attributes = none ? kNoAttributes : fnv1a(written);
  std::size_t same = 0;
  std::size_t earliest = 0;
  for (std::size_t i = formatting_.size(); i-- > 0 && formatting_[i].serial != 0;) {
    if (formatting_[i].name == tag.name && formatting_[i].attributes == attributes) {
      ++same;
      earliest = i;
    }
  }
  if (same >= kNoahsArk) formatting_.erase(earliest);
  insert(tag);
  list_formatting(top().serial, tag.name, tag.tag, attributes);
  if (formatting_.size() > kMaxDepth) give_up();
}

void Tree::insert_foreign(const StartTag& tag, Namespace space) {
  OpenElement& element = push(tag.name, tag.tag, space, false);
  if (tag.tag == Tag::annotation_xml && space == Namespace::math) {
    bool found = false;
    std::string_view encoding =
        find_attribute(tag.raw->text, tag.raw->name_length, "encoding", found);
    element.html_integration = ascii::equal_ignoring_case(encoding, "text/html") ||
                               ascii::equal_ignoring_case(encoding, "application/xhtml+xml");
  }
  if (is_self_closing(tag.raw->text, tag.raw->name_length)) pop(ElementEnd::no_content);
}

void Tree::pop(ElementEnd end) {
  OpenElement element = top();
  stack_.pop_back();
  if (element.shaky) --shaky_;
  --open_[element.counted];
  if (!formatting_.empty() && element.has(kFormatting)) note_formatting();
  bool marks = element.is(Tag::applet) || element.is(Tag::marquee) || element.is(Tag::object);
  if (marks && end == ElementEnd::implied) left_marker_ = element.serial;
  if (element.watched) observer_.closed(element, end);
  bool without_tag = end == ElementEnd::implied || end == ElementEnd::page;
  if (without_tag) left_open_ |= kind_left_open(element);
}

std::uint8_t Tree::kind_left_open(const OpenElement& element) {
  if (!element.has(kOptionalEnd) || element.has(kStaysOpen)) return kFirmly;
  switch (element.tag) {
    case Tag::p:
      return kParagraph;
    case Tag::li:
      return kListItem;
    case Tag::dd:
    case Tag::dt:
      return kDescription;
    case Tag::option:
      return kOption;
    default:
      return kPart;
  }
}

bool Tree::left_open_within(const OpenElement& element) const {
  std::uint8_t ended = kParagraph | kPart;
  if (element.is(Tag::ul) || element.is(Tag::ol) || element.is(Tag::menu)) ended |= kListItem;
  if (element.is(Tag::dl)) ended |= kDescription;
  return (left_open_ & ~ended) != 0;
}

void Tree::pop_to(std::size_t index, bool own) {
  while (stack_.size() > index + 1) pop(ElementEnd::implied);
  if (stack_.size() == index + 1) pop(own ? ElementEnd::own_tag : ElementEnd::implied);
}

// Removes an element that is not the current one. What is above it stays.
void Tree::take_out(std::size_t index) {
  OpenElement element = stack_[index];
  stack_.erase(index);
  if (element.shaky) --shaky_;
  --open_[element.counted];
  if (element.watched) observer_.closed(element, ElementEnd::misnested);
}

void Tree::make_shaky(std::size_t from) {
  for (std::size_t i = from; i < stack_.size(); ++i) {
    if (!stack_[i].shaky) ++shaky_;
    stack_[i].shaky = true;
  }
}

void Tree::give_up() {
  lost_ = true;
  observer_.lost();
}

bool Tree::bounds_scope(const OpenElement& element, Scope scope) {
  if (element.space != Namespace::html) {
    return scope != Scope::table &&
           (is_mathml_text_integration(element) || is_svg_integration(element) ||
            (element.space == Namespace::math && element.tag == Tag::annotation_xml));
  }
  switch (scope) {
    case Scope::table:
      return is_one_of(element.tag, {Tag::html, Tag::table, Tag::template_});
    case Scope::list_item:
      if (element.tag == Tag::ol || element.tag == Tag::ul) return true;
      break;
    case Scope::button:
      if (element.tag == Tag::button) return true;
      break;
    case Scope::normal:
      break;
  }
  return has_trait(element.tag, kScope);
}

std::size_t Tree::in_scope(NameKey name, Scope scope) const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].name == name && stack_[i].space == Namespace::html) return i;
    if (bounds_scope(stack_[i], scope)) return kNone;
  }
  return kNone;
}

std::size_t Tree::find_open(Tag tag) const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].is(tag)) return i;
  }
  return kNone;
}

std::size_t Tree::find_serial(std::uint32_t serial) const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].serial == serial) return i;
  }
  return kNone;
}

// Everything but <option> and <optgroup> bounds select scope; what browsers of today additionally
// allow inside (it is shaky) does not.
std::size_t Tree::select_in_scope() const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].is(Tag::select)) return i;
    bool allowed = stack_[i].is(Tag::option) || stack_[i].is(Tag::optgroup) || stack_[i].shaky;
    if (!allowed) return kNone;
  }
  return kNone;
}

void Tree::generate_implied_end_tags(Tag except) {
  while (top().has(kImpliedEnd) && top().tag != except) pop(ElementEnd::implied);
}

void Tree::close_p() {
  if (open_[ElementKind::kP] == 0) return;
  std::size_t p = in_scope(Tag::p, Scope::button);
  if (p != kNone) pop_to(p, false);
}

// Whether an item of a list ends where one of the kind `tag` begins.
bool Tree::is_like_item(const OpenElement& node, Tag tag) {
  return tag == Tag::li ? node.is(Tag::li) : node.is(Tag::dd) || node.is(Tag::dt);
}

// Whether items around it go on when one begins in it.
bool Tree::bounds_items(const OpenElement& node, Tag tag) {
  return is_special(node) && !node.is(Tag::address) && !node.is(Tag::div) && !node.is(Tag::p) &&
         !is_like_item(node, tag);
}

// <li>, <dd> and <dt> end the item before them.
void Tree::close_list_item(Tag tag) {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const OpenElement& node = stack_[i];
    if (is_like_item(node, tag)) {
      generate_implied_end_tags(node.tag);
      pop_to(i, false);
      break;
    }
    if (bounds_items(node, tag)) break;
  }
  close_p();
}

// "Clear the stack back to a table (body, row) context".
void Tree::clear_to(Context context) {
  for (;;) {
    const OpenElement& node = top();
    bool there = node.is(Tag::html) || node.is(Tag::template_) ||
                 (context == kTableContext && node.is(Tag::table)) ||
                 (context == kTableBodyContext && node.space == Namespace::html &&
                  is_table_row_group(node.tag)) ||
                 (context == kRowContext && node.is(Tag::tr));
    if (there) return;
    pop(ElementEnd::implied);
  }
}

// --- Active formatting elements ---

void Tree::list_formatting(std::uint32_t serial, NameKey name, Tag tag, std::uint64_t attributes) {
  formatting_.push_back({serial, name, tag, attributes});
}

void Tree::note_formatting() {
  bool none = formatting_.empty() || formatting_.back().serial == 0;
  set_formatting_waits(!none && find_serial(formatting_.back().serial) == kNone);
}

std::size_t Tree::formatting_of(std::uint32_t serial) const {
  for (std::size_t i = formatting_.size(); i-- > 0;) {
    if (formatting_[i].serial == serial) return i;
  }
  return kNone;
}

void Tree::remove_formatting(std::size_t index) {
  formatting_.erase(index);
  note_formatting();
}

void Tree::clear_formatting_to_marker() {
  while (!formatting_.empty()) {
    bool marker = formatting_.back().serial == 0;
    formatting_.pop_back();
    if (marker) break;
  }
  note_formatting();
}

bool Tree::formatting_goes_on(std::uint32_t serial) const {
  if (left_marker_ > serial) return true;
  return std::any_of(formatting_.begin(), formatting_.end(),
                     [serial](const Formatting& entry) { return entry.serial > serial; });
}

void Tree::reconstruct_formatting() {
  if (!formatting_waits()) return;
  std::size_t first = formatting_.size();
  while (first > 0 && formatting_[first - 1].serial != 0 &&
         find_serial(formatting_[first - 1].serial) == kNone) {
    --first;
  }
  for (std::size_t i = first; i < formatting_.size() && !lost_; ++i) {
    next_shaky_ = true;
    push(formatting_[i].name, formatting_[i].tag, Namespace::html, true);
    formatting_[i].serial = top().serial;
  }
  set_formatting_waits(false);
}

// The adoption agency algorithm, for an end tag (and for an <a> or <nobr> within another one).
void Tree::adopt(NameKey name) {
  if (top().space == Namespace::html && top().name == name &&
      formatting_of(top().serial) == kNone) {
    pop(ElementEnd::own_tag);
    return;
  }
  for (int round = 0; round < 8; ++round) {
    std::size_t entry = formatting_.size();
    while (entry > 0 && formatting_[entry - 1].serial != 0 && formatting_[entry - 1].name != name) {
      --entry;
    }
    if (entry == 0 || formatting_[entry - 1].serial == 0) {
      if (round == 0) end_any_other(name);
      return;
    }
    --entry;
    std::size_t element = find_serial(formatting_[entry].serial);
    if (element == kNone) return remove_formatting(entry);
    for (std::size_t i = stack_.size(); i-- > element + 1;) {
      if (bounds_scope(stack_[i], Scope::normal)) return;
    }
    std::size_t furthest = element + 1;
    while (furthest < stack_.size() && !is_special(stack_[furthest])) ++furthest;
    if (furthest == stack_.size()) {
      // Take it off the list first, so that it does not count as still to be reopened.
      formatting_.erase(entry);
      pop_to(element, round == 0);
      return note_formatting();
    }

    std::uint32_t serial = formatting_[entry].serial;
    observer_.misnested(serial);
    taken_apart_ = true;
    std::size_t bookmark = entry;
    std::size_t node = furthest;
    std::size_t last = furthest;
    for (int inner = 1; --node > element; ++inner) {
      std::size_t listed = formatting_of(stack_[node].serial);
      if (inner > 3 && listed != kNone) {
        formatting_.erase(listed);
        if (listed < bookmark) --bookmark;
        listed = kNone;
      }
      if (listed == kNone) {
        take_out(node);
        --furthest;
        --last;
        continue;
      }
      // A clone takes its place, on the stack and on the list.
      if (stack_[node].watched) {
        observer_.closed(stack_[node], ElementEnd::misnested);
        stack_[node].watched = false;
      }
      stack_[node].serial = ++serial_;
      formatting_[listed].serial = stack_[node].serial;
      if (last == furthest) bookmark = listed + 1;
      last = node;
    }
    // The list may have shrunk below the entry: find it again.
    entry = formatting_of(serial);
    Formatting clone = formatting_[entry];
    clone.serial = ++serial_;
    formatting_.erase(entry);
    if (entry < bookmark) --bookmark;
    formatting_.insert(bookmark, clone);

    OpenElement reopened = stack_[element];
    reopened.serial = clone.serial;
    reopened.watched = false;
    reopened.marks = stack_[furthest].marks;
    reopened.shaky = true;
    ++shaky_;
    stack_.insert(furthest + 1, reopened);
    take_out(element);
    if (reopened.in_foster) stack_[element].in_foster = true;  // what was in it takes its place
    make_shaky(element);
    note_formatting();
  }
}

// --- The early modes: up to the start of body ---

void Tree::imply_html() {
  push_implied(Tag::html);
  set_mode(Mode::before_head);
}

void Tree::imply_head() {
  push_implied(Tag::head);
  head_seen_ = true;
  set_mode(Mode::in_head);
}

void Tree::leave_head() {
  observer_.head_ended();
  pop(ElementEnd::implied);
  set_mode(Mode::after_head);
}

void Tree::imply_body() {
  push_implied(Tag::body);
  set_mode(Mode::in_body);
  observer_.body_started(true);
}

bool Tree::start_early(const StartTag& tag) {
  switch (mode_) {
    case Mode::initial:
      set_mode(Mode::before_html);
      return true;
    case Mode::before_html:
      if (tag.tag != Tag::html) {
        imply_html();
        return true;
      }
      insert(tag);
      set_mode(Mode::before_head);
      return false;
    case Mode::before_head:
      if (tag.tag == Tag::html) return false;
      if (tag.tag != Tag::head) {
        imply_head();
        return true;
      }
      insert(tag);
      head_seen_ = true;
      set_mode(Mode::in_head);
      return false;
    case Mode::in_head:
      if (tag.tag == Tag::html || tag.tag == Tag::head) return false;
      if (belongs_in_head(tag.tag) || tag.tag == Tag::noscript) return start_in_head(tag);
      leave_head();
      return true;
    default:  // after_head
      if (tag.tag == Tag::html || tag.tag == Tag::head) return false;
      if (tag.tag == Tag::body) {
        insert(tag);
        set_mode(Mode::in_body);
        observer_.body_started(false);
        return false;
      }
      if (tag.tag == Tag::frameset) {
        give_up();
        return false;
      }
      if (belongs_in_head(tag.tag)) {
        next_shaky_ = true;  // the parser puts it into the head that has ended
        return start_in_head(tag);
      }
      imply_body();
      return true;
  }
}

bool Tree::start_in_head(const StartTag& tag) {
  if (tag.tag == Tag::template_) {
    insert(tag);
    formatting_.push_back({});
    set_formatting_waits(false);
    template_modes_.push_back(Mode::in_template);
    set_mode(Mode::in_template);
  } else if (has_trait(tag.tag, kRawText)) {
    insert_raw(tag);
  } else {
    insert_void(tag);
  }
  return false;
}

void Tree::end_template() {
  std::size_t index = find_open(Tag::template_);
  if (index == kNone) return;
  pop_to(index, true);
  clear_formatting_to_marker();
  if (!template_modes_.empty()) template_modes_.pop_back();
  reset_mode();
}

bool Tree::end_early(NameKey, Tag tag) {
  bool implies = is_one_of(tag, {Tag::body, Tag::html, Tag::br});
  switch (mode_) {
    case Mode::initial:
      set_mode(Mode::before_html);
      return true;
    case Mode::before_html:
      if (!implies && tag != Tag::head) return false;
      imply_html();
      return true;
    case Mode::before_head:
      if (!implies && tag != Tag::head) return false;
      imply_head();
      return true;
    case Mode::in_head:
      if (tag == Tag::template_) end_template();
      if (tag == Tag::head) {
        observer_.head_ended();
        pop(ElementEnd::own_tag);
        set_mode(Mode::after_head);
      }
      if (!implies) return false;
      leave_head();
      return true;
    default:  // after_head
      if (tag == Tag::template_) end_template();
      if (!implies) return false;
      imply_body();
      return true;
  }
}

// --- In body ---

bool Tree::start_in_body(const StartTag& tag) {
  if (belongs_in_head(tag.tag)) return start_in_head(tag);
  if (has_trait(tag.tag, kPlainStart)) {
    if (has_trait(tag.tag, kClosesP)) {
      close_p();
    } else {
      reconstruct_formatting();
    }
    insert(tag);
    return false;
  }
  switch (tag.tag) {
    case Tag::html:
    case Tag::body:
    case Tag::head:
    case Tag::caption:
    case Tag::col:
    case Tag::colgroup:
    case Tag::frame:
    case Tag::tbody:
    case Tag::td:
    case Tag::tfoot:
    case Tag::th:
    case Tag::thead:
    case Tag::tr:
      return false;
    case Tag::frameset:  // it may replace the body, which depends on the text before it
      give_up();
      return false;
    case Tag::h1:
    case Tag::h2:
    case Tag::h3:
    case Tag::h4:
    case Tag::h5:
    case Tag::h6:
      close_p();
      if (top().space == Namespace::html && is_heading(top().tag)) pop(ElementEnd::implied);
      insert(tag);
      return false;
    case Tag::form:
      if (form_ != 0 && find_open(Tag::template_) == kNone) return false;
      close_p();
      insert(tag);
      if (find_open(Tag::template_) == kNone) form_ = top().serial;
      return false;
    case Tag::li:
    case Tag::dd:
    case Tag::dt:
      close_list_item(tag.tag);
      insert(tag);
      return false;
    case Tag::plaintext:
      close_p();
      insert(tag);
      content_ = Content::plaintext;
      return false;
    case Tag::button: {
      std::size_t button = open_[ElementKind::kButton] == 0 ? kNone : in_scope(Tag::button);
      if (button != kNone) {
        generate_implied_end_tags();
        pop_to(button, false);
      }
      reconstruct_formatting();
      insert(tag);
      return false;
    }
    case Tag::a: {
      for (std::size_t i = formatting_.size(); i-- > 0 && formatting_[i].serial != 0;) {
        if (formatting_[i].tag != Tag::a) continue;
        std::uint32_t serial = formatting_[i].serial;
        observer_.misnested(serial);
        adopt(tag.name);
        left_open_ |= kFirmly;
        std::size_t listed = formatting_of(serial);
        if (listed != kNone) remove_formatting(listed);
        std::size_t open = find_serial(serial);
        if (open != kNone) {
          take_out(open);
          make_shaky(open);
        }
        break;
      }
      reconstruct_formatting();
      insert_formatting(tag);
      return false;
    }
    case Tag::nobr:
      reconstruct_formatting();
      if (in_scope(Tag::nobr) != kNone) {
        observer_.misnested(stack_[in_scope(Tag::nobr)].serial);
        adopt(tag.name);
        left_open_ |= kFirmly;
        reconstruct_formatting();
      }
      insert_formatting(tag);
      return false;
    case Tag::applet:
    case Tag::marquee:
    case Tag::object:
      reconstruct_formatting();
      insert(tag);
      formatting_.push_back({});
      return false;
    case Tag::table:
      if (open_[ElementKind::kP] != 0 && in_scope(Tag::p, Scope::button) != kNone) {
        if (!quirks_known_) {
          give_up();
          return false;
        }
        if (no_quirks_) close_p();
      }
      insert(tag);
      set_mode(Mode::in_table);
      return false;
    case Tag::area:
    case Tag::br:
    case Tag::embed:
    case Tag::img:
    case Tag::input:
    case Tag::keygen:
    case Tag::wbr:
      reconstruct_formatting();
      insert_void(tag);
      return false;
    case Tag::image: {
      StartTag img = tag;
      img.tag = Tag::img;
      img.name = key_of(Tag::img);
      reconstruct_formatting();
      insert_void(img);
      return false;
    }
    case Tag::param:
    case Tag::source:
    case Tag::track:
      insert_void(tag);
      return false;
    case Tag::hr:
      close_p();
      insert_void(tag);
      return false;
    case Tag::xmp:
      close_p();
      // Nothing else that ends a <p> stands in formatting that goes on behind it.
      if (left_open_ != 0 && formatting_waits()) left_open_ |= kFirmly;
      reconstruct_formatting();
      insert_raw(tag);
      return false;
    case Tag::textarea:
    case Tag::iframe:
    case Tag::noembed:
    case Tag::noscript:
      insert_raw(tag);
      return false;
    case Tag::select: {
      reconstruct_formatting();
      insert(tag);
      bool in_table = mode_ >= Mode::in_table && mode_ <= Mode::in_cell;
      set_mode(in_table ? Mode::in_select_in_table : Mode::in_select);
      return false;
    }
    case Tag::optgroup:
    case Tag::option:
      if (top().is(Tag::option)) pop(ElementEnd::implied);
      reconstruct_formatting();
      insert(tag);
      return false;
    case Tag::rb:
    case Tag::rtc:
      if (in_scope(Tag::ruby) != kNone) generate_implied_end_tags();
      insert(tag);
      return false;
    case Tag::rp:
    case Tag::rt:
      if (in_scope(Tag::ruby) != kNone) generate_implied_end_tags(Tag::rtc);
      insert(tag);
      return false;
    case Tag::math:
    case Tag::svg:
      reconstruct_formatting();
      insert_foreign(tag, tag.tag == Tag::svg ? Namespace::svg : Namespace::math);
      return false;
    default:
      reconstruct_formatting();
      if (has_trait(tag.tag, kFormatting)) {
        insert_formatting(tag);
      } else {
        insert(tag);
      }
      return false;
  }
}

void Tree::end_any_other(NameKey name) {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const OpenElement& node = stack_[i];
    if (node.space == Namespace::html && node.name == name) {
      generate_implied_end_tags(node.tag);
      return pop_to(i, true);
    }
    if (is_special(node)) return;
  }
}

// False when body is not in scope: then the end tag counts for nothing.
bool Tree::end_body() {
  if (in_scope(Tag::body) == kNone) return false;
  observer_.body_ended();
  set_mode(Mode::after_body);
  return true;
}

bool Tree::end_in_body(NameKey name, Tag tag) {
  if (has_trait(tag, kFormatting)) {
    adopt(name);
    return false;
  }
  switch (tag) {
    case Tag::template_:
      end_template();
      return false;
    case Tag::body:
      end_body();
      return false;
    case Tag::html:
      return end_body();
    case Tag::form: {
      if (find_open(Tag::template_) != kNone) break;
      std::size_t form = form_ == 0 ? kNone : find_serial(form_);
      form_ = 0;
      if (form == kNone || in_scope(Tag::form) != form) return false;
      generate_implied_end_tags();
      if (form + 1 == stack_.size()) {
        pop(ElementEnd::own_tag);
      } else {
        observer_.misnested(stack_[form].serial);
        make_shaky(form);
        take_out(form);
      }
      return false;
    }
    case Tag::p:
      if (open_[ElementKind::kP] == 0 || in_scope(Tag::p, Scope::button) == kNone) {
        next_shaky_ = true;  // an end tag makes an element
        push_implied(Tag::p);
      }
      generate_implied_end_tags(Tag::p);
      pop_to(in_scope(Tag::p, Scope::button), true);
      return false;
    case Tag::br:
      reconstruct_formatting();
      next_shaky_ = true;
      push_implied(Tag::br);
      pop(ElementEnd::no_content);
      return false;
    case Tag::li:
    case Tag::dd:
    case Tag::dt: {
      Scope scope = tag == Tag::li ? Scope::list_item : Scope::normal;
      if (in_scope(tag, scope) == kNone) return false;
      generate_implied_end_tags(tag);
      pop_to(in_scope(tag, scope), true);
      return false;
    }
    case Tag::h1:
    case Tag::h2:
    case Tag::h3:
    case Tag::h4:
    case Tag::h5:
    case Tag::h6:
      for (std::size_t i = stack_.size(); i-- > 0;) {
        if (stack_[i].space == Namespace::html && is_heading(stack_[i].tag)) {
          generate_implied_end_tags();
          // The innermost heading ends, whichever it is.
          std::size_t heading = stack_.size() - 1;
          while (!(stack_[heading].space == Namespace::html && is_heading(stack_[heading].tag))) {
            --heading;
          }
          pop_to(heading, true);
          return false;
        }
        if (bounds_scope(stack_[i], Scope::normal)) return false;
      }
      return false;
    case Tag::applet:
    case Tag::marquee:
    case Tag::object: {
      std::size_t index = in_scope(name, Scope::normal);
      if (index == kNone) return false;
      generate_implied_end_tags();
      pop_to(index, true);
      clear_formatting_to_marker();
      return false;
    }
    default:
      break;
  }
  bool block = tag == Tag::form || tag == Tag::button ||
               (has_trait(tag, kPlainEnd) && has_trait(tag, kClosesP));
  if (!block) {
    end_any_other(name);
    return false;
  }
  std::size_t index = in_scope(name, Scope::normal);
  if (index == kNone) return false;
  generate_implied_end_tags();
  pop_to(index, true);
  return false;
}

// --- Tables ---

bool Tree::start_in_table(const StartTag& tag) {
  switch (tag.tag) {
    case Tag::caption:
      clear_to(kTableContext);
      formatting_.push_back({});
      insert(tag);
      set_mode(Mode::in_caption);
      return false;
    case Tag::colgroup:
      clear_to(kTableContext);
      insert(tag);
      set_mode(Mode::in_column_group);
      return false;
    case Tag::col:
      clear_to(kTableContext);
      push_implied(Tag::colgroup);
      set_mode(Mode::in_column_group);
      return true;
    case Tag::tbody:
    case Tag::tfoot:
    case Tag::thead:
      clear_to(kTableContext);
      insert(tag);
      set_mode(Mode::in_table_body);
      return false;
    case Tag::td:
    case Tag::th:
    case Tag::tr:
      clear_to(kTableContext);
      push_implied(Tag::tbody);
      set_mode(Mode::in_table_body);
      return true;
    case Tag::table: {
      std::size_t table = in_scope(Tag::table, Scope::table);
      if (table == kNone) return false;
      pop_to(table, false);
      reset_mode();
      return true;
    }
    case Tag::style:
    case Tag::script:
    case Tag::template_:
      return start_in_head(tag);
    case Tag::input: {
      bool found = false;
      std::string_view type = find_attribute(tag.raw->text, tag.raw->name_length, "type", found);
      if (!ascii::equal_ignoring_case(type, "hidden")) break;
      insert_void(tag);
      return false;
    }
    case Tag::form:
      if (form_ != 0 || find_open(Tag::template_) != kNone) return false;
      insert(tag);
      form_ = top().serial;
      pop(ElementEnd::no_content);
      return false;
    default:
      break;
  }
  fostering_ = true;
  bool again = start_in_body(tag);
  fostering_ = false;
  return again;
}

bool Tree::end_in_table(NameKey name, Tag tag) {
  if (tag == Tag::table) {
    std::size_t table = in_scope(Tag::table, Scope::table);
    if (table == kNone) return false;
    pop_to(table, true);
    reset_mode();
    return false;
  }
  if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) return false;
  if (tag == Tag::template_) {
    end_template();
    return false;
  }
  fostering_ = true;
  bool again = end_in_body(name, tag);
  fostering_ = false;
  return again;
}

bool Tree::start_in_caption(const StartTag& tag) {
  if (!is_table_structure(tag.tag)) return start_in_body(tag);
  std::size_t caption = in_scope(Tag::caption, Scope::table);
  if (caption == kNone) return false;
  generate_implied_end_tags();
  pop_to(caption, false);
  clear_formatting_to_marker();
  set_mode(Mode::in_table);
  return true;
}

bool Tree::end_in_caption(NameKey name, Tag tag) {
  bool own = tag == Tag::caption;
  if (!own && tag != Tag::table) {
    if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) return false;
    return end_in_body(name, tag);
  }
  std::size_t caption = in_scope(Tag::caption, Scope::table);
  if (caption == kNone) return false;
  generate_implied_end_tags();
  pop_to(caption, own);
  clear_formatting_to_marker();
  set_mode(Mode::in_table);
  return !own;
}

bool Tree::start_in_column_group(const StartTag& tag) {
  if (tag.tag == Tag::html) return false;
  if (tag.tag == Tag::col) {
    insert_void(tag);
    return false;
  }
  if (tag.tag == Tag::template_) return start_in_head(tag);
  if (!top_is(Tag::colgroup)) return false;
  pop(ElementEnd::implied);
  set_mode(Mode::in_table);
  return true;
}

bool Tree::end_in_column_group(NameKey, Tag tag) {
  if (tag == Tag::template_) {
    end_template();
    return false;
  }
  if (tag == Tag::col || !top_is(Tag::colgroup)) return false;
  bool own = tag == Tag::colgroup;
  pop(own ? ElementEnd::own_tag : ElementEnd::implied);
  set_mode(Mode::in_table);
  return !own;
}

std::size_t Tree::row_group_in_scope() const {
  for (Tag tag : {Tag::tbody, Tag::thead, Tag::tfoot}) {
    std::size_t index = in_scope(tag, Scope::table);
    if (index != kNone) return index;
  }
  return kNone;
}

bool Tree::start_in_table_body(const StartTag& tag) {
  if (tag.tag == Tag::tr) {
    clear_to(kTableBodyContext);
    insert(tag);
    set_mode(Mode::in_row);
    return false;
  }
  if (tag.tag == Tag::th || tag.tag == Tag::td) {
    clear_to(kTableBodyContext);
    push_implied(Tag::tr);
    set_mode(Mode::in_row);
    return true;
  }
  if (!is_table_structure(tag.tag)) return start_in_table(tag);
  if (row_group_in_scope() == kNone) return false;
  clear_to(kTableBodyContext);
  pop(ElementEnd::implied);
  set_mode(Mode::in_table);
  return true;
}

bool Tree::end_in_table_body(NameKey name, Tag tag) {
  if (is_table_row_group(tag)) {
    if (in_scope(tag, Scope::table) == kNone) return false;
    clear_to(kTableBodyContext);
    pop(top().tag == tag ? ElementEnd::own_tag : ElementEnd::implied);
    set_mode(Mode::in_table);
    return false;
  }
  if (tag == Tag::table) {
    if (row_group_in_scope() == kNone) return false;
    clear_to(kTableBodyContext);
    pop(ElementEnd::implied);
    set_mode(Mode::in_table);
    return true;
  }
  if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) return false;
  return end_in_table(name, tag);
}

bool Tree::start_in_row(const StartTag& tag) {
  if (tag.tag == Tag::th || tag.tag == Tag::td) {
    clear_to(kRowContext);
    insert(tag);
    set_mode(Mode::in_cell);
    formatting_.push_back({});
    return false;
  }
  if (!is_table_structure(tag.tag)) return start_in_table(tag);
  return leave_row(false);
}

// True when there was a row to leave.
bool Tree::leave_row(bool own) {
  if (in_scope(Tag::tr, Scope::table) == kNone) return false;
  clear_to(kRowContext);
  pop(own ? ElementEnd::own_tag : ElementEnd::implied);
  set_mode(Mode::in_table_body);
  return true;
}

bool Tree::end_in_row(NameKey name, Tag tag) {
  if (tag == Tag::tr) {
    leave_row(true);
    return false;
  }
  if (tag == Tag::table) return leave_row(false);
  if (is_table_row_group(tag)) {
    if (in_scope(tag, Scope::table) == kNone) return false;
    return leave_row(false);
  }
  if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) return false;
  return end_in_table(name, tag);
}

// "Close the cell".
void Tree::leave_cell() {
  generate_implied_end_tags();
  std::size_t cell = stack_.size() - 1;
  while (!stack_[cell].is(Tag::td) && !stack_[cell].is(Tag::th)) --cell;
  pop_to(cell, false);
  clear_formatting_to_marker();
  set_mode(Mode::in_row);
}

bool Tree::start_in_cell(const StartTag& tag) {
  if (!is_table_structure(tag.tag)) return start_in_body(tag);
  if (in_scope(Tag::td, Scope::table) == kNone && in_scope(Tag::th, Scope::table) == kNone) {
    return false;
  }
  leave_cell();
  return true;
}

bool Tree::end_in_cell(NameKey name, Tag tag) {
  switch (tag) {
    case Tag::td:
    case Tag::th: {
      std::size_t cell = in_scope(tag, Scope::table);
      if (cell == kNone) return false;
      generate_implied_end_tags();
      pop_to(cell, true);
      clear_formatting_to_marker();
      set_mode(Mode::in_row);
      return false;
    }
    case Tag::body:
    case Tag::caption:
    case Tag::col:
    case Tag::colgroup:
    case Tag::html:
      return false;
    case Tag::table:
    case Tag::tbody:
    case Tag::tfoot:
    case Tag::thead:
    case Tag::tr:
      if (in_scope(tag, Scope::table) == kNone) return false;
      leave_cell();
      return true;
    default:
      return end_in_body(name, tag);
  }
}

// --- Select ---
//
// Until 2025 the standard dropped most tags within a <select>; now they make elements there. Both
// kinds of browser are in use. Such elements are followed as the new rules have them, and are
// shaky; where the two would read the rest of the page differently, we give up.

bool Tree::start_in_select(const StartTag& tag) {
  switch (tag.tag) {
    case Tag::html:
      return false;
    case Tag::option:
      if (top().is(Tag::option)) pop(ElementEnd::implied);
      insert(tag);
      return false;
    case Tag::optgroup:
    case Tag::hr:
      if (top().is(Tag::option)) pop(ElementEnd::implied);
      if (top().is(Tag::optgroup)) pop(ElementEnd::implied);
      if (tag.tag == Tag::hr) {
        insert_void(tag);
      } else {
        insert(tag);
      }
      return false;
    case Tag::select: {
      std::size_t select = select_in_scope();
      if (select == kNone) return false;
      observer_.misnested(stack_[select].serial);  // it begins no other one, as it else would
      pop_to(select, false);
      reset_mode();
      return false;
    }
    case Tag::input: {
      std::size_t select = select_in_scope();
      if (select == kNone) return false;
      pop_to(select, false);
      reset_mode();
      return true;
    }
    case Tag::script:
    case Tag::template_:
      return start_in_head(tag);
    default:
      break;
  }
  if (mode_ == Mode::in_select_in_table && (tag.tag == Tag::table || is_table_structure(tag.tag))) {
    give_up();
    return false;
  }
  bool reads_differently = has_trait(tag.tag, kRawText | kFormatting) ||
                           is_one_of(tag.tag, {Tag::plaintext, Tag::keygen, Tag::frameset,
                                               Tag::table, Tag::form, Tag::svg, Tag::math});
  if (reads_differently) {
    give_up();
    return false;
  }
  next_shaky_ = true;
  if (has_trait(tag.tag, kVoid)) {
    insert_void(tag);
  } else {
    insert(tag);
  }
  return false;
}

bool Tree::end_in_select(NameKey name, Tag tag) {
  switch (tag) {
    case Tag::optgroup:
      if (top().is(Tag::option) && stack_.size() > 1 &&
          stack_[stack_.size() - 2].is(Tag::optgroup)) {
        pop(ElementEnd::implied);
      }
      if (top().is(Tag::optgroup)) pop(ElementEnd::own_tag);
      return false;
    case Tag::option:
      if (top().is(Tag::option)) pop(ElementEnd::own_tag);
      return false;
    case Tag::select: {
      std::size_t select = select_in_scope();
      if (select == kNone) return false;
      pop_to(select, true);
      reset_mode();
      return false;
    }
    case Tag::template_:
      end_template();
      return false;
    default:
      break;
  }
  if (mode_ == Mode::in_select_in_table && (tag == Tag::table || is_table_structure(tag))) {
    if (in_scope(tag, Scope::table) == kNone) return false;
    std::size_t select = select_in_scope();
    if (select == kNone) return false;
    pop_to(select, false);
    reset_mode();
    return true;
  }
  if (top().shaky && top().name == name) pop(ElementEnd::own_tag);
  return false;
}

// --- Templates ---

bool Tree::start_in_template(const StartTag& tag) {
  if (belongs_in_head(tag.tag)) return start_in_head(tag);
  Mode mode = Mode::in_body;
  if (is_one_of(tag.tag, {Tag::caption, Tag::colgroup, Tag::tbody, Tag::tfoot, Tag::thead})) {
    mode = Mode::in_table;
  } else if (tag.tag == Tag::col) {
    mode = Mode::in_column_group;
  } else if (tag.tag == Tag::tr) {
    mode = Mode::in_table_body;
  } else if (tag.tag == Tag::td || tag.tag == Tag::th) {
    mode = Mode::in_row;
  }
  if (!template_modes_.empty()) template_modes_.back() = mode;
  set_mode(mode);
  return true;
}

// --- Foreign content ---

bool Tree::uses_foreign_rules(const StartTag& tag) const {
  if (stack_.empty()) return false;
  const OpenElement& node = stack_.back();
  if (node.space == Namespace::html || is_html_integration(node)) return false;
  if (is_mathml_text_integration(node) && tag.tag != Tag::mglyph && tag.tag != Tag::malignmark) {
    return false;
  }
  return !(node.space == Namespace::math && node.tag == Tag::annotation_xml && tag.tag == Tag::svg);
}

bool Tree::start_foreign(const StartTag& tag) {
  bool breaks_out = has_trait(tag.tag, kBreaksOut);
  if (tag.tag == Tag::font) {
    for (std::string_view name : {"color", "face", "size"}) {
      bool found = false;
      find_attribute(tag.raw->text, tag.raw->name_length, name, found);
      breaks_out = breaks_out || found;
    }
  }
  if (!breaks_out) {
    insert_foreign(tag, top().space);
    return false;
  }
  while (top().space != Namespace::html && !is_mathml_text_integration(top()) &&
         !is_html_integration(top())) {
    pop(ElementEnd::implied);
  }
  return true;
}

// True when the end tag is to be processed as HTML content's.
bool Tree::end_foreign(NameKey name, Tag tag) {
  if (tag == Tag::br || tag == Tag::p) {
    while (top().space != Namespace::html && !is_mathml_text_integration(top()) &&
           !is_html_integration(top())) {
      pop(ElementEnd::implied);
    }
    return true;
  }
  for (std::size_t i = stack_.size(); i-- > 1;) {
    if (stack_[i].space == Namespace::html) return true;
    if (stack_[i].name == name) {
      pop_to(i, true);
      return false;
    }
  }
  return false;
}

// --- Tags that need little ---

Passed Tree::open_less_plainly(const TagIndex::Entry& known, NameKey name, std::string_view start,
                               bool is_leaf) {
  Tag tag = known.kind.tag;
  if ((known.traits & kFormatting) != 0) {
    // With fewer than three on the list, "Noah's Ark" has room.
    if (formatting_.size() >= kNoahsArk || tag == Tag::nobr) return Passed::nothing;
    if (tag == Tag::a) {
      for (const Formatting& entry : formatting_) {
        if (entry.serial != 0 && entry.tag == Tag::a) return Passed::nothing;
      }
    }
    if (is_leaf) return count_childless(Passed::leaf);
    if (tag != Tag::a && start.size() > length_of(name) + 2) return Passed::nothing;
    list_formatting(serial_ + 1, name, tag, kNoAttributes);
    return push_plainly(name, known.kind);
  }
  if (tag == Tag::svg) {
    if (is_self_closing(start, length_of(name))) return count_childless(Passed::start_tag);
    return push_plainly(name, {tag, Namespace::svg});
  }
  bool opens =
      open_[ElementKind::kP] == 0 &&
      (is_item(tag) ? bounds_items(top(), tag) : is_heading(tag) && !is_heading(top().tag));
  opens = opens || (tag == Tag::button && open_[ElementKind::kButton] == 0);
  if (!opens) return Passed::nothing;
  return is_leaf ? count_childless(Passed::leaf) : push_plainly(name, known.kind);
}

// A <p> that ends where the present start tag begins, if nobody wants to know.
bool Tree::close_p_plainly() {
  const OpenElement& element = top();
  if (!element.is(Tag::p) || !element.closes_plainly()) return false;
  --open_[ElementKind::kP];
  stack_.pop_back();
  return true;
}

// An element of a drawing.
Passed Tree::open_svg_plainly(const TagIndex::Entry& known, NameKey name, std::string_view start) {
  const OpenElement& parent = top();
  bool plain = parent.space == Namespace::svg && !is_svg_integration(parent) &&
               (known.traits & kBreaksOut) == 0 && known.kind.tag != Tag::font;
  if (!plain) return Passed::nothing;
  if (is_self_closing(start, length_of(name))) return count_childless(Passed::start_tag);
  return push_plainly(name, {known.kind.tag, Namespace::svg});
}

// Rows, cells and options in their places.
Passed Tree::open_in_own_mode(const TagIndex::Entry& known, NameKey name, bool is_leaf) {
  Tag tag = known.kind.tag;
  if (mode_ == Mode::in_row) {
    if ((tag != Tag::td && tag != Tag::th) || !top().is(Tag::tr)) return Passed::nothing;
    if (stack_.full() || formatting_.full()) return Passed::nothing;
    if (is_leaf && !formatting_waits()) return count_childless(Passed::leaf);
    formatting_.add().serial = 0;  // a marker
    set_mode(Mode::in_cell);
    return push_plainly(name, known.kind);
  }
  if (mode_ == Mode::in_table_body) {
    const OpenElement& parent = top();
    bool in_place = tag == Tag::tr && parent.space == Namespace::html &&
                    is_table_row_group(parent.tag) && !stack_.full();
    if (!in_place) return Passed::nothing;
    set_mode(Mode::in_row);
    return push_plainly(name, known.kind);
  }
  if (mode_ == Mode::in_select) {
    bool in_place = tag == Tag::option && is_leaf && !formatting_waits() && !stack_.full() &&
                    (top().is(Tag::select) || top().is(Tag::optgroup));
    return in_place ? count_childless(Passed::leaf) : Passed::nothing;
  }
  return Passed::nothing;
}

// The current element, whose end tag this is: formatting, a cell or a row, or of a drawing.
bool Tree::close_less_plainly() {
  const OpenElement& element = top();
  if ((element.watched | element.shaky) != 0) return false;
  if (element.space != Namespace::html) {
    if (element.space == Namespace::math || (element.name & kInternedName) != 0) return false;
    stack_.pop_back();
    return true;
  }
  Tag tag = element.tag;
  if (mode_ == Mode::in_cell && (tag == Tag::td || tag == Tag::th)) {
    stack_.pop_back();
    set_mode(Mode::in_row);
    if (formatting_.size() == 1) {
      formatting_.pop_back();
      set_formatting_waits(false);
    } else {
      clear_formatting_to_marker();
    }
    return true;
  }
  if (mode_ == Mode::in_row && tag == Tag::tr) {
    stack_.pop_back();
    set_mode(Mode::in_table_body);
    return true;
  }
  if (has_trait(tag, kFormatting)) {
    if (formatting_.empty() || formatting_.back().serial != element.serial) return false;
    formatting_.pop_back();
    stack_.pop_back();
    if (!formatting_.empty()) note_formatting();
    return true;
  }
  return false;
}

// --- Tokens ---

void Tree::dispatch_start(const StartTag& tag) {
  for (bool again = true; again && !lost_;) {
    if (uses_foreign_rules(tag)) {
      // What breaks out of foreign content is processed by the insertion mode's rules at once,
      // even where they stand in an integration point.
      if (!start_foreign(tag)) return;
    }
    switch (mode_) {
      case Mode::initial:
      case Mode::before_html:
      case Mode::before_head:
      case Mode::in_head:
      case Mode::after_head:
        again = start_early(tag);
        break;
      case Mode::in_body:
        again = start_in_body(tag);
        break;
      case Mode::in_table:
        again = start_in_table(tag);
        break;
      case Mode::in_caption:
        again = start_in_caption(tag);
        break;
      case Mode::in_column_group:
        again = start_in_column_group(tag);
        break;
      case Mode::in_table_body:
        again = start_in_table_body(tag);
        break;
      case Mode::in_row:
        again = start_in_row(tag);
        break;
      case Mode::in_cell:
        again = start_in_cell(tag);
        break;
      case Mode::in_select:
      case Mode::in_select_in_table:
        again = start_in_select(tag);
        break;
      case Mode::in_template:
        again = start_in_template(tag);
        break;
      case Mode::after_body:
      case Mode::after_after_body:
        if (tag.tag == Tag::html) return;
        set_mode(Mode::in_body);
        observer_.body_reopened();
        break;
    }
  }
}

void Tree::dispatch_end(NameKey name, Tag tag) {
  for (bool again = true; again && !lost_;) {
    if (!stack_.empty() && top().space != Namespace::html && !end_foreign(name, tag)) return;
    switch (mode_) {
      case Mode::initial:
      case Mode::before_html:
      case Mode::before_head:
      case Mode::in_head:
      case Mode::after_head:
        again = end_early(name, tag);
        break;
      case Mode::in_body:
        again = end_in_body(name, tag);
        break;
      case Mode::in_table:
        again = end_in_table(name, tag);
        break;
      case Mode::in_caption:
        again = end_in_caption(name, tag);
        break;
      case Mode::in_column_group:
        again = end_in_column_group(name, tag);
        break;
      case Mode::in_table_body:
        again = end_in_table_body(name, tag);
        break;
      case Mode::in_row:
        again = end_in_row(name, tag);
        break;
      case Mode::in_cell:
        again = end_in_cell(name, tag);
        break;
      case Mode::in_select:
      case Mode::in_select_in_table:
        again = end_in_select(name, tag);
        break;
      case Mode::in_template:
        if (tag == Tag::template_) end_template();
        return;
      case Mode::after_body:
        if (tag == Tag::html) {
          set_mode(Mode::after_after_body);
          return;
        }
        [[fallthrough]];
      case Mode::after_after_body:
        set_mode(Mode::in_body);
        observer_.body_reopened();
        break;
    }
  }
}

Content Tree::start_tag(const StartTag& tag) {
  left_open_ = 0;
  // An <html> in a drawing is an element of the drawing; the others would end it.
  if (tag.tag == Tag::head || tag.tag == Tag::body) whole_page_ = true;
  if (tag.tag == Tag::html && !in_foreign_content()) whole_page_ = true;
  content_ = Content::markup;
  dispatch_start(tag);
  next_shaky_ = false;
  return content_;
}

void Tree::end_tag(NameKey name, Tag tag) {
  left_open_ = 0;
  if (raw_open_) {
    raw_open_ = false;
    pop(ElementEnd::own_tag);
    return;
  }
  dispatch_end(name, tag);
}

void Tree::doctype(std::string_view text) {
  if (mode_ != Mode::initial) return;
  whole_page_ = true;
  set_mode(Mode::before_html);

  // Only whether the page is in quirks mode matters, and that only to a <table> in a <p>. The full
  // list of quirky public identifiers is long and of another time; those not known are said to be.
  constexpr std::string_view kStart = "<!doctype";
  text.remove_prefix(std::min(kStart.size(), text.size()));
  if (!text.empty() && text.back() == '>') text.remove_suffix(1);
  text = ascii::trim_html_space(text);
  constexpr std::string_view kName = "html";
  bool html = ascii::equal_ignoring_case(text.substr(0, kName.size()), kName);
  std::string_view rest = html ? text.substr(kName.size()) : std::string_view();
  html = html && (rest.empty() || ascii::is_html_space(rest.front()));
  rest = ascii::trim_html_space(rest);
  if (html && rest.empty()) {
    no_quirks_ = true;
  } else if (html && (ascii::equal_ignoring_case(rest, "SYSTEM \"about:legacy-compat\"") ||
                      ascii::equal_ignoring_case(rest, "SYSTEM 'about:legacy-compat'"))) {
    no_quirks_ = true;
  } else {
    quirks_known_ = false;
  }
}

Tree::Text Tree::take_text(std::string_view& rest) {
  auto kind_of = [](char c) {
    return ascii::is_html_space(c) ? Text::space : c == '\0' ? Text::null : Text::word;
  };
  Text kind = kind_of(rest.front());
  std::size_t size = kind == Text::word ? rest.size() : 1;
  while (size < rest.size() && kind_of(rest[size]) == kind) ++size;
  rest.remove_prefix(size);
  return kind;
}

void Tree::text(Text text) {
  left_open_ = 0;
  if (!stack_.empty()) {
    const OpenElement& node = top();
    bool foreign = node.space != Namespace::html && !is_html_integration(node) &&
                   !is_mathml_text_integration(node);
    if (foreign) return;
  }
  if (text != Text::space) {
    if (mode_ == Mode::initial) set_mode(Mode::before_html);
    if (mode_ == Mode::before_html) imply_html();
    if (mode_ == Mode::before_head) imply_head();
    if (mode_ == Mode::in_head) leave_head();
    if (mode_ == Mode::after_head) imply_body();
    if (mode_ == Mode::after_body || mode_ == Mode::after_after_body) {
      set_mode(Mode::in_body);
      observer_.body_reopened();
    }
    if (mode_ == Mode::in_column_group && top_is(Tag::colgroup)) {
      pop(ElementEnd::implied);
      set_mode(Mode::in_table);
    }
  }
  if (text == Text::null) return;
  switch (mode_) {
    case Mode::in_table:
    case Mode::in_table_body:
    case Mode::in_row:
      if (text == Text::space) return;
      note_fostering();
      fostering_ = true;
      reconstruct_formatting();
      fostering_ = false;
      return;
    case Mode::in_body:
    case Mode::in_caption:
    case Mode::in_cell:
    case Mode::in_template:
    case Mode::after_body:
    case Mode::after_after_body:
      reconstruct_formatting();
      return;
    default:
      return;
  }
}

void Tree::end_of_page() {
  left_open_ = 0;
  if (raw_open_) {
    raw_open_ = false;
    pop(ElementEnd::page);
  }
  while (find_open(Tag::template_) != kNone) {
    std::size_t index = find_open(Tag::template_);
    while (stack_.size() > index) pop(ElementEnd::page);
    clear_formatting_to_marker();
    if (!template_modes_.empty()) template_modes_.pop_back();
    reset_mode();
  }
  if (mode_ == Mode::in_head || mode_ <= Mode::before_head || mode_ == Mode::after_head) {
    if (mode_ <= Mode::before_html) imply_html();
    if (mode_ == Mode::before_head) imply_head();
    if (mode_ == Mode::in_head) leave_head();
    imply_body();
  }
  while (!stack_.empty()) pop(ElementEnd::page);
}

}  // namespace personalize::rewrite
