// One page: tokens → open elements → where slots stand → splices.
#include <algorithm>
#include <array>
#include <new>

#include "personalize/rewrite/rewrite.h"
#include "rewrite/match/element.h"
#include "rewrite/match/matcher.h"
#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tokenizer/tokenizer.h"
#include "rewrite/tree/tree.h"

namespace personalize {

using rewrite::CompoundSelector;
using rewrite::Condition;
using rewrite::Content;
using rewrite::ElementEnd;
using rewrite::NameKey;
using rewrite::Namespace;
using rewrite::OpenElement;
using rewrite::PageEnd;
using rewrite::Passed;
using rewrite::RawTag;
using rewrite::SimpleSelector;
using rewrite::Step;
using rewrite::Tag;

namespace {

constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
constexpr SlotId kNoSlot = ~SlotId{0};
constexpr std::size_t kMaxOpenMarkers = 256;

bool is_foreign(const OpenElement& element) {
  if (element.space == Namespace::html) return false;
  bool takes_html =
      element.html_integration ||
      (element.space == Namespace::svg && (element.tag == Tag::foreign_object ||
                                           element.tag == Tag::desc || element.tag == Tag::title));
  return !takes_html;
}

// Why markup cannot be put directly into an element.
Doubt doubt_within(const OpenElement& parent) {
  if (is_foreign(parent)) return Doubt::foster_parent;
  if (parent.has(rewrite::kTablePart) || parent.is(Tag::colgroup)) return Doubt::foster_parent;
  if (parent.is(Tag::html) || parent.has(rewrite::kVoid | rewrite::kNoMarkupInside)) {
    return Doubt::end_uncertain;
  }
  // The first tag in a template says what the others in it can be.
  if (parent.is(Tag::template_)) return Doubt::end_uncertain;
  // Most tags are dropped there.
  if (parent.is(Tag::select) || parent.is(Tag::optgroup)) return Doubt::end_uncertain;
  return Doubt::none;
}

}  // namespace

class Scanner::State final : private rewrite::TreeObserver {
 public:
  State(const SlotMatcher::Compiled& matcher, const Limits& limits,
        std::pmr::memory_resource* memory)
      : matcher_(matcher),
        limits_(limits),
        memory_(memory),
        tokenizer_(*this, limits.token, memory),
        tree_(*this, memory),
        names_(memory, &matcher.names()),
        attributes_(matcher, memory),
        marks_(matcher.mark_words, memory),
        matched_(memory),
        watches_(memory),
        markers_(memory),
        taken_(matcher.slot_count, 0, memory) {
    bool any_all = std::any_of(matcher.rules.begin(), matcher.rules.end(),
                               [](const rewrite::Rule& rule) { return rule.all; });
    slots_left_ = any_all ? kUnknown : matcher.slot_count;
    if (matcher.slot_count == 0) finish();
  }

  void scan(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices);
  void fail(Doubt doubt) {
    note(doubt);
    finish();
  }

  std::uint64_t settled() const;
  bool finished() const { return finished_; }
  std::uint32_t doubts(Doubt doubt) const { return doubts_[static_cast<std::size_t>(doubt)]; }
  std::pmr::memory_resource* memory() const { return memory_; }

  // Tokenizer's handler.
  [[gnu::always_inline]] inline Passed open_plainly(NameKey written, std::string_view tag,
                                                    bool is_leaf) {
    const rewrite::TagIndex::Entry& known = matcher_.tags.find(written);
    if (rewrite::unlikely(known.key != written)) return open_other_plainly(written, tag, is_leaf);
    if ((known.traits & rewrite::kWanted) != 0) return Passed::nothing;
    return tree_.open_plainly(known, written, tag, is_leaf);
  }
  const char* close_plainly(const char* name) { return tree_.close_plainly(name); }
  Passed open_other_plainly(NameKey written, std::string_view tag, bool is_leaf);
  const rewrite::Fingerprints& fingerprints() const { return matcher_.fingerprints; }
  bool is_notable(const char* name, const char* byte) const {
    return matcher_.is_notable(name, byte);
  }
  bool is_passed(NameKey written, std::string_view tag) const {
    return !matcher_.wants(tag, rewrite::length_of(written));
  }
  void on_tag(const RawTag& tag);
  void on_comment(std::uint64_t begin, std::uint64_t end, std::string_view text);
  void on_doctype(std::uint64_t begin, std::uint64_t end, std::string_view text);
  void on_text(std::uint64_t begin, std::string_view text);
  void on_too_long(std::uint64_t begin) {
    at_token(begin, begin);
    fail(Doubt::token_too_long);
  }
  bool wants_text() const { return tree_.wants_text(); }
  static bool wants_comment(std::string_view start);
  bool in_foreign_content() const { return tree_.in_foreign_content(); }
  bool stopped() const { return finished_; }

