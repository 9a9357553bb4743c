// Events as fields and as lines of JSON.
#include "personalize/record/event.h"

#include <json/reader.h>
#include <json/value.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <sstream>

#include "suite.h"

using namespace personalize;

namespace {

std::string encoded(const Event& event) {
  std::string record;
  encode_event(event, "0123456789abcdef-7", record);
  return record;
}

// The fields as `name=value`, one a line.
std::string fields(const Event& event) {
  const std::string record = encoded(event);
  std::string_view rest = record;
  std::string text;
  EventField field;
  while (take_field(rest, field)) {
    text.append(field.name).append("=").append(field.value).append("\n");
  }
  assert_true(rest.empty());
  return text;
}

std::string line(const Event& event) {
  std::string text;
  append_json_line(encoded(event), text);
  return text;
}

// Parses it strictly; there must be one line of one object.
Json::Value json(const Event& event) {
  const std::string text = line(event);
  assert_int_equal(text.find('\n'), text.size() - 1);
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string errors;
  if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors)) {
    fail_msg("%s in %s", errors.c_str(), text.c_str());
  }
  return value;
}

bool is_utf8(std::string_view s) {
  while (!s.empty()) {
    const auto byte = [&](std::size_t i) {
      return i < s.size() ? static_cast<unsigned char>(s[i]) : 0;
    };
    const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    if (byte(0) >= 0x80 && (byte(0) < 0xC2 || byte(0) > 0xF4)) {
      return false;
    }
    for (std::size_t i = 1; i < size; ++i) {
      if ((byte(i) & 0xC0) != 0x80) {
        return false;
      }
    }
    s.remove_prefix(size);
  }
  return true;
}

void what_does_not_apply_is_absent(void**) {
  Event event;
  event.time_ms = 1'760'000'000'123;
  event.visitor = "00112233445566778899aabbccddeeff";
  assert_string_equal(fields(event).c_str(),
                      "id=0123456789abcdef-7\nevent=view\ntime=1760000000123\n"
                      "visitor=00112233445566778899aabbccddeeff\norigin=edge\n");
  assert_string_equal(line(event).c_str(),
                      "{\"id\":\"0123456789abcdef-7\",\"event\":\"view\",\"time\":1760000000123,"
                      "\"visitor\":\"00112233445566778899aabbccddeeff\",\"origin\":\"edge\"}\n");
}

void everything(void**) {
  Event event;
  event.kind = EventKind::conversion;
  event.is_claimed = true;
  event.position = 3;
  event.value = 19.9;
  std::string_view* const texts[] = {
      &event.visitor,  &event.session, &event.host,     &event.path,  &event.experiment,
      &event.variant,  &event.version, &event.campaign, &event.slot,  &event.item,
      &event.list,     &event.metric,  &event.currency, &event.order, &event.items,
      &event.question, &event.answer,  &event.split};
  for (auto* text : texts) {
    *text = "x";
  }
  event.attributes = R"({"geo.country":"PL","segments":["a","b"]})";
  const auto value = json(event);
  assert_int_equal(value.size(), most_event_fields);
  assert_string_equal(value["origin"].asCString(), "browser");
  assert_true(value["value"].asDouble() == 19.9);
  assert_int_equal(value["position"].asInt(), 3);
  assert_string_equal(value["attributes"]["segments"][1].asCString(), "b");
}

void half_a_split_is_none(void**) {
  const std::string longest = std::string(max_event_split - 2, 'a') + "=1";
  const std::string longer = "a" + longest;
  Event event;
  event.split = longest;
  assert_true(json(event)["split"].asString() == longest);
  event.split = longer;
  assert_false(json(event).isMember("split"));
}

void hostile_texts_are_json(void**) {
  const std::string_view texts[] = {"/a\"b\\c",      "/\r\n\t",       std::string_view("/\0x", 3),
                                    "/\x1b[31m",     "/\x7f",         "/\xff\xfe",
                                    "/\xc3",         "/\xe2\x82",     "/\xed\xa0\x80",
                                    "/\xf0\x9f\x98", "/\xc0\xaf",     "/\xf4\x90\x80\x80",
                                    "/</script>",    "/\xe2\x80\xa8", "/\xf0\x9f\x98\x80"};
  for (const auto text : texts) {
    Event event;
    event.path = text;
    event.answer = text;
    const auto value = json(event);
    assert_true(is_utf8(value["path"].asString()));
    assert_int_equal(value["path"].asString()[0], '/');
    assert_true(value["path"] == value["answer"]);
  }
  Event event;
  event.path = "/\xc5\x81\xc3\xb3\xc4\x91\xc5\xba";
  assert_string_equal(json(event)["path"].asCString(), "/\xc5\x81\xc3\xb3\xc4\x91\xc5\xba");
  event.path = "/\xff|";
  assert_string_equal(json(event)["path"].asCString(), "/\xef\xbf\xbd|");
  event.path = std::string_view("a\0b", 3);
  assert_string_equal(json(event)["path"].asCString(),
                      "a\xef\xbf\xbd"
                      "b");
}

