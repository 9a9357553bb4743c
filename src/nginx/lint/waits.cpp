#include "nginx/lint/waits.h"

#include <set>
#include <string>

#include "nginx/platform/config_errors.h"

namespace personalize {

namespace {

std::string in_ms(ngx_msec_t time) {
  return std::to_string(time) + "ms";
}

// Returns what is wrong with the wait; "" if nothing is.
std::string doubt_of_wait(const MainConf& main, const LocationConf& location) {
  if (!location.wait_where) {
    return {};
  }
  const std::string wait = "personalize_wait " + in_ms(location.wait);
  if (main.has_redis && location.needs.any() && location.wait > main.redis.timeout) {
    return wait + " ends sooner, since a look-up has failed after " + in_ms(main.redis.timeout) +
           ": write timeout=" + in_ms(location.wait) + " at personalize_redis (" +
           main.redis_where.text() + "), or a shorter wait";
  }
  const ngx_msec_t most = most_wait(location.send_timeout);
  if (location.wait > most) {
    return wait + " ends sooner, after " + in_ms(most) +
           ", which is half of send_timeout: write a longer send_timeout, or a shorter wait";
  }
  return {};
}

}  // namespace

void warn_of_waits(ngx_conf_t* cf, const MainConf& main) {
  std::set<std::string> warned;  // a directive holds for many locations
  const auto warn_once = [&](const Where& where, const std::string& message) {
    if (warned.insert(where.text()).second) {
      warn(cf, where, message);
    }
  };
  for (const auto& entry : main.locations) {
    const LocationConf& location = *entry.location;
    if (!location.is_active()) {
      continue;
    }
    if (const std::string doubt = doubt_of_wait(main, location); !doubt.empty()) {
      warn_once(*location.wait_where, doubt);
    }
    if (location.fills_late != 0 && location.late_where && location.endpoint.empty()) {
      warn_once(*location.late_where,
                "personalize_late has no effect without personalize_endpoint, where the script is "
                "that fills what a browser does not: slots hold the page. Add a location with "
                "personalize_endpoint to this server");
    }
  }
}

}  // namespace personalize