 private:
  // An element that a rule has matched, until its end is known.
  struct Watch {
    std::uint32_t serial;
    std::uint32_t first;  // number in tree order
    SlotId slot;
    Placement placement;
    bool once;  // the slot is taken for it
    Doubt doubt;
    bool holds;           // bytes from `begin` on may still be replaced
    std::uint64_t begin;  // of what is replaced
  };

  // <!--pz:NAME--> without its <!--/pz-->.
  struct Marker {
    std::uint32_t parent;       // serial of the element that it stands in
    std::uint32_t last_serial;  // of the elements before it
    std::uint32_t first;
    SlotId slot;  // kNoSlot: a name that is not ours, or that has been settled
    std::uint64_t begin;
  };

  void opened(OpenElement& element, bool implied) override;
  void closed(const OpenElement& element, ElementEnd end) override;
  void misnested(std::uint32_t serial) override;
  void head_ended() override { place_all(matcher_.head_end, token_begin_); }
  void body_started(bool implied) override {
    place_all(matcher_.body_start, implied ? token_begin_ : token_end_);
  }
  void body_ended() override;
  void body_reopened() override { reopened_ = true; }
  void lost() override { fail(Doubt::end_uncertain); }

  bool look_for_html(std::string_view& bytes);
  void end_page();
  void finish();
  void note(Doubt doubt) { ++doubts_[static_cast<std::size_t>(doubt)]; }
  void at_token(std::uint64_t begin, std::uint64_t end) {
    token_begin_ = begin;
    token_end_ = end;
    if (holds_ != 0) release_what_is_too_long(begin);
  }

  void match(OpenElement& element);
  void try_step(std::uint32_t number, OpenElement& element);
  bool holds_true(const Condition& condition, const OpenElement& element) const;
  void place(const rewrite::Rule& rule, OpenElement& element, bool implied, std::uint32_t base);
  Doubt doubt_of_place(Placement placement, const OpenElement& element) const;
  void resolve(const Watch& watch, const OpenElement& element, ElementEnd end, std::uint32_t base);
  bool ends_before_its_like(const OpenElement& element) const;
  Doubt doubt_of_end(const Watch& watch, const OpenElement& element, ElementEnd end,
                     std::uint64_t end_begin) const;
  void open_marker(std::string_view name, std::uint64_t end);
  void close_marker(std::uint64_t begin);
  void place_all(const std::vector<SlotId>& slots, std::uint64_t offset);
  bool takes_body_end() const;
  void emit(std::uint64_t begin, std::uint64_t end, SlotId slot, std::uint32_t first,
            std::uint32_t last);
  void release_what_is_too_long(std::uint64_t position);

