// Cuts a page into tags, comments and declarations as the HTML standard's tokenizer does (WHATWG
// HTML, 13.2.5), whatever the chunks in which it comes.
//
// Only what can be markup is reported; text is passed over, unless the handler asks for it. Bytes
// are looked at in place. Only a token that crosses the border of two chunks is gathered, up to a
// limit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "rewrite/tokenizer/name.h"
#include "rewrite/tokenizer/structure.h"

namespace personalize::rewrite {

// A start or end tag. `text` runs from '<' to '>', both included, and lives until the handler
// returns.
struct RawTag {
  std::uint64_t begin;
  std::uint64_t end;
  std::string_view text;
  std::size_t name_length;
  bool is_end;

  std::string_view name() const { return text.substr(is_end ? 2 : 1, name_length); }
};

// How much the short way has dealt with.
enum class Passed : std::uint8_t {
  nothing,
  start_tag,
  leaf,  // an element without elements: its start tag, text and end tag
};

// What the content of an element is, once its start tag has been seen.
enum class Content : std::uint8_t {
  markup,
  text,       // RCDATA and RAWTEXT: up to the end tag of the same name
  script,     // script data, with its escaped states
  plaintext,  // up to the end of the page
};

// Where a page can end.
enum class PageEnd : std::uint8_t {
  in_text,     // content added there would be parsed as markup
  in_tag,      // within a tag, which the parser drops: content belongs before it
  not_markup,  // within a comment, a script or the like: what is added there is lost
};

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
//   bool is_notable(name, byte)            asked where one of those may end, or & or ' stands, in a
//                                          start tag: whether that has to be looked at. `name`:
//                                          where the tag's name begins
//   bool is_passed(written, tag)           asked then, and where the tag may end within a quoted
//                                          value: whether it ends there and may be passed all the
//                                          same
//   void on_tag(const RawTag&)             may call enter() for a start tag
//   void on_comment(begin, end, text)      text is empty where the comment was not asked for
//   void on_doctype(begin, end, text)
//   void on_text(begin, text)              pieces of it, only while wants_text()
//   bool wants_text() const
//   bool wants_comment(start) const        `start`: "<!--" and what is known of the rest
//   bool in_foreign_content() const        CDATA sections exist there
//   bool stopped() const                   the rest of the page is not looked at
//   void on_too_long(begin)                a token is beyond the limit; the tokenizer ends
template <class Handler>
class Tokenizer {
 public:
  Tokenizer(Handler& handler, std::size_t limit, std::pmr::memory_resource* memory)
      : handler_(handler), limit_(limit), gathered_(memory), structure_(handler.fingerprints()) {}

  // Looks at the next bytes. Throws std::bad_alloc when a token cannot be gathered.
  void run(std::string_view bytes);

  // Bytes that are no part of the markup, before the first run().
  void skip(std::size_t bytes) { offset_ += bytes; }

  // The page has ended. Reports what is left, and says where it ended.
  PageEnd end();

  // From a start tag's on_tag(): its content is not markup. `name` is lower-case and outlives it.
  void enter(Content content, std::string_view name);

  // From a handler that begins within an element, before the first byte.
  void begin_in(Content content, std::string_view name) { enter(content, name); }
  void begin_in_cdata() { state_ = State::cdata; }

  // The first byte of what is not reported yet: of the token that has begun, or the next byte.
  std::uint64_t open_offset() const { return in_token() && keep_ ? token_begin_ : offset_; }
  // Bytes looked at.
  std::uint64_t offset() const { return offset_; }

 private:
  enum class State : std::uint8_t {
    data,
    plaintext,
    raw_text,
    cdata,
    cdata_bracket,
    cdata_end,
    // From here on a token has begun.
    tag_open,
    end_tag_open,
    tag_name,
    before_attribute_name,
    attribute_name,
    after_attribute_name,
    before_attribute_value,
    value_double_quoted,
    value_single_quoted,
    value_unquoted,
    after_value_quoted,
    self_closing,
    markup_declaration,
    comment_start,
    comment_start_dash,
    comment,
    comment_end_dash,
    comment_end,
    comment_end_bang,
    bogus_comment,
    doctype,
    raw_less_than,
    raw_end_name,
    script_escape_start,
    script_escape_start_dash,
    script_double_start,
    script_double_end,
  };

