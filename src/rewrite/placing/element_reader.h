// Reads the data-… attributes of elements that slots know.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/element_data.h"
#include "rewrite/tokenizer/token.h"

namespace personalize::rewrite {

class ElementReader {
 public:
  // Of one page: elements, and bytes that are kept of them; and as many of their attributes.
  static constexpr std::uint32_t most_elements = 1000;
  static constexpr std::size_t most_bytes = std::size_t{256} * 1024;

  // Both must outlive it.
  ElementReader(const ElementNames& names, std::pmr::memory_resource* memory)
      : names_(names), memory_(memory), decoded_(memory), bytes_(memory) {}

  // Returns the values of the element with this start tag (nullptr: it is implied), as ElementData
  // keeps them: they live as long as the memory. nullopt if the page has too many.
  std::optional<std::string_view> read(const RawTag* tag);

  // Returns '=' and the value of an attribute of the element with this start tag, in the page's
  // charset, which live as long: no value where the element does not have it. "" if it is not
  // known, or the page has too many. Of `class` only lists in ASCII are known.
  std::string_view read_value(const RawTag& tag, std::string_view name);

 private:
  static constexpr std::size_t longest_value = 4096;

  // What is kept so far.
  struct Kept {
    std::uint32_t elements = 0;
    std::size_t bytes = 0;
  };

  static bool keep(std::size_t size, Kept& kept);
  void add(const RawTag* tag, std::string_view name);

  const ElementNames& names_;
  std::pmr::memory_resource* memory_;
  std::pmr::string decoded_;  // room for one value
  std::pmr::string bytes_;    // room for one element's
  Kept data_;
  Kept values_;
};

}  // namespace personalize::rewrite
