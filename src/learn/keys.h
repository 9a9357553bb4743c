// The keys of what is learned, and the words of commands about them.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace personalize::learn {

// Something that is counted once counts so much, and `unit / gap` if it is `gap` steps away: whole
// numbers for all gaps up to most_steps.
constexpr std::int64_t unit = 60;

// How many steps away something still belongs together.
constexpr std::size_t most_steps = 5;

// The member of an item's row that says how often the item itself was counted. No item has this id.
constexpr std::string_view itself;

// What is learned. Its name is part of keys.
enum class Table : std::uint8_t { also_viewed, also_bought, trending, bestsellers };

// Makes words that live as long as `memory`. Throws what that throws.
class Words {
 public:
  explicit Words(std::pmr::memory_resource* memory) noexcept : memory_(memory) {}

  std::string_view number(std::int64_t n);
  std::string_view text(std::string_view a, std::string_view b = {});

  // Returns `pz:also_viewed:3:sku-1`: the row of an item, in a period.
  std::string_view row(Table table, std::int64_t period, std::string_view item);

  // Which items a ranking is of; "" is all.
  struct Part {
    std::string_view country;
    std::string_view category;
    std::string_view brand;  // not with a category
  };
  // Returns `pz:trending:3`, followed by `:country:PL`, `:category:Shoes` or `:brand:Acme`.
  std::string_view ranking(Table table, std::int64_t period, const Part& part);

 private:
  std::pmr::memory_resource* memory_;
};

}  // namespace personalize::learn
