// Scripts at the end of a page.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/render/content.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

// Appends the runtime script with a ticket to hand in (view_ticket.h). There must be an endpoint.
// Throws what the string's memory throws.
void append_view_script(const WidgetDelivery& delivery, std::string_view ticket,
                        std::pmr::string& out);

// Appends a script that a page loads by need (widgets.h). There must be an endpoint. Throws the
// same.
void append_script_by_need(const WidgetDelivery& delivery, const Asset& script,
                           std::pmr::string& out);

}  // namespace personalize
