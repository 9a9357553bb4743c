// The scanner's public face: bytes → tokens, and how far the page is settled.
//
// The tokenizer is compiled here, around PageScan: what most tags take is one loop.
#include <algorithm>
#include <new>

#include "base/ascii.h"
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
    if (!page_.finished() && (found_html_ || look_for_html(bytes))) tokenizer_.run(bytes);
    if (!page_.finished()) page_.release_what_is_too_long(tokenizer_.open_offset());
    if (!page_.finished() && last) end_page();
    page_.set_output(nullptr);
  }

  std::uint64_t settled() const {
    return page_.finished() ? scanned_ : page_.held_from(tokenizer_.open_offset());
  }

  const rewrite::PageScan& page() const { return page_; }
  rewrite::PageScan& page() { return page_; }
  std::pmr::memory_resource* memory() const { return memory_; }

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
  if (!found_html_) page_.fail(Doubt::not_html);
  return found_html_;
}

void Scanner::State::end_page() {
  const std::uint64_t in_tag = tokenizer_.open_offset();
  const rewrite::PageEnd end = tokenizer_.end();
  if (page_.finished()) return;
  page_.end_page(end, end == rewrite::PageEnd::in_tag ? in_tag : tokenizer_.offset());
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
    state_->page().fail(Doubt::token_too_long);
  }
}

std::uint64_t Scanner::settled() const noexcept {
  return state_->settled();
}

bool Scanner::finished() const noexcept {
  return state_->page().finished();
}

std::uint32_t Scanner::doubts(Doubt doubt) const noexcept {
  return state_->page().doubts(doubt);
}

}  // namespace personalize
