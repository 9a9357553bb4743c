// Finding slots in a page that streams past, and putting content into them.
//
// Scanning (bytes → splices) and splicing (splices → what to send) are two pieces, so that splices
// can also come from somewhere else than a scan of the bytes at hand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/element_data.h"
#include "personalize/base/slot.h"
#include "personalize/base/slot_html.h"

namespace personalize {

// Bytes [begin, end) of the page are to be replaced by the content of `slot`. Offsets count from
// the page's first byte. begin == end inserts.
//
// `first` and `last` number the places in the order of the element tree, so that it is known which
// splice stands in which even if they share an offset: A stands in B when B.first < A.first and
// A.last < B.last. Splices that do not come from a Scanner may leave both 0; then offsets decide,
// and an insertion at the edge of a range stands beside it.
struct Splice {
  std::uint64_t begin;
  std::uint64_t end;
  SlotId slot;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool is_default = false;  // the slot has kept its default content here; begin == end
  // Of bytes whose end is not known yet: `end` is open_end until a splice with the same `first`
  // comes that closes it, with `begin` == `end` where they end, and `last`.
  bool closes = false;
  // What the slot knows of its element, for ElementData, or for ElementChanges if its rules have
  // changes; empty if it knows nothing of elements, or is at none. It lives as long as the
  // scanner's memory, or the plan.
  std::string_view data = {};
  // Of changes of an attribute: the value that the page has, decoded. Of a slot that is an
  // attribute the same behind '='; "" if it is not known, as that of `class` always is. It lives as
  // long.
  std::string_view original = {};
  // End tags that the page has left out, for what would take in the content: they go before it, and
  // what follows would end the same. They live as long as `data`.
  std::string_view ends = {};
  bool is_text = false;  // the Splicer's own: inserts `data`
  // Of a slot that moves an element there are two, which become known together: the element's
  // bytes, and the place behind them where they are inserted if the slot is filled.
  enum class Move : std::uint8_t {
    none,
    element,
    place,
    end,  // the Splicer's own: of an element that is being moved
  };
  Move move = Move::none;
  std::uint32_t element = 0;    // of the place: `first` of the element
  std::uint32_t name_size = 0;  // of the element: bytes up to behind its tag's name

  static constexpr std::uint64_t open_end = ~std::uint64_t{0};
};

// An element is moved if its new place ends at most so many bytes behind where it begins: so much
// of a page is held back until the place comes.
inline constexpr std::uint32_t longest_move = 64 * 1024;

// All slots of one location, compiled: markers, `data-pz-slot`, selectors and the implied
// positions. Immutable; shared by all requests.
//
// A slot is placed once, at the first place that it can have, unless a rule says `all`. Names of
// types and attributes match in any case, identifiers and classes as written. Elements whose tags
// are implied (html, head, body, tbody …) match as well; in a part of a page (no <html>, <head>,
// <body> or doctype seen) implied html, head and body do not, and the implied positions are not
// used. What a lone </p> makes matches nothing. Where a page leaves out an end tag that it must
// have, the tag goes before the content (Splice::ends). Where it leaves out one that it may
// leave out, content beside or at the end of the element has to be such as ends it: <li> after
// <li>, a block after <p>. Content of <noscript> is text, as in a browser with scripting: nothing
// is found in it.
class SlotMatcher {
 public:
  // `names` are the slots by SlotId; each can be marked in a page by a comment pair or by
  // data-pz-slot, and head-end, body-start and body-end also by their names. A slot whose name is
  // "" has the places of its rules alone. `rules` add selectors; those with changes come in the
  // order of their slots. Throws ConfigError for a selector that is malformed or not supported.
  // `elements`: what slots know of their elements.
  SlotMatcher(const std::vector<std::string>& names, const std::vector<SlotRule>& rules,
              const ElementNames& elements = {});
  ~SlotMatcher();
  SlotMatcher(const SlotMatcher&) = delete;
  SlotMatcher& operator=(const SlotMatcher&) = delete;

  // Returns what tells these arguments from others, in any process of this build: a hash.
  using Digest = std::array<std::uint64_t, 2>;
  const Digest& digest() const noexcept { return digest_; }

  // For the rewrite room (src/rewrite/match/matcher.h).
  class Compiled;
  const Compiled& compiled() const { return *compiled_; }

