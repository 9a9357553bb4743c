// The configuration as NGINX keeps it for http, servers and locations.
//
// It is made in three steps. Directives are read into declarations (directives/, location/). NGINX
// merges levels, and what a level lacks is inherited. When all is read and merged,
// compile_configuration() makes the sites of the declarations and sets in each location what
// applies to it (compile.h); requests use that alone.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/config/location/location_directives.h"
#include "nginx/config/site/site.h"
#include "nginx/delivery/event_options.h"
#include "nginx/platform/config_errors.h"
#include "nginx/platform/memory.h"
#include "nginx/platform/module.h"
#include "nginx/platform/ngx.h"
#include "nginx/redis_client/followers/pools.h"
#include "nginx/redis_client/followers/switches.h"
#include "nginx/redis_client/followers/weights.h"
#include "nginx/redis_client/options.h"
#include "nginx/shared/allocations.h"
#include "nginx/shared/cache.h"
#include "nginx/shared/claims.h"
#include "nginx/shared/counters/campaign_counters.h"
#include "nginx/shared/counters/counters.h"
#include "nginx/shared/counters/experiment_visitors.h"
#include "nginx/shared/counters/labelled_counters.h"
#include "nginx/shared/counters/lifetime.h"
#include "nginx/shared/counters/newcomers.h"
#include "nginx/shared/events.h"
#include "nginx/shared/learning.h"
#include "nginx/shared/plan_store.h"
#include "nginx/shared/redis_status.h"
#include "nginx/shared/switches.h"
#include "nginx/shared/view_tickets.h"
#include "personalize/base/statement.h"
#include "personalize/decision/decision.h"
#include "personalize/learn/learn_options.h"
#include "personalize/record/experiment_weights.h"
#include "personalize/render/content.h"
#include "personalize/render/locale.h"
#include "personalize/render/own_widgets.h"
#include "personalize/rewrite/rewrite.h"
#include "personalize/signals/device.h"
#include "personalize/signals/preview.h"
#include "personalize/signals/signals.h"
#include "personalize/signals/view_ticket.h"
#include "personalize/signals/visitor.h"
#include "personalize/sources/session.h"
#include "personalize/sources/sources.h"

namespace personalize {

struct LocationConf;
struct ServerConf;

// A location that the configuration has, and the server that it belongs to.
struct LocationEntry {
  LocationConf* location;
  const ServerConf* server;
};

// A location that answers itself: personalize_endpoint, personalize_explain, personalize_forget or
// personalize_status.
struct AnsweringLocation {
  Where where;
  std::string directive;
  const ngx_http_core_loc_conf_t* core;
  ngx_http_handler_pt handler;
};

// personalize_plans
struct PlanOptions {
  std::optional<Where> where;  // of the directive
  std::string zone_name = "personalize_plans";
  std::size_t zone_size = std::size_t{32} * 1024 * 1024;
  std::size_t max = std::size_t{2} * 1024 * 1024;  // bytes of a page
  bool compresses = true;
  int level = 6;
  PlanStore* store = nullptr;
};

struct MainConf {
  // As read.
  std::vector<SourceDeclaration> sources;
  std::vector<Declaration> widgets;  // personalize_widget
  GeoDatabases geo;
  RedisOptions redis;
  bool has_redis = false;
  Where redis_where;
  SharedCache* cache = nullptr;  // nullptr without personalize_cache
  Where cache_where;
  CacheTimes cache_times;
  PlanOptions plans;
  bool invalidation = true;  // whether Redis is asked to announce changed keys
  NewcomerRule newcomer_rule;
  EventOptions events;
  std::optional<Where> learn_where;   // of personalize_learn
  std::optional<LearnOptions> learn;  // nothing: nothing is learned
  Locales locales;
  std::optional<ngx_int_t> locale_variable;  // the index of what says which of them
  Where locale_where;                        // of the directive with that variable
  std::vector<AnsweringLocation> answering;

  // As merged.
  std::vector<LocationEntry> locations;
  std::vector<VisitorRule*> visitors;  // of all servers and locations, each once

