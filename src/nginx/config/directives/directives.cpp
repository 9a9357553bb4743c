#include "nginx/config/directives/directives.h"

#include "nginx/config/directives/endpoint_directives.h"
#include "nginx/config/directives/http_directives.h"
#include "nginx/config/directives/server_directives.h"
#include "nginx/config/location/location_directives.h"

namespace personalize {

ngx_command_t* personalize_commands() {
  static std::vector<ngx_command_t> all = [] {
    std::vector<ngx_command_t> commands;
    for (const auto& part : {LocationDirectives::commands(), http_directives(), server_directives(),
                             endpoint_directives()}) {
      commands.insert(commands.end(), part.begin(), part.end());
    }
    commands.push_back(ngx_null_command);
    return commands;
  }();
  return all.data();
}

}  // namespace personalize
