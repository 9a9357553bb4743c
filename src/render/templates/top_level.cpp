#include "render/templates/top_level.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::string_view hidden_elements[] = {"base",   "link",  "meta",     "noframes",
                                                "script", "style", "template", "title"};

// Those that browsers lay out as blocks, without items of lists and cells of tables: style sheets
// often put these side by side, where white space between them is seen.
constexpr std::string_view block_elements[] = {
    "address", "article", "aside",    "blockquote", "br",      "center", "details", "dialog", "dir",
    "div",     "dl",      "fieldset", "figure",     "footer",  "form",   "h1",      "h2",     "h3",
    "h4",      "h5",      "h6",       "header",     "hgroup",  "hr",     "main",    "menu",   "nav",
    "ol",      "p",       "pre",      "search",     "section", "table",  "ul"};

// Returns whether a program may read the comment: of conditions (Internet Explorer, mail readers),
// of SSI and ESI, markers of slots, licences.
bool is_read(std::string_view comment) {
  constexpr std::string_view open = "<!--";
  constexpr std::string_view begins[] = {"[", "<![", "#", "esi", "pz:", "/pz", "!"};
  comment.remove_prefix(std::min(comment.size(), open.size()));
  return begins_with_one_of(comment, begins);
}

bool is_visible(TopLevel::Part part) {
  return part == TopLevel::Part::text || part == TopLevel::Part::block ||
         part == TopLevel::Part::phrasing;
}

bool is_trimmed(std::string_view space, TemplateEnds ends) {
  return ends == TemplateEnds::trimmed ||
         (ends == TemplateEnds::lines_trimmed && space.find('\n') != std::string_view::npos);
}

}  // namespace

TopLevel::Part TopLevel::part_of(std::string_view element) {
  if (element.empty()) {
    return Part::text;
  }
  return is_one_of(element, hidden_elements)  ? Part::hidden
         : is_one_of(element, block_elements) ? Part::block
                                              : Part::phrasing;
}

void TopLevel::note(char c, Part before, const Markup& after) {
  if (before != Part::text) {
    parts_.push_back(before);
    return;
  }
  if (!after.in_text() && after.outermost().empty()) {
    if (!is_open_) {
      begin_ = parts_.size();
      is_comment_ = false;
      name_.clear();
    }
    is_open_ = true;
    is_comment_ = is_comment_ || after.in_comment();
    if (!after.begun_element().empty()) {
      name_ = after.begun_element();
    }
    parts_.push_back(Part::text);
    return;
  }
  if (!is_open_) {
    parts_.push_back(ascii::is_html_space(c) ? Part::space : Part::text);
    return;
  }
  is_open_ = false;
  parts_.push_back(Part::text);
  const auto part = is_comment_ ? Part::comment : part_of(name_);
  std::fill(parts_.begin() + static_cast<std::ptrdiff_t>(begin_), parts_.end(), part);
}

void TopLevel::list_text(std::size_t begin, std::size_t end) {
  for (auto i = begin; i < end;) {
    auto next = i;
    while (next < end && parts_[next] == parts_[i]) {
      ++next;
    }
    pieces_.push_back({Piece::Kind::of_text, parts_[i], i, next});
    i = next;
  }
}

void TopLevel::list(const std::vector<std::vector<Op>>& blocks, std::uint32_t block) {
  const Piece border = {Piece::Kind::border, Part::text, 0, 0};
  open_blocks_.push_back(block);
  const auto& ops = blocks[block];
  std::vector<std::uint32_t> ends;
  for (std::uint32_t i = 0; i <= ops.size(); ++i) {
    while (!ends.empty() && ends.back() == i) {
      pieces_.push_back(border);
      ends.pop_back();
    }
    if (i == ops.size()) {
      break;
    }
    const Op& op = ops[i];
    const bool is_open =
        op.kind == Op::Kind::partial &&
        std::find(open_blocks_.begin(), open_blocks_.end(), op.a) != open_blocks_.end();
    if (op.kind == Op::Kind::text) {
      list_text(op.text, std::size_t{op.text} + op.size);
    } else if (op.kind == Op::Kind::section || op.kind == Op::Kind::inverted) {
      pieces_.push_back(border);
      ends.push_back(op.b);
    } else if (op.kind == Op::Kind::partial && !is_open) {
      list(blocks, op.a);
    } else if (op.is_top_level) {
      pieces_.push_back({Piece::Kind::value, Part::text, 0, 0});
    }
  }
  open_blocks_.pop_back();
}

