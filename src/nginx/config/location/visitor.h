// personalize_visitor $variable | cookie=NAME [PARAMETER…]
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"
#include "personalize/signals/view_ticket.h"
#include "personalize/signals/visitor.h"

namespace personalize {

// A cookie or a variable.
struct VisitorRule {
  std::unique_ptr<VisitorCookie> cookie;
  std::vector<TicketKey> ticket_keys;  // of the keys that sign ids, in their order
  ngx_int_t variable = NGX_ERROR;      // its index
  std::string variable_name;
  Where where;

  bool is_signed() const { return cookie != nullptr && cookie->is_signed(); }
};

// Returns whether by both rules the same request is of the same visitor.
inline bool are_alike(const VisitorRule* one, const VisitorRule* other) {
  if (one == other || one == nullptr || other == nullptr) {
    return one == other;
  }
  if (one->cookie == nullptr || other->cookie == nullptr) {
    return one->cookie == other->cookie && one->variable == other->variable;
  }
  return one->cookie->options().cookie == other->cookie->options().cookie &&
         one->ticket_keys == other->ticket_keys;
}

// Of the cookies that go with ids; without a rule, those of the host alone. If a proxy terminates
// TLS, only the operator knows that a client uses HTTPS.
inline std::string_view cookie_domain(const VisitorRule* rule) noexcept {
  return rule != nullptr && rule->cookie ? rule->cookie->options().domain : std::string_view();
}
inline bool has_secure_cookies(const VisitorRule* rule, std::string_view scheme) noexcept {
  const bool is_set = rule != nullptr && rule->cookie && rule->cookie->options().secure;
  return is_set ? *rule->cookie->options().secure : scheme == "https";
}

struct VisitorDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, VisitorDirective& outer);

  // nullptr: nobody is recognized.
  VisitorRule* visitor = static_cast<VisitorRule*>(NGX_CONF_UNSET_PTR);
};

}  // namespace personalize
