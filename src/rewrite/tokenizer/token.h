// What the tokenizer passes to its handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize::rewrite {

// A start or end tag. `text` runs from '<' to '>', both included, and lives until the handler
// returns. It has all bytes of the tag, except that a value of more than `most_of_value` bytes (a
// picture as a "data:" address, the state of a whole application) is cut off one byte after that.
struct RawTag {
  std::uint64_t begin;  // offsets in the page
  std::uint64_t end;
  std::string_view text;
  std::size_t name_length;
  bool is_end;
  std::size_t most_of_value;
  // The tag is so long that its first bytes may have been settled before its last came: nothing can
  // be placed before it.
  bool begin_is_settled;

  // Returns whether some value has been cut off.
  bool is_cut() const { return end - begin != text.size(); }

  std::string_view name() const { return text.substr(is_end ? 2 : 1, name_length); }
};

// How the tokenizer reads what follows a start tag.
enum class ContentModel : std::uint8_t {
  markup,
  text,       // RCDATA and RAWTEXT: up to the end tag of the same name
  script,     // script data, with its escaped states
  plaintext,  // up to the end of the page
};

// What follows a start tag, for all but `markup` up to the end tag `name`: lower-case bytes that
// outlive the tokenizer.
struct TagContent {
  ContentModel model = ContentModel::markup;
  std::string_view name;
};

// How much a short way has dealt with.
enum class Passed : std::uint8_t {
  nothing,
  start_tag,
  leaf,  // an element without elements: its start tag, text and end tag
};

// Where a page can end.
enum class PageEnd : std::uint8_t {
  in_text,     // content added there would be parsed as markup
  in_tag,      // within a tag, which the parser drops: content belongs before it
  not_markup,  // within a comment, a script or the like: what is added there is lost
};

}  // namespace personalize::rewrite
