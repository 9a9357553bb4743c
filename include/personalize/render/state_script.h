// What a page tells scripts of what was decided for it.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/render/content.h"

namespace personalize {

// Appends `<script type="application/json" id="pz-state">` with the JSON, which must be able to
// stand in one (JsonText); and, where there is an endpoint, the script that keeps to it
// (src/widgets/script/by_need/handover.js). Nothing stands between them. Throws what the string's
// memory throws.
void append_state_script(const WidgetDelivery& delivery, std::string_view json,
                         std::pmr::string& out);

}  // namespace personalize
