// The scanner's public face: bytes → tokens, and how far the page is settled.
//
// The tokenizer is compiled here, around PageScan: what most tags take is one loop.
#include <algorithm>
#include <new>

#include "base/text/ascii.h"
#include "personalize/rewrite/rewrite.h"
#include "rewrite/page_scan.h"
#include "rewrite/tokenizer/tokenizer.h"

namespace personalize {

class Scanner::State {
 public:
  State(const SlotMatcher::Compiled& matcher, const Limits& limits,
        std::pmr::memory_resource* memory)
      : memory_(memory), page_(matcher, limits, memory), tokenizer_(page_, limits.token, memory) {}

  void scan(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices) {
    page_.set_output(&splices);
    scanned_ += bytes.size();
    if (!page_.finished() && (found_html_ || look_for_html(bytes))) {
      tokenizer_.run(bytes);
    }
    if (!page_.finished()) {
      page_.release_what_is_too_long(tokenizer_.open_offset());
    }
    if (!page_.finished() && last) {
      end_page();
    }
    page_.set_output(nullptr);
  }

  std::uint64_t settled() const {
    return page_.finished() ? scanned_ : page_.held_from(tokenizer_.open_offset());
  }

  const rewrite::PageScan& page() const { return page_; }
  rewrite::PageScan& page() { return page_; }
  std::pmr::memory_resource* memory() const { return memory_; }

  bool lacks_memory = false;

 private:
  bool look_for_html(std::string_view& bytes);
  void end_page();

  std::pmr::memory_resource* memory_;
  rewrite::PageScan page_;
  rewrite::Tokenizer<rewrite::PageScan> tokenizer_;
  std::uint64_t scanned_ = 0;
  std::uint32_t mark_bytes_ = 0;  // of a byte order mark
  bool found_html_ = false;
};

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
    std::uint64_t offset = tokenizer_.offset();
    if (offset == mark_bytes_ && offset < byte_order_mark.size() &&
        bytes[0] == byte_order_mark[offset]) {
      ++mark_bytes_;
    } else if (!ascii::is_html_space(bytes[0])) {
      break;
    }
    tokenizer_.skip(1);
    bytes.remove_prefix(1);
  }
  if (bytes.empty()) {
    return false;
  }
  if (is_no_html(bytes[0])) {
    page_.fail(Doubt::not_html);
    return false;
  }
  if (mark_bytes_ == byte_order_mark.size()) {
    page_.ignore_meta_charset();
    page_.begin_with_mark();
  }
  // What only begins like a byte order mark is text.
  const bool has_mark_or_none = mark_bytes_ == 0 || mark_bytes_ == byte_order_mark.size();
  if (bytes[0] != '<' || !has_mark_or_none) {
    page_.begin_with_text(tokenizer_.offset());
  }
  found_html_ = true;
  return true;
}

void Scanner::State::end_page() {
  const std::uint64_t in_tag = tokenizer_.open_offset();
  const rewrite::PageEnd end = tokenizer_.end();
  if (page_.finished()) {
    return;
  }
  page_.end_page(end, end == rewrite::PageEnd::in_tag ? in_tag : tokenizer_.offset());
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
  state_->page().ignore_meta_charset();
}

std::uint64_t Scanner::says_utf8_from() const noexcept {
  return state_->page().says_utf8_from();
}

bool Scanner::holds_move() const noexcept {
  return state_->page().holds_move();
}

void Scanner::give_up_moves() noexcept {
  state_->page().give_up_moves();
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
