#include "learn/keys.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

#include "base/text/copy.h"

namespace personalize::learn {

namespace {

std::string_view head(Table table) noexcept {
  switch (table) {
    case Table::also_viewed:
      return "pz:also_viewed:";
    case Table::also_bought:
      return "pz:also_bought:";
    case Table::trending:
      return "pz:trending:";
    case Table::bestsellers:
      return "pz:bestsellers:";
  }
  return {};
}

void append_number(std::int64_t n, std::pmr::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, std::end(digits), n).ptr);
}

void append_part(std::string_view name, std::string_view value, std::pmr::string& out) {
  if (!value.empty()) {
    out += name;
    out += value;
  }
}

}  // namespace

std::string_view Words::text(std::string_view a, std::string_view b) {
  const auto size = a.size() + b.size();
  auto* copy = static_cast<char*>(memory_->allocate(std::max<std::size_t>(size, 1), 1));
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), copy));
  return {copy, size};
}

std::string_view Words::number(std::int64_t n) {
  return copy_digits(n, memory_);
}

std::string_view Words::row(Table table, std::int64_t period, std::string_view item) {
  std::pmr::string key(head(table), memory_);
  append_number(period, key);
  key += ':';
  key += item;
  return text(key);
}

std::string_view Words::ranking(Table table, std::int64_t period, const Part& part) {
  std::pmr::string key(head(table), memory_);
  append_number(period, key);
  append_part(":country:", part.country, key);
  append_part(":category:", part.category, key);
  append_part(":brand:", part.brand, key);
  return text(key);
}

}  // namespace personalize::learn
