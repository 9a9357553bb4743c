// Documents: what the builder writes is what Value reads, and damaged bytes read without fault.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/base/document.h"

namespace {

using personalize::DocumentBuilder;
using personalize::Kind;
using personalize::Value;

void assert_text(std::string_view is, std::string_view should) {
  assert_string_equal(std::string(is).c_str(), std::string(should).c_str());
}

DocumentBuilder profile() {
  DocumentBuilder b(std::pmr::get_default_resource());
  b.begin_object();
  b.key("tier");
  b.string("gold");
  b.key("clv");
  b.number(61250.5);
  b.key("vip");
  b.boolean(true);
  b.key("left");
  b.null();
  b.key("address");
  b.begin_object();
  b.key("city");
  b.string("Łódź");
  b.key("lines");
  b.begin_array();
  b.string("ul. Piotrkowska 1");
  b.string("");
  b.end();
  b.end();
  b.key("orders");
  b.begin_array();
  for (int i = 0; i < 5; ++i) {
    b.begin_array();
    b.number(i);
    b.end();
  }
  b.end();
  b.end();
  return b;
}

void reads_what_was_written(void**) {
  auto b = profile();
  const auto root = Value::document(b.finish());
  assert_int_equal(root.kind(), Kind::object);
  assert_int_equal(root.size(), 6);
  assert_text(root.find("tier").as_string(), "gold");
  assert_true(root.find("clv").as_number() == 61250.5);
  assert_int_equal(root.find("vip").kind(), Kind::boolean);
  assert_true(root.find("vip").as_boolean());
  assert_int_equal(root.find("left").kind(), Kind::null);
  assert_true(root.find("left").is_absent());
  assert_text(root.find("address").find("city").as_string(), "Łódź");
  const auto lines = root.find("address").find("lines");
  assert_int_equal(lines.kind(), Kind::array);
  assert_int_equal(lines.size(), 2);
  assert_text(lines.at(0).as_string(), "ul. Piotrkowska 1");
  assert_int_equal(lines.at(1).kind(), Kind::string);
  assert_true(lines.at(2).is_missing());
  assert_true(root.find("orders").at(4).at(0).as_number() == 4);
}

void a_number_keeps_its_text(void**) {
  DocumentBuilder b(std::pmr::get_default_resource());
  b.begin_array();
  b.number(9007199254740992.0, "9007199254740993");
  b.number(std::numeric_limits<double>::infinity(), "1e400");
  b.number(5);
  b.end();
  const std::string original(b.finish());
  b.clear();
  b.copy(Value::document(original));
  const std::string copied(b.finish());
  for (const auto& document : {original, copied}) {
    const auto root = Value::document(document);
    assert_int_equal(root.at(0).kind(), Kind::number);
    assert_true(root.at(0).as_number() == 9007199254740992.0);
    assert_text(root.at(0).exact_text(), "9007199254740993");
    assert_true(std::isinf(root.at(1).as_number()));
    assert_text(root.at(1).exact_text(), "1e400");
    assert_true(root.at(2).exact_text().empty());
  }
}

void keys_are_sorted_and_found(void**) {
  DocumentBuilder b(std::pmr::get_default_resource());
  b.begin_object();
  for (int i = 0; i < 1000; ++i) {
    b.key(std::to_string(i * 7919 % 1000));
    b.number(i);
  }
  b.end();
  const auto root = Value::document(b.finish());
  assert_int_equal(root.size(), 1000);
  for (int i = 0; i < 1000; ++i) {
    assert_true(root.find(std::to_string(i * 7919 % 1000)).as_number() == i);
  }
  for (std::uint32_t i = 1; i < root.size(); ++i) {
    assert_true(root.key_at(i - 1) < root.key_at(i));
  }
  assert_true(root.find("1000").is_missing());
  assert_true(root.find("").is_missing());
  assert_true(root.key_at(1000).empty());
}

void last_of_equal_keys_wins(void**) {
  DocumentBuilder b(std::pmr::get_default_resource());
  b.begin_object();
  for (int i = 0; i < 100; ++i) {
    b.key("");
    b.number(i);
    b.key("a");
    b.number(-i);
  }
  b.end();
  const auto root = Value::document(b.finish());
  assert_int_equal(root.size(), 2);
  assert_true(root.find("").as_number() == 99);
  assert_true(root.find("a").as_number() == -99);
}

void key_may_hold_any_byte(void**) {
  DocumentBuilder b(std::pmr::get_default_resource());
  b.begin_object();
  b.key(std::string_view("a\0b", 3));
  b.number(1);
  b.key("a");
  b.number(2);
  b.key("\xff");
  b.number(3);
  b.end();
  const auto root = Value::document(b.finish());
  assert_true(root.find(std::string_view("a\0b", 3)).as_number() == 1);
  assert_true(root.find("a").as_number() == 2);
  assert_true(root.find("\xff").as_number() == 3);
}

void root_may_be_a_scalar(void**) {
  DocumentBuilder b(std::pmr::get_default_resource());
  b.string("new");
  assert_text(Value::document(b.finish()).as_string(), "new");
  b.clear();
  b.number(-0.25);
  assert_true(Value::document(b.finish()).as_number() == -0.25);
  b.clear();
  assert_true(Value::document(b.finish()).is_missing());
}

void what_is_not_there_is_missing(void**) {
  auto b = profile();
  const auto root = Value::document(b.finish());
  assert_true(root.find("tie").is_missing());
  assert_true(root.find("tierr").is_missing());
  assert_true(root.find("tier").find("x").is_missing());
  assert_true(root.find("tier").at(0).is_missing());
  assert_int_equal(root.find("tier").size(), 0);
  assert_true(root.at(6).is_missing());
  assert_true(root.at(~0U).is_missing());
  assert_true(Value().find("x").is_missing());
  assert_true(Value::document({}).is_missing());
  assert_true(Value::document("PZD2").is_missing());
}

void copy_is_equal_and_independent(void**) {
  auto b = profile();
  const auto root = Value::document(b.finish());
  DocumentBuilder c(std::pmr::get_default_resource());
  c.begin_array();
  c.copy(root);
  c.copy(root.find("address").find("city"));
  c.copy(Value());
  c.end();
  const std::string copied(c.finish());
  b.clear();
  const auto value = Value::document(copied);
  assert_int_equal(value.size(), 3);
  assert_text(value.at(0).find("address").find("lines").at(0).as_string(), "ul. Piotrkowska 1");
  assert_true(value.at(0).find("orders").at(3).at(0).as_number() == 3);
  assert_text(value.at(1).as_string(), "Łódź");
  assert_int_equal(value.at(2).kind(), Kind::null);
}

void copy_of_a_container_is_whole(void**) {
  DocumentBuilder b(std::pmr::get_default_resource());
  b.begin_array();
  for (int i = 0; i < 300; ++i) {
    b.begin_object();
    b.key("k");
    b.string("v");
    b.end();
  }
  b.end();
  const std::string bytes(b.finish());
  DocumentBuilder c(std::pmr::get_default_resource());
  c.copy(Value::document(bytes));
  assert_true(c.finish() == bytes);
}

// Reads everything that can be reached. Returns how much it was.
std::size_t walk(const Value& value) {
  std::size_t sum = 1;
  if (value.kind() == Kind::string) {
    for (const char c : value.as_string()) {
      sum += static_cast<unsigned char>(c) & 1U;
    }
  }
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    for (const char c : value.key_at(i)) {
      sum += static_cast<unsigned char>(c) & 1U;
    }
    sum += value.find(value.key_at(i)).size();
    sum += walk(value.at(i));
  }
  return sum;
}

