#include <algorithm>
#include <cstdint>
#include <string>

#include "base/text/ascii.h"
#include "personalize/base/fnv.h"
#include "personalize/widgets/widgets.h"
#include "widgets/embedded.h"

namespace personalize {

namespace {

// For the badge of a preview; no widget needs it.
constexpr std::string_view preview_style = "preview.css";

// Returns the embedded files of one kind that widgets are made of, joined. The base, on which the
// others build, comes first.
std::string join(std::string_view kind) {
  std::string body;
  const std::string first = "base" + std::string(kind);
  for (const bool base : {true, false}) {
    for (std::size_t i = 0; i < embedded_count; ++i) {
      const auto& file = embedded_files[i];
      if (ascii::ends_with(file.name, kind) && (file.name == first) == base &&
          file.name != preview_style) {
        body += file.body;
      }
    }
  }
  return body;
}

}  // namespace

std::string digest(std::string_view body) {
  const std::uint64_t hash = fnv1a(body);
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) {
    text += "0123456789abcdef"[(hash >> shift) & 15];
  }
  return text;
}

std::string_view find_embedded(std::string_view name) {
  const auto* end = embedded_files + embedded_count;
  const auto* found = std::find_if(embedded_files, end,
                                   [&](const EmbeddedFile& file) { return file.name == name; });
  return found == end ? std::string_view() : found->body;
}

const std::vector<Asset>& assets() {
  static const std::string style = join(".css");
  static const std::string_view script = find_embedded("personalize.js");
  static const std::string style_version = digest(style);
  static const std::string script_version = digest(script);
  static const std::string_view preview = find_embedded(preview_style);
  static const std::string preview_version = digest(preview);
  static const std::string_view attention = find_embedded(attention_script);
  static const std::string attention_version = digest(attention);
  static const std::string_view handover = find_embedded(handover_script);
  static const std::string handover_version = digest(handover);
  static const std::string_view visual = find_embedded(visual_script);
  static const std::string visual_version = digest(visual);
  static const std::vector<Asset> all = {
      {"personalize.css", "text/css", style, style_version},
      {"personalize.js", "text/javascript", script, script_version},
      {preview_style, "text/css", preview, preview_version},
      {attention_script, "text/javascript", attention, attention_version},
      {handover_script, "text/javascript", handover, handover_version},
      {visual_script, "text/javascript", visual, visual_version},
  };
  return all;
}

const Asset* find_asset(std::string_view name) {
  const auto& all = assets();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Asset& asset) { return asset.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace personalize
