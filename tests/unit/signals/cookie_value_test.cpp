// What is inside cookies, as consent tools, shops and frameworks write them.
#include "signals/cookie_value.h"

#include <memory_resource>
#include <string>

#include "assert_values.h"
#include "suite.h"

using namespace personalize;

namespace {

std::string read(std::string_view cookie, std::string_view path) {
  std::pmr::monotonic_buffer_resource arena;
  const Value value = find_in_cookie(cookie, path, &arena);
  switch (value.kind()) {
    case Kind::missing:
      return "missing";
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.as_boolean() ? "yes" : "no";
    case Kind::number:
      return "number";
    case Kind::string:
      return '"' + std::string(value.as_string()) + '"';
    case Kind::array:
      return "array of " + std::to_string(value.size());
    case Kind::object:
      return "object";
  }
  return "";
}

void json(void**) {
  const char* const klaro = "%7B%22marketing%22%3Atrue%2C%22by%22%3A%22x%20y%22%7D";
  assert_text(read(klaro, "marketing"), "yes");
  assert_text(read(klaro, "by"), "\"x y\"");
  assert_text(read(klaro, "ads"), "missing");
  assert_text(read(klaro, "marketing.x"), "missing");
  const char* const borlabs = R"({"consents":{"statistics":["matomo","ga"],"n":1},"rate":"5%20"})";
  assert_text(read(borlabs, "consents.statistics"), "array of 2");
  assert_text(read(borlabs, "consents.statistics.1"), "\"ga\"");
  assert_text(read(borlabs, "consents.n"), "number");
  assert_text(read(borlabs, "rate"), "\"5%20\"");
  assert_text(read("%5B%7B%22id%22%3A%22a%22%7D%5D", "0.id"), "\"a\"");
  // JSON as text inside JSON, which state managers write.
  assert_text(read(R"({"user":"{\"tier\":\"gold\"}"})", "user.tier"), "\"gold\"");
}

void forms(void**) {
  const char* const onetrust =
      "isGpcEnabled=0&datestamp=Sat+Nov+28+2026&groups=C0001%3A1%2CC0002%3A0%2CC0004%3A1&geo=PL%3B";
  assert_text(read(onetrust, "groups"), "\"C0001:1,C0002:0,C0004:1\"");
  assert_text(read(onetrust, "groups.C0002"), "\"0\"");
  assert_text(read(onetrust, "groups.C0004"), "\"1\"");
  assert_text(read(onetrust, "groups.C0009"), "missing");
  assert_text(read(onetrust, "datestamp"), "\"Sat Nov 28 2026\"");
  assert_text(read(onetrust, "isGpc"), "missing");
  assert_text(read("a%3D1%26b%3D2", "b"), "\"2\"");
  assert_text(read("flags=%7B%22new%22%3Atrue%7D&x=1", "flags.new"), "yes");
}

void pairs(void**) {
  const char* const cookiebot =
      "{stamp:%27aB1+/==%27%2Cnecessary:true%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1}";
  assert_text(read(cookiebot, "necessary"), "\"true\"");
  assert_text(read(cookiebot, "marketing"), "\"false\"");
  assert_text(read(cookiebot, "method"), "\"explicit\"");
  assert_text(read(cookiebot, "ver"), "\"1\"");
  assert_text(read("consentid:x,consent:yes,analytics:no", "analytics"), "\"no\"");
  assert_text(read("consent%3Ayes%2Canalytics%3Ano", "analytics"), "\"no\"");
  assert_text(read("!analytics=true!ads=false", "ads"), "\"false\"");
  assert_text(read("a:1|b:2", "b"), "\"2\"");
  assert_text(read("a:1,a:2", "a"), "\"1\"");
  assert_text(read("a: 'x' , \"b\": \"y\"", "b"), "\"y\"");
}

void what_is_something_else(void**) {
  for (const char* cookie : {"", "x", "{", "}", "{}", "[]", "[", "%", "%7B", "{\"a\":", "null", "a",
                             ":a", "=", "&&", ",,", "\xff\xfe", "%00", "%7B%22a"}) {
    assert_text(read(cookie, "b"), "missing");
    assert_text(read(cookie, "b.c.d"), "missing");
  }
  assert_text(read(std::string(4000, '['), "0.0"), "missing");
  assert_text(read(std::string(100000, '%'), "a"), "missing");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(json),
    cmocka_unit_test(forms),
    cmocka_unit_test(pairs),
    cmocka_unit_test(what_is_something_else),
};
const Suite suite(__FILE__, tests);

}  // namespace