  const SlotMatcher::Compiled& matcher_;
  Limits limits_;
  std::pmr::memory_resource* memory_;
  rewrite::Tokenizer<State> tokenizer_;
  rewrite::Tree tree_;
  rewrite::NameTable names_;
  rewrite::WantedAttributes attributes_;
  rewrite::AncestorMarks marks_;
  std::pmr::vector<std::uint32_t> matched_;  // rules that the present element matches
  std::pmr::vector<Watch> watches_;
  std::pmr::vector<Marker> markers_;
  // By slot: 0 free, 1 taken by a watch or marker whose end is not known, 2 placed.
  std::pmr::vector<std::uint8_t> taken_;
  std::pmr::vector<Splice>* splices_ = nullptr;
  std::array<std::uint32_t, 6> doubts_{};
  const RawTag* tag_ = nullptr;  // the present start tag
  std::uint64_t token_begin_ = 0;
  std::uint64_t token_end_ = 0;
  std::uint64_t scanned_ = 0;
  std::uint64_t slots_left_ = 0;  // not yet placed
  std::uint64_t body_end_ = kUnknown;
  std::uint32_t number_ = 0;  // the last in tree order
  std::uint32_t holds_ = 0;
  std::uint32_t mark_bytes_ = 0;  // of a byte order mark
  bool found_html_ = false;
  bool reopened_ = false;
  bool end_is_markup_ = true;
  bool ends_in_drawing_ = false;  // </body> comes within one, which goes on
  bool finished_ = false;
};

// --- The page ---

void Scanner::State::scan(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices) {
  splices_ = &splices;
  scanned_ += bytes.size();
  if (!finished_ && (found_html_ || look_for_html(bytes))) tokenizer_.run(bytes);
  if (!finished_ && holds_ != 0) release_what_is_too_long(tokenizer_.open_offset());
  if (!finished_ && last) end_page();
  splices_ = nullptr;
}

// Passes over a UTF-8 byte order mark and white space. False while there is nothing else.
bool Scanner::State::look_for_html(std::string_view& bytes) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  while (!bytes.empty()) {
    std::uint64_t offset = tokenizer_.offset();
    if (offset == mark_bytes_ && offset < kByteOrderMark.size() &&
        bytes[0] == kByteOrderMark[offset]) {
      ++mark_bytes_;
    } else if (!ascii::is_html_space(bytes[0])) {
      break;
    }
    tokenizer_.skip(1);
    bytes.remove_prefix(1);
  }
  if (bytes.empty()) return false;
  found_html_ = bytes[0] == '<' && (mark_bytes_ == 0 || mark_bytes_ == kByteOrderMark.size());
  if (!found_html_) fail(Doubt::not_html);
  return found_html_;
}

void Scanner::State::end_page() {
  std::uint64_t in_tag = tokenizer_.open_offset();
  PageEnd end = tokenizer_.end();
  if (finished_) return;
  end_is_markup_ = end != PageEnd::not_markup;
  std::uint64_t offset = end == PageEnd::in_tag ? in_tag : tokenizer_.offset();
  at_token(offset, offset);
  end_is_markup_ = end_is_markup_ && (body_end_ != kUnknown || takes_body_end());
  tree_.end_of_page();
  for (const Marker& marker : markers_) {
    if (marker.slot != kNoSlot) note(Doubt::end_uncertain);
  }
  if (body_end_ == kUnknown) place_all(matcher_.body_end, offset);
  finish();
}

void Scanner::State::finish() {
  finished_ = true;
  watches_.clear();
  markers_.clear();
  holds_ = 0;
}

std::uint64_t Scanner::State::settled() const {
  if (finished_) return scanned_;
  std::uint64_t settled = tokenizer_.open_offset();
  if (holds_ == 0) return settled;
  // Insertions may still come at the very begin of what an element holds, and stand in it.
  for (const Watch& watch : watches_) {
    if (!watch.holds) continue;
    settled = std::min(settled, watch.begin - (watch.placement == Placement::inner ? 1 : 0));
  }
  for (const Marker& marker : markers_) {
    if (marker.slot != kNoSlot) settled = std::min(settled, marker.begin - 1);
  }
  return settled;
}

void Scanner::State::release_what_is_too_long(std::uint64_t position) {
  for (Watch& watch : watches_) {
    if (!watch.holds || position <= watch.begin + limits_.content) continue;
    watch.doubt = Doubt::content_too_long;
    watch.holds = false;
    --holds_;
  }
  for (Marker& marker : markers_) {
    if (marker.slot == kNoSlot || position <= marker.begin + limits_.content) continue;
    note(Doubt::content_too_long);
    taken_[marker.slot] = 0;
    marker.slot = kNoSlot;
    --holds_;
  }
}

void Scanner::State::emit(std::uint64_t begin, std::uint64_t end, SlotId slot, std::uint32_t first,
                          std::uint32_t last) {
  splices_->push_back({begin, end, slot, first, last});
  if (taken_[slot] != 2 && slots_left_ != kUnknown) --slots_left_;
  taken_[slot] = 2;
}

// --- Tokens ---

