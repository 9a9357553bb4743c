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

}  // namespace personalize
