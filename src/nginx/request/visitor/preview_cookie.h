// The preview that a browser is in, by the cookie that a preview link left there.
#pragma once

#include <memory_resource>
#include <optional>

#include "nginx/config/configuration.h"
#include "personalize/signals/preview.h"

namespace personalize {

struct PreviewCookie {
  // What the cookie grants; nothing if there is none, or it is invalid.
  std::optional<PreviewGrant> grant;
  // There is a cookie, and it is forged or its time is over.
  bool is_void = false;
};

// Throws what `memory` throws.
PreviewCookie read_preview_cookie(const ServerConf& server, RequestView& request,
                                  std::pmr::memory_resource* memory);

}  // namespace personalize
