// Compresses what slots show, for a page that is sent compressed.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "personalize/base/slot_html.h"

namespace personalize {

// Makes DEFLATE (RFC 1951) of content in which parts of templates repeat: of a list of twenty
// products the markup stands once, and is referred to nineteen times.
//
//   <li><b>Hat</b><i>new</i></li><li><b>Scarf</b><i>new</i></li>
//   <li><b>Hat</b><i>new</i></li>(9)      Scarf     (17)
//
// (in brackets: a reference to so many bytes). The same markup of another template is referred to
// as well. Values never take part, be they like each other or not, so that the length of a response
// tells nothing of what they are.
class ContentDeflater {
 public:
  explicit ContentDeflater(std::pmr::memory_resource* memory) noexcept : memory_(memory) {}

  // Returns whole bytes of DEFLATE, which live in `memory`; nullopt if it is not worth it.
  // `position`: so many bytes of the page stand before the content, as the client inflates them.
  // Throws what `memory` throws.
  std::optional<std::string_view> compress(const SlotHtml& html, std::uint64_t position);

 private:
  // Where the page had a part last.
  struct Seen {
    std::string_view text;
    std::uint64_t position;
  };
  struct Reference {
    std::uint32_t begin, end;  // in the content
    std::uint32_t distance;
  };

  std::pmr::memory_resource* memory_;
  // By hash; a part takes the place of another one that falls to the same.
  static constexpr std::size_t places = 128;
  std::array<Seen, places>* seen_ = nullptr;
};

}  // namespace personalize