  bool in_token() const { return state_ >= State::tag_open; }
  bool in_comment() const {
    return state_ >= State::comment_start && state_ <= State::bogus_comment;
  }

  std::uint64_t offset_of(const char* p) const {
    return chunk_begin_ + static_cast<std::uint64_t>(p - chunk_.data());
  }
  const char* chunk_end() const { return chunk_.data() + chunk_.size(); }

  void begin_token(const char* at, State state) {
    token_begin_ = offset_of(at);
    gathered_.clear();
    keep_ = true;
    state_ = state;
  }
  // The token's bytes, up to `end`.
  std::string_view token_text(const char* end);
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
  const char* in_tag(const char* p);
  const char* in_markup_declaration(const char* p);
  const char* in_comment_states(const char* p);
  const char* in_raw_text(const char* p);
  const char* in_raw_states(const char* p);
  const char* in_cdata(const char* p);
  const char* in_script_name(const char* p, State otherwise, std::uint8_t level);
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

  // Whether a name ends before a delimiter.
  static bool ends_name(char delimiter) {
    constexpr std::uint64_t kEnds = std::uint64_t{1} << ' ' | std::uint64_t{1} << '\t' |
                                    std::uint64_t{1} << '\n' | std::uint64_t{1} << '\f' |
                                    std::uint64_t{1} << '\r' | std::uint64_t{1} << '/' |
                                    std::uint64_t{1} << '>';
    return (kEnds >> (delimiter & 63) & 1) != 0;
  }

  // Whether what follows a tag's bytes may belong to a quoted value: the last " is one that can
  // open it, because it stands behind an equals sign or white space. (' is notable anyway.)
  static bool is_value_open(std::string_view bytes) {
    const std::size_t quote = bytes.rfind('"');
    return quote != std::string_view::npos &&
           (bytes[quote - 1] == '=' || ascii::is_html_space(bytes[quote - 1]));
  }
  // The same, where the delimiters among the first 64 bytes are known.
  static bool is_value_open(const char* bytes, std::uint64_t delimiters) {
    while (delimiters != 0) {
      const char* last = bytes + highest_bit(delimiters);
      if (likely(*last == '"')) return last[-1] == '=' || ascii::is_html_space(last[-1]);
      delimiters ^= std::uint64_t{1} << (last - bytes);
    }
    return false;
  }

  // Of eight bytes, the first so many.
  static constexpr NameKey kFirstBytes[] = {0,
                                            0xFF,
                                            0xFFFF,
                                            0xFFFFFF,
                                            0xFFFFFFFF,
                                            0xFFFFFFFFFF,
                                            0xFFFFFFFFFFFF,
                                            0xFFFFFFFFFFFFFF,
                                            0xFFFFFFFFFFFFFFFF};

  static const char* find(const char* p, const char* end, char c) {
    const void* found = std::memchr(p, c, static_cast<std::size_t>(end - p));
    return found == nullptr ? end : static_cast<const char*>(found);
  }

  Handler& handler_;
  std::size_t limit_;
  std::pmr::vector<char> gathered_;  // the token's bytes from earlier chunks
  std::string_view chunk_;
  std::uint64_t chunk_begin_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t token_begin_ = 0;
  std::uint64_t name_begin_ = 0;
  std::size_t name_length_ = 0;
  std::string_view raw_name_;  // of the element whose content is not markup
  State state_ = State::data;
  Content content_ = Content::markup;
  bool is_end_tag_ = false;
  bool keep_ = true;  // the token's bytes are needed
  bool too_long_ = false;
  std::uint8_t matched_ = 0;       // characters of a keyword seen
  std::uint8_t script_level_ = 0;  // 0, 1: escaped, 2: double escaped
  std::uint8_t dashes_ = 0;        // before here, in escaped script data