// Exactly as long as the bytes, so that the sanitizer sees a read past them.
std::vector<char> exact(std::string_view bytes) {
  return {bytes.begin(), bytes.end()};
}

void every_damaged_byte_is_read_without_fault(void**) {
  auto b = profile();
  const auto sound = exact(b.finish());
  std::size_t sum = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    for (unsigned change = 1; change < 256; ++change) {
      auto bytes = sound;
      bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ change);
      const auto value = Value::document({bytes.data(), bytes.size()});
      sum += walk(value);
      DocumentBuilder c(std::pmr::get_default_resource());
      c.copy(value);
      sum += walk(Value::document(c.finish()));
    }
  }
  assert_true(sum > 0);
}

void every_truncation_is_refused(void**) {
  auto b = profile();
  const auto sound = exact(b.finish());
  for (std::size_t n = 0; n < sound.size(); ++n) {
    const std::vector<char> bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(n));
    assert_true(Value::document({bytes.data(), bytes.size()}).is_missing());
  }
}

void write32(std::vector<char>& bytes, std::size_t at, std::uint32_t n) {
  std::memcpy(bytes.data() + at, &n, sizeof(n));
}

// A document of arrays laid out by hand; each cell is {kind, offset, count}.
struct Cell {
  Kind kind;
  std::uint32_t a, b;
};
std::vector<char> handmade(const std::vector<Cell>& cells) {
  std::vector<char> bytes(8 + cells.size() * 12);
  write32(bytes, 0, personalize::document_magic);
  write32(bytes, 4, static_cast<std::uint32_t>(bytes.size()));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    write32(bytes, 8 + i * 12, static_cast<std::uint32_t>(cells[i].kind));
    write32(bytes, 12 + i * 12, cells[i].a);
    write32(bytes, 16 + i * 12, cells[i].b);
  }
  return bytes;
}

