// Cuts a page into tags, comments and declarations as the HTML standard's tokenizer does (WHATWG
// HTML, 13.2.5), whatever the chunks in which it comes.
//
// Only what can be markup is reported; text is passed over, unless the handler asks for it. Bytes
// are looked at in place. Only a token that crosses the border of two chunks is gathered, up to a
// limit, and of a long value in a tag no more than its first bytes.
//
// The class is a template and all of it is here, so that the loop over a block's tags and what the
// handler does for most of them are compiled as one; what looks at single bytes is in TokenStates.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>

#include "base/text/ascii.h"
#include "rewrite/tokenizer/name.h"
#include "rewrite/tokenizer/structure.h"
#include "rewrite/tokenizer/token.h"
#include "rewrite/tokenizer/token_states.h"

namespace personalize::rewrite {

// Most tags of most pages need nothing done but to be known as open. Such a tag, when it lies
// within one chunk, is offered to the handler first without details; where it ends and whether its
// attributes matter is seen from the masks of its bytes.
//
// Handler:
//   Passed open_plainly(written, tag, is_leaf)
//                                          a start tag by its packed name, in any case, and as it
//                                          stands in the page; `is_leaf`: the next tag is its end
//                                          tag. What is dealt with by that
//   const char* close_plainly(name)        what follows an end tag, of which this is the name, when
//                                          that is all there is to it; nullptr otherwise
//   const Fingerprints& fingerprints()     of the words for which a start tag is to be seen by
//                                          on_tag(), wherever they stand in its attributes
//   bool is_notable(name, byte, end)       asked where one of those may end, or & or ' stands, in a
//                                          start tag: whether that has to be looked at. `name`:
//                                          where the tag's name begins; `end`: its first >
//   bool is_passed(written, tag)           asked then, and where the tag may end within a quoted
//                                          value: whether it ends there and may be passed all the
//                                          same
//   TagContent on_tag(const RawTag&)       what follows a start tag
//   void on_comment(begin, end, text)      text is empty if the comment was not asked for
//   void on_doctype(begin, end, text)
//   void on_text(begin, text)              pieces of it, only while wants_text()
//   void on_no_token(begin, end)           </>, which is as if it were not there
//   bool wants_text() const
//   bool wants_comment(start) const        `start`: "<!--" and what is known of the rest
//   bool in_foreign_content() const        CDATA sections exist there
//   bool stopped() const                   the rest of the page is not looked at
//   void on_too_long(begin)                a token is beyond the limit; the tokenizer ends
template <class Handler>
class Tokenizer : private TokenStates {
 public:
  Tokenizer(Handler& handler, std::size_t limit, std::pmr::memory_resource* memory)
      : TokenStates(limit / 4, memory),
        handler_(handler),
        limit_(limit),
        structure_(handler.fingerprints()) {}

  // Looks at the next bytes. Throws std::bad_alloc when a token cannot be gathered.
  void run(std::string_view bytes);

  // Skips bytes that are not part of the markup, before the first run().
  void skip(std::size_t bytes) { offset_ += bytes; }

  // Ends the page. Reports what is left, and returns where it ended.
  PageEnd end();

  // Returns the first byte of what is not reported yet: of the token that has begun, or the next
  // byte.
  std::uint64_t open_offset() const {
    const bool waits = in_token() && keep_ && !is_long(token_begin_, offset_);
    return waits ? token_begin_ : offset_;
  }
  // Returns how many bytes have been read.
  std::uint64_t offset() const { return offset_; }

 private:
  bool is_long(std::uint64_t begin, std::uint64_t end) const { return end - begin > limit_; }
  const char* emit_tag(const char* after);
  const char* report_tag(const RawTag& tag, const char* after);
  const char* emit_comment(const char* after);
  const char* emit_doctype(const char* after);
  void report_text(const char* from, const char* to) {
    if (from != to && handler_.wants_text()) {
      handler_.on_text(offset_of(from), {from, static_cast<std::size_t>(to - from)});
    }
  }

  const char* step(const char* p);
  const char* in_data(const char* p);
  const char* in_block(const char* p);
  static const char* pass_start_tag(Handler& handler, const Structure::View& view,
                                    const char* less_than, const char* bytes, std::uint64_t& bits,
                                    const char* last);
  const char* report_whole_tag(const char* less_than);
  void keep_partial_token();

  static std::size_t lowest_bit(std::uint64_t bits) {
    return static_cast<unsigned>(__builtin_ctzll(bits));
  }

  static std::size_t size_of(const char* begin, const char* end) {
    return static_cast<std::size_t>(end - begin);
  }

  static std::size_t highest_bit(std::uint64_t bits) {
    return 63 - static_cast<unsigned>(__builtin_clzll(bits));
  }

