// Elements that visual changes put into a page: style sheets, scripts, and what a script is told.
//
// All throw what the string's memory throws.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/render/content.h"

namespace personalize {

// Append the style sheet or the script of an experiment, as they are. `is_utf8`: the page is read
// as UTF-8; else characters beyond ASCII are written as escapes.
void append_visual_style(const WidgetDelivery& delivery, std::string_view experiment,
                         std::string_view css, bool is_utf8, std::pmr::string& out);
void append_visual_script(const WidgetDelivery& delivery, std::string_view experiment,
                          std::string_view js, bool is_utf8, std::pmr::string& out);

// Appends an attribute, with a blank before it.
void append_attribute(std::string_view name, std::string_view value, std::pmr::string& out);

// Appends `<script type="application/json" id="pz-visual">` with the JSON (JsonText), and the
// script that makes the changes which it tells of (src/widgets/script/by_need/visual.js): it runs
// as soon as it is there. Nothing stands between them.
void append_visual_changes(const WidgetDelivery& delivery, std::string_view json,
                           std::pmr::string& out);

}  // namespace personalize
