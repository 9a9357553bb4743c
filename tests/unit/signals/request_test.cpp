// Cookies, arguments, languages, hosts, and how Signals puts them together.
#include <limits>
#include <memory_resource>

#include "assert_values.h"
#include "base/text/form.h"
#include "fake_request.h"
#include "personalize/signals/accept_language.h"
#include "personalize/signals/signals.h"
#include "signals/request_fields.h"
#include "suite.h"

using namespace personalize;

namespace {

const Where here = {"nginx.conf", 1};

std::string cookie(std::vector<std::string> headers, std::string_view name) {
  FakeRequest request;
  request.cookies = std::move(headers);
  const auto value = find_cookie(request, name);
  return value ? std::string(*value) : "none";
}

void cookies_are_read_as_browsers_send_them(void**) {
  assert_text(cookie({"a=1; b=2"}, "b"), "2");
  assert_text(cookie({"a=1; b=2"}, "a"), "1");
  assert_text(cookie({"a=1;b=2"}, "b"), "2");
  assert_text(cookie({"  a = 1 ;\t b= 2 "}, "b"), "2");
  assert_text(cookie({"a=1; a=2"}, "a"), "1");
  assert_text(cookie({"x=y=z"}, "x"), "y=z");
  assert_text(cookie({"a="}, "a"), "");
  assert_text(cookie({"a=\"q r\""}, "a"), "q r");
  assert_text(cookie({"a=\""}, "a"), "\"");
  assert_text(cookie({"a=\"\""}, "a"), "");
  assert_text(cookie({"a=1", "b=2"}, "b"), "2");
}

void no_cookie_is_made_of_rubbish(void**) {
  assert_text(cookie({}, "a"), "none");
  assert_text(cookie({""}, "a"), "none");
  assert_text(cookie({";;; ;=;"}, "a"), "none");
  assert_text(cookie({"a"}, "a"), "none");
  assert_text(cookie({"A=1"}, "a"), "none");
  assert_text(cookie({"ba=1; ab=2; b=a=3"}, "a"), "none");
  assert_text(cookie({"b=\"; a=1\""}, "a"), "1\"");  // quotes do not hide a separator
}

std::string argument(std::string_view query, std::string_view name) {
  std::pmr::monotonic_buffer_resource memory;
  const auto value = find_argument(query, name, &memory);
  return value ? std::string(*value) : "none";
}

void arguments_are_read_as_forms(void**) {
  assert_text(argument("a=1&b=2", "b"), "2");
  assert_text(argument("a=1&a=2", "a"), "1");
  assert_text(argument("a=x+y%20z", "a"), "x y z");
  assert_text(argument("a=%C5%82%c3%b3d%C5%BA", "a"), "łódź");
  assert_text(argument("utm%5Fsource=ad", "utm_source"), "ad");
  assert_text(argument("my+key=1", "my key"), "1");
  assert_text(argument("flag&b=2", "flag"), "");
  assert_text(argument("a==", "a"), "=");
  assert_text(argument("&&=x&a=1", "a"), "1");
  assert_text(argument("=x", ""), "x");
}

void arguments_survive_rubbish(void**) {
  assert_text(argument("", "a"), "none");
  assert_text(argument("ab=1&A=2", "a"), "none");
  assert_text(argument("a=%", "a"), "%");
  assert_text(argument("a=%4", "a"), "%4");
  assert_text(argument("a=%zz%4g", "a"), "%zz%4g");
  assert_text(argument("a=%00b", "a"), std::string_view("\0b", 2));
  assert_text(argument("a=%25%34", "a"), "%4");  // decoded once
  assert_text(argument("%=1", "%"), "1");
}

void an_argument_without_escapes_is_not_copied(void**) {
  const std::string query = "a=plain";
  const auto value = find_argument(query, "a", std::pmr::null_memory_resource());
  assert_ptr_equal(value->data(), query.data() + 2);
}

std::string language(std::string_view header) {
  std::pmr::monotonic_buffer_resource memory;
  return std::string(preferred_language(header, &memory));
}

void the_preferred_language_wins(void**) {
  assert_text(language("pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7"), "pl");
  assert_text(language("en;q=0.5, ro;q=0.9"), "ro");
  assert_text(language("en;q=0.8, de;q=0.8"), "en");
  assert_text(language("ZH-Hant-TW"), "zh");
  assert_text(language("en;q=0, fr;q=0.001"), "fr");
  assert_text(language("*, hi;q=0.5"), "hi");
  assert_text(language("en ; q=0.3 , ru ; Q=0.4"), "ru");
  assert_text(language("sr-Latn;level=1;q=0.2,bg;q=0.1"), "sr");
  assert_text(language("de;q=1.000"), "de");
}

void languages_that_make_no_sense_are_passed_over(void**) {
  assert_text(language(""), "");
  assert_text(language("*"), "");
  assert_text(language(",,;;,=,"), "");
  assert_text(language("en;q=1.5"), "");
  assert_text(language("en;q=0.1234"), "");
  assert_text(language("en;q=-1"), "");
  assert_text(language("en;q="), "");
  assert_text(language("x"), "");
  assert_text(language("averylonglanguage,e\xc5\x82,<b>,uk;q=0.1"), "uk");
}

std::string host_of(std::string_view url) {
  std::pmr::monotonic_buffer_resource memory;
  return std::string(url_host(url, &memory));
}

void a_referer_tells_its_host(void**) {
  assert_text(host_of("https://www.Google.com/search?q=x"), "www.google.com");
  assert_text(host_of("http://shop.example:8080"), "shop.example");
  assert_text(host_of("http://user:pass@shop.example/"), "shop.example");
  assert_text(host_of("http://good.example@evil.example/"), "evil.example");
  assert_text(host_of("http://evil.example\\@good.example/"), "evil.example");
  assert_text(host_of("https://[2001:DB8::1]:443/x"), "[2001:db8::1]");
  assert_text(host_of("android-app://com.google.android.gm/"), "com.google.android.gm");
  assert_text(host_of("https://a.example?u=http://b.example/"), "a.example");
  assert_text(host_of("https://a.example#http://b.example/"), "a.example");
}

void a_referer_without_host_tells_none(void**) {
  for (const char* url : {"", "about:blank", "/path", "//x/y", "https://", "https:///x",
                          "https://[::1", "https://a b/", "https://a\x01/", "https://<b>/",
                          "/?u=http://b.example/", "https://:80/", "https://ł.example/"}) {
    assert_text(host_of(url), "");
  }
}

// Reads attributes of one request.
class Reader {
 public:
  FakeRequest request;
  Visitor visitor;
  Value read(std::string_view name) { return signals_.read(table_[table_.intern(name, here)]); }
  Value read(const Attribute& attribute) { return signals_.read(attribute); }
  AttributeTable& table() { return table_; }

