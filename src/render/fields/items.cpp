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

// Writes one item's members, in the order in which a document has them: so nothing has to be
// sorted.
class ItemWriter {
 public:
  ItemWriter(const ItemParts& parts, DocumentBuilder& builder) : parts_(parts), builder_(builder) {}

  void write(std::string_view name, std::uint32_t position, bool others_have_pictures) {
    const bool is_available = parts_.is_available();
    const auto picture = parts_.text(ItemPart::image);
    const Prices prices = read_prices();
    builder_.begin_object();
    put("badge", parts_.text(ItemPart::badge));
    put_flag("blank", others_have_pictures && picture.empty());
    put("brand", parts_.text(ItemPart::brand));
    if (is_available) {
      put_address("cart_url", parts_.text(ItemPart::add_to_cart));
    }
    put("currency", prices.currency);
    put_id();
    put("name", name);
    put_known("old_price", prices.before);
    put("picture", picture);
    put("position", Value::number(position));
    put_known("price", prices.now);
    put_rating();
    if (prices.saving > 0) {
      put("saving", Value::number(prices.saving));
    }
    put("summary", parts_.text(ItemPart::summary));
    put_flag("unavailable", !is_available);
    put_address("url", parts_.text(ItemPart::url));
    builder_.end();
  }

 private:
  void put(std::string_view member, std::string_view text) {
    if (!text.empty()) {
      builder_.key(member);
      builder_.string(text);
    }
  }

  void put(std::string_view member, const Value& value) {
    builder_.key(member);
    builder_.copy(value);
  }

  void put_known(std::string_view member, const Value& value) {
    if (!value.is_missing()) {
      put(member, value);
    }
  }

  void put_flag(std::string_view member, bool flag) {
    if (flag) {
      put(member, Value::boolean(true));
    }
  }

  void put_address(std::string_view member, std::string_view address) {
    if (is_safe_address(address)) {
      put(member, address);
    }
  }

  void put_id() {
    const Value& id = parts_[ItemPart::id];
    if (id.kind() == Kind::string || id.kind() == Kind::number) {
      put("id", id);
    }
  }

  struct Prices {
    Value now, before;  // missing if there is none
    std::string_view currency;
    int saving = 0;
  };

  Prices read_prices() const {
    const Money full = read_money(parts_[ItemPart::price]);
    const Money sale = read_money(parts_[ItemPart::sale_price]);
    const bool on_sale = !sale.amount.is_missing();
    const Money& now = on_sale ? sale : full;
    if (now.amount.is_missing() || now.amount.as_number() < 0) {
      return {};
    }
    const auto currency = parts_.text(ItemPart::currency);
    Prices prices{now.amount, {}, looks_like_currency(currency) ? currency : now.currency};
    Value before = read_money(parts_[ItemPart::old_price]).amount;
    if (before.is_missing() && on_sale) {
      before = full.amount;
    }
    // In GA4 a discount is an amount of money, and the price is what remains.
    if (const Value discount = to_number(parts_[ItemPart::discount]);
        before.is_missing() && !discount.is_missing() && !on_sale) {
      before = Value::number(now.amount.as_number() + discount.as_number());
    }
    if (!before.is_missing() && before.as_number() > now.amount.as_number()) {
      prices.before = before;
      prices.saving = saving_of(now.amount.as_number(), before.as_number());
    }
    return prices;
  }

  void put_rating() {
    const Value rating = to_number(parts_[ItemPart::rating]);
    if (rating.is_missing() || rating.as_number() <= 0 || rating.as_number() > 5) {
      return;
    }
    put("rating", Value::number(std::round(rating.as_number() * 10) / 10));
    const Value count = to_number(parts_[ItemPart::rating_count]);
    if (!count.is_missing() && count.as_number() >= 1) {
      put("rating_count", count);
    }
  }

  const ItemParts& parts_;
  DocumentBuilder& builder_;
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

void add_items(const Value& list, DocumentBuilder& builder) {
  builder.begin_array();
  const std::uint32_t count = list.kind() == Kind::array ? std::min(list.size(), max_items) : 0;
  bool pictures = false;
  for (std::uint32_t i = 0; i < count && !pictures; ++i) {
    pictures = !ItemParts(list.at(i)).text(ItemPart::image).empty();
  }
  std::uint32_t position = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Value item = list.at(i);
    const ItemParts parts(item);
    const auto name = name_of(item, parts);
    if (!name.empty()) {
      ItemWriter(parts, builder).write(name, ++position, pictures);
    }
  }
  builder.end();
}

}  // namespace personalize
