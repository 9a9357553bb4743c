#include "nginx/request/visitor/preview_cookie.h"

namespace personalize {

PreviewCookie read_preview_cookie(const ServerConf& server, RequestView& request,
                                  std::pmr::memory_resource* memory) {
  PreviewCookie cookie;
  if (server.preview != nullptr) {
    cookie.grant = server.preview->find(request, memory, cookie.is_void);
  }
  return cookie;
}

}  // namespace personalize
