#include "rewrite/tokenizer/token_states.h"

#include <algorithm>

#include "base/text/ascii.h"

namespace personalize::rewrite {

void TokenStates::enter(const TagContent& content) {
  model_ = content.model;
  end_name_ = content.name;
  script_level_ = 0;
  dashes_ = 0;
  state_ = model_ == ContentModel::markup      ? State::data
           : model_ == ContentModel::plaintext ? State::plaintext
                                               : State::raw_text;
}

const char* TokenStates::to_greater_than(const char* p, Reached reached) {
  p = find(p, chunk_end(), '>');
  return p == chunk_end() ? p : reach(reached, p + 1);
}

const char* TokenStates::look_at(const char* p) {
  switch (state_) {
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
      return to_greater_than(p, Reached::comment);
    case State::doctype:  // a quoted identifier does not hide '>'
      return to_greater_than(p, Reached::doctype);
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

std::string_view TokenStates::token_text(const char* end) {
  if (!keep_) {
    return {};
  }
  if (gathered_.empty()) {
    const char* begin = chunk_.data() + (token_begin_ - chunk_begin_);
    return {begin, static_cast<std::size_t>(end - begin)};
  }
  keep_up_to(offset_of(end));
  return {gathered_.data(), gathered_.size()};
}

void TokenStates::keep_up_to(std::uint64_t offset) {
  if (offset <= kept_) {
    return;
  }
  gathered_.insert(gathered_.end(), chunk_.data() + (kept_ - chunk_begin_),
                   chunk_.data() + (offset - chunk_begin_));
  kept_ = offset;
}

void TokenStates::pass_long_value(std::uint64_t offset) {
  if (offset - value_begin_ <= most_of_value_) {
    return;
  }
  keep_up_to(value_begin_ + most_of_value_ + 1);
  kept_ = offset;
}

void TokenStates::keep_rest_of_chunk() {
  const std::uint64_t end = offset_of(chunk_end());
  if (state_ >= State::value_double_quoted && state_ <= State::value_unquoted) {
    pass_long_value(end);
  }
  keep_up_to(end);
}

// Goes through the states from "tag open" to "self-closing start tag". Attributes are only passed
// over; what they are is read from the complete tag.
const char* TokenStates::in_tag(const char* p) {
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
          return reach(Reached::less_than, p);
        }
        break;
      case State::end_tag_open:
        if (ascii::is_letter(c)) {
          is_end_tag_ = true;
          state_ = State::tag_name;
          name_begin_ = offset_of(p);
        } else if (c == '>') {
          state_ = State::data;
          return reach(Reached::no_token, p + 1);
        } else {
          state_ = State::bogus_comment;
          return p;
        }
        break;
      case State::tag_name:
        if (!ascii::is_html_space(c) && c != '/' && c != '>') {
          break;
        }
        name_length_ = offset_of(p) - name_begin_;
        if (c == '>') {
          return reach(Reached::tag, p + 1);
        }
        state_ = c == '/' ? State::self_closing : State::before_attribute_name;
        break;
      case State::self_closing:
        if (c == '>') {
          return reach(Reached::tag, p + 1);
        }
        [[fallthrough]];
      case State::before_attribute_name:
      case State::after_value_quoted:
        if (c == '>') {
          return reach(Reached::tag, p + 1);
        }
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
        if (c == '>') {
          return reach(Reached::tag, p + 1);
        }
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
        if (c == '>') {
          return reach(Reached::tag, p + 1);
        }
        value_begin_ = offset_of(p) + 1;
        if (c == '"') {
          state_ = State::value_double_quoted;
        } else if (c == '\'') {
          state_ = State::value_single_quoted;
        } else if (!ascii::is_html_space(c)) {
          --value_begin_;
          state_ = State::value_unquoted;
        }
        break;
      case State::value_double_quoted:
      case State::value_single_quoted:
        p = find(p, end, state_ == State::value_double_quoted ? '"' : '\'');
        if (p == end) {
          return p;
        }
        pass_long_value(offset_of(p));
        state_ = State::after_value_quoted;
        break;
      case State::value_unquoted:
        if (c != '>' && !ascii::is_html_space(c)) {
          break;
        }
        pass_long_value(offset_of(p));
        if (c == '>') {
          return reach(Reached::tag, p + 1);
        }
        state_ = State::before_attribute_name;
        break;
      default:
        return p;
    }
  }
  return p;
}

