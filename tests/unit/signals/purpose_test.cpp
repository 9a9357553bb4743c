#include "personalize/signals/purpose.h"

#include "fake_request.h"
#include "suite.h"

using namespace personalize;

namespace {

using Headers = std::initializer_list<std::pair<const char*, const char*>>;

FakeRequest request_with(Headers headers, const char* path = "/") {
  FakeRequest request;
  request.path_ = path;
  for (const auto& [name, value] : headers) {
    request.headers[name] = value;
  }
  return request;
}

// What browsers send with a navigation over TLS, without TLS, and before Fetch Metadata.
constexpr const char* html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
constexpr const char* picture = "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8";
constexpr const char* axios = "application/json, text/plain, */*";

void prefetches_are_told_apart(void**) {
  const auto is = [](Headers headers) {
    auto request = request_with(headers);
    return is_prefetch(request);
  };
  assert_true(is({{"sec-purpose", "prefetch"}}));
  assert_true(is({{"sec-purpose", "prefetch;prerender"}}));
  assert_true(is({{"sec-purpose", "prefetch; anonymous-client-ip"}}));
  assert_true(is({{"purpose", "prefetch"}}));
  assert_true(is({{"purpose", "Prefetch"}}));
  assert_true(is({{"x-sec-purpose", "prefetch"}}));
  assert_true(is({{"x-purpose", "preview"}}));
  assert_true(is({{"x-moz", "prefetch"}}));
  assert_true(is({{"hx-preloaded", "true"}}));
  assert_true(is({{"next-router-prefetch", "1"}, {"rsc", "1"}}));
  assert_false(is({{"hx-preloaded", "false"}}));
  assert_false(is({}));
  assert_false(is({{"purpose", ""}}));
  assert_false(is({{"sec-purpose", "other"}}));
  assert_false(is({{"sec-purpose", "prefetched"}}));
}

void navigations(void**) {
  const auto is = [](Headers headers) {
    auto request = request_with(headers);
    return is_navigation(request);
  };
  assert_true(is({}));
  assert_true(is({{"accept", "*/*"}}));
  assert_true(is({{"accept", html}}));
  assert_true(is({{"accept", html}, {"sec-fetch-dest", "document"}}));
  // By a service worker, and by scripts that do what the browser would: Turbo, hx-boost, swup.
  assert_true(is({{"accept", "*/*"}, {"sec-fetch-dest", "empty"}, {"sec-fetch-mode", "navigate"}}));
  assert_true(is({{"accept", "text/html, application/xhtml+xml"}, {"sec-fetch-dest", "empty"}}));
  assert_true(is({{"hx-request", "true"}, {"hx-boosted", "true"}}));
  assert_true(is({{"hx-request", "true"},
                  {"hx-boosted", "true"},
                  {"sec-fetch-dest", "empty"},
                  {"sec-fetch-mode", "cors"},
                  {"accept", "*/*"}}));
  assert_true(is({{"hx-request", "true"}, {"hx-history-restore-request", "true"}}));
  assert_true(is({{"x-requested-with", "XMLHttpRequest"}, {"x-pjax", "true"}}));
  assert_true(is({{"x-requested-with", "swup"}, {"accept", html}}));
  assert_true(is({{"x-livewire", "true"}, {"x-livewire-navigate", "1"}}));

  assert_false(is({{"hx-request", "true"}}));
  assert_false(is({{"hx-request", "true"}, {"hx-boosted", "true"}, {"hx-preloaded", "true"}}));
  assert_false(is({{"x-livewire", "true"}}));
  assert_false(is({{"rsc", "1"}}));
  assert_false(is({{"turbo-frame", "cart"}, {"accept", html}}));
  assert_false(is({{"x-requested-with", "XMLHttpRequest"}, {"accept", html}}));
  assert_false(is({{"sec-fetch-dest", "empty"}, {"accept", "*/*"}}));
  assert_false(is({{"sec-fetch-dest", "iframe"}, {"accept", html}}));
  assert_false(is({{"sec-fetch-dest", "image"}, {"accept", picture}}));
  assert_false(is({{"accept", picture}}));
  assert_false(is({{"accept", axios}}));
  assert_false(is({{"sec-fetch-dest", "document"}, {"sec-purpose", "prefetch;prerender"}}));
}

void requests_that_may_be_for_a_page(void**) {
  const auto may = [](const char* path, Headers headers) {
    auto request = request_with(headers, path);
    return may_be_for_page(request);
  };
  assert_true(may("/", {}));
  assert_true(may("/shop.html", {{"accept", "*/*"}}));
  assert_true(may("/v1.2/shop", {}));
  assert_true(may("/john.doe", {}));
  assert_true(may("/File:Logo.png", {{"sec-fetch-dest", "document"}}));
  assert_true(may("/part", {{"sec-fetch-dest", "iframe"}}));
  assert_true(may("/part", {{"sec-fetch-dest", "empty"}, {"accept", html}}));

  assert_false(may("/a.mp4", {}));
  assert_false(may("/a.MP4", {{"accept", "*/*"}}));
  assert_false(may("/a.pdf", {{"sec-fetch-dest", "embed"}}));
  assert_false(may("/film", {{"sec-fetch-dest", "video"}, {"accept", "*/*"}}));
  assert_false(may("/api", {{"sec-fetch-dest", "empty"}, {"accept", "*/*"}}));
  assert_false(may("/api", {{"accept", "application/json"}}));
  assert_false(may("/api", {{"accept", axios}}));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(prefetches_are_told_apart),
    cmocka_unit_test(navigations),
    cmocka_unit_test(requests_that_may_be_for_a_page),
};
const Suite suite(__FILE__, tests);

}  // namespace
