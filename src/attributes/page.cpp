#include "personalize/attributes/page.h"

#include <algorithm>

#include "base/text/text.h"

namespace personalize {

std::optional<std::uint32_t> find_page_field(std::string_view name) noexcept {
  const auto* found = std::find(page_fields.begin(), page_fields.end(), name);
  return found == page_fields.end()
             ? std::nullopt
             : std::optional(static_cast<std::uint32_t>(found - page_fields.begin()));
}

std::optional<std::uint32_t> find_page_stage(std::string_view type) noexcept {
  const auto* found = std::find(page_stages.begin(), page_stages.end(), type);
  return found == page_stages.end()
             ? std::nullopt
             : std::optional(static_cast<std::uint32_t>(found - page_stages.begin()));
}

bool is_page_type(std::string_view type) noexcept {
  return std::find(page_types.begin(), page_types.end(), type) != page_types.end();
}

std::string list_page_fields() {
  return list_names(page_fields);
}

std::string list_page_types() {
  return list_names(page_types);
}

}  // namespace personalize
