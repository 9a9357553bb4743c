#include "personalize/base/item_ids.h"

#include <algorithm>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "base/values/exact_number.h"
#include "base/values/item.h"
#include "base/values/json/json.h"

namespace personalize {

namespace {

void add(std::string_view id, ItemList& ids) {
  const bool fits = !id.empty() && id.size() <= longest_item_id && ids.size() < most_named_items;
  if (fits && std::find(ids.begin(), ids.end(), id) == ids.end()) {
    ids.push_back(id);
  }
}

void add(const Value& element, ItemList& ids, std::pmr::memory_resource* memory) {
  const Value id = item_id(element);
  if (id.kind() == Kind::number) {
    NumberBuffer buffer;
    add(copy_text(number_text(id, buffer), memory), ids);
  } else if (id.kind() == Kind::string) {
    add(copy_text(id.as_string(), memory), ids);
  }
}

}  // namespace

ItemList item_ids(std::string_view text, std::pmr::memory_resource* memory) {
  ItemList ids(memory);
  text = ascii::trim(text);
  const bool is_json = !text.empty() && (text.front() == '[' || text.front() == '{');
  DocumentBuilder builder(memory);
  if (is_json && decode_json(text, builder)) {
    const Value value = Value::document(builder.finish());
    if (value.kind() == Kind::array) {
      for (std::uint32_t i = 0; i < value.size(); ++i) {
        add(value.at(i), ids, memory);
      }
    } else {
      add(value, ids, memory);
    }
    return ids;
  }
  while (!text.empty()) {
    add(ascii::trim(ascii::take_until(text, ',')), ids);
  }
  return ids;
}

}  // namespace personalize
