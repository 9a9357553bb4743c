// What the built-in widgets have beside their markup: files, and rules of their campaigns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/statement.h"

namespace personalize {

// A file that personalize_endpoint serves.
struct Asset {
  std::string_view name;  // "personalize.js"
  std::string_view type;  // "text/javascript"
  std::string_view body;
  std::string_view version;  // hex digest of the body: ?v=VERSION can be cached for ever
};
// Returns all of them; they live as long as the process.
const std::vector<Asset>& assets();

// Returns the asset of that name; nullptr if there is none.
const Asset* find_asset(std::string_view name);

// Scripts of their own, which a page loads beside personalize.js or without it, where somebody asks
// for what they do (src/widgets/script/by_need/).
constexpr std::string_view attention_script = "attention.js";
constexpr std::string_view handover_script = "handover.js";
constexpr std::string_view visual_script = "visual.js";

// Returns what distinguishes versions of a file.
std::string digest(std::string_view body);

// Bits of what a page needs once: personalize.css, personalize.js.
constexpr unsigned style_asset = 1;
constexpr unsigned script_asset = 2;

// Adds to a campaign what its widget does unless the campaign says otherwise: a bar that was closed
// stays away for a week, a popup comes once a session.
void add_default_rules(Declaration& campaign);

// Returns the names of the fields of all of them, each once.
std::vector<std::string_view> field_names();

}  // namespace personalize
