#include "render/templates/items.h"

#include <initializer_list>

#include "render/escaping/address.h"
#include "render/templates/scalar.h"

namespace personalize {

namespace {

std::string_view first_string(const Value& item, std::initializer_list<std::string_view> members) {
  for (const auto member : members) {
    const auto value = item.find(member);
    if (value.kind() == Kind::string && !value.as_string().empty()) {
      return value.as_string();
    }
  }
  return {};
}

std::string_view name_of(const Value& item) {
  return item.kind() == Kind::string ? item.as_string()
                                     : first_string(item, {"title", "item_name", "name"});
}

std::string_view picture_of(const Value& item) {
  return first_string(item, {"image", "image_url"});
}

bool any_has_picture(const Value& list) {
  for (std::uint32_t i = 0; i < list.size() && i < max_items; ++i) {
    if (!picture_of(list.at(i)).empty()) {
      return true;
    }
  }
  return false;
}

void put(DocumentBuilder& builder, std::string_view member, std::string_view text) {
  if (!text.empty()) {
    builder.key(member);
    builder.string(text);
  }
}

}  // namespace

Value read_items(const Value& list, DocumentBuilder& builder) {
  builder.clear();
  builder.begin_array();
  if (list.kind() == Kind::array) {
    const bool pictures = any_has_picture(list);
    for (std::uint32_t i = 0; i < list.size() && i < max_items; ++i) {
      const auto item = list.at(i);
      const auto name = name_of(item);
      if (name.empty()) {
        continue;
      }
      builder.begin_object();
      put(builder, "name", name);
      const auto url = first_string(item, {"url", "link"});
      if (is_safe_address(url)) {
        put(builder, "url", url);
      }
      put(builder, "brand", first_string(item, {"item_brand", "brand"}));
      const auto picture = picture_of(item);
      put(builder, "picture", picture);
      if (pictures && picture.empty()) {
        builder.key("blank");
        builder.boolean(true);
      }
      if (const Value price = to_number(item.find("price")); !price.is_missing()) {
        builder.key("price");
        builder.copy(price);
      }
      builder.end();
    }
  }
  builder.end();
  return Value::document(builder.finish());
}

}  // namespace personalize
