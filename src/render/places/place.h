// What is known of a place of a template: how values are escaped there, or why none can stand
// there.
#pragma once

#include <stdexcept>

namespace personalize {

// The message says what is wrong and what to write instead; the caller adds the place.
class MarkupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Escape : unsigned char {
  none,           // the value as it is
  html,           // text, or a quoted attribute
  url,            // inside a quoted attribute that holds an address
  component,      // the same, in its query or fragment
  segment,        // a path segment of an address that loads code: plain letters or nothing
  srcset,         // inside an address of a srcset
  candidates,     // at the beginning of a candidate of a srcset: one address, or several candidates
  script,         // an expression of a script: any value, as a literal
  json,           // the same, of a block of JSON
  script_string,  // inside a string of either
  style,          // the value of a declaration of CSS: plain words and numbers, or nothing
  style_string,   // inside a string of CSS
  style_address,  // at the beginning of such a string that is an address
};

// What the values must not make of an address.
enum class AddressCheck : unsigned char {
  none,
  scheme,  // one that runs something: the fixed text does not say its scheme
  path,    // one of another host: the fixed text begins with one slash
};

}  // namespace personalize
