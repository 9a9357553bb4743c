// The fields of an item that a chain looks at, read in one pass over its members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// Filled when the configuration is read, then only read. A field is found by all of its names, as
// item_field() finds it.
class ItemFields {
 public:
  // Those that every chain looks at, by their numbers.
  enum Known : std::uint32_t {
    name,
    url,
    available,
    in_stock,
    sold_out,
    availability,
    until,
  };

  ItemFields();

  // Returns the number of the field of that name.
  std::uint32_t add(std::string_view field);
  std::size_t size() const noexcept { return count_; }

  // Sets `values`, of size(), to the fields of the item; those that it does not have, or has as
  // null, are missing.
  void read(const Value& item, Value* values) const noexcept;

 private:
  // One name of a field. Of several that an item has, the one with the lowest rank counts.
  struct Name {
    std::string text;
    std::uint32_t field = 0;
    std::uint8_t rank = 0;
  };

  void add_name(std::string_view text, std::uint32_t field, std::uint8_t rank);
  void rebuild();
  static std::uint32_t hash(std::string_view text) noexcept;

  std::vector<Name> names_;
  std::vector<std::string> fields_;   // by number
  std::vector<std::uint16_t> table_;  // by hash: a name's number and 1, or 0; probed linearly
  std::size_t count_ = 0;
};

}  // namespace personalize
