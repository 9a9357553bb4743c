// The style sheet and the script that widgets share, as a page refers to or contains them.
#pragma once

#include <memory_resource>
#include <string>

#include "personalize/render/content.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

// Each appends one element.
void append_style(const WidgetDelivery& delivery, std::pmr::string& out);
void append_script(const WidgetDelivery& delivery, std::pmr::string& out);

// The same for those of an operator's widget.
void append_style(const WidgetDelivery& delivery, const Asset& style, std::pmr::string& out);
void append_script(const WidgetDelivery& delivery, const Asset& script, std::pmr::string& out);

// The same for a script that does not wait for the end of the page.
void append_early_script(const WidgetDelivery& delivery, const Asset& script,
                         std::pmr::string& out);

// Appends JSON for scripts (json_text.h), in an element with that id.
void append_json(const WidgetDelivery& delivery, std::string_view id, std::string_view json,
                 std::pmr::string& out);

}  // namespace personalize
