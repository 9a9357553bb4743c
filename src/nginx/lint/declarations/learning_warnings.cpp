#include "nginx/lint/declarations/learning_warnings.h"

#include <algorithm>

#include "personalize/learn/learned_list.h"

namespace personalize {

namespace {

bool is_of_items(const LocationConf& location) {
  return location.page != nullptr && location.page->names(*find_page_field("item_id"));
}

bool has_orders(const LocationConf& location) {
  const auto* conversions = location.conversions;
  const bool is_of_orders = location.page != nullptr &&
                            location.page->names(*find_page_field("transaction_id")) &&
                            location.page->names(*find_page_field("items"));
  return is_of_orders ||
         (conversions != nullptr &&
          std::any_of(conversions->begin(), conversions->end(), [](const Conversion& conversion) {
            return conversion.metric == "purchase" && conversion.items != nullptr;
          }));
}

// Returns whether nothing is to be said of the chain.
bool warn_of_learned_steps(ngx_conf_t* cf, const MainConf& main, const Declaration& chain,
                           bool learns_orders) {
  for (const Statement& statement : chain.statements) {
    const auto& words = statement.words;
    if (words[0] != "try" || words.size() < 2) {
      continue;
    }
    const bool is_of_orders = words[1] == "also_bought" || words[1] == "bestsellers";
    if (is_of_orders && !learns_orders) {
      warn(cf, statement.where,
           "nothing is learned of orders: no location has a \"personalize_convert purchase\" with "
           "items=, or pages with type=order transaction_id= items=");
      return false;
    }
    if (is_learned_list(words[1]) && main.cache == nullptr) {
      warn(cf, statement.where,
           "without personalize_cache every page makes learned lists anew, which takes up to a "
           "hundred commands to Redis");
      return false;
    }
  }
  return true;
}

}  // namespace

void warn_of_learning(ngx_conf_t* cf, const MainConf& main,
                      const std::vector<const ServerConf*>& servers) {
  if (!main.learn) {
    return;
  }
  const Where& where = *main.learn_where;
  const auto& locations = main.locations;
  const auto any = [&](auto has) {
    return std::any_of(locations.begin(), locations.end(),
                       [&](const LocationEntry& entry) { return has(*entry.location); });
  };
  if (main.visitors.empty()) {
    warn(cf, where,
         "personalize_learn learns nothing without personalize_visitor: only visitors who are "
         "recognized count");
  } else if (!any(is_of_items) && !any(has_orders)) {
    warn(cf, where,
         "personalize_learn learns nothing: no location says which product its pages show, as in "
         "\"personalize_page type=product item_id=$arg_id\"");
  }
  if (main.learn->by_country && main.geo.size() == 0) {
    warn(cf, where, "personalize_learn learns nothing by=country without personalize_geoip");
  }
  const bool learns_orders = any(has_orders);
  for (const ServerConf* server : servers) {
    for (const Declaration& chain : server->chains) {
      if (!warn_of_learned_steps(cf, main, chain, learns_orders)) {
        return;
      }
    }
  }
}

}  // namespace personalize
