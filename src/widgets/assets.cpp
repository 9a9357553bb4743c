#include <cstdint>
#include <string>

#include "personalize/base/fnv.h"
#include "personalize/render/render.h"
#include "widgets/embedded.h"

namespace personalize {

namespace {

bool ends_with(std::string_view s, std::string_view end) {
  return s.size() >= end.size() && s.substr(s.size() - end.size()) == end;
}

// Of the badge of a preview; no widget needs it.
constexpr std::string_view preview_style = "preview.css";

std::string_view find_embedded(std::string_view name) {
  for (std::size_t i = 0; i < embedded_count; ++i) {
    if (embedded_files[i].name == name) {
      return embedded_files[i].body;
    }
  }
  return {};
}

// The embedded files of one kind that widgets are made of, the one that the others build upon
// first.
std::string join(std::string_view kind) {
  std::string body;
  const std::string first = "base" + std::string(kind);
  for (const bool base : {true, false}) {
    for (std::size_t i = 0; i < embedded_count; ++i) {
      const auto& file = embedded_files[i];
      if (ends_with(file.name, kind) && (file.name == first) == base &&
          file.name != preview_style) {
        body += file.body;
      }
    }
  }
  return body;
}

// It tells versions of a file apart.
std::string digest(std::string_view body) {
  const std::uint64_t hash = fnv1a(body);
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) {
    text += "0123456789abcdef"[(hash >> shift) & 15];
  }
  return text;
}

}  // namespace

const std::vector<Asset>& assets() {
  static const std::string style = join(".css");
  static const std::string script = "(()=>{\n'use strict';\n" + join(".js") + "})();\n";
  static const std::string style_version = digest(style);
  static const std::string script_version = digest(script);
  static const std::string_view preview = find_embedded(preview_style);
  static const std::string preview_version = digest(preview);
  static const std::vector<Asset> all = {
      {"personalize.css", "text/css", style, style_version},
      {"personalize.js", "text/javascript", script, script_version},
      {preview_style, "text/css", preview, preview_version},
  };
  return all;
}

}  // namespace personalize
