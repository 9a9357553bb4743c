// Text for pages that are not written in UTF-8.
#pragma once

#include <memory_resource>
#include <string>

namespace personalize {

// Writes every character beyond ASCII as a numeric character reference, which means the same in
// every charset; bytes that are not UTF-8 become U+FFFD. For HTML without script or style that
// holds such characters. Throws bad_alloc.
void to_character_references(std::pmr::string& html);

}  // namespace personalize