  Structure structure_;  // of the present chunk

  static constexpr const char* kSlowly = nullptr;
  // A name can be loaded as eight bytes where a tag has this many bytes before the block's end.
  static constexpr std::ptrdiff_t kShortest = 16;
  // With a limit below a block's size, all tags go through the states that look at it.
  std::ptrdiff_t shortest_ = limit_ < Structure::kBlock ? Structure::kBlock + 1 : kShortest;
};

template <class Handler>
void Tokenizer<Handler>::enter(Content content, std::string_view name) {
  content_ = content;
  raw_name_ = name;
  script_level_ = 0;
  dashes_ = 0;
  state_ = content == Content::markup      ? State::data
           : content == Content::plaintext ? State::plaintext
                                           : State::raw_text;
}

template <class Handler>
void Tokenizer<Handler>::run(std::string_view bytes) {
  if (bytes.empty()) return;
  chunk_ = bytes;
  chunk_begin_ = offset_;
  structure_.forget();
  const char* p = bytes.data();
  while (p < chunk_end() && !too_long_ && !handler_.stopped()) p = step(p);
  offset_ = chunk_begin_ + bytes.size();
  if (!too_long_ && !handler_.stopped() && in_token()) keep_partial_token();
  chunk_ = {};
}

template <class Handler>
void Tokenizer<Handler>::keep_partial_token() {
  if (!keep_) return;
  std::size_t from = token_begin_ > chunk_begin_ ? token_begin_ - chunk_begin_ : 0;
  bool comment = in_comment();
  gathered_.insert(gathered_.end(), chunk_.begin() + static_cast<std::ptrdiff_t>(from),
                   chunk_.end());
  bool beyond = gathered_.size() > limit_;
  if (comment) {
    keep_ = !beyond && state_ != State::bogus_comment &&
            handler_.wants_comment({gathered_.data(), gathered_.size()});
    if (!keep_) gathered_.clear();
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
      if (handler_.wants_text()) handler_.on_text(token_begin_, "<");
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
    if (keep_) text = {gathered_.data(), gathered_.size()};
    handler_.on_comment(token_begin_, offset_, text);
    return PageEnd::not_markup;
  }
  bool tag = state_ >= State::tag_name && state_ <= State::self_closing;
  return tag && content_ == Content::markup ? PageEnd::in_tag : PageEnd::not_markup;
}

template <class Handler>
const char* Tokenizer<Handler>::step(const char* p) {
  switch (state_) {
    case State::data:
      return in_data(p);
    case State::plaintext:
      return chunk_end();
    case State::raw_text:
      return in_raw_text(p);
    case State::cdata:
    case State::cdata_bracket:
    case State::cdata_end:
      return in_cdata(p);
    case State::markup_declaration:
      return in_markup_declaration(p);
    case State::comment_start:
    case State::comment_start_dash:
    case State::comment:
    case State::comment_end_dash:
    case State::comment_end:
    case State::comment_end_bang:
      return in_comment_states(p);
    case State::bogus_comment:
      p = find(p, chunk_end(), '>');
      return p == chunk_end() ? p : emit_comment(p + 1);
    case State::doctype:  // a quoted identifier does not hide '>'
      p = find(p, chunk_end(), '>');
      return p == chunk_end() ? p : emit_doctype(p + 1);
    case State::raw_less_than:
    case State::raw_end_name:
    case State::script_escape_start:
    case State::script_escape_start_dash:
    case State::script_double_start:
    case State::script_double_end:
      return in_raw_states(p);
    default:
      return in_tag(p);
  }
}

template <class Handler>
std::string_view Tokenizer<Handler>::token_text(const char* end) {
  if (!keep_) return {};
  if (token_begin_ >= chunk_begin_) {
    const char* begin = chunk_.data() + (token_begin_ - chunk_begin_);
    return {begin, static_cast<std::size_t>(end - begin)};
  }
  gathered_.insert(gathered_.end(), chunk_.data(), end);
  return {gathered_.data(), gathered_.size()};
}

template <class Handler>
const char* Tokenizer<Handler>::emit_tag(const char* after) {
  RawTag tag{token_begin_, offset_of(after), token_text(after), name_length_, is_end_tag_};
  state_ = State::data;
  content_ = Content::markup;
  return report_tag(tag, after);
}

template <class Handler>
[[gnu::noinline]] const char* Tokenizer<Handler>::report_tag(const RawTag& tag, const char* after) {
  if (tag.text.size() > limit_) {
    too_long_ = true;
    handler_.on_too_long(tag.begin);
    return after;
  }
  handler_.on_tag(tag);
  return after;
}

template <class Handler>
const char* Tokenizer<Handler>::emit_comment(const char* after) {
  std::string_view text = token_text(after);
  if (text.size() > limit_ || state_ == State::bogus_comment) text = {};
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
    if (!structure_.covers(p)) structure_.look_at(p, end);
    p = in_block(p);
    if (state_ != State::data || too_long_ || handler_.stopped()) break;
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
        if (p < end) report_text(p, end);
        return p < end ? end : p;
      }
      bits = *++word;
    }
    const char* less_than = bytes + lowest_bit(bits);
    bits &= bits - 1;
    if (unlikely(less_than < p)) continue;  // within the tag before

    if (unlikely(handler.wants_text())) {
      report_text(p, less_than);
      if (handler.stopped()) return less_than;
    }
    if (likely(less_than <= last)) {
      // Where the next tag begins is looked for among the same 64 bytes only.
      const char* after = less_than[1] == '/'
                              ? handler.close_plainly(less_than + 2)
                              : pass_start_tag(handler, view, less_than, bytes, bits, last);
      if (likely(after != kSlowly)) {
        p = after;
        continue;
      }
    }
    const char* after = report_whole_tag(less_than);
    if (after == less_than && view.begin != less_than && end != chunk_end()) {
      structure_.look_at(less_than, chunk_end());
      return less_than;
    }
    if (after == less_than || after == kSlowly) {
      begin_token(less_than, State::tag_open);
      return less_than + 1;
    }
    p = after;
    if (state_ != State::data || too_long_ || handler.stopped()) return p;
  }
}

