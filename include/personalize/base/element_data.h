// The data-… attributes of an element that a slot is at: which of them are asked for, and the
// values that one element has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

// What slots know of their elements. `names` are those of the attributes after `data-`, in small
// letters, with `_` for `-`: item_id of data-item-id, which is also that of data-item_id.
struct ElementNames {
  static constexpr std::size_t most = 16;

  std::vector<std::string> names;
  std::vector<bool> slots;  // by SlotId: whether the slot knows its elements
};

// The values of one element, as they are kept: for each of the names two bytes that say what is
// there, and the value. A view.
//
//   names {sku, name}, <article data-sku=A1 data-name="Caf&eacute;">   2 "A1" 5|not_ascii "Café"
class ElementData {
 public:
  // Bytes of a value; a longer one is left out, as if the element did not have it.
  static constexpr std::size_t longest = 1024;

  // Nothing is known of the element.
  ElementData() = default;
  // `bytes` are those that add() made for all names, one after the other, and outlive this.
  explicit ElementData(std::string_view bytes) noexcept : bytes_(bytes) {}

  // Appends the value of the next name: nullopt if the element does not have it. `is_raw`: the page
  // has bytes in it that are not ASCII, and mean something in the page's charset alone. Throws what
  // `bytes` throws.
  template <class String>
  static void add(String& bytes, std::optional<std::string_view> value, bool is_raw) {
    std::uint16_t head = absent;
    if (value && value->size() <= longest) {
      head = static_cast<std::uint16_t>(value->size() | (is_raw ? raw : 0));
    }
    bytes += static_cast<char>(head & 0xFF);
    bytes += static_cast<char>(head >> 8);
    if (head != absent) {
      bytes += *value;
    }
  }

  // Returns the value of a name, by its place among the names: UTF-8 if the page is. nullopt if the
  // element does not have it, or it is written in a charset that is not UTF-8.
  std::optional<std::string_view> value(std::size_t name, bool is_utf8) const noexcept;

  // Returns what it is made of.
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::uint16_t absent = 0xFFFF;
  static constexpr std::uint16_t raw = 0x8000;

  std::string_view bytes_;
};

}  // namespace personalize
