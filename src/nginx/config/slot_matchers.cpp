#include "nginx/config/slot_matchers.h"

#include <algorithm>

#include "base/text/text.h"
#include "personalize/rewrite/page_ends.h"

namespace personalize {

namespace {

SlotRule slot_rule(const SlotDeclaration& declaration, SlotId slot) {
  return {declaration.where,    slot,
          declaration.selector, declaration.placement,
          declaration.all,      declaration.early,
          declaration.attribute};
}

// Returns the rules of a location. Slots that are attributes elsewhere have no place in it, and
// must not be marked in its pages either.
std::vector<SlotRule> slot_rules(const std::vector<SlotDeclaration>* declarations,
                                 const Program& program, const AttributeSlots& attribute_slots) {
  std::vector<SlotRule> rules;
  for (SlotId slot = 0; slot < program.slots().size(); ++slot) {
    if (const AttributePlace* place = attribute_slots.find(program.slots()[slot])) {
      rules.push_back({place->where, slot, {}, Placement::inner, false, false, place->attribute});
    }
  }
  if (declarations == nullptr) {
    return rules;
  }
  for (const auto& declaration : *declarations) {
    const SlotId slot = program.slot(declaration.name);
    if (slot != no_slot) {
      rules.push_back(slot_rule(declaration, slot));
    }
  }
  return rules;
}

// Refuses a slot that is decided for each of its elements, and is at none.
void check_elements(const Site& site, const std::vector<SlotRule>& rules) {
  for (const auto& rule : rules) {
    if (is_one_of(rule.selector, page_ends) && site.is_by_element(rule.slot)) {
      throw ConfigError(rule.where,
                        "slot " + quoted(site.program->slots()[rule.slot]) +
                            " is decided by slot.data of its elements, and " + rule.selector +
                            " is none: write a selector such as \"body\" with prepend or append");
    }
  }
}

}  // namespace

const SlotMatcher* Matchers::get(const Site& site, const std::vector<SlotDeclaration>* slots,
                                 bool with_end, bool with_visual) {
  const SlotMatcher*& matcher = known_[{&site, slots, with_end, with_visual}];
  if (matcher == nullptr) {
    auto rules = slot_rules(slots, *site.program, attribute_slots_);
    auto names = site.program->slots();
    check_elements(site, rules);
    // What follows has no names: pages cannot mark it.
    if (with_end) {
      names.emplace_back();
      SlotRule end;
      end.slot = site.page_end;
      end.of_scripts = true;
      rules.push_back(end);
    }
    if (with_visual) {
      names.resize(site.first_visual + site.visual->slot_count());
      const auto visual = site.visual->rules(site.first_visual);
      rules.insert(rules.end(), visual.begin(), visual.end());
    }
    matcher = owner_.emplace_back(std::make_unique<SlotMatcher>(names, rules, site.elements)).get();
  }
  return matcher;
}

void check_slots(const std::vector<SlotDeclaration>& declarations, const Program& program) {
  for (const auto& declaration : declarations) {
    if (program.slot(declaration.name) == no_slot) {
      throw ConfigError(
          declaration.where,
          "unknown slot " + quoted(declaration.name) +
              ": no personalize_campaign of this server fills it" +
              (program.slots().empty() ? std::string()
                                       : "; slots filled are " + list_names(program.slots())));
    }
  }
}

void check_http_slots(ngx_conf_t* cf, const Sites& sites) {
  const auto& http = *static_cast<LocationConf*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_personalize_module));
  if (http.slots == nullptr) {
    return;
  }
  for (const auto& declaration : *http.slots) {
    // Checks the selector even if no location uses it.
    const SlotMatcher compiled({declaration.name}, {slot_rule(declaration, 0)});
    const bool is_known = std::any_of(sites.begin(), sites.end(), [&](const auto& site) {
      return site->program->slot(declaration.name) != no_slot;
    });
    if (!is_known) {
      throw ConfigError(declaration.where, "unknown slot " + quoted(declaration.name) +
                                               ": no personalize_campaign fills it");
    }
  }
}

}  // namespace personalize