// A start tag that lies within the block, is written as tags usually are, and needs nothing but to
// be known as open; with its end tag, if that is the next tag. Returns what follows, or kSlowly
// when it is no such tag. `bits` says where among the 64 `bytes` the next ones begin.
template <class Handler>
[[gnu::always_inline]] inline const char* Tokenizer<Handler>::pass_start_tag(
    Handler& handler, const Structure::View& view, const char* less_than, const char* bytes,
    std::uint64_t& bits, const char* last) {
  // A name of one to eight bytes, all the way to '>' or to what attributes may follow.
  const char* name = less_than + 1;
  std::uint64_t delimiters = view.window(Structure::delimiter, name);
  if (unlikely((delimiters & 1) != 0 || (delimiters & 0x1FE) == 0)) return kSlowly;
  std::size_t length = lowest_bit(delimiters);
  const NameKey mask = kFirstBytes[length];
  NameKey written;
  std::memcpy(&written, name, 8);
  written &= mask;

  const char* end = name + length;
  auto tag = [&] {
    return std::string_view(less_than, static_cast<std::size_t>(end + 1 - less_than));
  };
  if (*end != '>') {
    if (unlikely(!ends_name(*end))) return kSlowly;
    // The first '>' is the end, unless it is within a value.
    std::uint64_t ends = view.window(Structure::greater_than, name);
    const auto is_notable = [&](const char* byte) { return handler.is_notable(name, byte); };
    bool is_odd = false;
    if (likely(ends != 0)) {
      end = name + lowest_bit(ends);
      const std::uint64_t before_end = (ends ^ (ends - 1)) >> 1;
      is_odd = is_value_open(name, delimiters & before_end);
      if (unlikely((view.window(Structure::notable, name) & before_end) != 0)) {
        is_odd = is_odd || view.any(Structure::notable, name, size_of(name, end), is_notable);
      }
    } else {
      end = view.find(Structure::greater_than, name + Structure::kWindow);
      if (end == view.end) return kSlowly;
      is_odd = is_value_open({name, size_of(name, end)}) ||
               view.any(Structure::notable, name, size_of(name, end), is_notable);
    }
    if (unlikely(is_odd) && !handler.is_passed(written, tag())) return kSlowly;
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
      return kSlowly;
  }
}

