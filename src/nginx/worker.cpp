#include "nginx/worker.h"

namespace personalize {

namespace {

std::unique_ptr<Worker> current;

// The configuration that this process runs; nullptr where there is no http block.
MainConf* main_conf_of(ngx_cycle_t* cycle) {
  return static_cast<MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_personalize_module));
}

bool runs_requests() { return ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE; }

}  // namespace

Worker::Worker(MainConf& main, ngx_cycle_t* cycle)
    : redis(main.has_redis ? std::make_unique<RedisServer>(main.redis, cycle->log) : nullptr),
      lookups(main.cache, redis.get()) {}

Worker& worker() noexcept { return *current; }

ngx_int_t init_worker(ngx_cycle_t* cycle) {
  MainConf* main = main_conf_of(cycle);
  if (main == nullptr || !runs_requests()) {
    return NGX_OK;
  }
  try {
    current = std::make_unique<Worker>(*main, cycle);
    return NGX_OK;
  } catch (const std::exception& error) {
    ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "personalize: a worker cannot start: %s",
                  error.what());
    return NGX_ERROR;
  }
}

void exit_worker(ngx_cycle_t*) { current.reset(); }

}  // namespace personalize
