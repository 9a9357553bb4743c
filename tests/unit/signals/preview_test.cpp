#include <cstring>

#include "assert_values.h"
#include "fake_request.h"
#include "personalize/decision/forcing.h"
#include "personalize/signals/preview.h"

#include "base/text/ascii.h"
#include "suite.h"

using namespace personalize;

namespace {

constexpr std::int64_t now = 1800000000;
constexpr std::string_view host = "shop.example";
const std::string key = "0123456789abcdef0123456789abcdef";

bool checks(const PreviewSecret& secret, std::string_view items, std::string_view expires,
            std::string_view signature, std::int64_t at = now) {
  return secret.check(host, items, expires, signature, at).has_value();
}

bool reads(const PreviewSecret& secret, std::string_view cookie, std::int64_t at = now) {
  std::pmr::monotonic_buffer_resource arena;
  return secret.read_cookie(host, cookie, at, &arena).has_value();
}

PreviewSecret secret() {
  return PreviewSecret({key});
}

// HMAC-SHA256 as another implementation makes it: scripts/preview-link's.
void test_signature(void**) {
  assert_string_equal(secret().sign(host, "segment.vip=on", now).c_str(),
                      "96330b6c707bf56154c8a72e2e25d0706569807b56e728a3ab43f2351a3e43e5");
}

void test_check(void**) {
  const auto ours = secret();
  const std::string items = "segment.vip=on;country=PL";
  const std::string expires = std::to_string(now + 60);
  const std::string signature = ours.sign(host, items, now + 60);
  const auto grant = ours.check(host, items, expires, signature, now);
  assert_true(grant && grant->items == items && grant->expires_s == now + 60);

  assert_false(checks(ours, items, expires, signature, now + 60));
  assert_false(checks(ours, items + ";", expires, signature));
  assert_false(checks(ours, items, std::to_string(now + 61), signature));
  assert_false(checks(ours, items, expires + "x", signature));
  assert_false(checks(ours, items, "", signature));
  assert_false(checks(ours, items, expires, ""));
  assert_false(checks(ours, items, expires, signature.substr(1)));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = changed[i] == '0' ? '1' : '0';
    assert_false(checks(ours, items, expires, changed));
  }
  assert_false(checks(PreviewSecret({std::string(32, 'x')}), items, expires, signature));
}

void test_a_signature_is_for_one_host(void**) {
  const std::string signature = secret().sign(host, "time=0", now + 60);
  const std::string expires = std::to_string(now + 60);
  assert_true(secret().check(host, "time=0", expires, signature, now).has_value());
  assert_true(secret().check("SHOP.example:8443", "time=0", expires, signature, now).has_value());
  for (const std::string_view other : {"other.example", "shop.example.evil", "", "a b"}) {
    assert_false(secret().check(other, "time=0", expires, signature, now).has_value());
  }
  assert_true(secret().sign(std::string(256, 'x'), "time=0", now).empty());
}

void test_the_first_valid_of_several_cookies(void**) {
  std::pmr::string cookie;
  secret().set_cookie(host, {"time=0", now + 60}, now, true, cookie);
  const std::string valid(cookie.substr(0, cookie.find(';')));
  FakeRequest request;
  request.host_ = "Shop.Example:8443";
  request.now = now * 1000;
  std::pmr::monotonic_buffer_resource arena;
  bool is_void = true;
  assert_false(secret().find(request, &arena, is_void).has_value());
  assert_false(is_void);
  request.cookies = {"pz-preview=1.2.3; pz-preview=; " + valid};
  assert_true(secret().find(request, &arena, is_void).has_value());
  assert_false(is_void);
  // Those of the host are found behind any number of others.
  assert_true(ascii::starts_with(valid, "__Host-pz-preview="));
  request.cookies = {"pz-preview=1.2.3"};
  for (int i = 0; i < 100; ++i) {
    request.cookies[0] += "; pz-preview=1.2.3";
  }
  assert_false(secret().find(request, &arena, is_void).has_value());
  assert_true(is_void);
  request.cookies[0] += "; " + valid;
  assert_true(secret().find(request, &arena, is_void).has_value());
  assert_false(is_void);
  request.host_ = "other.example";
  assert_false(secret().find(request, &arena, is_void).has_value());
  assert_true(is_void);
}

void test_keys_rotate(void**) {
  const std::string signature = secret().sign(host, "time=0", now + 60);
  const std::string expires = std::to_string(now + 60);
  assert_true(checks(PreviewSecret({std::string(32, 'x'), key}), "time=0", expires, signature));
  assert_false(checks(PreviewSecret({}), "time=0", expires, signature));
}

void test_a_preview_does_not_last_for_ever(void**) {
  const auto expires = now + PreviewSecret::longest_s + 1;
  const std::string signature = secret().sign(host, "time=0", expires);
  assert_false(checks(secret(), "time=0", std::to_string(expires), signature));
  assert_true(checks(secret(), "time=0", std::to_string(expires), signature, now + 1));
}

void test_cookie(void**) {
  const std::string items = "segment.żółty=on;campaign.a b=off;time=2026-11-22T12:00:00+01:00";
  std::pmr::string cookie;
  secret().set_cookie(host, {items, now + 60}, now, false, cookie);
  const std::string_view text = cookie;
  assert_true(text.substr(0, 11) == "pz-preview=");
  const auto end = text.find(';');
  assert_true(text.substr(end) == "; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
  std::pmr::string secure;
  secret().set_cookie(host, {items, now + 60}, now, true, secure);
  assert_true(secure == "__Host-" + cookie + "; Secure");
  const auto value = text.substr(11, end - 11);
  for (const char c : value) {
    assert_true(std::strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.%",
                            c) != nullptr);
  }
  std::pmr::monotonic_buffer_resource arena;
  const auto grant = secret().read_cookie(host, value, now, &arena);
  assert_true(grant && grant->items == items);
  assert_false(reads(secret(), value, now + 60));
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string changed(value);
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    const auto other = secret().read_cookie(host, changed, now, &arena);
    // A digit behind a % may be written in either case.
    assert_true(!other || other->items == items);
  }
  for (const std::string_view bad : {"", ".", "..", "1..", "a.b.c", "1.2"}) {
    assert_false(reads(secret(), bad));
  }
  assert_false(reads(secret(), std::string(100000, '.')));
  assert_true(secret().sign(host, std::string(max_preview_items + 1, 'x'), now).empty());
}

void test_target(void**) {
  assert_true(preview_target("/shop?a=b&c=%20d") == "/shop?a=b&c=%20d");
  for (const std::string_view bad :
       {"", "shop", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/a b",
        "/\"", "/<", "javascript:alert(1)", "/a\\b"}) {
    assert_true(preview_target(bad) == "/");
  }
  assert_true(preview_target(std::string(5000, '/')) == "/");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_signature),
    cmocka_unit_test(test_a_signature_is_for_one_host),
    cmocka_unit_test(test_the_first_valid_of_several_cookies),
    cmocka_unit_test(test_check),
    cmocka_unit_test(test_keys_rotate),
    cmocka_unit_test(test_a_preview_does_not_last_for_ever),
    cmocka_unit_test(test_cookie),
    cmocka_unit_test(test_target),
};
const Suite suite(__FILE__, tests);

}  // namespace