  // Returns whether a name ends before a delimiter.
  static bool ends_name(char delimiter) {
    constexpr std::uint64_t ends = std::uint64_t{1} << ' ' | std::uint64_t{1} << '\t' |
                                   std::uint64_t{1} << '\n' | std::uint64_t{1} << '\f' |
                                   std::uint64_t{1} << '\r' | std::uint64_t{1} << '/' |
                                   std::uint64_t{1} << '>';
    return (ends >> (delimiter & 63) & 1) != 0;
  }

  // Returns whether what follows a tag's bytes may belong to a quoted value: the last " is one that
  // can open it, because it stands after an equals sign or white space. ' is notable anyway.
  static bool is_value_open(std::string_view bytes) {
    const std::size_t quote = bytes.rfind('"');
    return quote != std::string_view::npos &&
           (bytes[quote - 1] == '=' || ascii::is_html_space(bytes[quote - 1]));
  }
  // Returns the same, if the delimiters among the first 64 bytes are known.
  static bool is_value_open(const char* bytes, std::uint64_t delimiters) {
    while (delimiters != 0) {
      const char* last = bytes + highest_bit(delimiters);
      if (likely(*last == '"')) {
        return last[-1] == '=' || ascii::is_html_space(last[-1]);
      }
      delimiters ^= std::uint64_t{1} << (last - bytes);
    }
    return false;
  }

  // Masks for the first bytes of eight, by their number.
  static constexpr NameKey first_bytes[] = {0,
                                            0xFF,
                                            0xFFFF,
                                            0xFFFFFF,
                                            0xFFFFFFFF,
                                            0xFFFFFFFFFF,
                                            0xFFFFFFFFFFFF,
                                            0xFFFFFFFFFFFFFF,
                                            0xFFFFFFFFFFFFFFFF};

  Handler& handler_;
  std::size_t limit_;
  bool too_long_ = false;
  Structure structure_;  // of the present chunk

