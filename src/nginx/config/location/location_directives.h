// The directives whose value each location has: one row each.
//
// A row is a class, in files of its own beside this one, that holds what its directive says in one
// location. LocationConf inherits from all rows, so that requests read `location_conf(r).wait`. A
// row has
//
//   static ngx_command_t command();             how NGINX reads the directive; `conf` is the
//                                               LocationConf
//   void merge(ngx_conf_t* cf, Row& outer);     takes what this location does not say from the one
//                                               around it, whose own merge is over (or, at http
//                                               level, from what was read), or is the default.
//                                               Throws ConfigError or bad_alloc.
#pragma once

#include <vector>

#include "nginx/config/location/before_upstream.h"
#include "nginx/config/location/consent.h"
#include "nginx/config/location/convert.h"
#include "nginx/config/location/late.h"
#include "nginx/config/location/limits.h"
#include "nginx/config/location/page.h"
#include "nginx/config/location/personalize.h"
#include "nginx/config/location/plans.h"
#include "nginx/config/location/slot.h"
#include "nginx/config/location/state.h"
#include "nginx/config/location/types.h"
#include "nginx/config/location/visitor.h"
#include "nginx/config/location/wait.h"
#include "nginx/platform/ngx.h"

namespace personalize {

template <class... Rows>
struct LocationRows : Rows... {
  static std::vector<ngx_command_t> commands() { return {Rows::command()...}; }

  void merge(ngx_conf_t* cf, LocationRows& outer) {
    (Rows::merge(cf, static_cast<Rows&>(outer)), ...);
  }
};

using LocationDirectives =
    LocationRows<PersonalizeDirective, TypesDirective, WaitDirective, BeforeUpstreamDirective,
                 LimitsDirective, SlotDirective, ConsentDirective, PageDirective, PlansDirective,
                 ConvertDirective, VisitorDirective, StateDirective, LateDirective>;

}  // namespace personalize
