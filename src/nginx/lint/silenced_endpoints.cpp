#include "nginx/lint/silenced_endpoints.h"

#include <algorithm>

#include "base/text/text.h"
#include "nginx/platform/config_errors.h"

namespace personalize {

namespace {

constexpr std::string_view answering[] = {"personalize_endpoint", "personalize_status",
                                          "personalize_explain", "personalize_forget"};

}  // namespace

void warn_of_silenced_endpoints(ngx_conf_t* cf, const std::vector<TextDirective>& text) {
  const auto returns = std::find_if(text.begin(), text.end(), [](const TextDirective& one) {
    return one.words.front() == "return";
  });
  for (const auto& directive : text) {
    if (returns != text.end() && is_one_of(directive.words.front(), answering)) {
      warn(cf, directive.where,
           directive.words.front() + " never answers, since \"return\" in its location does: " +
               "give it a location of its own");
    }
    warn_of_silenced_endpoints(cf, directive.block);
  }
}

}  // namespace personalize
