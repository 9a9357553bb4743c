// What nginx.conf says, as NGINX keeps it for http, server and location, and what is compiled of
// it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nginx/config/page_fields.h"
#include "nginx/memory.h"
#include "nginx/ngx.h"
#include "nginx/redis_client/followers/switches.h"
#include "nginx/redis_client/options.h"
#include "nginx/shared/cache.h"
#include "nginx/shared/counters.h"
#include "nginx/shared/labelled_counters.h"
#include "nginx/shared/redis_status.h"
#include "nginx/shared/switches.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"
#include "personalize/decision/consent.h"
#include "personalize/decision/decision.h"
#include "personalize/render/content.h"
#include "personalize/render/locale.h"
#include "personalize/rewrite/rewrite.h"
#include "personalize/signals/preview.h"
#include "personalize/signals/signals.h"
#include "personalize/signals/visitor.h"
#include "personalize/sources/session.h"
#include "personalize/sources/sources.h"

extern ngx_module_t ngx_http_personalize_module;
extern ngx_module_t ngx_http_personalize_early_filter_module;
extern ngx_module_t ngx_personalize_block_module;

namespace personalize {

struct LocationConf;

// personalize_source, not yet understood: its key may name what is declared further down.
struct SourceDeclaration {
  Where where;
  std::string name;
  std::vector<std::string> parameters;
};

// personalize_visitor: one of the two.
struct VisitorRule {
  std::unique_ptr<VisitorCookie> cookie;
  ngx_int_t variable = NGX_ERROR;
  std::string variable_name;
  Where where;
};

// personalize_session.
struct SessionRule {
  Where where;
  bool on = true;
  SessionOptions options;
};

// personalize_slot, not yet understood.
struct SlotDeclaration {
  Where where;
  std::string name;
  std::string selector;
  Placement placement = Placement::inner;
  bool all = false;
  mutable bool known = false;  // some server has a campaign for it
};

// Everything declared for a server, compiled. Immutable; shared by servers that declare nothing.
class Site {
 public:
  AttributeTable attributes;
  std::vector<Source> sources;              // by the index that AttributeTable gave
  std::vector<SourceSet> source_needs;      // those that a source's key and condition are made of
  const SessionOptions* session = nullptr;  // nullptr: none is kept
  // The first SessionPart among the sources, where session.* is known; also without a session.
  std::optional<std::uint32_t> first_of_session;
  std::unique_ptr<Program> program;
  std::vector<SourceSet> slot_needs;  // by SlotId: all documents that its decision may need
  SourceSet all_needs;                // of every slot, segment, experiment and feature
  std::vector<Content> contents;      // by CampaignId
  std::uint32_t number = 0;           // of SwitchPlan::sites
  bool keeps_state = false;           // Program::keeps_state()
  SlotId badge_slot = no_slot;        // body-end, where there are previews; none of the program's
                                      // where no campaign fills it
  std::vector<ExperimentId> sticky;   // experiments whose variants visitors keep

  // `needs`, and the sources that their keys and conditions need.
  SourceSet closure(SourceSet needs) const;

  // Whether the source is a part of the session; then, which.
  std::optional<SessionPart> session_part(std::size_t source) const;

  // Appends the key of a source, as KeyTemplate::expand() does, at that time.
  bool expand_key(std::size_t source, Facts& facts, std::int64_t now_s,
                  std::pmr::string& key) const;

  // Those of `needs` that can be there before the page is known, as personalize_page says it.
  SourceSet before_page(SourceSet needs) const;

  // The matcher for a set of personalize_slot lines, each set compiled once.
  const SlotMatcher* matcher(const std::vector<SlotDeclaration>* slots);

 private:
  std::map<const std::vector<SlotDeclaration>*, std::unique_ptr<SlotMatcher>> matchers_;
};

// A location with personalize_explain.
struct ExplainDeclaration {
  Where where;
  void** location_confs;  // of all modules
};

struct MainConf {
  std::vector<SourceDeclaration> sources;
  GeoDatabases geo;

  RedisOptions redis;
  bool has_redis = false;
  bool has_page = false;  // some location says what its pages are

  SharedCache* cache = nullptr;  // nullptr without personalize_cache
  CacheTimes cache_times;
  bool has_cache = false;
  bool invalidation = true;           // whether Redis is asked to tell of keys that change
  std::vector<std::string> prefixes;  // of the keys that it is asked about; none: it is not

