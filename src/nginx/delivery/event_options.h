// personalize_events, as read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

struct EventOptions {
  std::optional<Where> where;  // of the directive
  std::string stream;          // the key in Redis; "" for none
  std::string maxlen = "1000000";
  ngx_open_file_t* file = nullptr;
  std::string salt;  // "": the one that SharedEvents has
  std::int64_t window_s = 86400;
  bool views = true;
  std::optional<std::vector<std::string>> attributes;  // nothing: the default
  std::size_t buffer = std::size_t{1024} * 1024;       // bytes that wait for Redis, in a worker

  bool is_on() const noexcept { return !stream.empty() || file != nullptr; }
};

}  // namespace personalize
