// What a scan notes at an element whose rules have changes (SlotRule::change): which of them, and
// what decides whether they can be made in a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize {

// A view of Splice::data: one byte with facts, and two for each change.
class ElementChanges {
 public:
  enum Fact : std::uint8_t {
    // Around content, the element itself included: what some start tags would end.
    in_paragraph = 1U << 0,
    in_link = 1U << 1,
    in_button = 1U << 2,
    in_heading = 1U << 3,    // it is one
    in_list_item = 1U << 4,  // <li>, <dt>, <dd>
    // Markup means something else there than in a <div>: tables, drawings.
    is_special = 1U << 5,
    // Of an attribute. Without it another of the same name would count, which follows it.
    is_repeated = 1U << 0,
    has_attribute = 1U << 6,
    is_unknown = 1U << 7,  // its value is not known: it is long, or in the page's charset
  };

  // `data` is what add() made.
  explicit ElementChanges(std::string_view data) noexcept : data_(data) {}

  bool is(Fact fact) const noexcept { return (facts() & fact) != 0; }
  // Those about content are the lower bits.
  std::uint8_t facts() const noexcept {
    return data_.empty() ? std::uint8_t{is_special} : static_cast<std::uint8_t>(data_.front());
  }

  // Calls visit(change) for each number, in their order.
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t at = 1; at + 1 < data_.size(); at += 2) {
      visit(static_cast<std::uint16_t>(static_cast<unsigned char>(data_[at]) |
                                       static_cast<unsigned char>(data_[at + 1]) << 8));
    }
  }

  // Appends the facts, then each change. Throws what `out` throws.
  template <class String>
  static void begin(String& out, std::uint8_t facts) {
    out += static_cast<char>(facts);
  }
  template <class String>
  static void add(String& out, std::uint16_t change) {
    out += static_cast<char>(change & 0xFF);
    out += static_cast<char>(change >> 8);
  }

 private:
  std::string_view data_;
};

}  // namespace personalize