// A tag whose name is not known as it is written: another one's, or in upper case.
Passed Scanner::State::open_other_plainly(NameKey written, std::string_view tag, bool is_leaf) {
  NameKey lower = rewrite::ascii_lower8(written);
  bool is_name = ascii::is_letter(tag[1]) && (lower & rewrite::kInternedName) == 0;
  if (!is_name) return Passed::nothing;
  const rewrite::TagIndex::Entry& known = matcher_.tags.find(lower);
  if ((known.traits & rewrite::kWanted) != 0) return Passed::nothing;
  return tree_.open_plainly(known, lower, tag, is_leaf);
}

void Scanner::State::on_tag(const RawTag& tag) {
  at_token(tag.begin, tag.end);
  NameKey name = names_.key(tag.name());
  Tag known = rewrite::tag_of(name);
  if (tag.is_end) {
    tree_.end_tag(name, known);
  } else {
    tag_ = &tag;
    Content content = tree_.start_tag({name, known, &tag});
    tag_ = nullptr;
    if (content != Content::markup) tokenizer_.enter(content, rewrite::name_of(known));
  }
  if (slots_left_ == 0 && holds_ == 0) finish();
}

void Scanner::State::on_doctype(std::uint64_t begin, std::uint64_t end, std::string_view text) {
  at_token(begin, end);
  tree_.doctype(text);
}

void Scanner::State::on_text(std::uint64_t begin, std::string_view text) {
  while (!text.empty()) {
    at_token(begin, begin);
    std::size_t size = text.size();
    tree_.text(rewrite::Tree::take_text(text));
    begin += size - text.size();
  }
}

// Whether what is known of a comment can be the start of a slot's marker.
bool Scanner::State::wants_comment(std::string_view start) {
  start.remove_prefix(std::min<std::size_t>(4, start.size()));
  while (!start.empty() && ascii::is_html_space(start.front())) start.remove_prefix(1);
  for (std::string_view head : {"pz:", "/pz"}) {
    std::size_t known = std::min(head.size(), start.size());
    if (start.substr(0, known) == head.substr(0, known)) return true;
  }
  return false;
}

void Scanner::State::on_comment(std::uint64_t begin, std::uint64_t end, std::string_view text) {
  constexpr std::string_view kOpen = "<!--";
  constexpr std::string_view kClose = "-->";
  if (text.size() < kOpen.size() + kClose.size() || !wants_comment(text)) return;
  if (text.substr(text.size() - kClose.size()) != kClose) return;
  text =
      ascii::trim_html_space(text.substr(kOpen.size(), text.size() - kOpen.size() - kClose.size()));
  at_token(begin, end);
  if (text == "/pz") {
    close_marker(begin);
  } else if (text.substr(0, 3) == "pz:") {
    open_marker(ascii::trim_html_space(text.substr(3)), end);
  }
  if (slots_left_ == 0 && holds_ == 0) finish();
}

// --- Comment markers ---

void Scanner::State::open_marker(std::string_view name, std::uint64_t end) {
  if (markers_.size() == kMaxOpenMarkers) return fail(Doubt::end_uncertain);
  SlotId slot = kNoSlot;
  matcher_.slots.each(name, [&slot](SlotId found) { slot = found; });
  if (slot != kNoSlot && taken_[slot] != 0) slot = kNoSlot;
  if (slot != kNoSlot) {
    // Before <head> it would begin the body. (In a partial nothing is known to come.)
    bool too_early = tree_.is_whole_page() && !tree_.takes_markup();
    Doubt doubt = too_early || tree_.formatting_waits() ? Doubt::end_uncertain : Doubt::none;
    if (doubt == Doubt::none && tree_.stack().size() > 1)
      doubt = doubt_within(tree_.stack().back());
    if (doubt != Doubt::none) {
      note(doubt);
      slot = kNoSlot;
    }
  }
  Marker marker{0, tree_.last_serial(), ++number_, slot, end};
  if (!tree_.stack().empty()) {
    marker.parent = tree_.stack().back().serial;
    tree_.watch_current();
  }
  markers_.push_back(marker);
  if (slot != kNoSlot) {
    taken_[slot] = 1;
    ++holds_;
  }
}

