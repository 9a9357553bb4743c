#include "nginx/lint/own_locations/silenced_endpoints.h"

#include <algorithm>

#include "base/text/text.h"
#include "nginx/platform/config_errors.h"

namespace personalize {

namespace {

constexpr std::string_view answering[] = {"personalize_endpoint", "personalize_status",
                                          "personalize_explain", "personalize_forget"};

// What holds in a block, as directives inherit.
struct Inherited {
  bool is_personalized = false;
  bool tells_state = false;
};

void warn_of_returned_pages_in(ngx_conf_t* cf, const std::vector<TextDirective>& block,
                               Inherited inherited) {
  for (const auto& directive : block) {
    const auto& words = directive.words;
    if (words.size() > 1 && words[0] == "personalize") {
      inherited.is_personalized = words[1] == "on";
    }
    if (words.size() > 1 && words[0] == "personalize_state") {
      inherited.tells_state = words[1] == "on";
    }
  }
  for (const auto& directive : block) {
    const auto& words = directive.words;
    const bool makes_page = words.size() == 3 && words[0] == "return" && words[1] == "200";
    if (makes_page && inherited.is_personalized && inherited.tells_state) {
      warn(cf, directive.where(),
           "scripts cannot ask for the slots of a page that \"return\" makes (personalize_state): "
           "let it be a file or an upstream's, or set personalize off; here");
    }
    warn_of_returned_pages_in(cf, directive.block, inherited);
  }
}

}  // namespace

void warn_of_silenced_endpoints(ngx_conf_t* cf, const std::vector<TextDirective>& text) {
  const auto returns = std::find_if(text.begin(), text.end(), [](const TextDirective& one) {
    return one.words.front() == "return";
  });
  for (const auto& directive : text) {
    if (returns != text.end() && is_one_of(directive.words.front(), answering)) {
      warn(cf, directive.where(),
           std::string(directive.words.front()) +
               " never answers, since \"return\" in its location does: " +
               "give it a location of its own");
    }
    warn_of_silenced_endpoints(cf, directive.block);
  }
}

void warn_of_returned_pages(ngx_conf_t* cf, const std::vector<TextDirective>& text) {
  warn_of_returned_pages_in(cf, text, {});
}

}  // namespace personalize
