// The badge that shows what a preview forces.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

// Appends the badge's HTML. It lists `items`, the forced choices (decision/forcing.h), and has a
// link that ends the preview and leads back to `page`. `endpoint` is the address of the location
// with personalize_endpoint, ending in '/'. Throws what the string's memory throws.
void write_preview_badge(std::string_view items, std::string_view endpoint, std::string_view page,
                         std::string_view style_nonce, std::pmr::string& out);

}  // namespace personalize
