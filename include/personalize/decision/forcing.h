// What a preview decides in place of the configuration, for one browser.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace personalize {

class Program;

// Items with `;` between them; of two for the same thing the last counts:
//
//   segment.NAME=on|off         the visitor is in it or not
//   experiment.NAME=VARIANT     the visitor has that variant, and it is no exposure
//   campaign.NAME=on|off        it has its slot whatever else holds, or is as if switched off
//   time=DATE                   as date.h reads it
//   country=CODE                geo.country; nothing else of geo.* is known then
class Forcing {
 public:
  static constexpr std::size_t max_size = 1024;  // bytes of the items
  static constexpr std::size_t max_items = 32;

  // `items` and `program` must outlive it. What cannot be read or names nothing is left out. Throws
  // what `memory` throws.
  Forcing(std::string_view items, const Program& program, std::pmr::memory_resource* memory);

  std::optional<bool> segment(std::uint32_t id) const noexcept { return find(segments_, id); }
  std::optional<bool> campaign(std::uint32_t id) const noexcept { return find(campaigns_, id); }
  // "" where the experiment is left to itself.
  std::string_view variant(std::uint32_t id) const noexcept;
  // Milliseconds since 1970.
  std::optional<std::int64_t> now_ms() const noexcept { return now_ms_; }
  // "" where it is not forced.
  std::string_view country() const noexcept { return country_; }

  std::string_view items() const noexcept { return items_; }
  // The first item that was left out; "" for none.
  std::string_view unknown() const noexcept { return unknown_; }

 private:
  using Choice = std::pair<std::uint32_t, bool>;

  bool read(std::string_view item, const Program& program);
  static std::optional<bool> find(const std::pmr::vector<Choice>& choices,
                                  std::uint32_t id) noexcept;

  std::string_view items_, unknown_;
  std::pmr::vector<Choice> segments_, campaigns_;
  std::pmr::vector<std::pair<std::uint32_t, std::string_view>> variants_;
  std::optional<std::int64_t> now_ms_;
  std::string_view country_;
};

// Takes the next item off `rest`.
inline std::string_view take_forced_item(std::string_view& rest) noexcept {
  const auto end = rest.find(';');
  const auto item = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return item;
}

}  // namespace personalize
