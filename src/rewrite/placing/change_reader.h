// Notes what is to be known of elements whose rules have changes (ElementChanges).
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/rewrite/element_changes.h"
#include "rewrite/tokenizer/token.h"
#include "rewrite/tree/tree.h"

namespace personalize::rewrite {

// Returns the facts (ElementChanges) about content that is put into the innermost element.
std::uint8_t facts_of_content(const ElementStack& stack);

class ChangeReader {
 public:
  // Of one page: elements, and bytes that are kept of them.
  static constexpr std::uint32_t most_elements = 4000;
  static constexpr std::size_t most_bytes = std::size_t{256} * 1024;
  static constexpr std::size_t longest_value = 4096;

  // Both must outlive it.
  ChangeReader(const Tree& tree, std::pmr::memory_resource* memory)
      : tree_(tree), memory_(memory), bytes_(memory), decoded_(memory) {}

  // Return the changes with facts about the element on top of the tree, or about an attribute of
  // the present tag, whose decoded value is put into `value`. They live as long as the memory.
  // nullopt if the page has too many. Throw what the memory throws.
  std::optional<std::string_view> read_element(const std::pmr::vector<std::uint16_t>& changes);
  std::optional<std::string_view> read_attribute(const RawTag& tag, std::string_view name,
                                                 const std::pmr::vector<std::uint16_t>& changes,
                                                 std::string_view& value);

 private:
  std::optional<std::string_view> keep(std::uint8_t facts,
                                       const std::pmr::vector<std::uint16_t>& changes,
                                       std::size_t also);

  const Tree& tree_;
  std::pmr::memory_resource* memory_;
  std::pmr::string bytes_;
  std::pmr::string decoded_;
  std::uint32_t elements_ = 0;
  std::size_t kept_ = 0;
};

}  // namespace personalize::rewrite