 private:
  std::unique_ptr<const Compiled> compiled_;
  Digest digest_;
};

// Why a slot that was found keeps its default content, or a page was not looked at.
enum class Doubt : std::uint8_t {
  none,
  // Where the element ends, or what would become of the rest, is not known from a stream: a
  // required end tag is missing; formatting is misnested or unclosed; the place is directly in a
  // <select> (browsers differ) or <template>; a replaced <table> has content that the parser moves
  // before it; or no markup can stand there (<img>, <script>, around <head>). Counted once for the
  // whole page if nothing further can be followed (a <frameset>, more than 512 open elements).
  end_uncertain,
  foster_parent,     // the parser would move the content out of a table or a drawing
  content_too_long,  // default content beyond the limit
  // One tag or declaration beyond the limit, not counting long values of attributes: the rest of
  // the page is passed on. Or a slot that depends on such a value, or belongs before such a tag.
  token_too_long,
  // The page begins with something other than markup, and no <!doctype>, <html>, <head> or <body>
  // comes later: JSON, plain text.
  not_html,
  // A <meta> says that the page is in an encoding whose text can be mistaken for markup.
  charset,
  amp,  // <html amp>, <html ⚡> and the like: what is not allowed there would make the page invalid
  too_many_elements,  // slots that know their elements have more of them than are looked at
};
constexpr Doubt all_doubts[] = {Doubt::end_uncertain,
                                Doubt::foster_parent,
                                Doubt::content_too_long,
                                Doubt::token_too_long,
                                Doubt::not_html,
                                Doubt::charset,
                                Doubt::amp,
                                Doubt::too_many_elements};
// Returns a sentence for the log, which names the directive that helps if there is one.
const char* describe(Doubt doubt) noexcept;

// Returns the type that an element must have to match the selector ("img" of "main > img.hero"), in
// small letters; "" if it may have several. Throws ConfigError as SlotMatcher does.
std::string type_of_matches(const std::string& selector, const Where& where);

// Scans one page. Bytes come in any chunks; the splices do not depend on where they are cut.
class Scanner {
 public:
  struct Limits {
    // Bytes of one tag, comment or declaration. Of an attribute's value at most a quarter of it is
    // kept, so that a tag may be longer.
    std::uint32_t token = 64 * 1024;
    std::uint32_t content = 256 * 1024;  // bytes of default content that are held back
  };

  // `matcher` and `memory` must outlive it. Throws what `memory` throws.
  Scanner(const SlotMatcher& matcher, const Limits& limits, std::pmr::memory_resource* memory);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  // Ignores <meta charset>, as browsers do if the response's header declares the charset. Call it
  // before the first scan().
  void ignore_meta_charset() noexcept;

  // Scans the next bytes; `last` says that the page ends with them (they may be empty then).
  // Appends to `splices` in the order in which they become known, which is not always that of their
  // begin; every splice begins at or after what settled() was before the call. Never throws; out of
  // memory ends scanning as token_too_long does.
  void scan(std::string_view bytes, bool last, std::pmr::vector<Splice>& splices) noexcept;

  // Returns the offset before which no later splice begins: what stands before it can be sent. At
  // most the number of bytes scanned; exactly that after the last.
  std::uint64_t settled() const noexcept;

  // Returns whether the page says before this offset that it is in UTF-8: by a byte order mark, or
  // by a <meta> among its first bytes.
  bool says_utf8_before(std::uint64_t offset) const noexcept { return says_utf8_from() <= offset; }
  // Returns the offset from which on it has said so; beyond all pages if it does not.
  std::uint64_t says_utf8_from() const noexcept;

  // Returns the slot for which bytes are held back from settled() on; no_slot if none are.
  SlotId holding_slot() const noexcept;
  // Lets the slot keep its default content at the places that are being held for it. If such a
  // place turns out to be certain, its splice comes all the same, with `is_default`.
  void keep_default(SlotId slot) noexcept;

  // What bytes are held back for, that may come or not.
  enum class Awaited : std::uint8_t {
    nothing,
    page,   // at the beginning: what shows that it is a whole page
    place,  // the place to which an element is to be moved
  };
  Awaited awaits() const noexcept;
  // Goes on without, since the rest of the page is not coming soon: those elements stay where they
  // are. Appends to `splices` as scan() does.
  void stop_waiting(std::pmr::vector<Splice>& splices) noexcept;

  // Returns whether nothing more will be found: the caller can stop scanning and pass the rest on.
  bool finished() const noexcept;

  // Returns whether it is finished because memory ran out.
  bool lacks_memory() const noexcept;

