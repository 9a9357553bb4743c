#include "render/templates/mustache.h"

#include <algorithm>

#include "base/text/ascii.h"

namespace personalize {

namespace {

constexpr std::string_view white = " \t\r\n";

class Reader {
 public:
  Reader(std::string_view text, const TemplateSource& source) : text_(text), source_(source) {}

  std::vector<MustacheToken> read() {
    for (;;) {
      const auto tag = text_.find(open_, position_);
      if (tag == std::string_view::npos) {
        add_text(text_.size());
        return std::move(tokens_);
      }
      read_tag(tag);
    }
  }

 private:
  using Kind = MustacheToken::Kind;

  void read_tag(std::size_t tag) {
    const unsigned line = line_ + count_lines(position_, tag);
    const auto inside = tag + open_.size();
    const char sigil = inside < text_.size() ? text_[inside] : '\0';
    const bool triple = sigil == '{';

    std::string closing = close_;
    if (triple) {
      closing.insert(0, "}");
    } else if (sigil == '=') {
      closing.insert(0, "=");
    }
    const bool has_sigil = sigil != '\0' && std::string_view("{&#^/>!=").find(sigil) != npos;
    const auto content_begin = inside + (has_sigil ? 1 : 0);
    const auto end = text_.find(closing, content_begin);
    if (end == npos) {
      source_.fail(line, "tag is not closed: \"" + closing + "\" is missing");
    }
    const auto content = ascii::trim_html_space(text_.substr(content_begin, end - content_begin));
    const auto after = end + closing.size();
    if (content.empty() && sigil != '!') {
      source_.fail(line, "empty tag");
    }

    refuse_optional(sigil, content, line);

    std::string_view indent;
    std::size_t text_end = tag;
    std::size_t next = after;
    const bool shows_value = triple || sigil == '&' || !has_sigil;
    if (!shows_value) {
      stand_alone(tag, after, text_end, next, indent);
    }
    add_text(text_end);

    switch (sigil) {
      case '!':
        break;
      case '=':
        set_delimiters(content, line);
        break;
      case '#':
        add({Kind::section, content, line, {}});
        break;
      case '^':
        add({Kind::inverted, content, line, {}});
        break;
      case '/':
        add({Kind::close, content, line, {}});
        break;
      case '>':
        add({Kind::partial, content, line, indent});
        break;
      case '{':
      case '&':
        add({Kind::raw, content, line, {}});
        break;
      default:
        add({Kind::variable, content, line, {}});
    }
    line_ = line + count_lines(tag, next);
    position_ = next;
  }

  // Mustache's optional modules: what they would show is not known before a request.
  void refuse_optional(char sigil, std::string_view content, unsigned line) const {
    if (sigil == '<' || sigil == '$') {
      source_.fail(line, "{{" + std::string(content) +
                             "}}: there is no inheritance; use a partial, as in {{> name}}, with "
                             "sections around what differs");
    }
    if (sigil == '>' && content.front() == '*') {
      source_.fail(line, "{{>" + std::string(content) +
                             "}}: the name of a partial is fixed; use a section for each");
    }
  }

  // A tag with nothing but blanks beside it stands for its whole line.
  void stand_alone(std::size_t tag, std::size_t after, std::size_t& text_end, std::size_t& next,
                   std::string_view& indent) const {
    auto begin = tag;
    while (begin > 0 && (text_[begin - 1] == ' ' || text_[begin - 1] == '\t')) {
      --begin;
    }
    if (begin > 0 && text_[begin - 1] != '\n') {
      return;
    }
    auto end = text_.find_first_not_of(" \t", after);
    if (end == npos) {
      end = text_.size();
    } else if (text_.compare(end, 2, "\r\n") == 0) {
      end += 2;
    } else if (text_[end] == '\n') {
      end += 1;
    } else {
      return;
    }
    indent = text_.substr(begin, tag - begin);
    text_end = begin;
    next = end;
  }

  void set_delimiters(std::string_view content, unsigned line) {
    const auto gap = content.find_first_of(white);
    const auto second = gap == npos ? npos : content.find_first_not_of(white, gap);
    if (second == npos || content.find_first_of(white, second) != npos ||
        content.find('=') != npos) {
      source_.fail(line, "delimiters are set by two words, as in {{=<% %>=}}");
    }
    open_ = content.substr(0, gap);
    close_ = content.substr(second);
  }

  void add_text(std::size_t end) {
    if (end > position_) {
      add({Kind::text, text_.substr(position_, end - position_), line_, {}});
    }
  }

  void add(const MustacheToken& token) { tokens_.push_back(token); }

  unsigned count_lines(std::size_t begin, std::size_t end) const {
    return static_cast<unsigned>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                            text_.begin() + static_cast<std::ptrdiff_t>(end),
                                            '\n'));
  }

  static constexpr auto npos = std::string_view::npos;

  std::string_view text_;
  const TemplateSource& source_;
  std::string open_ = "{{", close_ = "}}";
  std::size_t position_ = 0;  // everything before is read
  unsigned line_ = 1;         // of position_
  std::vector<MustacheToken> tokens_;
};

}  // namespace

std::vector<MustacheToken> read_mustache(std::string_view text, const TemplateSource& source) {
  return Reader(text, source).read();
}

}  // namespace personalize
