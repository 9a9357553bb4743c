#include "rewrite/placing/noscript_text.h"

#include <algorithm>

#include "personalize/rewrite/html_value.h"

namespace personalize::rewrite {

void NoscriptText::begin(std::uint64_t offset) {
  is_open_ = true;
  read_ = offset;
  text_.clear();
}

bool NoscriptText::end(std::uint64_t offset) {
  is_open_ = false;
  const bool is_known = text_.size() <= longest;
  if (offset < read_) {
    // Its end tag has begun in a chunk before this one.
    text_.resize(text_.size() - std::min<std::size_t>(text_.size(), read_ - offset));
  } else {
    read_until(offset);
  }
  return is_known && text_.size() <= longest && examine_html(text_).refusal.empty();
}

// Reads a part of the chunk, and no more than is needed to know that it is too long.
void NoscriptText::read_until(std::uint64_t offset) {
  const auto part = chunk_.substr(read_ - offset_, offset - read_);
  read_ = offset;
  if (text_.size() <= longest) {
    text_ += part.substr(0, longest + 1 - text_.size());
  }
}

}  // namespace personalize::rewrite
