// White space and comments beside the outermost elements of a template. People do not see them;
// frameworks that take over a page compare its nodes with their own, and stumble over text where
// they would pass an element by (React).
//
// What stays: white space that may be seen, which is that between text, inline elements and items
// of lists, and comments that programs read.
//
//   <link rel="stylesheet" href="/a.css">\n<aside>…</aside>\n<p>…</p>\n     no white space stays
//   <b>Ann</b>\n<i>, welcome</i>\n                                          the first stays
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "render/places/markup.h"
#include "render/templates/template.h"

namespace personalize {

class TopLevel {
 public:
  // Takes the next character of the template's text, after it has been fed to `after`. `before` is
  // what Markup::outermost() was before that.
  enum class Part : std::uint8_t {
    space,
    text,
    comment,
    hidden,   // of an element that shows nothing: <link>, <style>, <script>
    block,    // of one beside which white space is not seen
    phrasing  // of any other
  };
  static Part part_of(std::string_view element);
  void note(char c, Part before, const Markup& after);

  // Takes what is not to be sent out of the text of all blocks, and of the text that they are
  // views of; block 0 is the template. `ends`: see TemplateOptions.
  void strip(std::vector<std::vector<Op>>& blocks, std::string& text, TemplateEnds ends);

 private:
  // What stands beside each other in the order of the template. A border is where a section begins
  // or ends: what is on its other side may be there or not.
  struct Piece {
    enum class Kind : std::uint8_t { of_text, value, border };
    Kind kind;
    Part part;
    std::size_t begin;
    std::size_t end;
  };

  void list(const std::vector<std::vector<Op>>& blocks, std::uint32_t block);
  void list_text(std::size_t begin, std::size_t end);
  void mark_between(std::size_t begin, std::size_t end, std::string_view text, TemplateEnds ends);
  void mark(const Piece& piece);

  std::vector<Part> parts_;  // by character
  std::size_t begin_ = 0;    // of the tag or comment that is not over
  bool is_open_ = false;     // there is one
  bool is_comment_ = false;
  std::string name_;

  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> open_blocks_;
  std::vector<bool> is_left_out_;  // by character
};

// Takes white space from both ends of what a template has appended to `out` from `begin` on.
void trim_ends(std::size_t begin, TemplateEnds ends, std::pmr::string& out,
               ConstantParts* constants);

}  // namespace personalize
