// Where in the page the scan is: what decides about a place besides the open elements.
#pragma once

#include <cstdint>

#include "rewrite/tokenizer/token.h"

namespace personalize::rewrite {

struct Position {
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  const RawTag* tag = nullptr;  // the present token, when it is a start tag
  std::uint64_t token_begin = 0;
  std::uint64_t token_end = 0;
  bool begin_is_settled = false;     // of the present token: nothing more can be placed before it
  bool begins_in_drawing = false;    // the present token
  std::uint64_t body_end = unknown;  // where </body> stands
  bool reopened = false;             // content came after it
  bool ends_in_drawing = false;      // it comes within a drawing, which goes on
  bool end_is_markup = true;         // the page ends where content would be parsed as markup
};

}  // namespace personalize::rewrite
