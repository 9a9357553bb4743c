#include "personalize/attributes/known_attribute.h"

namespace personalize {

bool is_known_attribute(std::string_view text, const AttributeTable& attributes) {
  const bool is_name = text.find('.') != std::string_view::npos &&
                       text.find_first_of(" \t\r\n{}|/?&=,;:") == std::string_view::npos;
  if (!is_name || !attributes.knows_root(text)) {
    return false;
  }
  AttributeTable scratch = attributes;  // what is only asked for is not to be looked up
  scratch.know_items(true);
  try {
    scratch.intern(text, {});
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

void refuse_attribute_as_default(std::string_view text, const AttributeTable& attributes,
                                 const Where& where) {
  if (!text.empty() && is_known_attribute(text, attributes)) {
    throw ConfigError(where,
                      "\"default " + std::string(text) +
                          "\" is that text and not the value "
                          "of the attribute: choose between attributes with personalize_value, "
                          "or write the text in quotes if it is meant");
  }
}

std::string mentioned_attribute(std::string_view text, const AttributeTable& attributes) {
  if (is_known_attribute(text, attributes)) {
    return std::string(text);
  }
  for (auto open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) {
      break;
    }
    const bool is_tag =
        (open > 0 && text[open - 1] == '{') || (open + 1 < text.size() && text[open + 1] == '{');
    const auto name = text.substr(open + 1, close - open - 1);
    if (!is_tag && is_known_attribute(name, attributes)) {
      return std::string(name);
    }
  }
  return {};
}

}  // namespace personalize
