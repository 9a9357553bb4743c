// JSON text into documents, and what is not JSON.
#include <simdjson.h>  // before cmocka, whose `fail` is a macro

#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <memory_resource>
#include <random>
#include <string>

#include "base/values/ecmascript.h"
#include "base/values/json/json.h"

namespace {

using personalize::add_json;
using personalize::decode_json;
using personalize::DocumentBuilder;
using personalize::JsonOutcome;
using personalize::Kind;
using personalize::Value;
using personalize::ecmascript::same_json;

// A decoded document that keeps its bytes.
class Decoded {
 public:
  explicit Decoded(std::string_view json) : builder_(std::pmr::get_default_resource()) {
    outcome = add_json(json, builder_);
    ok = outcome != JsonOutcome::invalid;
    root = Value::document(builder_.finish());
  }
  JsonOutcome outcome = JsonOutcome::invalid;
  bool ok = false;
  Value root;

 private:
  DocumentBuilder builder_;
};

void assert_number(std::string_view json, double n) {
  const Decoded d(json);
  assert_true(d.ok);
  assert_int_equal(d.root.kind(), Kind::number);
  assert_true(d.root.as_number() == n);
}

void decodes_a_profile(void**) {
  const Decoded d(R"( {"tier":"gold","clv":61250.5,"vip":true,"left":null,"n":-3,
                       "address":{"city":"\u0141\u00f3d\u017a \ud83d\ude00"},"items":[1,"2",[],{}]} )");
  assert_true(d.ok);
  assert_int_equal(d.root.size(), 7);
  assert_true(d.root.find("tier").as_string() == "gold");
  assert_true(d.root.find("clv").as_number() == 61250.5);
  assert_true(d.root.find("vip").as_boolean());
  assert_int_equal(d.root.find("left").kind(), Kind::null);
  assert_true(d.root.find("n").as_number() == -3);
  assert_true(d.root.find("address").find("city").as_string() == "Łódź 😀");
  const auto items = d.root.find("items");
  assert_int_equal(items.size(), 4);
  assert_true(items.at(1).as_string() == "2");
  assert_int_equal(items.at(2).kind(), Kind::array);
  assert_int_equal(items.at(3).kind(), Kind::object);
}

void decodes_scalars(void**) {
  assert_true(Decoded("\"x\"").root.as_string() == "x");
  assert_int_equal(Decoded("null").root.kind(), Kind::null);
  assert_int_equal(Decoded(" false ").root.kind(), Kind::boolean);
  assert_number("1", 1);
  assert_number("-0.5e2", -50);
}

void last_of_equal_keys_wins(void**) {
  const Decoded d(R"({"a":1,"b":2,"a":[],"\u0061":3})");
  assert_true(d.ok);
  assert_int_equal(d.root.size(), 2);
  assert_true(d.root.find("a").as_number() == 3);
}

// What a double holds is a double, however it is written.
void what_a_double_holds_has_no_text(void**) {
  for (const auto* json : {"0",
                           "-0",
                           "-0.0",
                           "1",
                           "1.50",
                           "0.1",
                           "123456789012345",
                           "1234567890123.5",
                           "9007199254740992",
                           "9007199254740992.0",
                           "900719925474099.2e1",
                           "0.30000000000000004",
                           "100000000000000000000",
                           "1e20",
                           "1E+22",
                           "1.7976931348623157e308",
                           "5e-324",
                           "0e400",
                           "0.00000000000000000000",
                           "2.2250738585072014E-308",
                           "1.000000000000000000000000"}) {
    const Decoded d(json);
    assert_int_equal(d.outcome, JsonOutcome::whole);
    assert_int_equal(d.root.kind(), Kind::number);
    if (!d.root.exact_text().empty()) {
      fail_msg("%s has a text", json);
    }
  }
}

void what_no_double_holds_keeps_its_text(void**) {
  const std::string long_number = "1" + std::string(5000, '7') + ".5";
  for (const std::string& json :
       {std::string("9007199254740993"), std::string("-9007199254740993"),
        std::string("9007199254740993.0"), std::string("18446744073709551615"),
        std::string("18446744073709551616"), std::string("0.12345678901234567890"),
        std::string("1e400"), std::string("-1E+400"), std::string("1e-400"),
        std::string("4.9e-324"), std::string("1.5e99999999999999999999999"), long_number}) {
    for (const auto& wrapped : {json, " [" + json + "]", "{\"a\":" + json + "}"}) {
      const Decoded d(wrapped);
      const Value number = d.root.kind() == Kind::number  ? d.root
                           : d.root.kind() == Kind::array ? d.root.at(0)
                                                          : d.root.find("a");
      assert_int_equal(d.outcome, JsonOutcome::whole);
      assert_int_equal(number.kind(), Kind::number);
      if (number.exact_text() != json) {
        fail_msg("%s: \"%s\"", wrapped.c_str(), std::string(number.exact_text()).c_str());
      }
    }
  }
}