// Finds the end of a complete tag in the block that is written as tags usually are, and reports it.
// Returns what follows, kSlowly when it is no such tag, or `less_than` when it goes beyond the
// block.
template <class Handler>
const char* Tokenizer<Handler>::report_whole_tag(const char* less_than) {
  const Structure::View view = structure_.view();
  const char* end = view.end;
  if (end - less_than < shortest_) return shortest_ > kShortest ? kSlowly : less_than;
  bool is_end = less_than[1] == '/';
  const char* name = less_than + (is_end ? 2 : 1);
  if (!ascii::is_letter(*name)) return kSlowly;
  const char* name_end = view.find(Structure::delimiter, name);
  if (name_end < end && !ascii::is_html_space(*name_end) && *name_end != '/' && *name_end != '>') {
    return kSlowly;  // the name goes on
  }
  auto length = static_cast<std::size_t>(name_end - name);
  const char* p = name_end;
  while (p < end && *p != '>') {
    // Where a quote opens a value, all up to the next one belongs to it. Anything that makes this
    // less than certain is left to the standard's states.
    if (ascii::is_html_space(*p) || *p == '&' || *p == '/') {
      ++p;
    } else if (*p == '=' && end - p <= 2) {
      return less_than;
    } else if (*p == '=' && (p[1] == '"' || p[1] == '\'') && p > name_end + 1 &&
               ascii::is_letter(p[-1])) {
      p = find(p + 2, end, p[1]);
      if (p < end) ++p;
    } else {
      return kSlowly;
    }
    p = p < end ? view.find(Structure::delimiter, p) : end;
  }
  if (p >= end) return less_than;
  auto size = static_cast<std::size_t>(p + 1 - less_than);
  RawTag tag{offset_of(less_than), offset_of(p) + 1, {less_than, size}, length, is_end};
  return report_tag(tag, p + 1);
}

// The states from "tag open" to "self-closing start tag". Attributes are only passed over; what
// they are is read from the complete tag.
template <class Handler>
const char* Tokenizer<Handler>::in_tag(const char* p) {
  for (const char* end = chunk_end(); p < end; ++p) {
    char c = *p;
    switch (state_) {
      case State::tag_open:
        is_end_tag_ = false;
        if (c == '!') {
          state_ = State::markup_declaration;
          matched_ = 0;
          return p + 1;
        }
        if (c == '/') {
          state_ = State::end_tag_open;
        } else if (ascii::is_letter(c)) {
          state_ = State::tag_name;
          name_begin_ = offset_of(p);
        } else if (c == '?') {
          state_ = State::bogus_comment;
          return p;
        } else {
          state_ = State::data;
          if (handler_.wants_text()) handler_.on_text(token_begin_, "<");
          return p;
        }
        break;
      case State::end_tag_open:
        if (ascii::is_letter(c)) {
          is_end_tag_ = true;
          state_ = State::tag_name;
          name_begin_ = offset_of(p);
        } else if (c == '>') {
          state_ = State::data;
          return p + 1;
        } else {
          state_ = State::bogus_comment;
          return p;
        }
        break;
      case State::tag_name:
        if (!ascii::is_html_space(c) && c != '/' && c != '>') break;
        name_length_ = offset_of(p) - name_begin_;
        if (c == '>') return emit_tag(p + 1);
        state_ = c == '/' ? State::self_closing : State::before_attribute_name;
        break;
      case State::self_closing:
        if (c == '>') return emit_tag(p + 1);
        [[fallthrough]];
      case State::before_attribute_name:
      case State::after_value_quoted:
        if (c == '>') return emit_tag(p + 1);
        if (ascii::is_html_space(c)) {
          state_ = State::before_attribute_name;
        } else if (c == '/') {
          state_ = State::self_closing;
        } else {
          state_ = State::attribute_name;  // also for '=', which belongs to the name here
        }
        break;
      case State::attribute_name:
      case State::after_attribute_name:
        if (c == '>') return emit_tag(p + 1);
        if (c == '/') {
          state_ = State::self_closing;
        } else if (c == '=') {
          state_ = State::before_attribute_value;
        } else if (ascii::is_html_space(c)) {
          state_ = State::after_attribute_name;
        } else {
          state_ = State::attribute_name;
        }
        break;
      case State::before_attribute_value:
        if (c == '>') return emit_tag(p + 1);
        if (c == '"') {
          state_ = State::value_double_quoted;
        } else if (c == '\'') {
          state_ = State::value_single_quoted;
        } else if (!ascii::is_html_space(c)) {
          state_ = State::value_unquoted;
        }
        break;
      case State::value_double_quoted:
      case State::value_single_quoted:
        p = find(p, end, state_ == State::value_double_quoted ? '"' : '\'');
        if (p == end) return p;
        state_ = State::after_value_quoted;
        break;
      case State::value_unquoted:
        if (c == '>') return emit_tag(p + 1);
        if (ascii::is_html_space(c)) state_ = State::before_attribute_name;
        break;
      default:
        return p;
    }
  }
  return p;
}

