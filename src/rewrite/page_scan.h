// One page's tokens → open elements → matched rules → splices: ties the pieces together.
//
// The tokenizer calls it with tokens (as a template argument), the tree with elements. What it does
// for most tags is inline, since the tokenizer's loop is compiled around it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/rewrite/rewrite.h"
#include "rewrite/match/element_matcher.h"
#include "rewrite/match/matcher.h"
#include "rewrite/placing/comment_markers.h"
#include "rewrite/placing/element_watches.h"
#include "rewrite/placing/moves.h"
#include "rewrite/placing/noscript_text.h"
#include "rewrite/placing/placements.h"
#include "rewrite/placing/position.h"
#include "rewrite/tokenizer/name.h"
#include "rewrite/tokenizer/tag.h"
#include "rewrite/tokenizer/token.h"
#include "rewrite/tree/tree.h"

namespace personalize::rewrite {

class PageScan final : private TreeObserver {
 public:
  PageScan(const SlotMatcher::Compiled& matcher, const Scanner::Limits& limits,
           std::pmr::memory_resource* memory);

  // Sets where splices go from now on.
  void set_output(std::pmr::vector<Splice>* splices) { placements_.set_output(splices); }

  // Call them around each chunk of the page, with its offset.
  void begin_chunk(std::string_view bytes, std::uint64_t offset) {
    noscript_.begin_chunk(bytes, offset);
  }
  void end_chunk() { noscript_.end_chunk(); }

  // Notes before the first token that it is a whole page, whatever it begins with.
  void begin_whole() { tree_.begin_whole(); }
  // Returns whether it may still turn out to be one.
  bool may_be_whole() const { return !finished_ && !tree_.is_whole_page(); }
  // Returns where the tag ended that has shown that it is, behind other content; unknown if none
  // has.
  std::uint64_t late_begin() const { return late_begin_; }

  // Ends the scan: the slot's or the page's default content stays.
  void fail(Doubt doubt) {
    placements_.note(doubt);
    finish();
  }
  // Notes that the page begins with text at `offset`. Only <!doctype>, <html>, <head> or <body>
  // show that it is a page all the same.
  void begin_with_text(std::uint64_t offset);
  // Call it when the page has ended at `offset`, as `end` says.
  void end_page(PageEnd end, std::uint64_t offset);

  bool finished() const { return finished_; }
  std::uint32_t doubts(Doubt doubt) const { return placements_.doubts(doubt); }
  // Returns the first byte that a later splice can begin at, of those before `open_offset`.
  std::uint64_t held_from(std::uint64_t open_offset) const {
    return markers_.held_from(watches_.held_from(moves_.held_from(open_offset)));
  }
  SlotId holding_slot() const {
    return moves_.holds()     ? moves_.holding_slot()
           : watches_.holds() ? watches_.holding_slot()
                              : markers_.holding_slot();
  }
  bool holds_move() const { return moves_.holds(); }
  void give_up_moves() { moves_.give_up(); }
  void keep_default(SlotId slot) {
    moves_.keep_default(slot);
    watches_.keep_default(slot);
    markers_.keep_default(slot);
  }

  // See Scanner.
  void ignore_meta_charset() { looks_at_meta_ = false; }
  std::uint64_t says_utf8_from() const { return utf8_from_; }
  // Notes that the page begins with a byte order mark.
  void begin_with_mark() { utf8_from_ = 0; }

  // `position` is the present one, where no token has begun.
  void release_what_is_too_long(std::uint64_t position) {
    if (moves_.holds()) {
      moves_.release_what_is_too_long(position);
    }
    if (watches_.holds()) {
      watches_.release_what_is_too_long(position);
    }
    if (markers_.holds()) {
      markers_.release_what_is_too_long(position);
    }
  }

