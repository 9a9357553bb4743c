// Addresses as browsers read them, patterns of pages, and what an address forces.
#include <string>

#include "decision/addresses/url_target.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using personalize::decision::UrlTarget;

std::string href(std::string_view text) {
  const auto url =
      personalize::decision::parse_url(text, "default", std::pmr::new_delete_resource());
  return url ? std::string(url->href()) : "none";
}

std::string merged(std::string_view from, std::string_view to) {
  return std::string(
      personalize::decision::merge_arguments(from, to, std::pmr::new_delete_resource()));
}

bool matches(UrlTarget::Type type, std::string_view pattern, std::string_view text) {
  const auto url = personalize::decision::parse_url(text, "_", std::pmr::new_delete_resource());
  std::vector<UrlTarget> targets;
  targets.emplace_back(type, pattern, true);
  personalize::RegexBudget budget;
  return personalize::decision::is_targeted(url ? &*url : nullptr, targets, budget);
}

void addresses(void**) {
  assert_string_equal(href("HTTP://Example.COM:80/a/./b/../c?x=1#y").c_str(),
                      "http://example.com/a/c?x=1#y");
  assert_string_equal(href("https://example.com").c_str(), "https://example.com/");
  assert_string_equal(href("https:\\\\example.com\\a").c_str(), "https://example.com/a");
  assert_string_equal(href("https://example.com:8443/%7e?a b#c d").c_str(),
                      "https://example.com:8443/%7e?a%20b#c%20d");
  assert_string_equal(href("https://example.com/\xc5\x82?'").c_str(),
                      "https://example.com/%C5%82?%27");
  assert_string_equal(href("/home").c_str(), "https://default/home");
  assert_string_equal(href("//other/home").c_str(), "https://other/home");
  assert_string_equal(href("").c_str(), "https://default/");
  assert_string_equal(href("https://example.com/../../%2e%2e/a/..").c_str(),
                      "https://example.com/");
  for (const char* none :
       {"mailto:a@b", "javascript:alert(1)", "https://", "https://a b/", "https://user:pass@host/",
        "https://h:99999/", "https://h:x/", "https://%zz/", "https://\xc5\x82/"}) {
    assert_string_equal(href(none).c_str(), "none");
  }
}

void arguments_are_merged(void**) {
  assert_string_equal(merged("https://a.com/?x=1&y=2", "https://a.com/new?y=3").c_str(),
                      "https://a.com/new?y=3&x=1");
  assert_string_equal(merged("https://a.com/?x=a+b", "https://a.com/new").c_str(),
                      "https://a.com/new?x=a+b");
  assert_string_equal(merged("https://a.com/", "https://a.com/new?y=%20").c_str(),
                      "https://a.com/new?y=%20");
  assert_string_equal(merged("nothing", "https://a.com/new").c_str(), "https://a.com/new");
}

void patterns(void**) {
  constexpr auto simple = UrlTarget::Type::simple;
  constexpr auto regex = UrlTarget::Type::regex;
  assert_true(matches(simple, "/home", "https://any.com/home/"));
  assert_true(matches(simple, "/HOME/", "https://any.com/home"));
  assert_false(matches(simple, "/home", "https://any.com/home/x"));
  assert_true(matches(simple, "/home/*", "https://any.com/home/x/y"));
  assert_true(matches(simple, "example.com/*/b*d", "http://example.com/a/bcd"));
  assert_false(matches(simple, "example.com/a", "http://other.com/a"));
  assert_true(matches(simple, "*.example.com/", "http://www.example.com/"));
  assert_true(matches(simple, "/a?x=*", "http://e.com/a?y=2&x=1"));
  assert_false(matches(simple, "/a?x=2", "http://e.com/a?x=1"));
  assert_false(matches(simple, "/a#top", "http://e.com/a"));
  assert_true(matches(regex, "^/a\\?x=", "http://e.com/a?x=1"));
  assert_true(matches(regex, "e\\.com/a", "http://e.com/a?x=1"));
  assert_false(matches(regex, "(", "http://e.com/("));
  assert_false(matches(UrlTarget::Type::other, "/", "http://e.com/"));
  assert_false(matches(simple, "/", "mailto:a@b"));
}

void overrides(void**) {
  const auto of = [](std::string_view url, std::size_t n) {
    const auto variation = personalize::decision::query_override("x", url, n);
    return variation ? static_cast<int>(*variation) : -1;
  };
  assert_int_equal(of("https://e.com/?x=1", 2), 1);
  assert_int_equal(of("/?a=b&x=0x1#x=0", 2), 1);
  assert_int_equal(of("/?x=1abc", 2), 1);
  assert_int_equal(of("/?x=-0", 2), 0);
  assert_int_equal(of("/?x=-1", 2), -1);
  assert_int_equal(of("/?x=2", 2), -1);
  assert_int_equal(of("/?x=99999999999999999999999", 2), -1);
  assert_int_equal(of("/?x=&x=1", 2), -1);
  assert_int_equal(of("/?x", 2), -1);
  assert_int_equal(of("/x=1", 2), -1);
  assert_int_equal(of("", 2), -1);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(addresses),
    cmocka_unit_test(arguments_are_merged),
    cmocka_unit_test(patterns),
    cmocka_unit_test(overrides),
};
const Suite suite(__FILE__, tests);

}  // namespace