template <class Handler>
const char* Tokenizer<Handler>::in_markup_declaration(const char* p) {
  // `matched_` holds the keyword in its upper bits and the characters seen in its lower ones.
  constexpr std::string_view kKeywords[] = {"--", "doctype", "[CDATA["};
  for (const char* end = chunk_end(); p < end; ++p) {
    std::size_t keyword = matched_ >> 4;
    std::size_t seen = matched_ & 0x0F;
    if (seen == 0) keyword = *p == '-' ? 0 : *p == '[' ? 2 : 1;
    char c = keyword == 1 ? ascii::lower(*p) : *p;
    if (c != kKeywords[keyword][seen] || (keyword == 2 && !handler_.in_foreign_content())) {
      state_ = State::bogus_comment;
      return p;
    }
    ++seen;
    matched_ = static_cast<std::uint8_t>(keyword << 4 | seen);
    if (seen == kKeywords[keyword].size()) {
      state_ = keyword == 0 ? State::comment_start : keyword == 1 ? State::doctype : State::cdata;
      return p + 1;
    }
  }
  return p;
}

template <class Handler>
const char* Tokenizer<Handler>::in_comment_states(const char* p) {
  for (const char* end = chunk_end(); p < end; ++p) {
    char c = *p;
    switch (state_) {
      case State::comment_start:
        if (c == '>') return emit_comment(p + 1);
        state_ = c == '-' ? State::comment_start_dash : State::comment;
        break;
      case State::comment_start_dash:
        if (c == '>') return emit_comment(p + 1);
        state_ = c == '-' ? State::comment_end : State::comment;
        break;
      case State::comment:
        p = find(p, end, '-');
        if (p == end) return p;
        state_ = State::comment_end_dash;
        break;
      case State::comment_end_dash:
        state_ = c == '-' ? State::comment_end : State::comment;
        break;
      case State::comment_end:
        if (c == '>') return emit_comment(p + 1);
        if (c != '-') state_ = c == '!' ? State::comment_end_bang : State::comment;
        break;
      case State::comment_end_bang:
        if (c == '>') return emit_comment(p + 1);
        state_ = c == '-' ? State::comment_end_dash : State::comment;
        break;
      default:
        return p;
    }
  }
  return p;
}

