// The element names that the HTML standard gives a meaning, and which meaning.
#pragma once

#include <array>
#include <cstdint>

#include "rewrite/tokenizer/name.h"

namespace personalize::rewrite {

// Properties of elements in the HTML namespace (WHATWG HTML, 13.2.4.2 and 13.2.6.4.7).
enum TagTrait : std::uint32_t {
  kSpecial = 1U << 0,       // the "special" category
  kFormatting = 1U << 1,    // the "formatting" category
  kVoid = 1U << 2,          // never has content
  kImpliedEnd = 1U << 3,    // popped by "generate implied end tags"
  kScope = 1U << 4,         // bounds "has an element in scope"
  kClosesP = 1U << 5,       // its start tag ends an open <p>
  kTablePart = 1U << 6,     // table, tbody, tfoot, thead, tr: content in them is foster-parented
  kRawText = 1U << 7,       // content is not markup: RCDATA, RAWTEXT or script data
  kBreaksOut = 1U << 8,     // its start tag ends foreign content
  kPlainStart = 1U << 9,    // in body its start tag does no more than close a <p> and insert
  kPlainEnd = 1U << 10,     // its end tag does no more than pop when its element is the current one
  kOptionalEnd = 1U << 11,  // the end tag may be left out
  kImpliedWhole = 1U << 12,    // html, head, body: both tags may be left out
  kNoMarkupInside = 1U << 13,  // markup put into it would not be markup, or would be lost
  kPlainVoid = 1U << 14,       // void, and in body its start tag does no more than that
  kStaysOpen = 1U << 15,       // only few start tags end it
  kPlainLeaf = 1U << 16,  // formatting that does no more when its end tag follows, with few others
  kWanted = 1U << 31      // not the standard's: some selector asks for this name
};

// X(identifier, name, traits)
#define PERSONALIZE_TAGS(X)                                                                  \
  X(a, "a", kFormatting)                                                                     \
  X(address, "address", kSpecial | kClosesP | kPlainStart | kPlainEnd)                       \
  X(annotation_xml, "annotation-xml", 0)                                                     \
  X(applet, "applet", kSpecial | kScope)                                                     \
  X(area, "area", kSpecial | kVoid | kPlainVoid)                                             \
  X(article, "article", kSpecial | kClosesP | kPlainStart | kPlainEnd)                       \
  X(aside, "aside", kSpecial | kClosesP | kPlainStart | kPlainEnd)                           \
  X(b, "b", kFormatting | kBreaksOut | kPlainLeaf)                                           \
  X(base, "base", kSpecial | kVoid)                                                          \
  X(basefont, "basefont", kSpecial | kVoid)                                                  \
  X(bgsound, "bgsound", kSpecial | kVoid)                                                    \
  X(big, "big", kFormatting | kBreaksOut | kPlainLeaf)                                       \
  X(blockquote, "blockquote", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)    \
  X(body, "body", kSpecial | kBreaksOut | kOptionalEnd | kImpliedWhole)                      \
  X(br, "br", kSpecial | kVoid | kPlainVoid | kBreaksOut)                                    \
  X(button, "button", kSpecial | kPlainEnd)                                                  \
  X(caption, "caption", kSpecial | kScope | kOptionalEnd)                                    \
  X(center, "center", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)            \
  X(code, "code", kFormatting | kBreaksOut | kPlainLeaf)                                     \
  X(col, "col", kSpecial | kVoid)                                                            \
  X(colgroup, "colgroup", kSpecial | kOptionalEnd)                                           \
  X(dd, "dd", kSpecial | kBreaksOut | kImpliedEnd | kPlainEnd | kOptionalEnd)                \
  X(desc, "desc", 0)                                                                         \
  X(details, "details", kSpecial | kClosesP | kPlainStart | kPlainEnd)                       \
  X(dialog, "dialog", kClosesP | kPlainStart | kPlainEnd)                                    \
  X(dir, "dir", kSpecial | kClosesP | kPlainStart | kPlainEnd)                               \
  X(div, "div", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)                  \
  X(dl, "dl", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)                    \
  X(dt, "dt", kSpecial | kBreaksOut | kImpliedEnd | kPlainEnd | kOptionalEnd)                \
  X(em, "em", kFormatting | kBreaksOut | kPlainLeaf)                                         \
  X(embed, "embed", kSpecial | kVoid | kPlainVoid | kBreaksOut)                              \
  X(fieldset, "fieldset", kSpecial | kClosesP | kPlainStart | kPlainEnd)                     \
  X(figcaption, "figcaption", kSpecial | kClosesP | kPlainStart | kPlainEnd)                 \
  X(figure, "figure", kSpecial | kClosesP | kPlainStart | kPlainEnd)                         \
  X(font, "font", kFormatting | kPlainLeaf)                                                  \
  X(footer, "footer", kSpecial | kClosesP | kPlainStart | kPlainEnd)                         \
  X(foreign_object, "foreignobject", 0)                                                      \
  X(form, "form", kSpecial)                                                                  \
  X(frame, "frame", kSpecial | kVoid)                                                        \
  X(frameset, "frameset", kSpecial | kNoMarkupInside)                                        \
  X(h1, "h1", kSpecial | kBreaksOut | kPlainEnd)                                             \
  X(h2, "h2", kSpecial | kBreaksOut | kPlainEnd)                                             \
  X(h3, "h3", kSpecial | kBreaksOut | kPlainEnd)                                             \
  X(h4, "h4", kSpecial | kBreaksOut | kPlainEnd)                                             \
  X(h5, "h5", kSpecial | kBreaksOut | kPlainEnd)                                             \
  X(h6, "h6", kSpecial | kBreaksOut | kPlainEnd)                                             \
  X(head, "head", kSpecial | kBreaksOut | kOptionalEnd | kImpliedWhole)                      \
  X(header, "header", kSpecial | kClosesP | kPlainStart | kPlainEnd)                         \
  X(hgroup, "hgroup", kSpecial | kClosesP | kPlainStart | kPlainEnd)                         \
  X(hr, "hr", kSpecial | kVoid | kBreaksOut)                                                 \
  X(html, "html", kSpecial | kScope | kOptionalEnd | kImpliedWhole)                          \
  X(i, "i", kFormatting | kBreaksOut | kPlainLeaf)                                           \
  X(iframe, "iframe", kSpecial | kRawText | kNoMarkupInside)                                 \
  X(image, "image", kVoid)                                                                   \
  X(img, "img", kSpecial | kVoid | kPlainVoid | kBreaksOut)                                  \
  X(input, "input", kSpecial | kVoid | kPlainVoid)                                           \
  X(keygen, "keygen", kSpecial | kVoid)                                                      \
  X(li, "li", kSpecial | kBreaksOut | kImpliedEnd | kPlainEnd | kOptionalEnd)                \
  X(link, "link", kSpecial | kVoid)                                                          \
  X(listing, "listing", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)          \
  X(main, "main", kSpecial | kClosesP | kPlainStart | kPlainEnd)                             \
  X(malignmark, "malignmark", 0)                                                             \
  X(marquee, "marquee", kSpecial | kScope)                                                   \
  X(math, "math", 0)                                                                         \
  X(menu, "menu", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)                \
  X(meta, "meta", kSpecial | kVoid | kBreaksOut)                                             \
  X(mglyph, "mglyph", 0)                                                                     \
  X(mi, "mi", 0)                                                                             \
  X(mn, "mn", 0)                                                                             \
  X(mo, "mo", 0)                                                                             \
  X(ms, "ms", 0)                                                                             \
  X(mtext, "mtext", 0)                                                                       \
  X(nav, "nav", kSpecial | kClosesP | kPlainStart | kPlainEnd)                               \
  X(nobr, "nobr", kFormatting | kBreaksOut)                                                  \
  X(noembed, "noembed", kSpecial | kRawText | kNoMarkupInside)                               \
  X(noframes, "noframes", kSpecial | kRawText | kNoMarkupInside)                             \
  X(noscript, "noscript", kSpecial | kRawText | kNoMarkupInside)                             \
  X(object, "object", kSpecial | kScope)                                                     \
  X(ol, "ol", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)                    \
  X(optgroup, "optgroup", kImpliedEnd | kOptionalEnd | kStaysOpen)                           \
  X(option, "option", kImpliedEnd | kOptionalEnd | kNoMarkupInside)                          \
  X(p, "p",                                                                                  \
    kSpecial | kClosesP | kBreaksOut | kImpliedEnd | kPlainStart | kPlainEnd | kOptionalEnd) \
  X(param, "param", kSpecial | kVoid | kPlainVoid)                                           \
  X(plaintext, "plaintext", kSpecial | kNoMarkupInside)                                      \
  X(pre, "pre", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)                  \
  X(rb, "rb", kImpliedEnd | kPlainEnd | kOptionalEnd | kStaysOpen)                           \
  X(rp, "rp", kImpliedEnd | kPlainEnd | kOptionalEnd | kStaysOpen)                           \
  X(rt, "rt", kImpliedEnd | kPlainEnd | kOptionalEnd | kStaysOpen)                           \
  X(rtc, "rtc", kImpliedEnd | kPlainEnd | kOptionalEnd | kStaysOpen)                         \
  X(ruby, "ruby", kBreaksOut | kPlainStart | kPlainEnd)                                      \
  X(s, "s", kFormatting | kBreaksOut | kPlainLeaf)                                           \
  X(script, "script", kSpecial | kRawText | kNoMarkupInside)                                 \
  X(search, "search", kSpecial | kClosesP | kPlainStart | kPlainEnd)                         \
  X(section, "section", kSpecial | kClosesP | kPlainStart | kPlainEnd)                       \
  X(select, "select", kSpecial)                                                              \
  X(small, "small", kFormatting | kBreaksOut | kPlainLeaf)                                   \
  X(source, "source", kSpecial | kVoid | kPlainVoid)                                         \
  X(span, "span", kBreaksOut | kPlainStart | kPlainEnd)                                      \
  X(strike, "strike", kFormatting | kBreaksOut | kPlainLeaf)                                 \
  X(strong, "strong", kFormatting | kBreaksOut | kPlainLeaf)                                 \
  X(style, "style", kSpecial | kRawText | kNoMarkupInside)                                   \
  X(sub, "sub", kBreaksOut | kPlainStart | kPlainEnd)                                        \
  X(summary, "summary", kSpecial | kClosesP | kPlainStart | kPlainEnd)                       \
  X(sup, "sup", kBreaksOut | kPlainStart | kPlainEnd)                                        \
  X(svg, "svg", 0)                                                                           \
  X(table, "table", kSpecial | kScope | kBreaksOut | kTablePart)                             \
  X(tbody, "tbody", kSpecial | kTablePart | kOptionalEnd)                                    \
  X(td, "td", kSpecial | kScope | kOptionalEnd)                                              \
  X(template_, "template", kSpecial | kScope)                                                \
  X(textarea, "textarea", kSpecial | kRawText | kNoMarkupInside)                             \
  X(tfoot, "tfoot", kSpecial | kTablePart | kOptionalEnd)                                    \
  X(th, "th", kSpecial | kScope | kOptionalEnd)                                              \
  X(thead, "thead", kSpecial | kTablePart | kOptionalEnd)                                    \
  X(title, "title", kSpecial | kRawText | kNoMarkupInside)                                   \
  X(tr, "tr", kSpecial | kTablePart | kOptionalEnd)                                          \
  X(track, "track", kSpecial | kVoid | kPlainVoid)                                           \
  X(tt, "tt", kFormatting | kBreaksOut | kPlainLeaf)                                         \
  X(u, "u", kFormatting | kBreaksOut | kPlainLeaf)                                           \
  X(ul, "ul", kSpecial | kClosesP | kBreaksOut | kPlainStart | kPlainEnd)                    \
  X(var, "var", kBreaksOut | kPlainStart | kPlainEnd)                                        \
  X(wbr, "wbr", kSpecial | kVoid | kPlainVoid)                                               \
  X(xmp, "xmp", kSpecial | kRawText | kNoMarkupInside)

enum class Tag : std::uint8_t {
  other,  // a name without a meaning of its own, such as a custom element's
#define X(identifier, name, traits) identifier,
  PERSONALIZE_TAGS(X)
#undef X
};

namespace detail {
constexpr std::uint32_t kTraits[] = {kPlainStart | kPlainEnd,
#define X(identifier, name, traits) (traits),
                                     PERSONALIZE_TAGS(X)
#undef X
};
}  // namespace detail

constexpr std::uint32_t traits_of(Tag tag) {
  return detail::kTraits[static_cast<int>(tag)];
}
constexpr bool has_trait(Tag tag, std::uint32_t traits) {
  return (traits_of(tag) & traits) != 0;
}
constexpr bool is_item(Tag tag) {
  return tag == Tag::li || tag == Tag::dt || tag == Tag::dd;
}
constexpr bool is_heading(Tag tag) {
  return tag >= Tag::h1 && tag <= Tag::h6;
}

enum class Namespace : std::uint8_t { html, svg, math };

// What an element is, and what the parser has to know of it at once.
struct ElementKind {
  // Elements of which it is always known how many are open.
  enum Counted : std::uint8_t { kOthers, kP, kButton, kCountedKinds };