// Digits in strings, and numbers that are held, do not hide the one that is not.
void long_numbers_are_found_behind_others(void**) {
  const std::string odd = "9007199254740993";
  for (const std::string& before :
       {std::string("\"12345678901234567890\""), std::string("\"x-12345678901234567890.5.5\""),
        std::string("0.30000000000000004"), std::string("-1234567890123456.0000e-5"),
        std::string("1e0000000000000000001"), std::string("0.1000000000000000000000000000000"),
        "\"" + std::string(100, '1') + "\"", std::string("1e-0000000000000000000001")}) {
    for (std::size_t spaces = 0; spaces < 17; ++spaces) {
      const Decoded d("[" + before + "," + std::string(spaces, ' ') + "-" + odd + "]");
      assert_int_equal(d.outcome, JsonOutcome::whole);
      assert_true(d.root.at(1).exact_text() == "-" + odd);
      assert_true(d.root.at(0).kind() == Kind::string || d.root.at(0).exact_text().empty());
    }
  }
}

// Wherever the number stands in the text, its digits are noticed.
void long_numbers_are_found_everywhere(void**) {
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string json = "{\"a\":" + std::string(before, ' ') + "9007199254740993}";
    assert_true(Decoded(json).root.find("a").exact_text() == "9007199254740993");
  }
}

void large_integers_become_doubles(void**) {
  assert_number("9007199254740993", 9007199254740993.0);
  assert_number("18446744073709551615", 18446744073709551615.0);
  assert_number("18446744073709551616", 18446744073709551616.0);
  assert_number("-9223372036854775809", -9223372036854775809.0);
  assert_number("123456789012345678901234567890", 123456789012345678901234567890.0);
  assert_number("123456789012345678901234567890.5", 123456789012345678901234567890.5);
  const Decoded d(R"({"text":"\"99999999999999999999999","n":99999999999999999999999})");
  assert_true(d.ok);
  assert_true(d.root.find("text").as_string() == "\"99999999999999999999999");
  assert_true(d.root.find("n").as_number() == 99999999999999999999999.0);
}

void assert_mended(std::string_view json, std::string_view as) {
  const Decoded d(json);
  if (d.outcome != JsonOutcome::mended || !same_json(d.root, Decoded(as).root)) {
    fail_msg("%s is not read as %s", std::string(json).c_str(), std::string(as).c_str());
  }
}

void what_can_be_used_is(void**) {
  assert_mended(R"({"name":"Ann \ud83d","tier":"gold"})", R"({"name":"Ann \ufffd","tier":"gold"})");
  assert_mended(R"(["\ude00","\ud83dx","\ud83d\n","\ud83d\ud83d\ude00","\ude00\ud83d"])",
                R"(["\ufffd","\ufffdx","\ufffd\n","\ufffd\ud83d\ude00","\ufffd\ufffd"])");
  assert_mended(R"({"\ud800":1})", R"({"\ufffd":1})");
  assert_mended("{\"name\":\"Andr\xe9\",\"tier\":1}", R"({"name":"Andr\ufffd","tier":1})");
  assert_mended("\"\xed\xa0\x80\"", R"("\ufffd\ufffd\ufffd")");
  assert_mended("\"\xc0\x80\xef\xbf\xbd\"", R"("\ufffd\ufffd\ufffd")");
  assert_mended("\xef\xbb\xbf {\"tier\":\"gold\"}", R"({"tier":"gold"})");
  assert_mended(R"({"a":NaN,"b":[Infinity,1,-Infinity],"c":2})",
                R"({"a":null,"b":[null,1,null],"c":2})");

  const auto nested = [](std::size_t depth, const std::string& inside) {
    return std::string(depth, '[') + inside + std::string(depth, ']');
  };
  assert_mended("{\"a\":" + nested(32, "1,\"x\",{\"k\":true,\"l\":null}") + ",\"tier\":\"gold\"}",
                "{\"a\":" + nested(31, "null") + ",\"tier\":\"gold\"}");
  // Of members with one name the last counts, also if it cannot be used.
  assert_mended(R"({"a":1,"a":NaN})", R"({"a":null})");
}

// The reader for what is not quite JSON, and the parser for what is, read the same.
void both_readers_agree(void**) {
  const std::string sample =
      R"({"a":[1,2.5e-3,-4,true,false,null,-0,1e15],"b":{"c":"d\n\t\r\b\f\/\\\"\u00e9\ud83d\ude00\u0000"},)"
      R"("f":"ąż€😀","g":[[],[[]],{}],"":"","h" : [ 1 , 2 ] })";
  const Decoded plain(sample);
  const Decoded careful("\xef\xbb\xbf" + sample);
  assert_int_equal(plain.outcome, JsonOutcome::whole);
  assert_int_equal(careful.outcome, JsonOutcome::mended);
  assert_true(same_json(plain.root, careful.root));
}

