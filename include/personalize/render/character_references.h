// Text for pages that are not written in UTF-8.
#pragma once

#include <memory_resource>
#include <string>

namespace personalize {

// Replaces every character beyond ASCII by a numeric character reference, which means the same in
// every charset; bytes that are not UTF-8 become U+FFFD. For HTML without scripts or styles that
// contain such characters. Throws what the string's memory throws.
void to_character_references(std::pmr::string& html);

}  // namespace personalize