// Databases refuse it.
void no_nul_is_in_attributes(void**) {
  Event event;
  event.attributes = R"({"\u0000a":"x\u0000\\u0000\u00000\\\u0000"})";
  const std::string text = line(event);
  assert_non_null(std::strstr(text.c_str(), R"({"\ufffda":"x\ufffd\\u0000\ufffd0\\\ufffd"})"));
  std::string answer(5, '\0');
  event.answer = answer;
  assert_int_equal(json(event)["answer"].asString().size(), 5 * 3);
}

void every_byte_pair(void**) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char text[] = {static_cast<char>(a), static_cast<char>(b)};
      Event event;
      event.path = {text, sizeof(text)};
      assert_true(is_utf8(json(event)["path"].asString()));
    }
  }
}

void long_texts_are_cut_between_characters(void**) {
  std::string path(max_event_path - 1, 'a');
  path += "\xc5\x81tail";
  Event event;
  event.path = path;
  assert_string_equal(json(event)["path"].asCString(), path.substr(0, max_event_path - 1).c_str());
  const std::string ascii(5000, 'b');
  event.path = ascii;
  event.answer = ascii;
  assert_int_equal(json(event)["path"].asString().size(), max_event_path);
  assert_int_equal(json(event)["answer"].asString().size(), 1024);
}

void json_is_whole_or_absent(void**) {
  const std::string fits = "{\"a\":\"" + std::string(max_event_attributes - 8, 'x') + "\"}";
  Event event;
  event.attributes = fits;
  assert_true(json(event)["attributes"].isObject());
  const std::string too_long = "{\"a\":\"" + std::string(max_event_attributes, 'x') + "\"}";
  event.attributes = too_long;
  assert_false(json(event).isMember("attributes"));
  // It fits until what is not UTF-8 is replaced.
  const std::string grows = "{\"a\":\"" + std::string(max_event_attributes - 8, '\xff') + "\"}";
  event.attributes = grows;
  assert_false(json(event).isMember("attributes"));
}

void numbers(void**) {
  Event event;
  for (const double number : {0.0, -0.0, 12.5, 1e21, 1e-7, 123456789012.34, -1.0}) {
    event.value = number;
    assert_true(json(event)["value"].asDouble() == number);
  }
  for (const double number : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    event.value = number;
    assert_false(json(event).isMember("value"));
  }
}

void records_are_made_anew(void**) {
  Event event;
  event.path = "/long/path";
  std::string record;
  encode_event(event, "a-1", record);
  const std::string first = record;
  encode_event(event, "a-1", record);
  assert_true(record == first);
}

void items_are_replaced(void**) {
  Event event;
  event.kind = EventKind::conversion;
  event.metric = "purchase";
  event.items = "sku-1";
  event.attributes = R"({"a":1})";
  std::string record;
  encode_event(event, "a-1", record);
  const auto line = [&] {
    std::string text;
    append_json_line(record, text);
    return text;
  };
  const std::string before = line();
  replace_items(std::string(max_event_items + 1, 'x'), record);
  assert_string_equal(line().c_str(), before.c_str());
  replace_items(R"([{"item_id":"sku-1"}])", record);
  std::string expected = before;
  const std::string_view old = R"("items":"sku-1")";
  expected.replace(expected.find(old), old.size(), R"("items":"[{\"item_id\":\"sku-1\"}]")");
  assert_string_equal(line().c_str(), expected.c_str());
  event.items = {};
  encode_event(event, "a-1", record);
  const std::string none = line();
  replace_items("sku-2", record);
  assert_string_equal(line().c_str(), none.c_str());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_does_not_apply_is_absent),
    cmocka_unit_test(everything),
    cmocka_unit_test(half_a_split_is_none),
    cmocka_unit_test(hostile_texts_are_json),
    cmocka_unit_test(no_nul_is_in_attributes),
    cmocka_unit_test(every_byte_pair),
    cmocka_unit_test(long_texts_are_cut_between_characters),
    cmocka_unit_test(json_is_whole_or_absent),
    cmocka_unit_test(numbers),
    cmocka_unit_test(records_are_made_anew),
    cmocka_unit_test(items_are_replaced),
};
const Suite suite(__FILE__, tests);

}  // namespace