void Scanner::State::close_marker(std::uint64_t begin) {
  if (markers_.empty()) return;
  Marker marker = markers_.back();
  markers_.pop_back();
  if (marker.slot == kNoSlot) return;
  --holds_;
  taken_[marker.slot] = 0;

  // Only elements that end by themselves may have been left open in between.
  const auto& stack = tree_.stack();
  std::size_t depth = stack.size();
  while (depth > 0 && stack[depth - 1].serial != marker.parent &&
         stack[depth - 1].has(rewrite::kOptionalEnd) &&
         (marker.parent == 0 || !stack[depth - 1].has(rewrite::kImpliedWhole))) {
    --depth;
  }
  bool same_place = depth == 0 ? marker.parent == 0 : stack[depth - 1].serial == marker.parent;
  if (!same_place || tree_.formatting_goes_on(marker.last_serial) ||
      tree_.form_is_set_since(marker.last_serial + 1)) {
    note(Doubt::end_uncertain);
  } else if (begin - marker.begin > limits_.content) {
    note(Doubt::content_too_long);
  } else {
    emit(marker.begin, begin, marker.slot, marker.first, ++number_);
  }
}

// --- Implied positions ---

void Scanner::State::place_all(const std::vector<SlotId>& slots, std::uint64_t offset) {
  if (!tree_.is_whole_page()) return;
  for (SlotId slot : slots) {
    if (taken_[slot] != 0) continue;
    if (!end_is_markup_) {
      note(Doubt::end_uncertain);
      continue;
    }
    ++number_;
    emit(offset, offset, slot, number_, number_);
  }
}

// Whether content at the end of body, where the present token stands, stays there: not in what is
// still open and would lose or move it.
bool Scanner::State::takes_body_end() const {
  const auto& stack = tree_.stack();
  for (std::size_t i = 1; i < stack.size(); ++i) {
    if (stack[i].is(Tag::select) || stack[i].is(Tag::template_) || stack[i].in_foster) return false;
  }
  return stack.size() < 3 || doubt_within(stack.back()) == Doubt::none;
}

void Scanner::State::body_ended() {
  if (body_end_ != kUnknown) return;
  // Formatting that would be reopened for the content would also get hold of what may come after.
  if (!takes_body_end() || tree_.formatting_waits()) end_is_markup_ = false;
  ends_in_drawing_ = tree_.stack().back().space != Namespace::html;
  // What is appended to body goes before its end tag, whatever is still open there.
  for (std::size_t i = 0; i < watches_.size() && end_is_markup_; ++i) {
    Watch& watch = watches_[i];
    bool body = tree_.stack().size() > 1 && tree_.stack()[1].is(Tag::body) &&
                tree_.stack()[1].serial == watch.serial;
    if (!body || watch.placement != Placement::append || watch.doubt != Doubt::none) continue;
    ++number_;
    emit(token_begin_, token_begin_, watch.slot, number_, number_);
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i--));
  }
  body_end_ = token_begin_;
  place_all(matcher_.body_end, token_begin_);
}

// --- Elements ---

void Scanner::State::opened(OpenElement& element, bool implied) {
  if (implied && element.shaky) return;  // a clone
  if (implied && element.has(rewrite::kImpliedWhole) && !tree_.is_whole_page()) return;
  attributes_.clear();
  if (!implied) attributes_.read(*tag_);
  match(element);
  if (matched_.empty()) return;

  // Rules in their order, each once, however many selectors of its list match.
  std::sort(matched_.begin(), matched_.end());
  matched_.erase(std::unique(matched_.begin(), matched_.end()), matched_.end());
  std::uint32_t base = number_;
  number_ += 4;
  for (std::uint32_t rule : matched_) place(matcher_.rules[rule], element, implied, base);
}

void Scanner::State::match(OpenElement& element) {
  matched_.clear();
  for (const auto& attribute : attributes_.all()) {
    switch (attribute.number) {
      case SlotMatcher::Compiled::kId:
        matcher_.by_id.each(attribute.value, [&](std::uint32_t step) { try_step(step, element); });
        break;
      case SlotMatcher::Compiled::kClass:
        rewrite::each_word(attribute.value, [&](std::string_view word) {
          matcher_.by_class.each(word, [&](std::uint32_t step) { try_step(step, element); });
        });
        break;
      case SlotMatcher::Compiled::kSlot:
        matcher_.marked.each(ascii::trim_html_space(attribute.value),
                             [&](std::uint32_t rule) { matched_.push_back(rule); });
        break;
      default:
        break;
    }
    for (std::uint32_t step : matcher_.by_attribute[attribute.number]) try_step(step, element);
  }
  matcher_.each_of_type(element.name, [&](std::uint32_t step) { try_step(step, element); });
  for (std::uint32_t step : matcher_.everywhere) try_step(step, element);
}

