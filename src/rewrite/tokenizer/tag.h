// The element names that the HTML standard gives a meaning, and which meaning.
#pragma once

#include <array>
#include <cstdint>

#include "rewrite/tokenizer/name.h"

namespace personalize::rewrite {

// Properties of elements in the HTML namespace (WHATWG HTML, 13.2.4.2 and 13.2.6.4.7).
namespace trait {
enum Flag : std::uint32_t {
  special = 1U << 0,        // the "special" category
  formatting = 1U << 1,     // the "formatting" category
  void_element = 1U << 2,   // never has content
  implied_end = 1U << 3,    // popped by "generate implied end tags"
  scope = 1U << 4,          // bounds "has an element in scope"
  closes_p = 1U << 5,       // its start tag ends an open <p>
  table_part = 1U << 6,     // table, tbody, tfoot, thead, tr: content in them is foster-parented
  raw_text = 1U << 7,       // content is not markup: RCDATA, RAWTEXT or script data
  breaks_out = 1U << 8,     // its start tag ends foreign content
  plain_start = 1U << 9,    // in body its start tag does no more than close a <p> and insert
  plain_end = 1U << 10,     // its end tag does no more than pop when its element is the current one
  optional_end = 1U << 11,  // the end tag may be left out
  implied_whole = 1U << 12,     // html, head, body: both tags may be left out
  no_markup_inside = 1U << 13,  // markup put into it would not be markup, or would be lost
  plain_void = 1U << 14,        // void, and in body its start tag does no more than that
  stays_open = 1U << 15,        // only few start tags end it
  plain_leaf = 1U << 16,  // formatting that does no more when its end tag follows, with few others
  wanted = 1U << 31       // not the standard's: some selector asks for this name
};
}  // namespace trait

// X(identifier, name, traits)
#define PERSONALIZE_TAGS(X)                                                                 \
  X(a, "a", formatting)                                                                     \
  X(address, "address", special | closes_p | plain_start | plain_end)                       \
  X(annotation_xml, "annotation-xml", 0)                                                    \
  X(applet, "applet", special | scope)                                                      \
  X(area, "area", special | void_element | plain_void)                                      \
  X(article, "article", special | closes_p | plain_start | plain_end)                       \
  X(aside, "aside", special | closes_p | plain_start | plain_end)                           \
  X(b, "b", formatting | breaks_out | plain_leaf)                                           \
  X(base, "base", special | void_element)                                                   \
  X(basefont, "basefont", special | void_element)                                           \
  X(bgsound, "bgsound", special | void_element)                                             \
  X(big, "big", formatting | breaks_out | plain_leaf)                                       \
  X(blockquote, "blockquote", special | closes_p | breaks_out | plain_start | plain_end)    \
  X(body, "body", special | breaks_out | optional_end | implied_whole)                      \
  X(br, "br", special | void_element | plain_void | breaks_out)                             \
  X(button, "button", special | plain_end)                                                  \
  X(caption, "caption", special | scope | optional_end)                                     \
  X(center, "center", special | closes_p | breaks_out | plain_start | plain_end)            \
  X(code, "code", formatting | breaks_out | plain_leaf)                                     \
  X(col, "col", special | void_element)                                                     \
  X(colgroup, "colgroup", special | optional_end)                                           \
  X(dd, "dd", special | breaks_out | implied_end | plain_end | optional_end)                \
  X(desc, "desc", 0)                                                                        \
  X(details, "details", special | closes_p | plain_start | plain_end)                       \
  X(dialog, "dialog", closes_p | plain_start | plain_end)                                   \
  X(dir, "dir", special | closes_p | plain_start | plain_end)                               \
  X(div, "div", special | closes_p | breaks_out | plain_start | plain_end)                  \
  X(dl, "dl", special | closes_p | breaks_out | plain_start | plain_end)                    \
  X(dt, "dt", special | breaks_out | implied_end | plain_end | optional_end)                \
  X(em, "em", formatting | breaks_out | plain_leaf)                                         \
  X(embed, "embed", special | void_element | plain_void | breaks_out)                       \
  X(fieldset, "fieldset", special | closes_p | plain_start | plain_end)                     \
  X(figcaption, "figcaption", special | closes_p | plain_start | plain_end)                 \
  X(figure, "figure", special | closes_p | plain_start | plain_end)                         \
  X(font, "font", formatting | plain_leaf)                                                  \
  X(footer, "footer", special | closes_p | plain_start | plain_end)                         \
  X(foreign_object, "foreignobject", 0)                                                     \
  X(form, "form", special)                                                                  \
  X(frame, "frame", special | void_element)                                                 \
  X(frameset, "frameset", special | no_markup_inside)                                       \
  X(h1, "h1", special | breaks_out | plain_end)                                             \
  X(h2, "h2", special | breaks_out | plain_end)                                             \
  X(h3, "h3", special | breaks_out | plain_end)                                             \
  X(h4, "h4", special | breaks_out | plain_end)                                             \
  X(h5, "h5", special | breaks_out | plain_end)                                             \
  X(h6, "h6", special | breaks_out | plain_end)                                             \
  X(head, "head", special | breaks_out | optional_end | implied_whole)                      \
  X(header, "header", special | closes_p | plain_start | plain_end)                         \
  X(hgroup, "hgroup", special | closes_p | plain_start | plain_end)                         \
  X(hr, "hr", special | void_element | breaks_out)                                          \
  X(html, "html", special | scope | optional_end | implied_whole)                           \
  X(i, "i", formatting | breaks_out | plain_leaf)                                           \
  X(iframe, "iframe", special | raw_text | no_markup_inside)                                \
  X(image, "image", void_element)                                                           \
  X(img, "img", special | void_element | plain_void | breaks_out)                           \
  X(input, "input", special | void_element | plain_void)                                    \
  X(keygen, "keygen", special | void_element)                                               \
  X(li, "li", special | breaks_out | implied_end | plain_end | optional_end)                \
  X(link, "link", special | void_element)                                                   \
  X(listing, "listing", special | closes_p | breaks_out | plain_start | plain_end)          \
  X(main, "main", special | closes_p | plain_start | plain_end)                             \
  X(malignmark, "malignmark", 0)                                                            \
  X(marquee, "marquee", special | scope)                                                    \
  X(math, "math", 0)                                                                        \
  X(menu, "menu", special | closes_p | breaks_out | plain_start | plain_end)                \
  X(meta, "meta", special | void_element | breaks_out)                                      \
  X(mglyph, "mglyph", 0)                                                                    \
  X(mi, "mi", 0)                                                                            \
  X(mn, "mn", 0)                                                                            \
  X(mo, "mo", 0)                                                                            \
  X(ms, "ms", 0)                                                                            \
  X(mtext, "mtext", 0)                                                                      \
  X(nav, "nav", special | closes_p | plain_start | plain_end)                               \
  X(nobr, "nobr", formatting | breaks_out)                                                  \
  X(noembed, "noembed", special | raw_text | no_markup_inside)                              \
  X(noframes, "noframes", special | raw_text | no_markup_inside)                            \
  X(noscript, "noscript", special | raw_text | no_markup_inside)                            \
  X(object, "object", special | scope)                                                      \
  X(ol, "ol", special | closes_p | breaks_out | plain_start | plain_end)                    \
  X(optgroup, "optgroup", implied_end | optional_end | stays_open)                          \
  X(option, "option", implied_end | optional_end | no_markup_inside)                        \
  X(p, "p",                                                                                 \
    special | closes_p | breaks_out | implied_end | plain_start | plain_end | optional_end) \
  X(param, "param", special | void_element | plain_void)                                    \
  X(plaintext, "plaintext", special | no_markup_inside)                                     \
  X(pre, "pre", special | closes_p | breaks_out | plain_start | plain_end)                  \
  X(rb, "rb", implied_end | plain_end | optional_end | stays_open)                          \
  X(rp, "rp", implied_end | plain_end | optional_end | stays_open)                          \
  X(rt, "rt", implied_end | plain_end | optional_end | stays_open)                          \
  X(rtc, "rtc", implied_end | plain_end | optional_end | stays_open)                        \
  X(ruby, "ruby", breaks_out | plain_start | plain_end)                                     \
  X(s, "s", formatting | breaks_out | plain_leaf)                                           \
  X(script, "script", special | raw_text | no_markup_inside)                                \
  X(search, "search", special | closes_p | plain_start | plain_end)                         \
  X(section, "section", special | closes_p | plain_start | plain_end)                       \
  X(select, "select", special)                                                              \
  X(small, "small", formatting | breaks_out | plain_leaf)                                   \
  X(source, "source", special | void_element | plain_void)                                  \
  X(span, "span", breaks_out | plain_start | plain_end)                                     \
  X(strike, "strike", formatting | breaks_out | plain_leaf)                                 \
  X(strong, "strong", formatting | breaks_out | plain_leaf)                                 \
  X(style, "style", special | raw_text | no_markup_inside)                                  \
  X(sub, "sub", breaks_out | plain_start | plain_end)                                       \
  X(summary, "summary", special | closes_p | plain_start | plain_end)                       \
  X(sup, "sup", breaks_out | plain_start | plain_end)                                       \
  X(svg, "svg", 0)                                                                          \
  X(table, "table", special | scope | breaks_out | table_part)                              \
  X(tbody, "tbody", special | table_part | optional_end)                                    \
  X(td, "td", special | scope | optional_end)                                               \
  X(template_, "template", special | scope)                                                 \
  X(textarea, "textarea", special | raw_text | no_markup_inside)                            \
  X(tfoot, "tfoot", special | table_part | optional_end)                                    \
  X(th, "th", special | scope | optional_end)                                               \
  X(thead, "thead", special | table_part | optional_end)                                    \
  X(title, "title", special | raw_text | no_markup_inside)                                  \
  X(tr, "tr", special | table_part | optional_end)                                          \
  X(track, "track", special | void_element | plain_void)                                    \
  X(tt, "tt", formatting | breaks_out | plain_leaf)                                         \
  X(u, "u", formatting | breaks_out | plain_leaf)                                           \
  X(ul, "ul", special | closes_p | breaks_out | plain_start | plain_end)                    \
  X(var, "var", breaks_out | plain_start | plain_end)                                       \
  X(wbr, "wbr", special | void_element | plain_void)                                        \
  X(xmp, "xmp", special | raw_text | no_markup_inside)

enum class Tag : std::uint8_t {
  other,  // a name without a meaning of its own, such as a custom element's
#define X(identifier, name, traits) identifier,
  PERSONALIZE_TAGS(X)
#undef X
};

namespace detail {
using namespace trait;  // for the table alone
constexpr std::uint32_t traits_by_tag[] = {plain_start | plain_end,
#define X(identifier, name, traits) (traits),
                                           PERSONALIZE_TAGS(X)
#undef X
};
}  // namespace detail

constexpr std::uint32_t traits_of(Tag tag) {
  return detail::traits_by_tag[static_cast<int>(tag)];
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

// An element, with what the parser has to know of it at once.
struct ElementKind {
  // Elements of which it is always known how many are open.
  enum Counted : std::uint8_t { others, p, button, counted_kinds };

  constexpr ElementKind(Tag of, Namespace in)
      : tag(of),
        space(in),
        counted(in != Namespace::html ? others
                : of == Tag::p        ? p
                : of == Tag::button   ? button
                                      : others),
        watched(false),
        shaky(false),
        displaced(false),
        html_integration(false),
        in_foster(false),
        inert(false),
        has_shadow(false),
        needs_care(in != Namespace::html || !has_trait(of, trait::plain_end)) {}

  Tag tag;  // what the name means in the HTML namespace, or in a foreign one
  Namespace space;
  Counted counted;
  bool watched : 1;  // the observer is called at its end
  bool shaky : 1;
  bool displaced : 1;         // shaky, and its ancestors are not those on the stack
  bool html_integration : 1;  // an annotation-xml whose content is HTML
  bool in_foster : 1;         // the parser moved it out of a table
  bool inert : 1;             // a <template> whose content nobody sees
  bool has_shadow : 1;        // a <template> in it has become its shadow root
  bool needs_care : 1;        // its end tag does more than to close it

  // Returns whether its end tag only closes it and needs no notification.
  bool closes_plainly() const { return (watched | shaky | needs_care) == 0; }
};

namespace detail {

constexpr std::size_t tag_count = sizeof traits_by_tag / sizeof traits_by_tag[0];

// Fixed facts about tags; filled once, when the program starts.
struct KnownTags {
  KnownTags();

  std::pmr::monotonic_buffer_resource memory;
  NameTable names;
  std::array<NameKey, tag_count> keys{};
};

extern const KnownTags known_tags;

}  // namespace detail

// Tags and traits by the keys of names. Open addressing over a multiplicative hash.
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
      if (slot->key == 0) {
        return other_;
      }
      ++slot;
    }
    return *slot;
  }

  // Adds trait::wanted to a name's traits. Returns false if there is no room for it.
  bool want(NameKey key);
  void want_all();

 private:
  static constexpr std::size_t slots = 512;
  static constexpr std::size_t most_used = 256;

  static std::size_t slot_of(NameKey key) {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> 55);
  }
  Entry& slot_for(NameKey key);

  Entry other_;
  std::size_t used_ = 0;
  // With room at the end, so that a search need not go on at the begin; the last stays empty.
  std::array<Entry, slots + most_used + 1> slots_{};
};

extern const TagIndex standard_tags;

// Returns the tag of a name. Names longer than eight bytes have their keys from the table of known
// names, which every other NameTable continues.
inline Tag tag_of(NameKey key) {
  return standard_tags.find(key).kind.tag;
}

// Returns the key of a tag's name.
inline NameKey key_of(Tag tag) {
  return detail::known_tags.keys[static_cast<std::size_t>(tag)];
}

// Returns a tag's name in lower case; empty for Tag::other.
std::string_view name_of(Tag tag);

// Returns the long names among the above, in the table that all others have as their base.
inline const NameTable& known_names() {
  return detail::known_tags.names;
}

}  // namespace personalize::rewrite
