// What a preview decides instead of the configuration, for one browser.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace personalize {

class Program;

// Items with `;` between them, of which the last for one thing counts:
//
//   segment.NAME=on|off         the visitor is in it or not
//   experiment.NAME=VARIANT     the visitor has that variant, which is not an exposure
//   campaign.NAME=on|off        it wins its slot whatever else holds, or is as if switched off
//   time=DATE                   as base/numbers/date.h reads it
//   country=CODE                geo.country; everything else in geo.* is missing then
class Forcing {
 public:
  static constexpr std::size_t max_items = 32;

  // Reads the items, and skips those that are malformed or have an unknown name. `items` and
  // `program` must outlive it. Throws what `memory` throws.
  Forcing(std::string_view items, const Program& program, std::pmr::memory_resource* memory);

  std::optional<bool> segment(std::uint32_t id) const noexcept { return find(segments_, id); }
  std::optional<bool> campaign(std::uint32_t id) const noexcept { return find(campaigns_, id); }
  // Returns "" if the experiment is not forced.
  std::string_view variant(std::uint32_t id) const noexcept;
  // Returns milliseconds since 1970.
  std::optional<std::int64_t> now_ms() const noexcept { return now_ms_; }
  // Returns "" if it is not forced.
  std::string_view country() const noexcept { return country_; }

  std::string_view items() const noexcept { return items_; }
  // Returns the first item that was skipped; "" if none was.
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

}  // namespace personalize
