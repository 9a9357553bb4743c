#include "nginx/request/visitor/preview_cookie.h"

namespace personalize {

PreviewCookie read_preview_cookie(const ServerConf& server, RequestView& request,
                                  std::pmr::memory_resource* memory) {
  const auto cookie =
      server.preview == nullptr ? std::nullopt : find_cookie(request, PreviewSecret::cookie_name);
  if (!cookie) {
    return {};
  }
  auto grant = server.preview->read_cookie(*cookie, request.now_ms() / 1000, memory);
  const bool is_void = !grant;
  return {std::move(grant), is_void};
}

}  // namespace personalize
