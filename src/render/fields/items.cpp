#include "render/fields/items.h"

#include <cmath>
#include <initializer_list>
#include <optional>

#include "base/text/ascii.h"
#include "base/values/item.h"
#include "render/escaping/address.h"
#include "render/templates/scalar.h"

namespace personalize {

namespace {

using Names = std::initializer_list<std::string_view>;

std::string_view first_string(const Value& item, Names members) {
  for (const auto member : members) {
    const auto value = item.find(member);
    if (value.kind() == Kind::string && !value.as_string().empty()) {
      return value.as_string();
    }
  }
  return {};
}

Value first_number(const Value& item, Names members) {
  for (const auto member : members) {
    const Value number = to_number(item.find(member));
    if (!number.is_missing()) {
      return number;
    }
  }
  return {};
}

std::string_view name_of(const Value& item) {
  return item.kind() == Kind::string ? item.as_string()
                                     : first_string(item, {"title", "item_name", "name"});
}

std::string_view picture_of(const Value& item) {
  return first_string(item, {"image", "image_url", "image_link"});
}

bool any_has_picture(const Value& list) {
  for (std::uint32_t i = 0; i < list.size() && i < max_items; ++i) {
    if (!picture_of(list.at(i)).empty()) {
      return true;
    }
  }
  return false;
}

bool is_currency(std::string_view word) {
  return word.size() == 3 && ascii::is_upper(word[0]) && ascii::is_upper(word[1]) &&
         ascii::is_upper(word[2]);
}

// An amount of money as a number, or as product feeds have it: "15.00 EUR", "EUR 15.00".
struct Money {
  Value amount;
  std::string_view currency;
};

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
  if (is_currency(number)) {
    std::swap(number, currency);
  }
  return is_currency(currency) ? Money{to_number(Value::string(number)), currency} : money;
}

// Whole per cent; 0 if there is nothing to tell.
int saving_of(double price, double old_price) {
  return static_cast<int>(std::floor((old_price - price) / old_price * 100 + 1e-9));
}

// Writes one item's members.
class ItemWriter {
 public:
  ItemWriter(const Value& item, DocumentBuilder& builder) : item_(item), builder_(builder) {}

  void write(std::string_view name, std::uint32_t position, bool others_have_pictures) {
    const bool is_unavailable = unavailable();
    builder_.begin_object();
    put("name", name);
    put_id();
    put_address("url", first_string(item_, {"url", "link"}));
    const auto picture = picture_of(item_);
    put("picture", picture);
    put_flag("blank", others_have_pictures && picture.empty());
    put("brand", first_string(item_, {"item_brand", "brand"}));
    put("summary", first_string(item_, {"summary", "description"}));
    put_prices();
    put_rating();
    put("badge", first_string(item_, {"badge", "label"}));
    put_flag("unavailable", is_unavailable);
    if (!is_unavailable) {
      put_address("cart_url", first_string(item_, {"add_to_cart"}));
    }
    put("position", Value::number(position));
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
    for (const auto* member : {"item_id", "id", "sku", "product_id"}) {
      const Value id = item_.find(member);
      const bool is_text = id.kind() == Kind::string && !id.as_string().empty();
      if (is_text || id.kind() == Kind::number) {
        put("id", id);
        return;
      }
    }
  }

  void put_prices() {
    const Money full = read_money(item_.find("price"));
    const Money sale = read_money(item_.find("sale_price"));
    const bool on_sale = !sale.amount.is_missing();
    const Money& now = on_sale ? sale : full;
    if (now.amount.is_missing() || now.amount.as_number() < 0) {
      return;
    }
    put("price", now.amount);
    const auto currency = first_string(item_, {"currency", "priceCurrency"});
    put("currency", is_currency(currency) ? currency : now.currency);

    Value old_price = read_money(first({"old_price", "list_price", "compare_at_price"})).amount;
    if (old_price.is_missing() && on_sale) {
      old_price = full.amount;
    }
    // In GA4 a discount is an amount of money, and the price is what remains.
    if (const Value discount = to_number(item_.find("discount"));
        old_price.is_missing() && !discount.is_missing() && !on_sale) {
      old_price = Value::number(now.amount.as_number() + discount.as_number());
    }
    if (!old_price.is_missing() && old_price.as_number() > now.amount.as_number()) {
      put("old_price", old_price);
      const int saving = saving_of(now.amount.as_number(), old_price.as_number());
      if (saving > 0) {
        put("saving", Value::number(saving));
      }
    }
  }

  void put_rating() {
    const Value rating = first_number(item_, {"rating", "average_rating"});
    if (rating.is_missing() || rating.as_number() <= 0 || rating.as_number() > 5) {
      return;
    }
    put("rating", Value::number(std::round(rating.as_number() * 10) / 10));
    const Value count = first_number(item_, {"rating_count", "review_count", "reviews"});
    if (!count.is_missing() && count.as_number() >= 1) {
      put("rating_count", count);
    }
  }

  Value first(Names members) const {
    for (const auto member : members) {
      const Value value = item_.find(member);
      if (!value.is_absent()) {
        return value;
      }
    }
    return {};
  }

  bool unavailable() const { return !is_available(item_); }

  const Value& item_;
  DocumentBuilder& builder_;
};

}  // namespace

void add_items(const Value& list, DocumentBuilder& builder) {
  builder.begin_array();
  if (list.kind() == Kind::array) {
    const bool pictures = any_has_picture(list);
    std::uint32_t position = 0;
    for (std::uint32_t i = 0; i < list.size() && i < max_items; ++i) {
      const auto item = list.at(i);
      const auto name = name_of(item);
      if (!name.empty()) {
        ItemWriter(item, builder).write(name, ++position, pictures);
      }
    }
  }
  builder.end();
}

}  // namespace personalize
