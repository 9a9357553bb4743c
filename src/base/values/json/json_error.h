// What is wrong with JSON in a configuration, for the person who has written it.
#pragma once

#include <string>
#include <string_view>

namespace personalize {

// Returns where the first mistake is and what it is, in one line:
//
//   [{"name": "Kettle" "price": 49}]
//   in element 1, after member "name": "," or "}" is missing before "\"price\": 49}]" (line 1,
//   column 20)
//
// "" if there is none: the text is an array or an object by RFC 8259, no object has a name twice,
// and nothing nests deeper than 1000 levels.
std::string describe_json_error(std::string_view text);

}  // namespace personalize
