// The tokenizer's states that look at one byte after another, as the HTML standard has them (WHATWG
// HTML, 13.2.5), and what they have seen of the token that has begun.
//
// They do not call the handler: look_at() returns when a token is complete. Most tags of most pages
// never get here (see Tokenizer).
#pragma once

#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "rewrite/tokenizer/token.h"

namespace personalize::rewrite {

class TokenStates {
 protected:
  // Keeps up to `most_of_value` bytes and one more of each value in tags.
  TokenStates(std::size_t most_of_value, std::pmr::memory_resource* memory)
      : most_of_value_(most_of_value), gathered_(memory) {}

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
    token_begin_ = kept_ = offset_of(at);
    gathered_.clear();
    keep_ = true;
    state_ = state;
  }

  // Returns the token's bytes, up to `end`; empty if they were not kept.
  std::string_view token_text(const char* end);

  // Gathers the token's bytes up to the end of the chunk, which is within the token.
  void keep_rest_of_chunk();

  // Why look_at() returned.
  enum class Reached : std::uint8_t {
    nothing,
    tag,
    comment,
    no_token,  // </>, which browsers drop
    doctype,
    less_than,  // a '<' that is text
  };

  // Goes on from `p` in the present state, which is not `data`. Returns where it came to: the end
  // of the chunk, another state, or after what `reached_` says. `state_` is then still the token's.
  const char* look_at(const char* p);

  // Goes on with what follows a start tag.
  void enter(const TagContent& content);

  static const char* find(const char* p, const char* end, char c) {
    const void* found = std::memchr(p, c, static_cast<std::size_t>(end - p));
    return found == nullptr ? end : static_cast<const char*>(found);
  }

  std::string_view chunk_;
  std::uint64_t chunk_begin_ = 0;  // offsets in the page
  std::uint64_t offset_ = 0;
  std::uint64_t token_begin_ = 0;
  std::size_t name_length_ = 0;  // of a tag
  const std::size_t most_of_value_;
  // The token's bytes up to kept_, if they do not all stand in the chunk, or not all are kept.
  std::pmr::vector<char> gathered_;
  State state_ = State::data;
  ContentModel model_ = ContentModel::markup;
  Reached reached_ = Reached::nothing;
  bool cdata_exists_ = false;  // asked for in State::markup_declaration
  bool is_end_tag_ = false;
  bool keep_ = true;  // the token's bytes are needed

 private:
  const char* reach(Reached reached, const char* after) {
    reached_ = reached;
    return after;
  }
  const char* to_greater_than(const char* p, Reached reached);
  void keep_up_to(std::uint64_t offset);
  // Passes over what is not kept of the value that has begun and goes on to `offset`.
  void pass_long_value(std::uint64_t offset);
  const char* in_tag(const char* p);
  const char* in_markup_declaration(const char* p);
  const char* in_comment_states(const char* p);
  const char* in_raw_text(const char* p);
  const char* in_raw_states(const char* p);
  const char* in_script_name(const char* p, State otherwise, std::uint8_t level);
  const char* in_cdata(const char* p);

  std::string_view end_name_;  // of the end tag that ends what is not markup
  std::uint64_t name_begin_ = 0;
  std::uint64_t value_begin_ = 0;
  std::uint64_t kept_ = 0;
  std::uint8_t matched_ = 0;       // characters of a keyword seen
  std::uint8_t script_level_ = 0;  // 0, 1: escaped, 2: double escaped
  std::uint8_t dashes_ = 0;        // before here, in escaped script data
};

}  // namespace personalize::rewrite
