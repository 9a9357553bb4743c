// What templates make of items of a list, kept from one request to the next where it is the same
// for everybody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "personalize/base/slot_html.h"
#include "personalize/base/value.h"
#include "personalize/render/locale.h"

namespace personalize {

// A part of a slot's HTML: the places of its constants are counted from its beginning.
struct KeptText {
  std::string_view text;
  const ConstantPart* constants = nullptr;
  std::size_t constant_count = 0;

  // A copy with all that it refers to.
  std::size_t size_of_copy() const noexcept {
    return sizeof(KeptText) + constant_count * sizeof(ConstantPart) + text.size();
  }
  // `room` has that size, and is aligned for anything.
  void copy_to(void* room) const noexcept {
    auto* parts = static_cast<char*>(room) + sizeof(KeptText);
    auto* bytes = parts + constant_count * sizeof(ConstantPart);
    std::memcpy(bytes, text.data(), text.size());
    if (constant_count != 0) {
      std::memcpy(parts, constants, constant_count * sizeof(ConstantPart));
    }
    new (room) KeptText{
        {bytes, text.size()}, reinterpret_cast<const ConstantPart*>(parts), constant_count};
  }
};

// `part` is what of a template the text is of: an address that stays what it is as long as the
// configuration. Nothing throws.
class KeptTexts {
 public:
  // Returns whether elements of the list may be kept.
  virtual bool has(const Value& list) noexcept = 0;
  // Returns what is kept of an element of a list; nullptr for nothing. It lives as long as the
  // request.
  virtual const KeptText* find(const Value& list, std::uint32_t number, const void* part,
                               const Locale& locale) noexcept = 0;
  // Keeps a copy, if the element is kept itself, and as long as that is. There is none so far.
  virtual void keep(const Value& list, std::uint32_t number, const void* part, const Locale& locale,
                    const KeptText& text) noexcept = 0;

 protected:
  ~KeptTexts() = default;
};

}  // namespace personalize