void Scanner::State::try_step(std::uint32_t number, OpenElement& element) {
  const Step& step = matcher_.steps[number];
  auto holds = [&](const Condition& condition) { return holds_true(condition, element); };
  if (!std::all_of(step.all.begin(), step.all.end(), holds)) return;
  if (std::any_of(step.none.begin(), step.none.end(), holds)) return;

  const auto& stack = tree_.stack();
  std::uint32_t parent_marks = 0;
  if (stack.size() > 1) {
    const OpenElement& parent = stack[stack.size() - 2];
    parent_marks = parent.marks;
    if (step.combinator == CompoundSelector::Combinator::child &&
        !marks_.parent_has(parent.marks, parent.serial, step.left_mark)) {
      return;
    }
  }
  if (step.combinator == CompoundSelector::Combinator::descendant &&
      !marks_.ancestor_has(parent_marks, step.left_mark)) {
    return;
  }
  if (step.combinator == CompoundSelector::Combinator::child && stack.size() < 2) return;
  auto counts = [](const Condition& condition) {
    return condition.simple.kind == SimpleSelector::Kind::nth_child;
  };
  bool miscounted = tree_.has_taken_apart() && step.needs_tree &&
                    (std::any_of(step.all.begin(), step.all.end(), counts) ||
                     std::any_of(step.none.begin(), step.none.end(), counts));
  if ((step.needs_tree && tree_.is_shaky()) || miscounted) {
    if (!step.sets_mark) note(Doubt::end_uncertain);
    return;
  }
  if (step.sets_mark) {
    element.marks = marks_.set(parent_marks, element.marks, element.serial, step.mark);
  } else {
    matched_.push_back(step.rule);
  }
}

bool Scanner::State::holds_true(const Condition& condition, const OpenElement& element) const {
  const SimpleSelector& simple = condition.simple;
  switch (simple.kind) {
    case SimpleSelector::Kind::universal:
      return true;
    case SimpleSelector::Kind::type:
      return element.name == condition.type;
    case SimpleSelector::Kind::nth_child: {
      const auto& stack = tree_.stack();
      std::uint32_t index = stack.size() > 1 ? stack[stack.size() - 2].children : 1;
      return rewrite::matches_nth(simple, index);
    }
    default:
      break;
  }
  const std::string_view* value = attributes_.find(condition.attribute);
  if (value == nullptr) return false;
  if (simple.kind == SimpleSelector::Kind::id) return *value == simple.name;
  if (simple.kind == SimpleSelector::Kind::class_name) {
    SimpleSelector word;
    word.test = rewrite::AttributeTest::word;
    word.value = simple.name;
    return rewrite::matches_value(word, *value, true);
  }
  return rewrite::matches_value(simple, *value, element.space == Namespace::html);
}

// --- Placing ---

Doubt Scanner::State::doubt_of_place(Placement placement, const OpenElement& element) const {
  if (element.in_foster) return Doubt::foster_parent;
  if (element.shaky || element.is(Tag::html)) return Doubt::end_uncertain;
  // Content would reopen formatting, and what follows would then stand in that.
  if (tree_.formatting_waits()) return Doubt::end_uncertain;
  const auto& stack = tree_.stack();
  const OpenElement* parent = stack.size() > 1 ? &stack[stack.size() - 2] : nullptr;
  bool within = placement == Placement::inner || placement == Placement::prepend ||
                placement == Placement::append;
  if (!within) {
    // Before the element others are open that only its start tag ends.
    bool at_start = placement == Placement::before || placement == Placement::replace;
    if (parent == nullptr || (at_start && tree_.left_open())) return Doubt::end_uncertain;
    return doubt_within(*parent);
  }

  // A line feed that comes next would no longer be the first thing in it, and so would show.
  if (placement == Placement::prepend && (element.is(Tag::pre) || element.is(Tag::listing))) {
    return Doubt::end_uncertain;
  }

  // A form in a table has no content, and <svg/> may have none.
  if (element.is(Tag::form) && tree_.closes_forms_at_once()) return Doubt::foster_parent;
  if (element.space != Namespace::html && tag_ != nullptr &&
      rewrite::is_self_closing(tag_->text, tag_->name_length)) {
    return Doubt::end_uncertain;
  }
  return doubt_within(element);
}

