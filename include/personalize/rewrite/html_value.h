// HTML that is put into an element while the page streams by, in place of `element.innerHTML = …`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace personalize {

struct HtmlValue {
  // Why a stream cannot put it anywhere: it would become something else in a page than it is by
  // itself. "" if it can.
  std::string refusal;
  // The ElementChanges::Facts of places where it cannot be put.
  std::uint8_t breaks_in = 0;
};

// Every element of it has to be closed, and none has content that depends on what is around it.
// Scripts are refused: those of innerHTML do not run.
HtmlValue examine_html(std::string_view html);

}  // namespace personalize