  constexpr ElementKind(Tag of, Namespace in)
      : tag(of),
        space(in),
        counted(in != Namespace::html ? kOthers
                : of == Tag::p        ? kP
                : of == Tag::button   ? kButton
                                      : kOthers),
        watched(false),
        shaky(false),
        html_integration(false),
        in_foster(false),
        needs_care(in != Namespace::html || !has_trait(of, kPlainEnd)) {}

  Tag tag;  // what the name means in the HTML namespace, or in a foreign one
  Namespace space;
  Counted counted;
  bool watched : 1;  // the observer wants to know its end
  bool shaky : 1;
  bool html_integration : 1;  // an annotation-xml whose content is HTML
  bool in_foster : 1;         // the parser moved it out of a table
  bool needs_care : 1;        // its end tag does more than to close it

  // Its end tag only closes it, and nobody wants to know.
  bool closes_plainly() const { return (watched | shaky | needs_care) == 0; }
};

namespace detail {

constexpr std::size_t kTagCount = sizeof kTraits / sizeof kTraits[0];

// Fixed facts about tags; filled once, when the program starts.
struct KnownTags {
  KnownTags();

  std::pmr::monotonic_buffer_resource memory;
  NameTable names;
  std::array<NameKey, kTagCount> keys{};
};

extern const KnownTags kKnownTags;

}  // namespace detail

// What names mean, by their keys. Open addressing over a multiplicative hash.
class TagIndex {
 public:
  struct Entry {
    NameKey key = 0;
    std::uint32_t traits = traits_of(Tag::other);
    ElementKind kind{Tag::other, Namespace::html};
  };