  // Returns how often a slot was found and left alone for that reason.
  std::uint32_t doubts(Doubt doubt) const noexcept;

 private:
  class State;
  State* state_;  // in `memory`
};

// What a slot shows.
enum class Fill : std::uint8_t {
  pending,  // not known yet: hold the response here
  none,     // its default content
  content,
  around,  // its default content, between html.text and html.behind
  kept,    // the same, and the default content is not seen there: no slot in it is filled
};

class SlotFiller {
 public:
  // Called once per splice, when the page has come to it; after `pending` again. With `content`,
  // `around` or `kept` sets `html` to bytes that live until the page is done, as its constants do.
  // For an element that can be moved, `content` moves it, and `html` goes before its attributes.
  virtual Fill fill(const Splice& splice, SlotHtml& html) noexcept = 0;

  // Called for each splice with data as soon as it is known, which can be long before fill().
  // `is_utf8`: the page is read as UTF-8 there.
  virtual void expect(const Splice& /*splice*/, bool /*is_utf8*/) noexcept {}

  // Returns whether it is decided that fill() will answer `none` for the slot. Asked while the end
  // of the slot's default content has not arrived, which need not be held back then; and of slots
  // around the place of an element that can be moved. It may turn
  // out that the slot cannot be placed there, so nothing may be counted by this.
  virtual bool keeps_default(SlotId /*slot*/) noexcept { return false; }

 protected:
  ~SlotFiller() = default;
};

// Lets go what the scanner holds for slots that keep their default content. Call it after scan();
// returns settled().
std::uint64_t settle_defaults(Scanner& scanner, SlotFiller& filler) noexcept;

// Receives the page in order: each byte of it is passed, dropped or set aside exactly once.
class SpliceOutput {
 public:
  // Passes on the page's bytes [begin, end).
  virtual void pass(std::uint64_t begin, std::uint64_t end) = 0;
  // Removes them.
  virtual void drop(std::uint64_t begin, std::uint64_t end) = 0;
  // Inserts `html` here; it lives until the page is done.
  virtual void insert(const SlotHtml& html) = 0;

  // What comes until the next end_aside() is set aside under this number, and inserted where
  // put_aside() is called, later. In between others can be set aside.
  virtual void begin_aside(std::uint32_t number) = 0;
  virtual void end_aside() = 0;
  virtual void put_aside(std::uint32_t number) = 0;

 protected:
  ~SpliceOutput() = default;
};

// Applies splices to a page. Splices nested in a filled one vanish with the content that they stood
// in; those nested in one that keeps its default content apply. Two insertions at one offset keep
// the order in which they were added; of two that overlap without nesting the first wins.
//
// An element whose place may be replaced by another slot stays where it is. At most one slot moves
// an element.
class Splicer {
 public:
  // `memory` must outlive it. add() and advance() throw what `memory` and `output` throw.
  explicit Splicer(std::pmr::memory_resource* memory) : queue_(memory), aside_(memory) {}

  // Adds a splice. It begins at or after position().
  void add(const Splice& splice);

  // Sends what can be sent of the bytes before `settled`. Returns false if a slot there is pending.
  bool advance(std::uint64_t settled, SlotFiller& filler, SpliceOutput& output);

  // Closes what is open at the offset: nothing more is known of the page.
  void close_at(std::uint64_t offset);

  // Returns the offset of the first byte neither passed nor dropped.
  std::uint64_t position() const noexcept { return position_; }

 private:
  void close(const Splice& end);
  bool is_open() const noexcept { return open_.begin != open_.end; }
  bool drop_open(std::uint64_t settled, SpliceOutput& output);
  void surround(const Splice& splice, const SlotHtml& html, SpliceOutput& output);
  bool apply(const Splice& splice, std::uint64_t settled, SlotFiller& filler, SpliceOutput& output);
  bool apply_move(const Splice& splice, SlotFiller& filler, SpliceOutput& output);
  bool can_move(const Splice& element, SlotFiller& filler) const;
  void put_aside(const Splice& place, SpliceOutput& output);

  std::pmr::vector<Splice> queue_;         // by begin; the outer before the inner
  std::pmr::vector<std::uint32_t> aside_;  // elements that are being moved: their `first`
  std::size_t next_ = 0;
  std::uint64_t position_ = 0;
  std::uint32_t filled_first_ = 0;  // numbers of the last splice that was filled
  std::uint32_t filled_last_ = 0;
  Splice open_{};  // the one whose content was sent before its end had come; else empty
};

}  // namespace personalize
