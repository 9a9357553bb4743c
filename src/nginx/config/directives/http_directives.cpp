#include "nginx/config/directives/http_directives.h"

#include "nginx/config/configuration.h"
#include "nginx/config/directives/directive.h"
#include "nginx/config/directives/redis_directive.h"

namespace personalize {

namespace {

struct CacheText {
  MainConf& main;
  std::string_view zone;
};

using Reader = const Directive&;
using Text = std::string_view;

const Parameter<CacheText> cache_parameters[] = {
    {"zone", [](Reader, Text value, CacheText& cache) { cache.zone = value; }},
    {"ttl",
     [](Reader reader, Text value, CacheText& cache) {
       cache.main.cache_times.ttl_ms = reader.milliseconds("ttl", value);
     }},
    {"stale",
     [](Reader reader, Text value, CacheText& cache) {
       cache.main.cache_times.stale_ms = reader.milliseconds("stale", value);
     }},
    {"negative",
     [](Reader reader, Text value, CacheText& cache) {
       cache.main.cache_times.negative_ms = reader.milliseconds("negative", value);
     }},
    {"invalidation",
     [](Reader reader, Text value, CacheText& cache) {
       cache.main.invalidation = reader.is_on("invalidation", value);
     }},
};

void add_cache(const Directive& directive, const CacheText& text) {
  const auto colon = text.zone.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    directive.refuse(" lacks a zone; write zone=NAME:SIZE, for example zone=personalize:64m");
  }
  const auto size_text = text.zone.substr(colon + 1);
  ngx_str_t size_word = ngx_view(size_text);
  const ssize_t size = ngx_parse_size(&size_word);
  const auto least = static_cast<ssize_t>(8 * ngx_pagesize);
  if (size == NGX_ERROR || size < least) {
    directive.refuse(": the zone's size " + quoted(size_text) + " is not a size of at least " +
                     std::to_string(least / 1024) + "k");
  }
  ngx_conf_t* cf = directive.cf();
  text.main.cache = make_in_pool<SharedCache>(cf->pool);
  text.main.cache->add_zone(cf, text.zone.substr(0, colon), static_cast<std::size_t>(size));
}

char* read_cache(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& main = *static_cast<MainConf*>(conf);
    const Directive directive(cf);
    if (main.cache != nullptr) {
      directive.refuse(" is given twice");
    }
    CacheText text{main, {}};
    for (const auto argument : directive.arguments()) {
      if (!directive.read(cache_parameters, argument, text)) {
        directive.refuse_parameter(argument, list_parameters(cache_parameters));
      }
    }
    add_cache(directive, text);
  });
}

char* read_geoip(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    static_cast<MainConf*>(conf)->geo.open(directive.full_path(directive.arguments()[0]),
                                           directive.where());
  });
}

char* read_locale(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& main = *static_cast<MainConf*>(conf);
    const Directive directive(cf);
    if (main.locale != nullptr) {
      directive.refuse(" is given twice");
    }
    const auto& words = directive.arguments();
    main.locale = std::make_unique<Locale>(words[0], words[1], directive.where());
  });
}

char* read_source(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    const auto& words = directive.arguments();
    static_cast<MainConf*>(conf)->sources.push_back(
        {directive.where(), std::string(words[0]), {words.begin() + 1, words.end()}});
  });
}

}  // namespace

std::vector<ngx_command_t> http_directives() {
  const auto row = [](ngx_str_t name, ngx_uint_t arguments, auto read) -> ngx_command_t {
    return {name, http_only | arguments, read, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr};
  };
  return {
      row(ngx_string("personalize_redis"), NGX_CONF_1MORE, read_redis),
      row(ngx_string("personalize_cache"), NGX_CONF_1MORE, read_cache),
      row(ngx_string("personalize_geoip"), NGX_CONF_TAKE1, read_geoip),
      row(ngx_string("personalize_locale"), NGX_CONF_TAKE2, read_locale),
      row(ngx_string("personalize_source"), NGX_CONF_2MORE, read_source),
  };
}

}  // namespace personalize