  SharedCounters counters;
  LabelledCounters labelled_counters;
  SwitchPlan switches;
  SharedSwitches shared_switches;
  SharedRedisStatus redis_status;
  std::unique_ptr<Locale> locale;

  std::vector<Consent*> consents;   // of all levels
  bool has_preview = false;         // some server has
  std::vector<LocationConf*> held;  // locations with personalize_before_upstream
  std::vector<ExplainDeclaration> explains;
};

struct ServerConf {
  std::vector<Declaration> segments;  // own, before compilation; then with those of http
  std::vector<Declaration> campaigns;
  ExperimentText experiments;
  // Whether cookies that answer a request of this scheme are `Secure`: where TLS ends before us,
  // only the operator knows.
  bool has_secure_cookies(std::string_view scheme) const noexcept {
    const bool is_told = visitor != nullptr && visitor->cookie && visitor->cookie->options().secure;
    return is_told ? *visitor->cookie->options().secure : scheme == "https";
  }

  VisitorRule* visitor = nullptr;
  SessionRule* session = nullptr;
  PreviewSecret* preview = nullptr;  // nullptr: there are no previews
  Where preview_where;
  std::shared_ptr<Site> site;
  std::string endpoint;  // the location that has personalize_endpoint, ending in '/'
};

struct LocationConf {
  ngx_flag_t enable = NGX_CONF_UNSET;
  ngx_msec_t wait = NGX_CONF_UNSET_MSEC;
  ngx_flag_t before_upstream = NGX_CONF_UNSET;
  std::vector<SlotDeclaration>* slots = nullptr;
  PageFields* page = static_cast<PageFields*>(NGX_CONF_UNSET_PTR);
  Consent* consent = static_cast<Consent*>(NGX_CONF_UNSET_PTR);  // nullptr: there is no rule
  // personalize_limits
  std::size_t token_limit = NGX_CONF_UNSET_SIZE;
  std::size_t content_limit = NGX_CONF_UNSET_SIZE;
  std::size_t held_limit = NGX_CONF_UNSET_SIZE;

  ngx_hash_t types{};
  ngx_array_t* types_keys = nullptr;

  // Set where responses can be personal: personalize is on, and a campaign could fill a slot or
  // the request is held for variables.
  const Site* site = nullptr;
  const SlotMatcher* matcher = nullptr;
  SourceSet needs;    // what all slots together may need, and variables before the upstream
  SourceSet awaited;  // what the request is held for before the upstream

  bool is_active() const { return site != nullptr; }
};

MainConf& main_conf(ngx_http_request_t* r);
LocationConf& location_conf(ngx_http_request_t* r);
ServerConf& server_conf(ngx_http_request_t* r);

// Where the directive that is being read stands.
Where current_place(const ngx_conf_t* cf);

// Prints in the manner of NGINX: `MESSAGE in FILE:LINE`.
void log_config_error(ngx_conf_t* cf, const Where& where, const std::string& message,
                      ngx_uint_t level = NGX_LOG_EMERG);

// Runs `body` and turns what it throws into NGINX's way of refusing a configuration.
template <class Body>
char* guarded(ngx_conf_t* cf, Body body) noexcept {
  try {
    body();
    return NGX_CONF_OK;
  } catch (const ConfigError& error) {
    log_config_error(cf, error.where(), error.what());
  } catch (const std::exception& error) {
    log_config_error(cf, current_place(cf), error.what());
  }
  return static_cast<char*>(NGX_CONF_ERROR);
}

void* create_main_conf(ngx_conf_t* cf);
char* init_main_conf(ngx_conf_t* cf, void* conf);
void* create_server_conf(ngx_conf_t* cf);
char* merge_server_conf(ngx_conf_t* cf, void* parent, void* child);
void* create_location_conf(ngx_conf_t* cf);
char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child);
// What can only be said when all servers are merged.
char* check_configuration(ngx_conf_t* cf);

// The commands of http, server and location; directives.cpp.
extern ngx_command_t personalize_commands[];

// Reads the statements of a personalize_segment, _campaign, _experiment or _holdout block;
// blocks.cpp.
enum class Block { segment, campaign, experiment, holdout };
char* read_block(ngx_conf_t* cf, Block block, std::vector<Statement>& statements);
extern ngx_command_t personalize_block_commands[];

}  // namespace personalize