  // Compiled.
  OwnWidgets own_widgets;
  std::vector<std::string> metrics;   // that personalize_convert names, in order
  std::vector<std::string> prefixes;  // of keys whose changes Redis announces; may be empty
  SwitchPlan switches;
  PoolPlan pools;
  ExperimentWeights weights;
  WeightPlan weight_plan;
  std::vector<std::unique_ptr<const SlotMatcher>> matchers;  // those of LocationConf

  // In memory that workers share.
  SharedCounters counters;
  LabelledCounters labelled_counters;
  CampaignCounters campaign_counters;
  ExperimentVisitors experiment_visitors;
  SharedLifetime lifetime;
  SharedSwitches shared_switches;
  SharedAllocations shared_allocations;
  SharedRedisStatus redis_status;
  SharedNewcomers newcomers;
  SharedViewTickets view_tickets;
  SharedClaims shared_claims;
  SharedEvents shared_events;      // without events there is none
  SharedLearning shared_learning;  // unless something is learned there is none
};

// A location that has personalize_endpoint.
struct Endpoint {
  std::string path;  // "/_pz/"
  const LocationConf* location;
  Where where;
};

struct ServerConf {
  // As read; then, merged, with those of http before them, and campaigns with what they take from
  // groups and from each other, and the default rules of their widgets.
  std::vector<Declaration> segments;
  std::vector<Declaration> values;
  std::vector<Declaration> campaigns;
  std::vector<Declaration> groups;
  std::set<std::string> used_groups;  // names that campaigns have in "group"
  std::vector<Declaration> chains;    // of personalize_recommend
  std::vector<Declaration> forms;     // of personalize_collect
  ExperimentText experiments;
  VisitorRule* visitor = nullptr;  // locations can have another
  PersonRule* person = nullptr;    // nullptr: none is known
  SessionRule* session = nullptr;
  BotRules* bots = nullptr;          // nullptr: only the module's own list
  PreviewSecret* preview = nullptr;  // nullptr: there are no previews
  Where preview_where;
  std::vector<Endpoint> endpoints;
  std::string endpoint;  // that of the server's own visitors; "" if there is none

  // As merged: whether the server's site is its own, or that of all servers that declare nothing.
  bool has_own_site = true;

  // Compiled.
  std::shared_ptr<const Site> site;
};

struct LocationConf : LocationDirectives {
  // Compiled. Set where responses can be personal: personalize is on, and a campaign could fill a
  // slot or the request is held for variables.
  const Site* site = nullptr;
  std::string_view endpoint;  // for what is seen here; "" if there is none
  const SlotMatcher* matcher = nullptr;
  const SlotMatcher* end_matcher = nullptr;     // for pages with something of ours at their end
  const SlotMatcher* visual_matcher = nullptr;  // for pages with visual changes; may be nullptr
  bool loads_scripts = false;                   // Site::scripts, in pages for people
  bool takes_tickets = false;             // prefetched pages do: something would be counted of them
  std::vector<FeatureId> state_features;  // of which pages tell
  SourceSet state_needs;                  // what these features need
  SourceSet needs;    // what all slots together may need, and variables before the upstream
  SourceSet awaited;  // what the request is held for before the upstream

  bool is_active() const { return site != nullptr; }
};

// Returns how visitors of the request are recognized: `server` is the request's, or one that is
// asked about in its place. nullptr: they are not.
const VisitorRule* visitor_rule(ngx_http_request_t* r, const ServerConf& server) noexcept;
// Returns the same of the cookies that a browser keeps whatever its ids are: the server's own.
const VisitorRule* state_rule(ngx_http_request_t* r, const ServerConf& server) noexcept;

MainConf& main_conf(ngx_http_request_t* r);
LocationConf& location_conf(ngx_http_request_t* r);
ServerConf& server_conf(ngx_http_request_t* r);

// Return the same while the configuration is read; those of the block that is being read.
MainConf& main_conf(ngx_conf_t* cf);
ServerConf& server_conf(ngx_conf_t* cf);

void* create_main_conf(ngx_conf_t* cf);
char* init_main_conf(ngx_conf_t* cf, void* conf);
void* create_server_conf(ngx_conf_t* cf);
char* merge_server_conf(ngx_conf_t* cf, void* parent, void* child);
void* create_location_conf(ngx_conf_t* cf);
char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child);

}  // namespace personalize
