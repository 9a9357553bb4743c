#include "nginx/config/slot_places.h"

#include <algorithm>
#include <map>
#include <memory_resource>

#include "base/text/text.h"
#include "personalize/render/json_text.h"
#include "personalize/rewrite/page_ends.h"

namespace personalize {

namespace {

// Returns whether a script can find the places of the slot: of each selector the first match, or of
// all of them every match.
bool is_found(const std::vector<SlotDeclaration>& declarations, const SlotDeclaration& one) {
  return std::all_of(declarations.begin(), declarations.end(), [&](const auto& other) {
    return other.name != one.name || other.all == one.all;
  });
}

void write_place(const SlotDeclaration& one, JsonText& json) {
  json.begin_array().string(one.selector);
  json.string(one.attribute.empty() ? name_of(one.placement) : std::string_view(one.attribute));
  if (one.all) {
    json.string("all");
  }
  json.end_array();
}

}  // namespace

std::string write_slot_places(const Site& site, const std::vector<SlotDeclaration>* declarations) {
  std::map<std::string, std::vector<const SlotDeclaration*>> places;
  if (declarations != nullptr) {
    for (const auto& declaration : *declarations) {
      const SlotId slot = site.program->slot(declaration.name);
      const bool is_content =
          slot != no_slot && site.is_content(slot) && !is_one_of(declaration.selector, page_ends);
      if (is_content && is_found(*declarations, declaration)) {
        places[declaration.name].push_back(&declaration);
      }
    }
  }
  std::pmr::string out;
  JsonText json(out);
  json.begin_object();
  for (const auto& [name, found] : places) {
    json.key(name).begin_array();
    for (const SlotDeclaration* one : found) {
      write_place(*one, json);
    }
    json.end_array();
  }
  json.end_object();
  return std::string(out);
}

std::vector<std::string> write_element_places(const Site& site,
                                              const std::vector<SlotDeclaration>* declarations) {
  std::vector<std::string> places;
  for (SlotId slot = 0; slot < site.program->slots().size(); ++slot) {
    std::pmr::string out;
    JsonText json(out);
    json.begin_array();
    for (std::size_t i = 0; declarations != nullptr && i < declarations->size(); ++i) {
      const SlotDeclaration& one = (*declarations)[i];
      if (!site.is_content(slot) && one.name == site.program->slots()[slot]) {
        write_place(one, json);
      }
    }
    json.end_array();
    places.emplace_back(out);
  }
  return places;
}

}  // namespace personalize
