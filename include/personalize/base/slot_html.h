// What a slot shows, with a note of which of its bytes are the configuration's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace personalize {

// Bytes [begin, end) of a slot's HTML that a template has, and nobody's data.
struct ConstantPart {
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t hash;  // of the bytes
  const char* source;  // where the template has them, as long as the configuration lives
};
using ConstantParts = std::pmr::vector<ConstantPart>;

struct SlotHtml {
  SlotHtml() = default;
  SlotHtml(std::string_view html) noexcept
      : text(html) {}  // NOLINT: HTML of which nothing is known

  std::string_view text;
  std::string_view behind = {};  // of Fill::around: what follows the default content
  // In the order of the text; they do not overlap. Parts of no use to anybody are left out.
  const ConstantPart* constants = nullptr;
  std::size_t constant_count = 0;
};

}  // namespace personalize
