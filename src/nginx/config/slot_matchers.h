// What finds the slots of pages, as personalize_slot and the campaigns say.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/config/site/attribute_slots.h"

namespace personalize {

// The matchers of all locations: each set of personalize_slot lines is compiled once for a site.
class Matchers {
 public:
  // Both must outlive this.
  Matchers(std::vector<std::unique_ptr<const SlotMatcher>>& owner,
           const AttributeSlots& attribute_slots)
      : owner_(owner), attribute_slots_(attribute_slots) {}

  // `with_end`: finds the end of the body, also where no campaign fills it. Throws ConfigError.
  const SlotMatcher* get(const Site& site, const std::vector<SlotDeclaration>* slots,
                         bool with_end) {
    return get(site, slots, with_end, false);
  }
  // Finds that, and what visual changes are about.
  const SlotMatcher* get_with_visual(const Site& site, const std::vector<SlotDeclaration>* slots) {
    return get(site, slots, true, true);
  }

 private:
  using Key = std::tuple<const Site*, const std::vector<SlotDeclaration>*, bool, bool>;

  const SlotMatcher* get(const Site& site, const std::vector<SlotDeclaration>* slots, bool with_end,
                         bool with_visual);

  std::vector<std::unique_ptr<const SlotMatcher>>& owner_;
  const AttributeSlots& attribute_slots_;
  std::map<Key, const SlotMatcher*> known_;
};

// Checks that every slot that a server or location names is one of its server. Throws ConfigError.
void check_slots(const std::vector<SlotDeclaration>& declarations, const Program& program);

// Checks that every slot named in http exists in at least one server. Throws ConfigError.
void check_http_slots(ngx_conf_t* cf, const Sites& sites);

}  // namespace personalize
