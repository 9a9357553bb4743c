// The scanner's public face: bytes → tokens, and how far the page is settled.
//
// The tokenizer is compiled here, around PageScan: what most tags take is one loop.
#include <algorithm>
#include <new>
#include <optional>

#include "base/text/ascii.h"
#include "personalize/rewrite/rewrite.h"
#include "rewrite/page_scan.h"
#include "rewrite/tokenizer/tokenizer.h"

namespace personalize {

class Scanner::State {
 public:
  State(const SlotMatcher::Compiled& matcher, const Limits& limits,
        std::pmr::memory_resource* memory)
      : matcher_(matcher), limits_(limits), memory_(memory), beginning_(memory), found_(memory) {
    begin();
  }

  void scan(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices) {
    scanned_ += bytes.size();
    if (is_beginning_) {
      scan_beginning(bytes, last, splices);
    } else {
      scan_on(bytes, last, splices);
    }
  }

  std::uint64_t settled() const {
    if (page().finished()) {
      return scanned_;
    }
    return is_beginning_ ? 0 : page().held_from(pass_->tokenizer.open_offset());
  }
  Awaited awaits() const {
    if (is_beginning_ && scanned_ != 0 && !page().finished()) {
      return Awaited::page;
    }
    return page().holds_move() ? Awaited::place : Awaited::nothing;
  }
  void stop_waiting(std::pmr::vector<Splice>& splices) {
    if (is_beginning_) {
      end_beginning(splices);
    }
    page().give_up_moves();
  }
  void ignore_meta_charset() {
    ignores_meta_charset_ = true;
    page().ignore_meta_charset();
  }

  const rewrite::PageScan& page() const { return pass_->page; }
  rewrite::PageScan& page() { return pass_->page; }
  std::pmr::memory_resource* memory() const { return memory_; }

  bool lacks_memory = false;

 private:
  struct Pass {
    Pass(const SlotMatcher::Compiled& matcher, const Limits& limits,
         std::pmr::memory_resource* memory)
        : page(matcher, limits, memory), tokenizer(page, limits.token, memory) {}

    rewrite::PageScan page;
    rewrite::Tokenizer<rewrite::PageScan> tokenizer;
  };

  void begin();
  void scan_on(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices);
  void scan_beginning(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices);
  void end_beginning(std::pmr::vector<Splice>& splices);
  bool look_for_html(std::string_view& bytes);
  void end_page();

