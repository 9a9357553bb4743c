#include "nginx/worker.h"

#include <algorithm>

#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/servers/cluster.h"
#include "nginx/redis_client/servers/sentinel.h"
#include "nginx/redis_client/servers/server.h"

namespace personalize {

namespace {

std::unique_ptr<Worker> current;

// Returns the configuration that this process runs; nullptr if there is no http block.
MainConf* main_conf_of(ngx_cycle_t* cycle) {
  return static_cast<MainConf*>(
      ngx_http_cycle_get_module_main_conf(cycle, ngx_http_personalize_module));
}

// Gives the resolver of http itself: those of servers and locations are theirs.
void give_resolver(RedisHosts& hosts, ngx_cycle_t* cycle) {
  const auto* http =
      reinterpret_cast<const ngx_http_conf_ctx_t*>(cycle->conf_ctx[ngx_http_module.index]);
  const auto* core =
      static_cast<const ngx_http_core_loc_conf_t*>(http->loc_conf[ngx_http_core_module.ctx_index]);
  constexpr ngx_msec_t usual_timeout = 30000;
  hosts.use(core->resolver,
            core->resolver_timeout == NGX_CONF_UNSET_MSEC ? usual_timeout : core->resolver_timeout);
}

bool runs_requests() {
  return ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE;
}

// Has the C library keep what requests give back, up to some megabytes. glibc returns free memory
// to the system as soon as it is twice the largest block that was ever given back: for NGINX that
// is what gzip needs for one page, and a page that is inflated, personalized and compressed again
// takes more than that. All of it would then be mapped and cleared anew for every request. Whoever
// has set another limit (MALLOC_TRIM_THRESHOLD_) keeps it.
void keep_freed_memory(ngx_log_t* log) {
  constexpr std::size_t block = std::size_t{2} << 20;
  ngx_free(ngx_alloc(block, log));
}

std::unique_ptr<RedisClient> make_redis(const MainConf& main, Counters& counters, ngx_log_t* log) {
  if (!main.has_redis) {
    return nullptr;
  }
  if (main.redis.mode == RedisMode::cluster) {
    return std::make_unique<RedisCluster>(main.redis, counters, log);
  }
  if (main.redis.mode == RedisMode::sentinel) {
    return std::make_unique<RedisSentinel>(main.redis, counters, log);
  }
  return std::make_unique<RedisServer>(main.redis, counters, nullptr, log);
}

std::unique_ptr<EventLog> make_events(MainConf& main, RedisClient* redis, Counters& counters,
                                      ngx_log_t* log) {
  return main.events.is_on()
             ? std::make_unique<EventLog>(main.events, redis, main.shared_events, counters, log)
             : nullptr;
}

}  // namespace

Worker::Worker(MainConf& main, ngx_cycle_t* cycle)
    : counters(main.counters.mine()),
      histograms(main.counters.my_histograms()),
      redis(make_redis(main, counters, cycle->log)),
      lookups(main.cache, redis.get()),
      switches(main.switches, redis.get(), main.shared_switches, cycle->log),
      weights(main.weight_plan, redis.get(), main.shared_allocations, cycle->log),
      pools(main.pools, redis.get(), cycle->log),
      sessions(redis.get()),
      persons(redis.get(), sessions),
      events(make_events(main, redis.get(), counters, cycle->log)),
      item_lists(events != nullptr && redis != nullptr
                     ? std::make_unique<ItemLists>(*redis, *events, cycle->log)
                     : nullptr),
      learner(main.learn
                  ? std::make_unique<Learner>(*main.learn, *redis, main.shared_learning, counters)
                  : nullptr),
      redis_status(redis.get(), main.redis_status, cycle->log),
      geo_updates(main.geo, counters, cycle->log),
      plan_cache(*main.plans.store),
      plans(main.plans.store, main.plans.max, counters, cycle->log),
      watch(main.prefixes.empty()
                ? nullptr
                : std::make_unique<RedisWatch>(main.redis, main.prefixes, *redis, switches,
                                               *main.cache, counters, cycle->log)),
      limiter_(1, 5) {}

void Worker::log(Counter kind, ngx_log_t* log, const char* message,
                 std::string_view about) noexcept {
  const auto answer = limiter_.ask(kind, static_cast<std::int64_t>(ngx_current_msec));
  if (!answer.write) {
    counters.add(Counter::log_suppressed);
    return;
  }
  // Keys and the like are made of what clients send: nothing of it may look like a line of the log.
  u_char printable[256];
  const std::size_t size = std::min(about.size(), sizeof(printable));
  for (std::size_t i = 0; i < size; ++i) {
    const auto c = static_cast<u_char>(about[i]);
    printable[i] = c >= 0x20 && c < 0x7f ? c : '?';
  }
  if (answer.suppressed != 0) {
    ngx_log_error(NGX_LOG_WARN, log, 0, "personalize: %s%*s (%uL more of this kind not logged)",
                  message, size, printable, answer.suppressed);
  } else {
    ngx_log_error(NGX_LOG_WARN, log, 0, "personalize: %s%*s", message, size, printable);
  }
}

Worker& worker() noexcept {
  return *current;
}

ngx_int_t init_configuration(ngx_cycle_t* cycle) {
  if (MainConf* main = main_conf_of(cycle)) {
    main->lifetime.note_configuration();
  }
  return NGX_OK;
}

ngx_int_t init_worker(ngx_cycle_t* cycle) {
  MainConf* main = main_conf_of(cycle);
  if (main == nullptr || !runs_requests()) {
    return NGX_OK;
  }
  if (main->redis.hosts != nullptr) {
    give_resolver(*main->redis.hosts, cycle);
  }
  // NGINX has last looked at the clock before the configuration was read. What is waited for from
  // here on would be late before it began.
  ngx_time_update();
  keep_freed_memory(cycle->log);
  try {
    current = std::make_unique<Worker>(*main, cycle);
    return NGX_OK;
  } catch (const std::exception& error) {
    ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "personalize: a worker cannot start: %s",
                  error.what());
    return NGX_ERROR;
  }
}

void exit_worker(ngx_cycle_t*) {
  current.reset();
}

}  // namespace personalize