  static constexpr const char* slowly = nullptr;
  // A name can be loaded as eight bytes where a tag has this many bytes before the block's end.
  static constexpr std::ptrdiff_t shortest = 16;
  // With a limit that a tag within a block could exceed, all go through the states that look at it.
  std::ptrdiff_t shortest_ =
      most_of_value_ < Structure::block_size ? Structure::block_size + 1 : shortest;
};

template <class Handler>
void Tokenizer<Handler>::run(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  chunk_ = bytes;
  chunk_begin_ = offset_;
  structure_.forget();
  const char* p = bytes.data();
  while (p < chunk_end() && !too_long_ && !handler_.stopped()) {
    p = step(p);
  }
  offset_ = chunk_begin_ + bytes.size();
  if (!too_long_ && !handler_.stopped() && in_token()) {
    keep_partial_token();
  }
  chunk_ = {};
}

template <class Handler>
void Tokenizer<Handler>::keep_partial_token() {
  if (!keep_) {
    return;
  }
  const bool comment = in_comment();
  keep_rest_of_chunk();
  bool beyond = gathered_.size() > limit_;
  if (comment) {
    keep_ = !beyond && state_ != State::bogus_comment &&
            handler_.wants_comment({gathered_.data(), gathered_.size()});
    if (!keep_) {
      gathered_.clear();
    }
  } else if (beyond) {
    too_long_ = true;
    handler_.on_too_long(token_begin_);
  }
}

template <class Handler>
PageEnd Tokenizer<Handler>::end() {
  switch (state_) {
    case State::data:
      return PageEnd::in_text;
    case State::tag_open:
    case State::end_tag_open:
      if (handler_.wants_text()) {
        handler_.on_text(token_begin_, "<");
      }
      return PageEnd::in_text;
    case State::markup_declaration:  // a bogus comment, but all of it is still at hand
      handler_.on_comment(token_begin_, offset_, {});
      return PageEnd::in_tag;
    case State::doctype:
      handler_.on_doctype(token_begin_, offset_, {gathered_.data(), gathered_.size()});
      return PageEnd::not_markup;
    default:
      break;
  }
  if (in_comment()) {
    std::string_view text;
    if (keep_) {
      text = {gathered_.data(), gathered_.size()};
    }
    handler_.on_comment(token_begin_, offset_, text);
    return PageEnd::not_markup;
  }
  bool tag = state_ >= State::tag_name && state_ <= State::self_closing;
  return tag && model_ == ContentModel::markup ? PageEnd::in_tag : PageEnd::not_markup;
}

template <class Handler>
const char* Tokenizer<Handler>::step(const char* p) {
  if (state_ == State::data) {
    return in_data(p);
  }
  if (state_ == State::markup_declaration) {
    cdata_exists_ = handler_.in_foreign_content();
  }
  reached_ = Reached::nothing;
  p = look_at(p);
  switch (reached_) {
    case Reached::tag:
      return emit_tag(p);
    case Reached::comment:
      return emit_comment(p);
    case Reached::doctype:
      return emit_doctype(p);
    case Reached::less_than:
      if (handler_.wants_text()) {
        handler_.on_text(token_begin_, "<");
      }
      return p;
    case Reached::no_token:
      handler_.on_no_token(token_begin_, offset_of(p));
      return p;
    case Reached::nothing:
      break;
  }
  return p;
}

template <class Handler>
const char* Tokenizer<Handler>::emit_tag(const char* after) {
  const std::uint64_t end = offset_of(after);
  RawTag tag{token_begin_,
             end,
             token_text(after),
             name_length_,
             is_end_tag_,
             most_of_value_,
             is_long(token_begin_, end)};
  state_ = State::data;
  model_ = ContentModel::markup;
  return report_tag(tag, after);
}

template <class Handler>
[[gnu::noinline]] const char* Tokenizer<Handler>::report_tag(const RawTag& tag, const char* after) {
  if (tag.text.size() > limit_) {
    too_long_ = true;
    handler_.on_too_long(tag.begin);
    return after;
  }
  const TagContent content = handler_.on_tag(tag);
  if (content.model != ContentModel::markup) {
    enter(content);
  }
  return after;
}

template <class Handler>
const char* Tokenizer<Handler>::emit_comment(const char* after) {
  std::string_view text = token_text(after);
  if (text.size() > limit_ || state_ == State::bogus_comment) {
    text = {};
  }
  state_ = State::data;
  handler_.on_comment(token_begin_, offset_of(after), text);
  return after;
}

template <class Handler>
const char* Tokenizer<Handler>::emit_doctype(const char* after) {
  std::string_view text = token_text(after);
  state_ = State::data;
  if (text.size() > limit_) {
    too_long_ = true;
    handler_.on_too_long(token_begin_);
    return after;
  }
  handler_.on_doctype(token_begin_, offset_of(after), text);
  return after;
}

template <class Handler>
const char* Tokenizer<Handler>::in_data(const char* p) {
  const char* end = chunk_end();
  while (p < end) {
    if (!structure_.covers(p)) {
      structure_.look_at(p, end);
    }
    p = in_block(p);
    if (state_ != State::data || too_long_ || handler_.stopped()) {
      break;
    }
  }
  return p;
}

// The tags of one block. Where the next tag begins is taken from the mask, not from where the
// present one ends, so that the processor can be at work on several.
template <class Handler>
const char* Tokenizer<Handler>::in_block(const char* p) {
  const Structure::View view = structure_.view();
  Handler& handler = handler_;
  const char* const end = view.end;
  // The last place at which a tag can be passed.
  const char* const last = end - view.begin >= shortest_ ? end - shortest_ : nullptr;
  auto from = static_cast<std::size_t>(p - view.begin);
  const std::uint64_t* word = view.words(Structure::less_than) + from / 64;
  std::uint64_t bits = *word & (~std::uint64_t{0} << (from % 64));
  const char* bytes = p - from % 64;  // that the word is of
  for (;;) {
    while (bits == 0) {
      bytes += 64;
      if (bytes >= end) {
        if (p < end) {
          report_text(p, end);
        }
        return p < end ? end : p;
      }
      bits = *++word;
    }
    const char* less_than = bytes + lowest_bit(bits);
    bits &= bits - 1;
    if (unlikely(less_than < p)) {
      continue;  // within the tag before
    }

    if (unlikely(handler.wants_text())) {
      report_text(p, less_than);
      if (handler.stopped()) {
        return less_than;
      }
    }
    if (likely(less_than <= last)) {
      // Where the next tag begins is looked for among the same 64 bytes only.
      const char* after = less_than[1] == '/'
                              ? handler.close_plainly(less_than + 2)
                              : pass_start_tag(handler, view, less_than, bytes, bits, last);
      if (likely(after != slowly)) {
        p = after;
        continue;
      }
    }
    const char* after = report_whole_tag(less_than);
    if (after == less_than && view.begin != less_than && end != chunk_end()) {
      structure_.look_at(less_than, chunk_end());
      return less_than;
    }
    if (after == less_than || after == slowly) {
      begin_token(less_than, State::tag_open);
      return less_than + 1;
    }
    p = after;
    if (state_ != State::data || too_long_ || handler.stopped()) {
      return p;
    }
  }
}

// A start tag that lies within the block, is written as tags usually are, and needs nothing but to
// be known as open; with its end tag, if that is the next tag. Returns what follows, or `slowly` if
// it is not such a tag. `bits` says where among the 64 `bytes` the next ones begin.
template <class Handler>
[[gnu::always_inline]] inline const char* Tokenizer<Handler>::pass_start_tag(
    Handler& handler, const Structure::View& view, const char* less_than, const char* bytes,
    std::uint64_t& bits, const char* last) {
  // A name of one to eight bytes, all the way to '>' or to what attributes may follow.
  const char* name = less_than + 1;
  std::uint64_t delimiters = view.window(Structure::delimiter, name);
  if (unlikely((delimiters & 1) != 0 || (delimiters & 0x1FE) == 0)) {
    return slowly;
  }
  std::size_t length = lowest_bit(delimiters);
  const NameKey mask = first_bytes[length];
  NameKey written;
  std::memcpy(&written, name, 8);
  written &= mask;

  const char* end = name + length;
  auto tag = [&] {
    return std::string_view(less_than, static_cast<std::size_t>(end + 1 - less_than));
  };
  if (*end != '>') {
    if (unlikely(!ends_name(*end))) {
      return slowly;
    }
    // The first '>' is the end, unless it is within a value.
    std::uint64_t ends = view.window(Structure::greater_than, name);
    const auto is_notable = [&](const char* byte) { return handler.is_notable(name, byte, end); };
    bool is_odd = false;
    if (likely(ends != 0)) {
      end = name + lowest_bit(ends);
      const std::uint64_t before_end = (ends ^ (ends - 1)) >> 1;
      is_odd = is_value_open(name, delimiters & before_end);
      if (unlikely((view.window(Structure::notable, name) & before_end) != 0)) {
        is_odd = is_odd || view.any(Structure::notable, name, size_of(name, end), is_notable);
      }
    } else {
      end = view.find(Structure::greater_than, name + Structure::window_size);
      if (end == view.end) {
        return slowly;
      }
      is_odd = is_value_open({name, size_of(name, end)}) ||
               view.any(Structure::notable, name, size_of(name, end), is_notable);
    }
    if (unlikely(is_odd) && !handler.is_passed(written, tag())) {
      return slowly;
    }
  }
  const char* next = nullptr;
  bool is_leaf = false;
  if (bits != 0) {
    next = bytes + lowest_bit(bits);
    if (end < next && next <= last && next[1] == '/') {
      NameKey ending;
      std::memcpy(&ending, next + 2, 8);
      is_leaf = ((ending ^ written) & mask) == 0 && next[2 + length] == '>';
    }
  }
  switch (handler.open_plainly(written, tag(), is_leaf)) {
    case Passed::leaf:
      bits &= bits - 1;
      return next + length + 3;
    case Passed::start_tag:
      return end + 1;
    default:
      return slowly;
  }
}

// Finds the end of a complete tag in the block that is written as tags usually are, and reports it.
// Returns what follows, `slowly` if it is not such a tag, or `less_than` if it goes beyond the
// block.
template <class Handler>
const char* Tokenizer<Handler>::report_whole_tag(const char* less_than) {
  const Structure::View view = structure_.view();
  const char* end = view.end;
  if (end - less_than < shortest_) {
    return shortest_ > shortest ? slowly : less_than;
  }
  bool is_end = less_than[1] == '/';
  const char* name = less_than + (is_end ? 2 : 1);
  if (!ascii::is_letter(*name)) {
    return slowly;
  }
  const char* name_end = view.find(Structure::delimiter, name);
  if (name_end < end && !ascii::is_html_space(*name_end) && *name_end != '/' && *name_end != '>') {
    return slowly;  // the name goes on
  }
  auto length = static_cast<std::size_t>(name_end - name);
  const char* p = name_end;
  while (p < end && *p != '>') {
    // If a quote opens a value, all up to the next one belongs to it. Anything that makes this less
    // than certain is left to the standard's states.
    if (ascii::is_html_space(*p) || *p == '&' || *p == '/') {
      ++p;
    } else if (*p == '=' && end - p <= 2) {
      return less_than;
    } else if (*p == '=' && (p[1] == '"' || p[1] == '\'') && p > name_end + 1 &&
               ascii::is_letter(p[-1])) {
      p = find(p + 2, end, p[1]);
      if (p < end) {
        ++p;
      }
    } else {
      return slowly;
    }
    p = p < end ? view.find(Structure::delimiter, p) : end;
  }
  if (p >= end) {
    return less_than;
  }
  auto size = static_cast<std::size_t>(p + 1 - less_than);
  RawTag tag{offset_of(less_than),
             offset_of(p) + 1,
             {less_than, size},
             length,
             is_end,
             most_of_value_,
             false};
  return report_tag(tag, p + 1);
}

}  // namespace personalize::rewrite
