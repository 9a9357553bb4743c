#include "render/fields/prizes.h"

#include <cmath>
#include <limits>

#include "base/values/scalar.h"

namespace personalize {

namespace {

constexpr std::string_view pool_mark = "pool=";

}  // namespace

std::optional<Prize> read_prize(const Value& prize, std::string& why) {
  Prize read;
  const Value text = prize.find("text");
  if (text.kind() != Kind::string || text.as_string().empty()) {
    why = "a prize needs a \"text\" that says what it is";
    return std::nullopt;
  }
  read.text = text.as_string();

  const Value code = prize.find("code");
  if (!code.is_absent() && code.kind() != Kind::string) {
    why = "the \"code\" of a prize is a string";
    return std::nullopt;
  }
  read.code = code.kind() == Kind::string ? code.as_string() : std::string_view();

  if (const Value weight = prize.find("weight"); !weight.is_absent()) {
    const Value number = to_number(weight);
    if (number.is_missing() || number.as_number() < 0) {
      why = "the \"weight\" of a prize is a number, 0 or more";
      return std::nullopt;
    }
    read.weight = number.as_number();
  }

  if (const Value stock = prize.find("stock"); !stock.is_absent()) {
    const Value number = to_number(stock);
    const bool is_count = !number.is_missing() && number.as_number() >= 0 &&
                          number.as_number() <= std::numeric_limits<std::uint32_t>::max() &&
                          std::floor(number.as_number()) == number.as_number();
    if (!is_count) {
      why = "the \"stock\" of a prize is a whole number, 0 or more";
      return std::nullopt;
    }
    read.stock = static_cast<std::uint32_t>(number.as_number());
  }
  return read;
}

void offer_prizes(const Value& list, bool has_pools, std::pmr::vector<OfferedPrize>& offered) {
  std::string why;
  for (std::uint32_t i = 0; i < list.size() && i < max_prizes && list.kind() == Kind::array; ++i) {
    const auto prize = read_prize(list.at(i), why);
    if (prize && (has_pools || prize->code.substr(0, pool_mark.size()) != pool_mark)) {
      offered.push_back({prize->code, prize->text, prize->weight, prize->stock});
    }
  }
}

void add_prizes(const Value& list, DocumentBuilder& builder) {
  builder.begin_array();
  std::string why;
  for (std::uint32_t i = 0; i < list.size() && i < max_prizes && list.kind() == Kind::array; ++i) {
    if (const auto prize = read_prize(list.at(i), why)) {
      builder.string(prize->text);
    }
  }
  builder.end();
}

}  // namespace personalize
