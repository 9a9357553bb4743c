#include "render/fields/items.h"

#include <algorithm>
#include <cmath>

#include "base/text/ascii.h"
#include "base/values/item.h"
#include "base/values/scalar.h"
#include "render/escaping/address.h"

namespace personalize {

namespace {

std::string_view name_of(const Value& item, const ItemParts& parts) {
  return item.kind() == Kind::string ? item.as_string() : parts.text(ItemPart::name);
}

// Whether it is a code that a formatter knows turns out when the amount is written.
bool looks_like_currency(std::string_view word) {
  return word.size() == 3 && std::all_of(word.begin(), word.end(), ascii::is_upper);
}

// Whole per cent; 0 if there is nothing to tell.
int saving_of(double price, double old_price) {
  return static_cast<int>(std::floor((old_price - price) / old_price * 100 + 1e-9));
}

// The members, in the order of their names.
enum class Member : std::uint8_t {
  badge,
  blank,
  brand,
  cart_url,
  currency,
  id,
  name,
  old_price,
  picture,
  position,
  price,
  rating,
  rating_count,
  saving,
  summary,
  unavailable,
  url,
};
constexpr std::string_view member_names[] = {
    "badge",        "blank",     "brand",   "cart_url",    "currency", "id",
    "name",         "old_price", "picture", "position",    "price",    "rating",
    "rating_count", "saving",    "summary", "unavailable", "url"};
constexpr std::uint32_t member_count = std::size(member_names);
static_assert(member_count == static_cast<std::uint32_t>(Member::url) + 1);

constexpr std::size_t index_of(Member member) {
  return static_cast<std::size_t>(member);
}

struct Prices {
  Value now, before;  // missing if there is none
  std::string_view currency;
  int saving = 0;
};

Prices read_prices(const ItemParts& parts) {
  const Money full = read_money(parts[ItemPart::price]);
  const Money sale = read_money(parts[ItemPart::sale_price]);
  const bool on_sale = !sale.amount.is_missing();
  const Money& now = on_sale ? sale : full;
  if (now.amount.is_missing() || now.amount.as_number() < 0) {
    return {};
  }
  const auto currency = parts.text(ItemPart::currency);
  Prices prices{now.amount, {}, looks_like_currency(currency) ? currency : now.currency};
  Value before = read_money(parts[ItemPart::old_price]).amount;
  if (before.is_missing() && on_sale) {
    before = full.amount;
  }
  // In GA4 a discount is an amount of money, and the price is what remains.
  if (const Value discount = to_number(parts[ItemPart::discount]);
      before.is_missing() && !discount.is_missing() && !on_sale) {
    before = Value::number(now.amount.as_number() + discount.as_number());
  }
  if (!before.is_missing() && before.as_number() > now.amount.as_number()) {
    prices.before = before;
    prices.saving = saving_of(now.amount.as_number(), before.as_number());
  }
  return prices;
}

// Fills one item's members, all of which are missing so far, but `blank`.
class ItemFiller {
 public:
  ItemFiller(const ItemParts& parts, Value* members) : parts_(parts), members_(members) {}

  void fill(std::string_view name, std::uint32_t position) {
    const bool is_available = parts_.is_available();
    const Prices prices = read_prices(parts_);
    put(Member::badge, parts_.text(ItemPart::badge));
    put(Member::brand, parts_.text(ItemPart::brand));
    if (is_available) {
      put_address(Member::cart_url, parts_.text(ItemPart::add_to_cart));
    }
    put(Member::currency, prices.currency);
    put_id();
    put(Member::name, name);
    member(Member::old_price) = prices.before;
    put(Member::picture, parts_.text(ItemPart::image));
    member(Member::position) = Value::number(position);
    member(Member::price) = prices.now;
    put_rating();
    if (prices.saving > 0) {
      member(Member::saving) = Value::number(prices.saving);
    }
    put(Member::summary, parts_.text(ItemPart::summary));
    if (!is_available) {
      member(Member::unavailable) = Value::boolean(true);
    }
    put_address(Member::url, parts_.text(ItemPart::url));
  }

 private:
  Value& member(Member member) { return members_[index_of(member)]; }

  void put(Member name, std::string_view text) {
    if (!text.empty()) {
      member(name) = Value::string(text);
    }
  }

  void put_address(Member name, std::string_view address) {
    if (is_safe_address(address)) {
      put(name, address);
    }
  }

  void put_id() {
    const Value& id = parts_[ItemPart::id];
    if (id.kind() == Kind::string || id.kind() == Kind::number) {
      member(Member::id) = id;
    }
  }

  void put_rating() {
    const Value rating = to_number(parts_[ItemPart::rating]);
    if (rating.is_missing() || rating.as_number() <= 0 || rating.as_number() > 5) {
      return;
    }
    member(Member::rating) = Value::number(std::round(rating.as_number() * 10) / 10);
    const Value count = to_number(parts_[ItemPart::rating_count]);
    if (!count.is_missing() && count.as_number() >= 1) {
      member(Member::rating_count) = count;
    }
  }

  const ItemParts& parts_;
  Value* members_;
};

}  // namespace

Money read_money(const Value& value) {
  Money money{to_number(value), {}};
  if (!money.amount.is_missing() || value.kind() != Kind::string) {
    return money;
  }
  const auto text = value.as_string();
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) {
    return money;
  }
  auto number = text.substr(0, blank);
  auto currency = text.substr(blank + 1);
  if (looks_like_currency(number)) {
    std::swap(number, currency);
  }
  return looks_like_currency(currency) ? Money{to_number(Value::string(number)), currency} : money;
}

const RecordNames ItemRecords::names = {
    member_names, member_count,
    std::uint64_t{1} << index_of(Member::blank) | std::uint64_t{1} << index_of(Member::position)};

ItemRecords::ItemRecords(const Value& list, std::pmr::memory_resource* memory)
    : list_(list), members_(memory), records_(memory), items_(memory), numbers_(memory) {
  const std::uint32_t count = list.kind() == Kind::array ? std::min(list.size(), max_items) : 0;
  members_.resize(std::size_t{count} * member_count);
  records_.reserve(count);
  items_.reserve(count);
  numbers_.reserve(count);
  bool has_pictures = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Value item = list.at(i);
    const ItemParts parts(item);
    const bool has_picture = !parts.text(ItemPart::image).empty();
    has_pictures = has_pictures || has_picture;
    const auto name = name_of(item, parts);
    if (name.empty()) {
      continue;
    }
    const auto before = static_cast<std::uint32_t>(records_.size());
    Value* const members = &members_[std::size_t{before} * member_count];
    ItemFiller(parts, members).fill(name, before + 1);
    records_.push_back({&names, members});
    numbers_.push_back(i);
  }
  for (Record& record : records_) {
    Value* const members = &members_[items_.size() * member_count];
    if (has_pictures && members[index_of(Member::picture)].is_missing()) {
      members[index_of(Member::blank)] = Value::boolean(true);
    }
    items_.push_back(Value::object(record));
  }
}

}  // namespace personalize
