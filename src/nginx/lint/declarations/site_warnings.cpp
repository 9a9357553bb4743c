#include "nginx/lint/declarations/site_warnings.h"

#include <algorithm>
#include <initializer_list>
#include <set>

#include "base/text/nearest.h"
#include "base/text/text.h"
#include "base/values/item.h"
#include "nginx/lint/declarations/attribute_warnings.h"
#include "nginx/lint/declarations/content_warnings.h"
#include "nginx/lint/declarations/value_warnings.h"

namespace personalize {

namespace {

bool has_page(const MainConf& main) {
  return std::any_of(main.locations.begin(), main.locations.end(),
                     [](const LocationEntry& entry) { return entry.location->page != nullptr; });
}

// Returns whether the server, or a location of it, has visitors of whom `is` holds.
template <class Is>
bool has_visitors(const MainConf& main, const ServerConf& server, Is is) {
  return (server.visitor != nullptr && is(*server.visitor)) ||
         std::any_of(main.locations.begin(), main.locations.end(), [&](const LocationEntry& entry) {
           const VisitorRule* rule = entry.location->visitor;
           return entry.server == &server && rule != nullptr && is(*rule);
         });
}

bool has_visitors(const MainConf& main, const ServerConf& server) {
  return has_visitors(main, server, [](const VisitorRule&) { return true; });
}

bool has_signed_visitors(const MainConf& main, const ServerConf& server) {
  return has_visitors(main, server, [](const VisitorRule& rule) { return rule.is_signed(); });
}

template <class Is>
bool has_conversion(const MainConf& main, Is is) {
  return std::any_of(main.locations.begin(), main.locations.end(), [&](const LocationEntry& entry) {
    const auto* conversions = entry.location->conversions;
    return conversions != nullptr && std::any_of(conversions->begin(), conversions->end(), is);
  });
}

// Returns whether a conversion with one of these names tells its items: only then it is known what
// was bought, or put into the cart. Scripts of the shop can tell it, too, where there is an
// endpoint.
bool tells_items(const MainConf& main, bool has_endpoint,
                 std::initializer_list<std::string_view> metrics) {
  const auto tells = [&](const Conversion& conversion) {
    return conversion.items != nullptr &&
           std::find(metrics.begin(), metrics.end(), conversion.metric) != metrics.end();
  };
  return has_endpoint || has_conversion(main, tells);
}

bool has_orders(const MainConf& main) {
  return std::any_of(main.locations.begin(), main.locations.end(), [](const LocationEntry& entry) {
    return entry.location->page != nullptr && entry.location->page->has("transaction_id");
  });
}

// Returns whether browsers can report what is about the server's site: to a server that has the
// same one. Of a server without personal pages, such as one that redirects, it is another one's
// matter.
bool takes_reports(const MainConf& main, const ServerConf& server,
                   const std::vector<const ServerConf*>& servers) {
  const bool has_pages = std::any_of(
      main.locations.begin(), main.locations.end(),
      [&](const LocationEntry& entry) { return entry.location->site == server.site.get(); });
  return std::any_of(servers.begin(), servers.end(), [&](const ServerConf* other) {
    return !other->endpoint.empty() && (other->site == server.site || !has_pages);
  });
}

// Returns why nothing is ever kept of it; nullptr if something can be.
const char* reason_to_keep_nothing(Field field, const MainConf& main, bool has_endpoint) {
  if (field == Field::session_purchased && !has_orders(main) &&
      !tells_items(main, has_endpoint, {"purchase"})) {
    return "neither personalize_convert purchase items= nor personalize_page type=order "
           "transaction_id= items= tells what was bought, nor personalize_endpoint takes it from "
           "the browser";
  }
  const bool is_of_purchases = field == Field::session_purchases ||
                               field == Field::session_purchase_value ||
                               field == Field::session_last_purchase;
  if (is_of_purchases && !has_orders(main) &&
      !has_conversion(main, [](const Conversion& one) { return one.metric == "purchase"; })) {
    return "neither personalize_convert purchase nor personalize_page type=order transaction_id= "
           "tells of purchases";
  }
  if (field == Field::session_cart &&
      !tells_items(main, has_endpoint, {"add_to_cart", "view_cart", "begin_checkout"})) {
    return "neither personalize_convert add_to_cart items= tells what is in the cart, nor "
           "personalize_endpoint takes it from the browser";
  }
  const bool is_of_attention =
      field == Field::session_visible_seconds || field == Field::session_scroll;
  if (is_of_attention && !has_endpoint) {
    return "without personalize_endpoint no page can tell how it was looked at";
  }
  if (field == Field::session_dismissed && !has_endpoint) {
    return "without personalize_endpoint no browser can tell what was dismissed";
  }
  return nullptr;
}

// Attributes that can never have a value here are most likely a directive forgotten.
void warn_of_empty_roots(ngx_conf_t* cf, const MainConf& main, const ServerConf& server,
                         bool has_endpoint) {
  const auto& attributes = server.site->attributes;
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const Attribute& attribute = attributes[id];
    const char* remedy = nullptr;
    if (attribute.root == Root::visitor && !has_visitors(main, server) &&
        server.person == nullptr) {
      remedy = "without personalize_visitor nobody is recognized";
    } else if (attribute.root == Root::person && server.person == nullptr) {
      remedy = "without personalize_person it is not known who is signed in";
    } else if (attribute.root == Root::geo && main.geo.size() == 0) {
      remedy = "without personalize_geoip no place is known";
    } else if (attribute.root == Root::page && !has_page(main)) {
      remedy = "without personalize_page nothing is known of pages";
    } else if (attribute.root == Root::session) {
      remedy = reason_to_keep_nothing(attribute.field, main, has_endpoint);
    }
    if (remedy != nullptr) {
      warn(cf, attribute.where,
           "attribute " + quoted(attribute.spelling) + " is always missing: " + remedy);
    }
  }
}

// Shops have fields of their own, but hardly some that are called nearly as the usual ones.
void warn_of_item_field(ngx_conf_t* cf, const Where& where, const std::string& field) {
  const auto names = item_names();
  const bool has_digit = field.find_first_of("0123456789") != std::string::npos;
  if (has_digit || std::find(names.begin(), names.end(), field) != names.end()) {
    return;
  }
  const auto nearest = nearest_name(field, names);
  if (!nearest.empty()) {
    warn(cf, where,
         "items hardly have a field called " + quoted(field) + ": " + quoted(nearest) +
             " is a usual one");
  }
}

void warn_of_item_fields(ngx_conf_t* cf, const Site& site) {
  for (AttributeId id = 0; id < site.attributes.size(); ++id) {
    const Attribute& attribute = site.attributes[id];
    if (attribute.root == Root::item) {
      warn_of_item_field(cf, attribute.where, attribute.path.front());
    }
  }
  for (const Chain& chain : site.chains) {
    for (const auto& share : chain.shares) {
      warn_of_item_field(cf, chain.where, share.field);
    }
  }
}

void warn_of_idle_session(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  if (server.site->session != nullptr && !has_visitors(main, server) && server.person == nullptr) {
    warn(cf, server.session->where,
         "personalize_session keeps nothing: without personalize_visitor nobody is recognized");
  }
}

void warn_of_campaigns(ngx_conf_t* cf, const ServerConf& server) {
  for (const auto& [where, message] : doubtful_offers(server.campaigns)) {
    warn(cf, where, message);
  }
  const Site& site = *server.site;
  for (CampaignId id = 0; id < site.contents.size(); ++id) {
    const std::string& name = site.program->campaign_name(id);
    if (site.program->keeps_state(id) && !site.contents[id].reports(name)) {
      warn(cf, server.campaigns[id].where,
           "what visitors see and do of campaign " + quoted(name) +
               " cannot be counted: write data-pz-campaign=" + quoted(name) +
               " into an element of its fragment, or {{> campaign}} into the root of its widget");
    }
  }
}

// Returns whether somebody can prove who they are.
bool has_proven_ids(const MainConf& main, const ServerConf& server) {
  return server.person != nullptr || has_signed_visitors(main, server);
}

// Answers are kept of those alone whose id nobody can make up.
void warn_of_forms(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  const bool is_signed = has_proven_ids(main, server);
  if (server.forms.empty() || (is_signed && !server.endpoint.empty())) {
    return;
  }
  warn(cf, server.forms.front().where,
       std::string("personalize_collect keeps nothing: it needs ") +
           (is_signed ? "personalize_endpoint, where forms are sent"
                      : "ids that are signed (personalize_visitor secret_file=), or anybody could "
                        "answer for others"));
}

// What is worth something is given to those alone whose id nobody can make up.
void warn_of_claims(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  const bool is_signed = has_proven_ids(main, server);
  if (is_signed && !server.endpoint.empty()) {
    return;
  }
  const Program& program = *server.site->program;
  for (CampaignId id = 0; id < program.campaign_count(); ++id) {
    if (program.is_claimed(id)) {
      warn(cf, server.campaigns[id].where,
           "campaign " + quoted(program.campaign_name(id)) +
               " is shown to nobody: what it gives needs " +
               (is_signed ? "personalize_endpoint, where it is claimed"
                          : "signed ids (personalize_visitor with secret_file=)"));
      return;
    }
  }
}

bool has_held_location(const MainConf& main, const Site& site) {
  return std::any_of(main.locations.begin(), main.locations.end(), [&](const LocationEntry& entry) {
    const LocationConf& location = *entry.location;
    return location.site == &site && location.before_upstream != 0;
  });
}

// Warns of variants that cannot be kept, since what they depend on comes after the head.
void warn_of_sticky_experiments(ngx_conf_t* cf, const MainConf& main, const Site& site) {
  if (has_held_location(main, site)) {
    return;
  }
  for (const ExperimentId id : site.sticky) {
    const SourceSet needs = site.closure(site.program->experiment_needs(id));
    std::vector<std::string> names;
    for (std::size_t source = 0; source < site.sources.size(); ++source) {
      if (needs[source]) {
        names.push_back(site.sources[source].name);
      }
    }
    if (!names.empty()) {
      warn(cf, site.program->experiment_place(id),
           "experiment " + quoted(site.program->experiment_name(id)) +
               " is sticky and depends on " + list_names(names) +
               ", which comes after the response's head, where the cookie stands: variants are "
               "kept only in locations with \"personalize_before_upstream on;\"");
    }
  }
}

// Tells which visual changes no stream makes.
void warn_of_visual_changes(ngx_conf_t* cf, const Site& site) {
  constexpr std::size_t most = 20;
  std::size_t left = 0;
  for (const VisualChange& change :
       site.visual ? site.visual->all() : std::vector<VisualChange>()) {
    left += change.streams() ? 0 : 1;
    if (change.streams() || left > most) {
      continue;
    }
    warn(cf, change.experiment->where,
         "personalize_features: in " + quoted(change.experiment->file) + ": experiment " +
             quoted(change.experiment->key) + ", variation " + std::to_string(change.variation) +
             ": the browser changes " + quoted(change.mutation->attribute) + " of " +
             quoted(change.mutation->selector) + ", and not the stream: " + change.refusal);
  }
  if (left > most) {
    warn(cf, site.visual->experiments().front().where,
         "personalize_features: the browser makes " + std::to_string(left - most) +
             " more visual changes: personalize_explain shows them");
  }
}

// A group of http is that of each server: one campaign of any of them is enough.
void warn_of_unused_groups(ngx_conf_t* cf, const std::vector<const ServerConf*>& servers) {
  std::set<std::string> used;
  for (const ServerConf* server : servers) {
    for (const Declaration& group : server->groups) {
      if (server->used_groups.count(group.name) != 0) {
        used.insert(group.where.text());
      }
    }
  }
  for (const ServerConf* server : servers) {
    for (const Declaration& group : server->groups) {
      if (used.insert(group.where.text()).second) {
        warn(cf, group.where,
             "group " + quoted(group.name) + " applies to no campaign: write \"group " +
                 group.name + ";\" into those that it is for");
      }
    }
  }
}

}  // namespace

void warn_of_sites(ngx_conf_t* cf, const MainConf& main,
                   const std::vector<const ServerConf*>& servers) {
  warn_of_unused_groups(cf, servers);
  warn_of_twin_sources(cf, main);
  std::set<const Site*> seen;
  for (const ServerConf* server : servers) {
    if (!seen.insert(server->site.get()).second) {
      continue;
    }
    for (const auto& [where, message] : server->site->program->warnings()) {
      warn(cf, where, "personalize_features: " + message);
    }
    for (const auto& [where, message] : server->site->program->condition_warnings()) {
      warn(cf, where, message);
    }
    warn_of_campaigns(cf, *server);
    warn_of_claims(cf, main, *server);
    warn_of_contents(cf, main, *server);
    warn_of_values(cf, *server);
    warn_of_attributes(cf, main, *server);
    warn_of_empty_roots(cf, main, *server, takes_reports(main, *server, servers));
    warn_of_item_fields(cf, *server->site);
    warn_of_idle_session(cf, main, *server);
    warn_of_forms(cf, main, *server);
    warn_of_sticky_experiments(cf, main, *server->site);
    warn_of_visual_changes(cf, *server->site);
  }
}

}  // namespace personalize
