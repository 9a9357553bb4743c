// The uses of HTML's attributes, as far as they matter for values in templates.
#pragma once

#include <string_view>

namespace personalize {

enum class AttributeUse : unsigned char {
  text,
  address,
  code_address,   // what it loads can run in the page, or it steers all other addresses
  frame_address,  // what it loads is a page of its own, or is put into this one
  srcset,
  script,  // or an expression that a framework evaluates
  style,
  page,       // a page of its own: srcdoc
  loading,    // decides about what is loaded and run
  sandbox,    // decides about what can run
  animation,  // can change other attributes
};

// Returns the use of an attribute; both names are in lower case.
AttributeUse use_of(std::string_view element, std::string_view attribute);

constexpr bool is_address(AttributeUse use) {
  return use == AttributeUse::address || use == AttributeUse::code_address ||
         use == AttributeUse::frame_address;
}

}  // namespace personalize