void refuses_what_is_not_json(void**) {
  const char* const wrong[] = {
      "",
      " ",
      "{",
      "}",
      "[",
      "[1,2",
      "[1,]",
      "{\"a\":}",
      "{\"a\":1,}",
      "{a:1}",
      "{'a':1}",
      "[1 2]",
      "1 2",
      "[] []",
      "01",
      "1.",
      ".5",
      "+1",
      "1e",
      "tru",
      "truex",
      "nul",
      "NaN",
      "Infinity",
      "\"",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\n\"",
      "[\"\\ud800\\u12\"]",
      "-",
      "-a",
      "Infinity1",
      "[NaN",
      "{\"a\":1,}",
      "{\"a\":1 \"b\":2}",
      "{1:2}",
      "[}",
      "[1,2,,3]",
      "\"abc",
      "\"\\",
      "[1]x",
      "\xff",
      "undefined",
      "<html>",
      "{\"a\" 1}",
      "[\"a\":1]",
      "//x\n1",
      "\xef\xbb\xbf",
      "\xef\xbb\xbf\xef\xbb\xbf 1",
      "00000000000000000000",
  };
  for (const auto* json : wrong) {
    const Decoded d(json);
    if (d.ok) {
      print_error("accepted: %s\n", json);
    }
    assert_false(d.ok);
    assert_true(d.root.is_missing());
  }
  assert_false(Decoded(std::string_view("1\0", 2)).ok);
  assert_false(Decoded(std::string_view("\0", 1)).ok);
}

void nests_32_deep_and_no_deeper(void**) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
  };
  assert_true(Decoded(nested(32)).ok);
  assert_int_equal(Decoded(nested(32)).outcome, JsonOutcome::whole);
  assert_int_equal(Decoded(nested(33)).outcome, JsonOutcome::mended);
  assert_int_equal(Decoded(nested(100000)).outcome, JsonOutcome::mended);
  assert_false(Decoded(std::string(100000, '[')).ok);
  std::string objects;
  for (int i = 0; i < 32; ++i) {
    objects += "{\"a\":";
  }
  assert_true(Decoded(objects + "1" + std::string(32, '}')).ok);
  assert_int_equal(Decoded("[" + objects + "1" + std::string(32, '}') + "]").outcome,
                   JsonOutcome::mended);
}

void parser_is_sound_after_large_and_bad_documents(void**) {
  const std::string large = "\"" + std::string(3 << 20, 'x') + "\"";
  for (int i = 0; i < 3; ++i) {
    const Decoded d(large);
    assert_true(d.ok);
    assert_int_equal(d.root.as_string().size(), large.size() - 2);
    assert_false(Decoded(std::string(1000, '[')).ok);
    assert_false(Decoded("[" + large).ok);
    assert_number("7", 7);
  }
}

class Exhausted : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (bytes > 4096) {
      throw std::bad_alloc();
    }
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

void out_of_memory_is_no_exception(void**) {
  Exhausted memory;
  DocumentBuilder b(&memory);
  assert_false(decode_json("\"" + std::string(10000, 'x') + "\"", b));
}

// Whatever is done to a text, it is read as it is exactly when the plain parser accepts it, and
// mended only where its bytes are not UTF-8.
void agrees_with_the_plain_parser_on_damaged_text(void**) {
  const std::string sample =
      R"({"a":[1,2.5e-3,-4,true,false,null],"b":{"c":"d\n\u00e9","e":{}},"f":"ąż","g":[[],[[]]]})";
  std::mt19937 random(20261121);
  simdjson::dom::parser plain;
  unsigned accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string json = sample;
    for (unsigned changes = 1 + random() % 2; changes > 0; --changes) {
      const auto at = random() % json.size();
      switch (random() % 3) {
        case 0:
          json[at] = "{}[],:\"\\ 0e-.tn\x80"[random() % 16];
          break;
        case 1:
          json.erase(at, 1 + random() % 3);
          break;
        default:
          json.insert(at, 1, "{}[],:\"\\ 0e-.tn\x80"[random() % 16]);
      }
    }
    simdjson::dom::element element;
    const bool expected = plain.parse(json).get(element) == simdjson::SUCCESS;
    const Decoded d(json);
    assert_int_equal(d.outcome == JsonOutcome::whole, expected);
    if (d.outcome == JsonOutcome::mended) {
      assert_true(!simdjson::validate_utf8(json) || json.find("\\u") != std::string::npos);
    }
    accepted += expected ? 1 : 0;
  }
  assert_in_range(accepted, 100, 15000);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(decodes_a_profile),
    cmocka_unit_test(decodes_scalars),
    cmocka_unit_test(last_of_equal_keys_wins),
    cmocka_unit_test(what_a_double_holds_has_no_text),
    cmocka_unit_test(what_no_double_holds_keeps_its_text),
    cmocka_unit_test(long_numbers_are_found_behind_others),
    cmocka_unit_test(long_numbers_are_found_everywhere),
    cmocka_unit_test(large_integers_become_doubles),
    cmocka_unit_test(what_can_be_used_is),
    cmocka_unit_test(both_readers_agree),
    cmocka_unit_test(refuses_what_is_not_json),
    cmocka_unit_test(nests_32_deep_and_no_deeper),
    cmocka_unit_test(parser_is_sound_after_large_and_bad_documents),
    cmocka_unit_test(out_of_memory_is_no_exception),
    cmocka_unit_test(agrees_with_the_plain_parser_on_damaged_text),
};
const Suite suite(__FILE__, tests);

}  // namespace
