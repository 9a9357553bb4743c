// Nonces of policies.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "personalize/render/nonces.h"
#include "suite.h"

using personalize::find_nonces;

namespace {

// "script/style"
std::string found(const std::vector<std::string_view>& headers) {
  const auto nonces = find_nonces(headers.data(), headers.size());
  return std::string(nonces.script) + "/" + std::string(nonces.style);
}

void expect(const std::vector<std::string_view>& headers, const char* nonces) {
  assert_string_equal(found(headers).c_str(), nonces);
}

void test_none(void**) {
  expect({}, "/");
  expect({""}, "/");
  expect({"default-src 'self'"}, "/");
  expect({"img-src 'nonce-a'"}, "/");
  expect({"script-src 'unsafe-inline'; style-src 'unsafe-inline'"}, "/");
}

void test_directives_and_what_they_fall_back_on(void**) {
  expect({"script-src 'self' 'nonce-YWI='"}, "YWI=/");
  expect({"style-src 'nonce-s'; script-src 'nonce-t'"}, "t/s");
  expect({"default-src 'nonce-d'"}, "d/d");
  expect({"default-src 'nonce-d'; script-src 'self'"}, "/d");
  expect({"script-src 'nonce-a'; script-src-elem 'nonce-b'; script-src-attr 'nonce-c'"}, "b/");
  expect({"script-src 'nonce-a'; script-src 'nonce-b'"}, "a/");
}

void test_spelling(void**) {
  expect({"  SCRIPT-SRC\t'NONCE-aB+/_-=' ;; "}, "aB+/_-=/");
  expect({"script-src 'nonce-' 'nonce-a"}, "/");
  expect({"script-src 'nonce-a\"b' 'nonce-<x>'"}, "/");
  expect({"script-src nonce-a"}, "/");
}

void test_several_policies(void**) {
  expect({"script-src 'nonce-a' 'nonce-b'", "script-src 'nonce-b' 'nonce-c'"}, "b/");
  expect({"script-src 'nonce-a' 'nonce-b', script-src 'nonce-b'"}, "b/");
  expect({"script-src 'nonce-a'", "script-src 'nonce-b'"}, "/");
  expect({"script-src 'nonce-a'", "img-src 'self'"}, "a/");
  expect({"script-src 'nonce-a'", "script-src 'unsafe-inline'"}, "a/");
  expect({"script-src 'nonce-a'", "script-src 'unsafe-inline' 'sha256-abc'"}, "/");
  expect({"script-src 'nonce-a'", "script-src 'unsafe-inline' 'strict-dynamic'"}, "/");
  expect({"script-src 'nonce-a'", "script-src 'self'"}, "/");
}

void test_what_applies_without_a_nonce(void**) {
  const auto applies = [](const std::string_view& policy) {
    const auto nonces = find_nonces(&policy, 1);
    return std::string(nonces.runs_scripts ? "script" : "") +
           (nonces.applies_styles ? " style" : "");
  };
  assert_string_equal(applies("img-src 'self'").c_str(), "script style");
  assert_string_equal(applies("style-src 'self'").c_str(), "script");
  assert_string_equal(applies("style-src 'unsafe-inline'; script-src 'self'").c_str(), " style");
  assert_string_equal(applies("style-src 'nonce-a'").c_str(), "script style");
  assert_string_equal(applies("default-src 'none'").c_str(), "");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_none),
    cmocka_unit_test(test_what_applies_without_a_nonce),
    cmocka_unit_test(test_directives_and_what_they_fall_back_on),
    cmocka_unit_test(test_spelling),
    cmocka_unit_test(test_several_policies),
};
const Suite suite(__FILE__, tests);

}  // namespace
