#include "nginx/endpoints/status.h"

#include <optional>

#include "nginx/config/configuration.h"
#include "nginx/request/headers/response.h"
#include "nginx/version.h"
#include "nginx/worker.h"
#include "personalize/record/metrics.h"
#include "personalize/record/status_format.h"
#include "personalize/record/status_page.h"
#include "personalize/record/zones.h"

namespace personalize {

namespace {

// Returns what the client asks for; nothing if it is none of these.
std::optional<StatusFormat> format_of(ngx_http_request_t* r) noexcept {
  ngx_str_t format;
  ngx_str_t name = ngx_string("format");
  if (ngx_http_arg(r, name.data, name.len, &format) == NGX_OK) {
    return find_status_format(view(format));
  }
  return negotiate_status_format(request_header(r, "accept"));
}

ngx_uint_t worker_processes() noexcept {
  const auto* core =
      reinterpret_cast<const ngx_core_conf_t*>(ngx_get_conf(ngx_cycle->conf_ctx, ngx_core_module));
  return static_cast<ngx_uint_t>(core->worker_processes);
}

void write_zones(const MainConf& main, std::pmr::memory_resource& memory, MetricsWriter& writer) {
  std::pmr::vector<ZoneStatus> zones(&memory);
  if (main.cache != nullptr) {
    zones.push_back({"documents", main.cache->statistics()});
  }
  zones.push_back({"plans", main.plans.store->statistics()});
  write_zones(zones, writer);
}

// Returns for how many seconds an exposed visitor counts once; 0 if visitors are not counted.
std::int64_t counted_window(const MainConf& main) noexcept {
  return main.events.is_on() ? main.events.window_s : 0;
}

// Writes all metrics. Throws what the writer and `memory` throw.
void write_metrics(const MainConf& main, std::pmr::memory_resource& memory, MetricsWriter& writer) {
  writer.begin(metrics::build_info);
  writer.add({module_version, NGINX_VERSION}, 1);
  main.lifetime.write(writer);
  writer.begin(metrics::workers);
  writer.add({}, worker_processes());
  main.counters.snapshot().write(writer);
  main.counters.histograms().write(writer);
  main.campaign_counters.write(writer);
  main.labelled_counters.write(writer);
  main.weights.write(writer);
  main.experiment_visitors.write(main.weights, ngx_time(), counted_window(main), writer);
  worker().switches.write(writer);
  worker().pools.write(writer);
  worker().redis_status.update();
  main.redis_status.write(writer, memory);
  write_zones(main, memory, writer);
  writer.end();
}

// Throws bad_alloc.
ngx_int_t send_page(ngx_http_request_t* r, const MainConf& main,
                    std::pmr::memory_resource& memory) {
  std::pmr::string json(&memory);
  JsonWriter json_writer(json);
  write_metrics(main, memory, json_writer);
  std::pmr::string tables(&memory);
  TableWriter table_writer(tables);
  write_metrics(main, memory, table_writer);
  std::pmr::string page(&memory);
  write_status_page(json, tables, page);
  if (!add_header(r, "Content-Security-Policy", status_page_policy()) ||
      !add_header(r, "X-Content-Type-Options", "nosniff") ||
      !add_header(r, "Referrer-Policy", "no-referrer")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return send_body(r, "text/html", copy_to_pool(r->pool, page));
}

// Throws bad_alloc.
ngx_int_t send(ngx_http_request_t* r, StatusFormat format) {
  const MainConf& main = main_conf(r);
  PoolMemory memory(r->pool);
  if (!add_header(r, "Cache-Control", "no-store") || !add_header(r, "Vary", "Accept")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  std::pmr::string out(&memory);
  switch (format) {
    case StatusFormat::html:
      return send_page(r, main, memory);
    case StatusFormat::json: {
      JsonWriter writer(out);
      write_metrics(main, memory, writer);
      return send_body(r, "application/json", copy_to_pool(r->pool, out));
    }
    case StatusFormat::prometheus:
      break;
  }
  PrometheusWriter writer(out);
  write_metrics(main, memory, writer);
  return send_body(r, "text/plain; version=0.0.4", copy_to_pool(r->pool, out));
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

  const auto format = format_of(r);
  if (!format) {
    return NGX_HTTP_BAD_REQUEST;
  }
  try {
    return send(r, *format);
  } catch (const std::bad_alloc&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
