// What shops call the parts of a product, and which of several names counts.
#include "base/values/item.h"

#include <algorithm>

#include "base/values/json/json.h"
#include "suite.h"

using personalize::DocumentBuilder;
using personalize::ItemPart;
using personalize::ItemParts;
using personalize::Value;

namespace {

class Item {
 public:
  explicit Item(std::string_view json) {
    DocumentBuilder builder(std::pmr::get_default_resource());
    assert_true(personalize::decode_json(json, builder));
    bytes_ = builder.finish();
  }
  Value value() const { return Value::document(bytes_); }
  std::string text(ItemPart part) const { return std::string(ItemParts(value()).text(part)); }

 private:
  std::string bytes_;
};

// GA4's name counts before others, whatever their order in the document; nothing is passed over.
void which_name_counts(void**) {
  assert_string_equal(
      Item(R"({"name":"c","title":"b","item_name":"a"})").text(ItemPart::name).c_str(), "a");
  assert_string_equal(
      Item(R"({"item_name":"","title":null,"name":"c"})").text(ItemPart::name).c_str(), "c");
  assert_string_equal(Item(R"({"link":"/l","url":"/u"})").text(ItemPart::url).c_str(), "/u");
  assert_string_equal(Item(R"({"title":7})").text(ItemPart::name).c_str(), "");
  assert_true(ItemParts(Value::string("x"))[ItemPart::name].is_missing());
}

// Every name is found, as the part that it is, by all who ask.
void all_names(void**) {
  const auto names = personalize::item_names();
  for (const auto name : names) {
    const auto part = personalize::find_item_part(name);
    assert_true(part.has_value());
    const Item item("{\"" + std::string(name) + "\": \"x\"}");
    assert_string_equal(item.text(*part).c_str(), "x");
    std::vector<std::string> others;
    personalize::add_item_names(name, others);
    for (const auto& other : others) {
      assert_true(personalize::item_field(item.value(), other).as_string() == "x");
      assert_true(std::find(names.begin(), names.end(), other) != names.end());
    }
  }
  for (const auto* none : {"", "x", "nam", "names", "item_id2", "Url", "URL"}) {
    assert_false(personalize::find_item_part(none).has_value());
  }
}

void what_can_be_bought(void**) {
  for (const auto* json : {"{}", R"({"availability":"In Stock"})", R"({"available":"yes"})",
                           R"({"availability":"https://schema.org/PreOrder"})", R"({"sold_out":0})",
                           R"({"available":null,"in_stock":""})"}) {
    assert_true(ItemParts(Item(json).value()).is_available());
  }
  for (const auto* json :
       {R"({"availability":"out_of_stock"})", R"({"available":false})", R"({"in_stock":"no"})",
        R"({"sold_out":1})", R"({"availability":"in stock","sold_out":true})"}) {
    assert_false(ItemParts(Item(json).value()).is_available());
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(which_name_counts),
    cmocka_unit_test(all_names),
    cmocka_unit_test(what_can_be_bought),
};
const Suite suite(__FILE__, tests);

}  // namespace