const char* TokenStates::in_markup_declaration(const char* p) {
  // `matched_` holds the keyword in its upper bits and the characters seen in its lower ones.
  constexpr std::string_view keywords[] = {"--", "doctype", "[CDATA["};
  for (const char* end = chunk_end(); p < end; ++p) {
    std::size_t keyword = matched_ >> 4;
    std::size_t seen = matched_ & 0x0F;
    if (seen == 0) {
      keyword = *p == '-' ? 0 : *p == '[' ? 2 : 1;
    }
    char c = keyword == 1 ? ascii::lower(*p) : *p;
    if (c != keywords[keyword][seen] || (keyword == 2 && !cdata_exists_)) {
      state_ = State::bogus_comment;
      return p;
    }
    ++seen;
    matched_ = static_cast<std::uint8_t>(keyword << 4 | seen);
    if (seen == keywords[keyword].size()) {
      state_ = keyword == 0 ? State::comment_start : keyword == 1 ? State::doctype : State::cdata;
      return p + 1;
    }
  }
  return p;
}

const char* TokenStates::in_comment_states(const char* p) {
  for (const char* end = chunk_end(); p < end; ++p) {
    char c = *p;
    switch (state_) {
      case State::comment_start:
        if (c == '>') {
          return reach(Reached::comment, p + 1);
        }
        state_ = c == '-' ? State::comment_start_dash : State::comment;
        break;
      case State::comment_start_dash:
        if (c == '>') {
          return reach(Reached::comment, p + 1);
        }
        state_ = c == '-' ? State::comment_end : State::comment;
        break;
      case State::comment:
        p = find(p, end, '-');
        if (p == end) {
          return p;
        }
        state_ = State::comment_end_dash;
        break;
      case State::comment_end_dash:
        state_ = c == '-' ? State::comment_end : State::comment;
        break;
      case State::comment_end:
        if (c == '>') {
          return reach(Reached::comment, p + 1);
        }
        if (c != '-') {
          state_ = c == '!' ? State::comment_end_bang : State::comment;
        }
        break;
      case State::comment_end_bang:
        if (c == '>') {
          return reach(Reached::comment, p + 1);
        }
        state_ = c == '-' ? State::comment_end_dash : State::comment;
        break;
      default:
        return p;
    }
  }
  return p;
}

const char* TokenStates::in_raw_text(const char* p) {
  const char* end = chunk_end();
  if (script_level_ == 0) {
    p = find(p, end, '<');
    // Most '<' in a script are plainly not its end.
    while (end - p > 2 && p[1] != '!' && (p[1] != '/' || ascii::lower(p[2]) != end_name_.front())) {
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
  if (p == end) {
    return p;
  }
  dashes_ = 0;
  begin_token(p, State::raw_less_than);
  return p + 1;
}

const char* TokenStates::in_raw_states(const char* p) {
  for (const char* end = chunk_end(); p < end; ++p) {
    char c = *p;
    switch (state_) {
      case State::raw_less_than:
        matched_ = 0;
        if (c == '/') {
          state_ = script_level_ == 2 ? State::script_double_end : State::raw_end_name;
        } else if (c == '!' && model_ == ContentModel::script && script_level_ == 0) {
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
        if (matched_ < end_name_.size() && ascii::lower(c) == end_name_[matched_]) {
          ++matched_;
          break;
        }
        if (matched_ != end_name_.size() || (!ascii::is_html_space(c) && c != '/' && c != '>')) {
          state_ = State::raw_text;
          return p;
        }
        is_end_tag_ = true;
        name_length_ = end_name_.size();
        if (c == '>') {
          return reach(Reached::tag, p + 1);
        }
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
const char* TokenStates::in_script_name(const char* p, State otherwise, std::uint8_t level) {
  constexpr std::string_view script = "script";
  for (const char* end = chunk_end(); p < end; ++p) {
    if (ascii::is_letter(*p)) {
      if (matched_ < script.size() && ascii::lower(*p) == script[matched_]) {
        ++matched_;
        continue;
      }
      state_ = otherwise;  // another word is text, and no token that could be too long
      return p;
    }
    state_ = otherwise;
    if (!ascii::is_html_space(*p) && *p != '/' && *p != '>') {
      return p;
    }
    if (matched_ == script.size()) {
      script_level_ = level;
    }
    return p + 1;
  }
  return p;
}

const char* TokenStates::in_cdata(const char* p) {
  for (const char* end = chunk_end(); p < end; ++p) {
    switch (state_) {
      case State::cdata:
        p = find(p, end, ']');
        if (p == end) {
          return p;
        }
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
        if (*p != ']') {
          state_ = State::cdata;
        }
        break;
    }
  }
  return p;
}

}  // namespace personalize::rewrite
