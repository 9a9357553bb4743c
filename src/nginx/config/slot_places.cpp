#include "nginx/config/slot_places.h"

#include <algorithm>
#include <map>
#include <memory_resource>

#include "base/text/text.h"
#include "personalize/render/json_text.h"
#include "personalize/rewrite/page_ends.h"

namespace personalize {

bool has_told_places(const Site& site, const std::vector<SlotDeclaration>* declarations,
                     const std::string& name) {
  if (site.is_by_element(site.program->slot(name))) {
    return false;
  }
  return declarations == nullptr ||
         std::none_of(declarations->begin(), declarations->end(), [&](const auto& one) {
           return one.name == name && (one.all || !one.attribute.empty());
         });
}

namespace {

// Returns whether a script can find all places of a slot that stands at every match.
bool stands_everywhere(const Site& site, const std::vector<SlotDeclaration>& declarations,
                       const std::string& name) {
  return !site.is_by_element(site.program->slot(name)) &&
         std::none_of(declarations.begin(), declarations.end(), [&](const auto& one) {
           return one.name == name && (!one.all || !one.attribute.empty());
         });
}

}  // namespace

std::string write_slot_places(const Site& site, const std::vector<SlotDeclaration>* declarations) {
  std::map<std::string, std::vector<const SlotDeclaration*>> places;
  if (declarations != nullptr) {
    for (const auto& declaration : *declarations) {
      const bool is_known = site.program->slot(declaration.name) != no_slot &&
                            !is_one_of(declaration.selector, page_ends);
      if (is_known && (has_told_places(site, declarations, declaration.name) ||
                       stands_everywhere(site, *declarations, declaration.name))) {
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
      json.begin_array().string(one->selector).string(name_of(one->placement));
      if (one->all) {
        json.string("all");
      }
      json.end_array();
    }
    json.end_array();
  }
  json.end_object();
  return std::string(out);
}

}  // namespace personalize