void TopLevel::mark(const Piece& piece) {
  std::fill(is_left_out_.begin() + static_cast<std::ptrdiff_t>(piece.begin),
            is_left_out_.begin() + static_cast<std::ptrdiff_t>(piece.end), true);
}

// Marks what is left out of pieces [begin, end), between which nothing is visible.
void TopLevel::mark_between(std::size_t begin, std::size_t end, std::string_view text,
                            TemplateEnds ends) {
  const auto is_block = [this](std::size_t i) {
    return pieces_[i].kind == Piece::Kind::of_text && pieces_[i].part == Part::block;
  };
  const bool is_beside_block =
      (begin > 0 && is_block(begin - 1)) || (end < pieces_.size() && is_block(end));
  const bool is_at_end = begin == 0 || end == pieces_.size();
  for (auto i = begin; i < end; ++i) {
    const auto& piece = pieces_[i];
    const auto written = text.substr(piece.begin, piece.end - piece.begin);
    const bool is_unseen = is_beside_block || (is_at_end && is_trimmed(written, ends));
    if (piece.part == Part::comment ? !is_read(written) : piece.part == Part::space && is_unseen) {
      mark(piece);
    }
  }
}

void TopLevel::strip(std::vector<std::vector<Op>>& blocks, std::string& text, TemplateEnds ends) {
  pieces_.clear();
  list(blocks, 0);
  is_left_out_.assign(text.size(), false);
  for (std::size_t i = 0; i < pieces_.size();) {
    auto end = i;
    while (end < pieces_.size() && pieces_[end].kind == Piece::Kind::of_text &&
           !is_visible(pieces_[end].part)) {
      ++end;
    }
    mark_between(i, end, text, ends);
    i = end + 1;
  }

  std::vector<std::uint32_t> moved(text.size() + 1);  // where each character is afterwards
  std::string left;
  for (std::size_t i = 0; i < text.size(); ++i) {
    moved[i] = static_cast<std::uint32_t>(left.size());
    if (!is_left_out_[i]) {
      left += text[i];
    }
  }
  moved[text.size()] = static_cast<std::uint32_t>(left.size());
  for (auto& block : blocks) {
    for (Op& op : block) {
      if (op.kind == Op::Kind::text) {
        const auto begin = moved[op.text];
        op.size = moved[op.text + op.size] - begin;
        op.text = begin;
      }
    }
  }
  text = std::move(left);
}

void trim_ends(std::size_t begin, TemplateEnds ends, std::pmr::string& out,
               ConstantParts* constants) {
  if (ends == TemplateEnds::kept) {
    return;
  }
  const std::string_view all = std::string_view(out).substr(begin);
  const auto inner = ascii::trim_html_space(all);
  const auto before = inner.empty() ? 0 : static_cast<std::size_t>(inner.data() - all.data());
  const auto after = before + inner.size();
  if (after < all.size() && is_trimmed(all.substr(after), ends)) {
    out.resize(begin + after);
    while (constants != nullptr && !constants->empty() && constants->back().end > out.size()) {
      constants->pop_back();
    }
  }
  if (before > 0 && is_trimmed(all.substr(0, before), ends)) {
    out.erase(begin, before);
    if (constants != nullptr) {
      constants->clear();  // nothing is where it was
    }
  }
}

}  // namespace personalize
