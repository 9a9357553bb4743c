#include "nginx/config/directives/http_directives.h"

#include "base/text/ascii.h"
#include "nginx/config/configuration.h"
#include "nginx/config/directives/events_directive.h"
#include "nginx/config/directives/learn_directive.h"
#include "nginx/config/directives/redis_directive.h"
#include "nginx/config/reading/directive.h"

namespace personalize {

namespace {

struct CacheParameters {
  MainConf& main;
  std::string_view zone;
};

using Reader = const Directive&;
using Text = std::string_view;

const Parameter<CacheParameters> cache_parameters[] = {
    {"zone", [](Reader, Text value, CacheParameters& cache) { cache.zone = value; }},
    {"ttl",
     [](Reader reader, Text value, CacheParameters& cache) {
       cache.main.cache_times.ttl_ms = reader.milliseconds("ttl", value);
     }},
    {"stale",
     [](Reader reader, Text value, CacheParameters& cache) {
       cache.main.cache_times.stale_ms = reader.milliseconds("stale", value);
     }},
    {"negative",
     [](Reader reader, Text value, CacheParameters& cache) {
       cache.main.cache_times.negative_ms = reader.milliseconds("negative", value);
     }},
    {"invalidation",
     [](Reader reader, Text value, CacheParameters& cache) {
       cache.main.invalidation = reader.is_on("invalidation", value);
     }},
};

void add_cache(const Directive& directive, const CacheParameters& text) {
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
  text.main.cache_where = directive.where();
  text.main.cache = make_in_pool<SharedCache>(cf->pool);
  text.main.cache->add_zone(cf, text.zone.substr(0, colon), static_cast<std::size_t>(size));
}

char* read_cache(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& main = *static_cast<MainConf*>(conf);
    const Directive directive(cf);
    if (main.cache != nullptr) {
      directive.refuse(" is duplicate");
    }
    directive.refuse_duplicates();
    CacheParameters text{main, {}};
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

// personalize_locale TAG CURRENCY, or $variable
char* read_locale(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& main = *static_cast<MainConf*>(conf);
    const Directive directive(cf);
    const auto& words = directive.arguments();
    if (words.size() > 1) {
      main.locales.add(words[0], words[1], directive.where());
      return;
    }
    if (words[0].size() < 2 || words[0].front() != '$') {
      directive.refuse(
          ": write a language with its country and a currency, as in pl-PL PLN, or a "
          "variable that says which of them a request has");
    }
    if (main.locale_variable) {
      directive.refuse(" with a variable is duplicate");
    }
    main.locale_variable = directive.variable_index(words[0]);
    main.locale_where = directive.where();
  });
}

// `1000/h`
std::uint32_t per_hour(const Directive& directive, std::string_view rate) {
  const std::string_view unit = "/h";
  constexpr ngx_int_t most = 1000000;
  if (rate.size() <= unit.size() || rate.substr(rate.size() - unit.size()) != unit) {
    directive.refuse(": invalid rate " + quoted(rate) + "; write for example 1000/h, or off");
  }
  rate.remove_suffix(unit.size());
  return static_cast<std::uint32_t>(directive.whole_number("the rate", rate, most));
}

ngx_array_t* read_addresses(const Directive& directive, std::string_view list) {
  ngx_conf_t* cf = directive.cf();
  ngx_array_t* all = ngx_array_create(cf->pool, 4, sizeof(ngx_cidr_t));
  while (all != nullptr && !list.empty()) {
    const std::string_view address = ascii::take_until(list, ',');
    auto* cidr = static_cast<ngx_cidr_t*>(ngx_array_push(all));
    ngx_str_t text = ngx_view(address);
    if (cidr == nullptr) {
      break;
    }
    const ngx_int_t rc = ngx_ptocidr(&text, cidr);
    if (rc == NGX_ERROR) {
      directive.refuse(": invalid address " + quoted(address) + "; write for example 10.0.0.0/8");
    }
    if (rc == NGX_DONE) {
      ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "low address bits of %V are meaningless", &text);
    }
  }
  if (all == nullptr) {
    throw std::bad_alloc();
  }
  return all;
}

// personalize_new_visitors RATE [trusted=ADDRESS,…], or off
char* read_new_visitors(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    NewcomerRule& rule = static_cast<MainConf*>(conf)->newcomer_rule;
    const Directive directive(cf);
    if (rule.is_set) {
      directive.refuse(" is duplicate");
    }
    rule.is_set = true;
    const auto& words = directive.arguments();
    if (words[0] == "off" && words.size() == 1) {
      rule.is_off = true;
      return;
    }
    rule.limits.per_hour = rule.limits.burst = per_hour(directive, words[0]);
    std::string_view trusted;
    if (words.size() > 1 && !take_value(words[1], "trusted", trusted)) {
      directive.refuse_parameter(words[1], "trusted=");
    }
    if (!trusted.empty()) {
      rule.trusted = read_addresses(directive, trusted);
    }
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
      row(ngx_string("personalize_events"), NGX_CONF_1MORE, read_events),
      row(ngx_string("personalize_learn"), NGX_CONF_ANY, read_learn),
      row(ngx_string("personalize_geoip"), NGX_CONF_TAKE1, read_geoip),
      row(ngx_string("personalize_new_visitors"), NGX_CONF_TAKE12, read_new_visitors),
      row(ngx_string("personalize_locale"), NGX_CONF_TAKE12, read_locale),
      row(ngx_string("personalize_source"), NGX_CONF_2MORE, read_source),
  };
}

}  // namespace personalize