template <class Handler>
const char* Tokenizer<Handler>::in_raw_text(const char* p) {
  const char* end = chunk_end();
  if (script_level_ == 0) {
    p = find(p, end, '<');
    // Most '<' in a script are plain to see to be something else than its end.
    while (end - p > 2 && p[1] != '!' && (p[1] != '/' || ascii::lower(p[2]) != raw_name_.front())) {
      p = find(p + 1, end, '<');
    }
  } else {
    for (; p < end && *p != '<'; ++p) {
      if (*p == '-') {
        dashes_ = static_cast<std::uint8_t>(std::min(dashes_ + 1, 2));
        continue;
      }
      bool closes = *p == '>' && dashes_ == 2;
      dashes_ = 0;
      if (closes) {
        script_level_ = 0;
        return p + 1;
      }
    }
  }
  if (p == end) return p;
  dashes_ = 0;
  begin_token(p, State::raw_less_than);
  return p + 1;
}

template <class Handler>
const char* Tokenizer<Handler>::in_raw_states(const char* p) {
  for (const char* end = chunk_end(); p < end; ++p) {
    char c = *p;
    switch (state_) {
      case State::raw_less_than:
        matched_ = 0;
        if (c == '/') {
          state_ = script_level_ == 2 ? State::script_double_end : State::raw_end_name;
        } else if (c == '!' && content_ == Content::script && script_level_ == 0) {
          state_ = State::script_escape_start;
        } else if (ascii::is_letter(c) && script_level_ == 1) {
          state_ = State::script_double_start;
          return p;
        } else {
          state_ = State::raw_text;
          return p;
        }
        break;
      case State::raw_end_name:
        if (matched_ < raw_name_.size() && ascii::lower(c) == raw_name_[matched_]) {
          ++matched_;
          break;
        }
        if (matched_ != raw_name_.size() || (!ascii::is_html_space(c) && c != '/' && c != '>')) {
          state_ = State::raw_text;
          return p;
        }
        is_end_tag_ = true;
        name_length_ = raw_name_.size();
        if (c == '>') return emit_tag(p + 1);
        state_ = c == '/' ? State::self_closing : State::before_attribute_name;
        return p + 1;
      case State::script_escape_start:
      case State::script_escape_start_dash:
        if (c != '-') {
          state_ = State::raw_text;
          return p;
        }
        if (state_ == State::script_escape_start_dash) {
          script_level_ = 1;
          dashes_ = 2;
          state_ = State::raw_text;
          return p + 1;
        }
        state_ = State::script_escape_start_dash;
        break;
      case State::script_double_start:
        return in_script_name(p, State::raw_text, 2);
      case State::script_double_end:
        return in_script_name(p, State::raw_text, 1);
      default:
        return p;
    }
  }
  return p;
}

// Collects a name in escaped script data; "script" changes the level.
template <class Handler>
const char* Tokenizer<Handler>::in_script_name(const char* p, State otherwise, std::uint8_t level) {
  constexpr std::string_view kScript = "script";
  for (const char* end = chunk_end(); p < end; ++p) {
    if (ascii::is_letter(*p)) {
      if (matched_ < kScript.size() && ascii::lower(*p) == kScript[matched_]) {
        ++matched_;
        continue;
      }
      state_ = otherwise;  // another word is text, and no token that could be too long
      return p;
    }
    state_ = otherwise;
    if (!ascii::is_html_space(*p) && *p != '/' && *p != '>') return p;
    if (matched_ == kScript.size()) script_level_ = level;
    return p + 1;
  }
  return p;
}

template <class Handler>
const char* Tokenizer<Handler>::in_cdata(const char* p) {
  for (const char* end = chunk_end(); p < end; ++p) {
    switch (state_) {
      case State::cdata:
        p = find(p, end, ']');
        if (p == end) return p;
        state_ = State::cdata_bracket;
        break;
      case State::cdata_bracket:
        state_ = *p == ']' ? State::cdata_end : State::cdata;
        break;
      default:
        if (*p == '>') {
          state_ = State::data;
          return p + 1;
        }
        if (*p != ']') state_ = State::cdata;
        break;
    }
  }
  return p;
}

}  // namespace personalize::rewrite