 private:
  AttributeTable table_;
  TimeZones zones_;
  std::pmr::monotonic_buffer_resource memory_;
  Signals signals_{request, visitor, nullptr, zones_, &memory_};
};

// A dot leads into a cookie, unless there is a cookie of the whole name.
void a_dot_leads_into_a_cookie(void**) {
  Reader r;
  r.request.cookies = {
      "cart.v2=whole; cart=%7B%22v2%22%3A%22inside%22%2C%22n%22%3A3%7D; "
      "a.b=c:1,d:2; pre_x=e:5"};
  assert_text(r.read("cookie.cart.v2").as_string(), "whole");
  assert_true(r.read("cookie.cart.n").as_number() == 3);
  assert_text(r.read("cookie.a.b.d").as_string(), "2");
  assert_text(r.read("cookie.pre_*.e").as_string(), "5");
  for (const char* none : {"cookie.cart.v3", "cookie.a.b.e", "cookie.a.x", "cookie.b.c",
                           "cookie.cart.", "cookie..", "cookie.cart..n"}) {
    assert_true(r.read(none).is_missing());
  }
}

void every_root_is_read(void**) {
  Reader r;
  r.visitor = {"alice", false, true};
  r.request.cookies = {"cart=3"};
  r.request.host_ = "Shop.Example:8443";
  r.request.path_ = "/p/7";
  r.request.arguments_ = "utm_source=mail+1";
  r.request.headers = {{"referer", "https://News.example/a"},
                       {"accept-language", "ro-RO,ro;q=0.9"},
                       {"x-plan", "gold"},
                       {"user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E148"}};
  r.request.variables = {"eins"};
  r.request.now = 1795209299123;  // 2026-11-20T21:14:59.123Z, a Friday

  assert_text(r.read("visitor.id").as_string(), "alice");
  assert_false(r.read("visitor.new").as_boolean());
  assert_true(r.read("visitor.verified").as_boolean());
  assert_text(r.read("cookie.cart").as_string(), "3");
  assert_text(r.read("request.path").as_string(), "/p/7");
  assert_text(r.read("request.host").as_string(), "shop.example");
  assert_text(r.read("request.method").as_string(), "GET");
  assert_text(r.read("request.scheme").as_string(), "https");
  assert_text(r.read("request.referer").as_string(), "https://News.example/a");
  assert_text(r.read("request.referer_host").as_string(), "news.example");
  assert_text(r.read("request.language").as_string(), "ro");
  assert_text(r.read("request.arg.utm_source").as_string(), "mail 1");
  assert_text(r.read("request.header.X-Plan").as_string(), "gold");
  assert_text(r.read("var.one").as_string(), "eins");
  assert_text(r.read("device.type").as_string(), "mobile");
  assert_true(r.read("time.now").as_number() == 1795209299);
  assert_true(r.read("time.hour").kind() == Kind::number);
  assert_true(r.read("time.weekday").kind() == Kind::string);
  assert_int_equal(r.read("time.date").as_string().size(), 10);

  // A row of the table without a reader is noticed here.
  for (const Root root : {Root::visitor, Root::request, Root::device, Root::time}) {
    for (const Field field : fields_of(root)) {
      Attribute attribute;
      attribute.root = root;
      attribute.field = field;
      attribute.name = field == Field::request_arg ? "utm_source" : "x-plan";
      if (r.read(attribute).is_missing()) {
        fail_msg("%s is not read", std::string(name_of(field)).c_str());
      }
    }
  }
}

void what_is_not_known_is_missing(void**) {
  Reader r;
  r.request.host_ = "";
  r.request.variables = {std::nullopt};
  r.table().declare_source("profile", here);
  r.table().declare_segment("vip", here);
  for (const char* name :
       {"visitor.id", "cookie.x", "request.host", "request.referer", "request.referer_host",
        "request.language", "request.arg.x", "request.header.x", "var.x", "device.type",
        "geo.country", "geo.in_eu", "geo.timezone", "profile.x", "segment.vip"}) {
    if (!r.read(name).is_missing()) {
      fail_msg("%s is not missing", name);
    }
  }
  assert_true(r.read("visitor.new").as_boolean());
  assert_false(r.read("visitor.verified").as_boolean());
}

void an_empty_cookie_argument_or_variable_is_known(void**) {
  Reader r;
  r.request.cookies = {"a="};
  r.request.arguments_ = "a";
  r.request.variables = {""};
  for (const char* name : {"cookie.a", "request.arg.a", "var.a"}) {
    assert_true(r.read(name).kind() == Kind::string);
    assert_int_equal(r.read(name).as_string().size(), 0);
  }
}

void without_memory_a_value_is_missing(void**) {
  FakeRequest request;
  request.arguments_ = "a=%41&b=B";
  Visitor visitor;
  TimeZones zones;
  Signals signals(request, visitor, nullptr, zones, std::pmr::null_memory_resource());
  AttributeTable table;
  assert_true(signals.read(table[table.intern("request.arg.a", here)]).is_missing());
  assert_text(signals.read(table[table.intern("request.arg.b", here)]).as_string(), "B");
  assert_true(signals.read(table[table.intern("time.date", here)]).is_missing());
}

void the_user_agent_is_read_once(void**) {
  Reader r;
  r.request.headers = {{"user-agent", "curl/8"}};
  r.read("device.type");
  const int reads = r.request.header_reads;
  assert_text(r.read("device.type").as_string(), "desktop");
  assert_int_equal(r.request.header_reads, reads);
}

void a_listed_language_is_found(void**) {
  const std::vector<std::string> tags = {"en-GB", "pl-PL", "de-DE", "de-AT"};
  const std::pair<const char*, int> wanted[] = {
      {"pl", 1},  {"PL_pl", 1}, {"de-at", 3}, {"de-CH", 2}, {"de", 2},
      {"fr", -1}, {"", -1},     {"p", -1},    {"pl-XX", 1}, {"*", -1}};
  for (const auto& [range, index] : wanted) {
    assert_int_equal(static_cast<int>(personalize::find_language(tags, range).value_or(-1)), index);
  }
  const std::pair<const char*, int> headers[] = {
      {"", -1},
      {"fr, pl;q=0.5, de;q=0.8", 2},
      {"de-AT,de;q=0.9,en;q=0.8", 3},
      {"nl;q=1, *;q=0.5", -1},
      {"pl;q=0, en", 0},
      {"pl;q=nonsense, de;q=0.1", 2},
  };
  for (const auto& [header, index] : headers) {
    assert_int_equal(static_cast<int>(personalize::find_preferred(tags, header).value_or(-1)),
                     index);
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(cookies_are_read_as_browsers_send_them),
    cmocka_unit_test(no_cookie_is_made_of_rubbish),
    cmocka_unit_test(arguments_are_read_as_forms),
    cmocka_unit_test(arguments_survive_rubbish),
    cmocka_unit_test(an_argument_without_escapes_is_not_copied),
    cmocka_unit_test(the_preferred_language_wins),
    cmocka_unit_test(a_listed_language_is_found),
    cmocka_unit_test(languages_that_make_no_sense_are_passed_over),
    cmocka_unit_test(a_referer_tells_its_host),
    cmocka_unit_test(a_referer_without_host_tells_none),
    cmocka_unit_test(every_root_is_read),
    cmocka_unit_test(what_is_not_known_is_missing),
    cmocka_unit_test(a_dot_leads_into_a_cookie),
    cmocka_unit_test(an_empty_cookie_argument_or_variable_is_known),
    cmocka_unit_test(without_memory_a_value_is_missing),
    cmocka_unit_test(the_user_agent_is_read_once),
};
const Suite suite(__FILE__, tests);

}  // namespace
