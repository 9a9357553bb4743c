// The script tag of a page that is counted when it is looked at.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/render/content.h"

namespace personalize {

// Appends the runtime script with a ticket to hand in (view_ticket.h). There must be an endpoint.
// Throws what the string's memory throws.
void append_view_script(const WidgetDelivery& delivery, std::string_view ticket,
                        std::pmr::string& out);

}  // namespace personalize
