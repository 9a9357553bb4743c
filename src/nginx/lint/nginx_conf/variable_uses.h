// Where a configuration uses this module's variables.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "nginx/lint/nginx_conf/configuration_text.h"

namespace personalize {

// What names of this module's variables and directives begin with.
constexpr std::string_view own_prefix = "personalize_";

struct VariableUse {
  std::string variable;   // one of this module's, without `$`
  std::string by_way_of;  // the map or split_clients variable that is made of it; "" if none
  std::string directive;
  Where where;

  enum class Time : std::uint8_t {
    early,     // before a request can be held: in the rewrite, preaccess and access phases
    upstream,  // from the upstream on
  };
  Time time = Time::upstream;

  // The number of the server block, in their order; -1 outside of servers.
  int server = -1;
  // What holds at its place, or, outside of locations, in any location that may inherit it.
  bool personalized = false;
  // `personalize` is off there, was hardly meant to be, and no personal request is led there.
  bool idle = false;
  bool held = false;  // for this variable, by personalize_before_upstream
};

// Returns all uses but those in which a variable's final value counts: log_format, access_log and
// add_trailer. Sees the text of directives alone: not what SSI commands, Lua, Perl or njs read.
std::vector<VariableUse> find_variable_uses(const std::vector<TextDirective>& configuration);

}  // namespace personalize
