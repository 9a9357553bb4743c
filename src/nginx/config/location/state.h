// personalize_state on [features=NAME,…|all] | off
#pragma once

#include <string>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

struct StateDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, StateDirective& outer);

  // Whether pages tell scripts what was decided.
  ngx_flag_t tells_state = NGX_CONF_UNSET;
  // The features of which they do; of all if `tells_all_features`.
  std::vector<std::string> told_features;
  bool tells_all_features = false;
  Where state_where;
  // Compiled: where scripts find slots that selectors place (write_slot_places()).
  std::string slot_places;
  std::vector<std::string> element_places;  // by SlotId (write_element_places())
};

}  // namespace personalize