void cycle_ends(void**) {
  // The second cell is an array that contains itself; the root contains it.
  const auto self = handmade({{Kind::array, 20, 1}, {Kind::array, 20, 1}});
  const auto root = Value::document({self.data(), self.size()});
  assert_int_equal(root.size(), 1);
  assert_true(root.at(0).is_missing());

  // The root contains itself.
  const auto loop = handmade({{Kind::array, 8, 1}});
  const auto value = Value::document({loop.data(), loop.size()});
  assert_int_equal(value.kind(), Kind::array);
  assert_true(value.at(0).is_missing());
}

void shared_parts_do_not_explode_a_copy(void**) {
  // Each array names the one before it twice: 2^40 paths through a document of a kilobyte.
  std::vector<Cell> cells = {{Kind::array, 0, 2}, {Kind::null, 0, 0}, {Kind::null, 0, 0}};
  std::uint32_t previous = 20;
  for (int i = 0; i < 40; ++i) {
    const auto at = static_cast<std::uint32_t>(8 + cells.size() * 12);
    cells.push_back({Kind::array, previous, 2});
    cells.push_back({Kind::array, previous, 2});
    previous = at;
  }
  cells[0].a = previous;
  const auto bytes = handmade(cells);
  DocumentBuilder c(std::pmr::get_default_resource());
  c.copy(Value::document({bytes.data(), bytes.size()}));
  assert_true(c.finish().size() < 16 * bytes.size());
}

void deep_nesting_does_not_exhaust_the_stack_of_a_copy(void**) {
  std::vector<Cell> cells = {{Kind::array, 0, 1}, {Kind::null, 0, 0}};
  for (int i = 0; i < 300000; ++i) {
    cells.push_back({Kind::array, static_cast<std::uint32_t>(8 + (cells.size() - 1) * 12), 1});
  }
  cells[0].a = static_cast<std::uint32_t>(8 + (cells.size() - 1) * 12);
  const auto bytes = handmade(cells);
  DocumentBuilder c(std::pmr::get_default_resource());
  c.copy(Value::document({bytes.data(), bytes.size()}));
  assert_true(c.finish().size() < 2000);
}

void huge_counts_and_offsets_are_refused(void**) {
  const std::uint32_t all = ~0U;
  for (const auto kind : {Kind::string, Kind::array, Kind::object}) {
    for (const auto& [a, b] : {std::pair(all, all), {all, 1U}, {0U, all}, {1U, all}, {33U, 1U}}) {
      const auto bytes = handmade({{kind, a, b}, {Kind::null, 0, 0}});
      assert_true(Value::document({bytes.data(), bytes.size()}).is_missing());
    }
  }
}

void number_that_is_none_is_missing(void**) {
  // A number with a text, of which the double or the text is not in the document.
  constexpr auto exact = static_cast<Kind>(7);
  for (const auto& [a, b] : {std::pair(0U, 4U), {7U, 4U}, {28U, 8U}, {20U, 0U}, {~0U, ~0U}}) {
    const auto bytes = handmade({{exact, a, b}, {Kind::null, 0, 0}});
    assert_true(Value::document({bytes.data(), bytes.size()}).is_missing());
  }
  for (const double n : {std::nan(""), std::numeric_limits<double>::infinity(),
                         -std::numeric_limits<double>::infinity()}) {
    DocumentBuilder b(std::pmr::get_default_resource());
    b.number(n);
    assert_true(Value::document(b.finish()).is_missing());
  }
  DocumentBuilder b(std::pmr::get_default_resource());
  b.number(std::nan(""), "1");
  assert_true(Value::document(b.finish()).is_missing());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(reads_what_was_written),
    cmocka_unit_test(a_number_keeps_its_text),
    cmocka_unit_test(keys_are_sorted_and_found),
    cmocka_unit_test(last_of_equal_keys_wins),
    cmocka_unit_test(key_may_hold_any_byte),
    cmocka_unit_test(root_may_be_a_scalar),
    cmocka_unit_test(what_is_not_there_is_missing),
    cmocka_unit_test(copy_is_equal_and_independent),
    cmocka_unit_test(copy_of_a_container_is_whole),
    cmocka_unit_test(every_damaged_byte_is_read_without_fault),
    cmocka_unit_test(every_truncation_is_refused),
    cmocka_unit_test(cycle_ends),
    cmocka_unit_test(shared_parts_do_not_explode_a_copy),
    cmocka_unit_test(deep_nesting_does_not_exhaust_the_stack_of_a_copy),
    cmocka_unit_test(huge_counts_and_offsets_are_refused),
    cmocka_unit_test(number_that_is_none_is_missing),
};
const Suite suite(__FILE__, tests);

}  // namespace