  const SlotMatcher::Compiled& matcher_;
  const Limits limits_;
  std::pmr::memory_resource* memory_;
  std::optional<Pass> pass_;
  std::uint64_t scanned_ = 0;
  std::uint32_t mark_bytes_ = 0;  // of a byte order mark
  bool found_html_ = false;
  bool ignores_meta_charset_ = false;
  // It is not known yet whether it is a whole page: so far it begins like a part of one.
  bool is_beginning_ = true;
  std::pmr::string beginning_;      // what has been scanned as long as that is so
  std::pmr::vector<Splice> found_;  // in it, if it is a part
};

// Begins at the page's first byte.
void Scanner::State::begin() {
  pass_.emplace(matcher_, limits_, memory_);
  mark_bytes_ = 0;
  found_html_ = false;
  if (ignores_meta_charset_) {
    page().ignore_meta_charset();
  }
}

void Scanner::State::scan_on(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices) {
  rewrite::PageScan& page = pass_->page;
  page.set_output(&splices);
  if (!page.finished()) {
    page.begin_chunk(bytes, pass_->tokenizer.offset());
    if (found_html_ || look_for_html(bytes)) {
      pass_->tokenizer.run(bytes);
    }
    page.end_chunk();
  }
  if (!page.finished()) {
    page.release_what_is_too_long(pass_->tokenizer.open_offset());
  }
  if (!page.finished() && last) {
    end_page();
  }
  page.set_output(nullptr);
}

// Warnings of an interpreter and the like stand before <!doctype> or <html>, so that what begins
// like a part may be a page. If it turns out to be one soon, it is scanned again as such.
void Scanner::State::scan_beginning(std::string_view bytes, bool last,
                                    std::pmr::vector<Splice>& splices) {
  constexpr std::size_t longest = std::size_t{8} * 1024;
  scan_on(bytes, last, found_);
  const std::uint64_t late_begin = page().late_begin();
  if (late_begin <= longest) {
    beginning_ += bytes;
    found_.clear();
    begin();
    page().begin_whole();
    scan_on(beginning_, last, found_);
  } else if (page().may_be_whole() && scanned_ <= longest) {
    beginning_ += bytes;
    return;
  }
  end_beginning(splices);
}

void Scanner::State::end_beginning(std::pmr::vector<Splice>& splices) {
  splices.insert(splices.end(), found_.begin(), found_.end());
  is_beginning_ = false;
}

namespace {

// Returns whether a page beginning so is JSON, or text in an encoding whose bytes are not ASCII's.
bool is_no_html(char first) {
  switch (static_cast<unsigned char>(first)) {
    case '{':
    case '[':
    case '"':
    case 0x00:
    case 0xFE:
    case 0xFF:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Passes over a UTF-8 byte order mark and white space. Returns false while there is nothing else,
// and if the page is not HTML.
bool Scanner::State::look_for_html(std::string_view& bytes) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  while (!bytes.empty()) {
    std::uint64_t offset = pass_->tokenizer.offset();
    if (offset == mark_bytes_ && offset < byte_order_mark.size() &&
        bytes[0] == byte_order_mark[offset]) {
      ++mark_bytes_;
    } else if (!ascii::is_html_space(bytes[0])) {
      break;
    }
    pass_->tokenizer.skip(1);
    bytes.remove_prefix(1);
  }
  if (bytes.empty()) {
    return false;
  }
  if (is_no_html(bytes[0])) {
    page().fail(Doubt::not_html);
    return false;
  }
  if (mark_bytes_ == byte_order_mark.size()) {
    page().ignore_meta_charset();
    page().begin_with_mark();
  }
  // What only begins like a byte order mark is text.
  const bool has_mark_or_none = mark_bytes_ == 0 || mark_bytes_ == byte_order_mark.size();
  if (!has_mark_or_none) {
    page().begin_with_text(0);
  } else if (bytes[0] != '<') {
    page().begin_with_text(pass_->tokenizer.offset());
  }
  found_html_ = true;
  return true;
}

void Scanner::State::end_page() {
  const std::uint64_t in_tag = pass_->tokenizer.open_offset();
  const rewrite::PageEnd end = pass_->tokenizer.end();
  if (page().finished()) {
    return;
  }
  page().end_page(end, end == rewrite::PageEnd::in_tag ? in_tag : pass_->tokenizer.offset());
}

const char* describe(Doubt doubt) noexcept {
  switch (doubt) {
    case Doubt::none:
      break;
    case Doubt::end_uncertain:
      return "a slot keeps its default content: where its element ends is not known";
    case Doubt::foster_parent:
      return "a slot keeps its default content: it stands where a table takes no content";
    case Doubt::content_too_long:
      return "a slot keeps its default content, which is longer than content= of "
             "\"personalize_limits\"";
    case Doubt::token_too_long:
      return "a slot keeps its default content, or a page is passed on from there: a tag is longer "
             "than token= of \"personalize_limits\"";
    case Doubt::not_html:
      return "a page is passed on: it begins with text, and has no <html>, <head> or <body>";
    case Doubt::charset:
      return "a page is passed on: it declares a charset whose text can look like markup";
    case Doubt::amp:
      return "a page is passed on: it is AMP, which allows no other content or script";
    case Doubt::too_many_elements:
      return "an element stays as it is: the page has too many that visual changes are for, or "
             "slots that use \"slot.data\"";
  }
  return "";
}

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
    state_->lacks_memory = true;
    state_->page().fail(Doubt::token_too_long);
  }
}

bool Scanner::lacks_memory() const noexcept {
  return state_->lacks_memory;
}

std::uint64_t Scanner::settled() const noexcept {
  return state_->settled();
}

bool Scanner::finished() const noexcept {
  return state_->page().finished();
}

void Scanner::ignore_meta_charset() noexcept {
  state_->ignore_meta_charset();
}

std::uint64_t Scanner::says_utf8_from() const noexcept {
  return state_->page().says_utf8_from();
}

Scanner::Awaited Scanner::awaits() const noexcept {
  return state_->awaits();
}

void Scanner::stop_waiting(std::pmr::vector<Splice>& splices) noexcept {
  try {
    state_->stop_waiting(splices);
  } catch (const std::bad_alloc&) {
    state_->lacks_memory = true;
    state_->page().fail(Doubt::token_too_long);
  }
}

SlotId Scanner::holding_slot() const noexcept {
  return state_->page().holding_slot();
}

void Scanner::keep_default(SlotId slot) noexcept {
  state_->page().keep_default(slot);
}

std::uint64_t settle_defaults(Scanner& scanner, SlotFiller& filler) noexcept {
  for (;;) {
    const SlotId slot = scanner.holding_slot();
    if (slot == no_slot || !filler.keeps_default(slot)) {
      return scanner.settled();
    }
    scanner.keep_default(slot);
  }
}

std::uint32_t Scanner::doubts(Doubt doubt) const noexcept {
  return state_->page().doubts(doubt);
}

}  // namespace personalize
