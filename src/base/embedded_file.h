// Files that scripts/embed compiles in.
#pragma once

#include <cstddef>
#include <string_view>

namespace personalize {

struct EmbeddedFile {
  std::string_view name;  // "hello-bar.html"
  std::string_view body;
};

}  // namespace personalize