// `base` + 1 … 4 are the element's numbers: before it, it, its content, and before that.
void Scanner::State::place(const rewrite::Rule& rule, OpenElement& element, bool implied,
                           std::uint32_t base) {
  if (!rule.all && taken_[rule.slot] != 0) return;
  Doubt doubt = doubt_of_place(rule.placement, element);
  // Where the element begins with the token that stands in it, their places cannot be told apart.
  if (implied && rule.placement == Placement::inner && doubt == Doubt::none) {
    doubt = Doubt::end_uncertain;
  }
  if (implied && !end_is_markup_) doubt = Doubt::end_uncertain;
  if (doubt != Doubt::none) return note(doubt);

  std::uint64_t content = implied ? token_begin_ : token_end_;
  switch (rule.placement) {
    case Placement::before:
      return emit(token_begin_, token_begin_, rule.slot, base + 1, base + 1);
    case Placement::prepend:
      return emit(content, content, rule.slot, base + 4, base + 4);
    default:
      break;
  }
  Watch watch{element.serial, 0, rule.slot, rule.placement, !rule.all, Doubt::none, false, content};
  if (rule.placement == Placement::replace) {
    watch.begin = token_begin_;
    watch.first = base + 2;
    watch.holds = true;
    if (element.is(Tag::table)) tree_.watch_fostering();
  } else if (rule.placement == Placement::inner) {
    watch.first = base + 3;
    watch.holds = true;
  }
  if (watch.holds) ++holds_;
  if (watch.once) taken_[rule.slot] = 1;
  element.watched = true;
  watches_.push_back(watch);
}

void Scanner::State::closed(const OpenElement& element, ElementEnd end) {
  // A marker cannot reach beyond the element that it stands in.
  while (!markers_.empty() && markers_.back().parent == element.serial) {
    Marker& marker = markers_.back();
    if (marker.slot != kNoSlot) {
      note(Doubt::end_uncertain);
      taken_[marker.slot] = 0;
      --holds_;
    }
    markers_.pop_back();
  }
  std::uint32_t base = number_;
  number_ += 4;
  for (std::size_t i = 0; i < watches_.size();) {
    if (watches_[i].serial != element.serial) {
      ++i;
      continue;
    }
    Watch watch = watches_[i];
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
    if (watch.holds) --holds_;
    if (watch.once && taken_[watch.slot] == 1) taken_[watch.slot] = 0;
    resolve(watch, element, end, base);
  }
}

// `base` + 1 … 4 are the numbers of the element's end: behind its content, that, it, and behind it.
void Scanner::State::resolve(const Watch& watch, const OpenElement& element, ElementEnd end,
                             std::uint32_t base) {
  std::uint64_t end_begin = token_begin_;
  std::uint64_t end_end = token_begin_;
  if (end == ElementEnd::own_tag) end_end = token_end_;
  if (end == ElementEnd::no_content) end_begin = end_end = token_end_;
  if (end == ElementEnd::page && body_end_ != kUnknown) end_begin = end_end = body_end_;

  Doubt doubt = doubt_of_end(watch, element, end, end_begin);
  if (doubt != Doubt::none) return note(doubt);
  switch (watch.placement) {
    case Placement::inner:
      return emit(watch.begin, end_begin, watch.slot, watch.first, base + 2);
    case Placement::replace:
      return emit(watch.begin, end_end, watch.slot, watch.first, base + 3);
    case Placement::append:
      return emit(end_begin, end_begin, watch.slot, base + 1, base + 1);
    default:
      return emit(end_end, end_end, watch.slot, base + 4, base + 4);
  }
}

