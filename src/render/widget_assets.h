// The style sheet and the script that widgets share, as a page refers to or contains them.
#pragma once

#include <memory_resource>
#include <string>

#include "personalize/render/content.h"

namespace personalize {

// Each appends one element.
void append_style(const WidgetDelivery& delivery, std::pmr::string& out);
void append_script(const WidgetDelivery& delivery, std::pmr::string& out);

}  // namespace personalize