  // All names that have a meaning.
  TagIndex();

  const Entry& find(NameKey key) const {
    const Entry* slot = &slots_[slot_of(key)];
    while (slot->key != key) {
      if (slot->key == 0) return other_;
      ++slot;
    }
    return *slot;
  }

  // Adds kWanted to a name's traits. False when there is no room for it.
  bool want(NameKey key);
  void want_all();

 private:
  static constexpr std::size_t kSlots = 512;
  static constexpr std::size_t kMostUsed = 256;

  static std::size_t slot_of(NameKey key) {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> 55);
  }
  Entry& slot_for(NameKey key);

  Entry other_;
  std::size_t used_ = 0;
  // With room at the end, so that a search need not go on at the begin; the last stays empty.
  std::array<Entry, kSlots + kMostUsed + 1> slots_{};
};

extern const TagIndex kTags;

// What a name means. Names longer than eight bytes have their keys from the table of known names,
// which every other NameTable continues.
inline Tag tag_of(NameKey key) {
  return kTags.find(key).kind.tag;
}

// The key of a tag's name.
inline NameKey key_of(Tag tag) {
  return detail::kKnownTags.keys[static_cast<std::size_t>(tag)];
}

// A tag's name in lower case; empty for Tag::other.
std::string_view name_of(Tag tag);

// The long names among the above, in the table that all others have as their base.
inline const NameTable& known_names() {
  return detail::kKnownTags.names;
}

}  // namespace personalize::rewrite