// Whether the start tag of another such element would have ended this one where it has ended, so
// that content of the right kind comes to stand behind it.
bool Scanner::State::ends_before_its_like(const OpenElement& element) const {
  if (!element.has(rewrite::kOptionalEnd) || tree_.left_more_than_p_open()) return false;
  const auto& stack = tree_.stack();
  switch (element.tag) {
    case Tag::rb:
    case Tag::rp:
    case Tag::rt:
    case Tag::rtc:
      return !stack.empty() && stack.back().is(Tag::ruby);
    case Tag::optgroup:
      return false;
    default:
      return true;
  }
}

Doubt Scanner::State::doubt_of_end(const Watch& watch, const OpenElement& element, ElementEnd end,
                                   std::uint64_t end_begin) const {
  if (watch.doubt != Doubt::none) return watch.doubt;
  if (end == ElementEnd::misnested) return Doubt::end_uncertain;
  bool optional = element.has(rewrite::kOptionalEnd);
  bool without_tag = end == ElementEnd::implied || end == ElementEnd::page;
  if (without_tag && !end_is_markup_ && end_begin == token_begin_) return Doubt::end_uncertain;
  if (end == ElementEnd::page) {
    // A missing end tag would swallow the page; where it may be missing, nothing came after body.
    if (!optional || reopened_ || ends_in_drawing_) return Doubt::end_uncertain;
    // What was inserted before </body> must not be sent already.
    if (body_end_ != kUnknown && !watch.holds) return Doubt::end_uncertain;
  }
  // Formatting that goes on would be lost with the content, or get hold of what is inserted.
  if (tree_.formatting_goes_on(element.serial - 1)) return Doubt::end_uncertain;
  // What is left open of a drawing decides how the present token is read.
  bool in_drawing = element.space != Namespace::html ||
                    (!tree_.stack().empty() && tree_.stack().back().space != Namespace::html);
  if (without_tag && in_drawing) return Doubt::end_uncertain;
  bool at_end = watch.placement == Placement::append || watch.placement == Placement::after;
  if (at_end && tree_.formatting_waits()) return Doubt::end_uncertain;
  bool whole_body = element.is(Tag::body) && watch.placement == Placement::append;
  if (watch.placement == Placement::append && tree_.left_open_within(element) && !whole_body) {
    return Doubt::end_uncertain;
  }
  if (watch.placement == Placement::after && without_tag && !ends_before_its_like(element)) {
    return Doubt::end_uncertain;
  }
  if (!watch.holds) return Doubt::none;
  // Without a form that is replaced, the next one would not be dropped.
  const bool is_whole = watch.placement == Placement::replace;
  if (end != ElementEnd::page && tree_.form_is_set_since(element.serial + (is_whole ? 0 : 1))) {
    return Doubt::end_uncertain;
  }
  return end_begin - watch.begin > limits_.content ? Doubt::content_too_long : Doubt::none;
}

void Scanner::State::misnested(std::uint32_t serial) {
  for (Watch& watch : watches_) {
    if (watch.serial < serial || watch.doubt != Doubt::none) continue;
    watch.doubt = Doubt::end_uncertain;
    if (watch.holds) --holds_;
    watch.holds = false;
  }
  for (Marker& marker : markers_) {
    if (marker.slot == kNoSlot || marker.parent < serial) continue;
    note(Doubt::end_uncertain);
    taken_[marker.slot] = 0;
    marker.slot = kNoSlot;
    --holds_;
  }
}

// --- The public face ---

Scanner::Scanner(const SlotMatcher& matcher, const Limits& limits,
                 std::pmr::memory_resource* memory)
    : state_(new (memory->allocate(sizeof(State), alignof(State)))
                 State(matcher.compiled(), limits, memory)) {}

Scanner::~Scanner() {
  std::pmr::memory_resource* memory = state_->memory();
  state_->~State();
  memory->deallocate(state_, sizeof(State), alignof(State));
}

void Scanner::scan(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices) noexcept {
  try {
    state_->scan(bytes, last, splices);
  } catch (const std::bad_alloc&) {
    state_->fail(Doubt::token_too_long);
  }
}

std::uint64_t Scanner::settled() const noexcept {
  return state_->settled();
}

bool Scanner::finished() const noexcept {
  return state_->finished();
}

std::uint32_t Scanner::doubts(Doubt doubt) const noexcept {
  return state_->doubts(doubt);
}

}  // namespace personalize
