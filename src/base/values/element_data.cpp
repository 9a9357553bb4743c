#include "personalize/base/element_data.h"

namespace personalize {

std::optional<std::string_view> ElementData::value(std::size_t name, bool is_utf8) const noexcept {
  constexpr std::size_t head_size = 2;
  std::string_view rest = bytes_;
  while (rest.size() >= head_size) {
    const auto head = static_cast<std::uint16_t>(static_cast<unsigned char>(rest[0]) |
                                                 static_cast<unsigned char>(rest[1]) << 8);
    const std::size_t size = head == absent ? 0 : head & ~raw;
    rest.remove_prefix(head_size);
    if (size > rest.size()) {
      return std::nullopt;
    }
    if (name == 0) {
      const bool is_known = head != absent && (is_utf8 || (head & raw) == 0);
      return is_known ? std::optional(rest.substr(0, size)) : std::nullopt;
    }
    --name;
    rest.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace personalize
