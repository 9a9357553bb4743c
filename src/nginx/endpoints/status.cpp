#include "nginx/endpoints/status.h"

#include "nginx/config/configuration.h"
#include "nginx/request/headers/response.h"
#include "nginx/worker.h"
#include "personalize/record/metrics.h"
#include "personalize/record/zones.h"

namespace personalize {

namespace {

bool wants_json(ngx_http_request_t* r) {
  ngx_str_t format;
  ngx_str_t name = ngx_string("format");
  if (ngx_http_arg(r, name.data, name.len, &format) == NGX_OK) {
    return view(format) == "json";
  }
  const std::string_view accept = request_header(r, "accept");
  return accept.find("application/json") != std::string_view::npos;
}

void write_zones(const MainConf& main, std::pmr::memory_resource& memory, MetricsWriter& writer) {
  std::pmr::vector<ZoneStatus> zones(&memory);
  if (main.cache != nullptr) {
    zones.push_back({"documents", main.cache->statistics()});
  }
  zones.push_back({"plans", main.plans.store->statistics()});
  write_zones(zones, writer);
}

}  // namespace

ngx_int_t serve_status(ngx_http_request_t* r) {
  if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
    return NGX_HTTP_NOT_ALLOWED;
  }
  const ngx_int_t rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) {
    return rc;
  }

  const MainConf& main = main_conf(r);
  const bool json = wants_json(r);
  try {
    PoolMemory memory(r->pool);
    std::pmr::string out(&memory);
    PrometheusWriter prometheus(out);
    JsonWriter json_writer(out);
    MetricsWriter& writer = json ? static_cast<MetricsWriter&>(json_writer) : prometheus;
    main.counters.snapshot().write(writer);
    main.labelled_counters.write(writer);
    worker().switches.write(writer);
    worker().redis_status.update();
    main.redis_status.write(writer, memory);
    write_zones(main, memory, writer);
    writer.end();
    if (!add_header(r, "Cache-Control", "no-store")) {
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return send_body(r, json ? "application/json" : "text/plain; version=0.0.4",
                     copy_to_pool(r->pool, out));
  } catch (const std::bad_alloc&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
