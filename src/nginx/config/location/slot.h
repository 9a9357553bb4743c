// personalize_slot NAME SELECTOR [PLACEMENT] [all] [early], or NAME SELECTOR attribute=ATTRIBUTE
// [all]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

// One line, as read.
struct SlotDeclaration {
  Where where;
  std::string name;
  std::string selector;
  Placement placement = Placement::inner;
  bool all = false;
  bool early = false;
  std::string attribute = {};  // in small letters; "" for a place in the page
};

// Returns the word by which a line names it.
std::string_view name_of(Placement placement);

struct SlotDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, SlotDirective& outer);

  // nullptr: there are none. Levels that declare no slot share those of the level around them.
  std::vector<SlotDeclaration>* slots = nullptr;
  bool has_own_slots = false;  // since merge()
};

}  // namespace personalize
