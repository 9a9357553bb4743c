// The visitor's cookie: any header gives an id that is safe to pass on, or nobody.
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "../unit/signals/fake_request.h"
#include "personalize/signals/visitor.h"
#include "signals/cookie_value.h"

using namespace personalize;

namespace {

VisitorOptions options() {
  VisitorOptions result;
  result.cookie = "vid";
  return result;
}

void check(const VisitorCookie& cookie, FakeRequest& request) {
  Visitor visitor;
  std::pmr::monotonic_buffer_resource arena;
  bool valid = cookie.read(request, &arena, visitor) == VisitorCookieState::valid;
  if (valid == visitor.id.empty() || valid == visitor.is_new) std::abort();
  if (valid && cookie.is_signed() != visitor.verified) std::abort();
  if (visitor.id.size() > 128) std::abort();
  for (unsigned char c : visitor.id) {
    if (c <= ' ' || c >= 0x7F || c == ';' || c == ',' || c == '"') std::abort();
  }
  if (!valid) return;

  // What we give to the browser we read again.
  std::pmr::string header;
  if (!cookie.set_cookie(visitor.id, true, header)) std::abort();
  FakeRequest next;
  next.cookies = {std::string(header.substr(0, header.find(';')))};
  Visitor again;
  if (cookie.read(next, &arena, again) != VisitorCookieState::valid || again.id != visitor.id)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const VisitorCookie unsigned_ids(options(), {}, {"fuzz", 1});
  static const VisitorCookie signed_ids(options(), {"0123456789abcdef0123456789abcdef"},
                                        {"fuzz", 1});
  FakeRequest request;
  request.cookies = {std::string(reinterpret_cast<const char*>(data), size)};
  check(unsigned_ids, request);
  check(signed_ids, request);
  std::string_view value(request.cookies[0]);
  std::pmr::monotonic_buffer_resource arena;
  for (const char* path : {"a", "a.b", "groups.C0002", "0.a"}) {
    Value found = find_in_cookie(value, path, &arena);
    if (found.kind() == Kind::string && found.as_string().size() > size) std::abort();
  }
  if (visitor_from_variable(value).id.size() > 128) std::abort();
  return 0;
}