  // The functions of Tokenizer's handler, described there.
  [[gnu::always_inline]] inline Passed open_plainly(NameKey written, std::string_view tag,
                                                    bool is_leaf) {
    const TagIndex::Entry& known = matcher_.tags.find(written);
    if (unlikely(known.key != written)) {
      return open_other_plainly(written, tag, is_leaf);
    }
    if ((known.traits & trait::wanted) != 0 && elements_.wants_name(written)) {
      return Passed::nothing;
    }
    return tree_.open_plainly(known, written, tag, is_leaf);
  }
  const char* close_plainly(const char* name) { return tree_.close_plainly(name); }
  const Fingerprints& fingerprints() const { return matcher_.fingerprints; }
  bool is_notable(const char* name, const char* byte, const char* end) const {
    return matcher_.is_notable(name, byte, end);
  }
  bool is_passed(NameKey written, std::string_view tag) const {
    return !elements_.wants(ascii_lower8(written), tag);
  }
  TagContent on_tag(const RawTag& tag);
  void on_comment(std::uint64_t begin, std::uint64_t end, std::string_view text);
  void on_doctype(std::uint64_t begin, std::uint64_t end, std::string_view text);
  void on_text(std::uint64_t begin, std::string_view text);
  void on_no_token(std::uint64_t begin, std::uint64_t end) {
    if (watches_.awaits_line_feed()) {
      watches_.see_nothing(begin, end);
    }
  }
  void on_too_long(std::uint64_t begin) {
    at_token(begin, begin);
    fail(Doubt::token_too_long);
  }
  bool wants_text() const { return tree_.wants_text(); }
  static bool wants_comment(std::string_view start) { return CommentMarkers::is_possible(start); }
  bool in_foreign_content() const { return tree_.in_foreign_content(); }
  bool stopped() const { return finished_; }

 private:
  // TreeObserver
  void opened(OpenElement& element, bool implied) override;
  void closed(const OpenElement& element, ElementEnd end) override;
  void misnested(std::uint32_t serial) override;
  void children_moved(std::size_t first, std::size_t last) override {
    elements_.doubt_children(first, last);
    moves_.stop();
  }
  void rearranged(std::uint32_t serial) override;
  void orphaned(ElementStack& stack, std::size_t index) override;
  void moved(ElementStack& stack, std::size_t first) override;
  void renumbered(ElementStack& stack, std::size_t index) override;
  void page_is_whole(ElementStack& stack) override;
  void head_ended() override;
  void body_started(bool implied) override;
  void body_ended() override;
  void body_reopened() override { position_.reopened = true; }
  void lost() override;

  Passed open_other_plainly(NameKey written, std::string_view tag, bool is_leaf);
  void match_again(ElementStack& stack, std::size_t first, std::size_t end);
  void at_token(std::uint64_t begin, std::uint64_t end, bool begin_is_settled = false) {
    position_.token_begin = begin;
    position_.token_end = end;
    position_.begin_is_settled = begin_is_settled;
    position_.begins_in_drawing = tree_.in_foreign_content();
    release_what_is_too_long(begin_is_settled ? end : begin);
  }
  bool takes_changes() const;
  std::size_t place_changes(const std::pmr::vector<std::uint32_t>& matched, std::size_t first,
                            OpenElement& element, bool implied, std::uint32_t base);
  void end_tag(NameKey name, Tag tag);
  // Slots at one of the implied positions.
  void place_all(const std::vector<SlotId>& slots, std::uint64_t offset);
  void place_scripts(std::uint64_t offset, std::string_view ends = {});
  std::string_view ends_before_scripts();
  // Returns whether it may be JSON or plain text: then nothing is placed.
  bool may_be_no_html() const { return begins_with_text_ && !tree_.is_whole_page(); }
  void note_missed_positions();
  void read_meta(const RawTag& tag);
  bool is_done() const {
    return placements_.all_placed() && !watches_.holds() && !watches_.is_replacing() &&
           !markers_.holds() && !moves_.holds();
  }
  void finish();

  const SlotMatcher::Compiled& matcher_;
  std::pmr::memory_resource* memory_;
  Tree tree_;
  NameTable names_;
  ElementMatcher elements_;
  Position position_;
  Placements placements_;
  ElementWatches watches_;
  Moves moves_;
  CommentMarkers markers_;
  NoscriptText noscript_;
  const bool may_keep_;  // in a <template>, what changes replace
  std::uint64_t late_begin_ = Position::unknown;
  std::pmr::vector<std::uint16_t> changes_;      // of one element and slot; keeps its room
  std::uint64_t utf8_from_ = Position::unknown;  // the page has said by then that it is UTF-8
  bool looks_at_meta_ = true;                    // for the charset
  bool begins_with_text_ = false;
  bool missed_head_end_ = false;  // it was passed before the page was known to be a whole one
  bool missed_body_start_ = false;
  bool lacks_head_end_ = false;  // no content can stand there
  bool finished_ = false;
};

}  // namespace personalize::rewrite
