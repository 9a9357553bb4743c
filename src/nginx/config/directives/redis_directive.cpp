#include "nginx/config/directives/redis_directive.h"

#include "nginx/config/configuration.h"
#include "nginx/config/reading/directive.h"
#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/connection/tls.h"

namespace personalize {

namespace {

// Beyond this, a worker would only spend file descriptors.
constexpr ngx_int_t most_connections = 64;
constexpr ngx_int_t highest_database = 1 << 20;

// The parameters as read, before they are checked together.
struct RedisParameters {
  RedisOptions& options;
  RedisTlsOptions tls;
  bool has_tls = false;
  int passwords = 0;
};

// standalone, cluster or sentinel:NAME
void read_mode(const Directive& directive, std::string_view mode, RedisParameters& redis) {
  constexpr std::string_view sentinel = "sentinel:";
  if (mode == "standalone") {
    redis.options.mode = RedisMode::standalone;
  } else if (mode == "cluster") {
    redis.options.mode = RedisMode::cluster;
  } else if (mode.size() > sentinel.size() && mode.substr(0, sentinel.size()) == sentinel) {
    redis.options.mode = RedisMode::sentinel;
    redis.options.master = mode.substr(sentinel.size());
  } else {
    directive.refuse(": unknown mode=" + std::string(mode) +
                     "; it is mode=standalone, mode=cluster or mode=sentinel:NAME, with the name "
                     "of the master");
  }
}

void read_read(const Directive& directive, std::string_view from, RedisParameters& redis) {
  if (from != "master" && from != "replica") {
    directive.refuse(": read=" + std::string(from) + " is neither read=master nor read=replica");
  }
  redis.options.read_replica = from == "replica";
}

void read_connections(const Directive& directive, std::string_view number, RedisParameters& redis) {
  redis.options.connections =
      static_cast<std::uint32_t>(directive.whole_number("connections", number, most_connections));
  if (redis.options.connections == 0) {
    directive.refuse(": invalid value \"connections=0\"; it must be at least 1");
  }
}

using Reader = const Directive&;
using Text = std::string_view;

const Parameter<RedisParameters> parameters[] = {
    {"timeout",
     [](Reader reader, Text value, RedisParameters& redis) {
       redis.options.timeout = reader.short_time("timeout", value);
     }},
    {"connect_timeout",
     [](Reader reader, Text value, RedisParameters& redis) {
       redis.options.connect_timeout = reader.short_time("connect_timeout", value);
     }},
    {"connections", read_connections},
    {"user", [](Reader, Text value, RedisParameters& redis) { redis.options.user = value; }},
    {"password",
     [](Reader, Text value, RedisParameters& redis) {
       redis.options.password = value;
       ++redis.passwords;
     }},
    {"password_file",
     [](Reader reader, Text value, RedisParameters& redis) {
       redis.options.password = reader.first_line("password_file", value);
       ++redis.passwords;
     }},
    {"db",
     [](Reader reader, Text value, RedisParameters& redis) {
       redis.options.db = static_cast<int>(reader.whole_number("db", value, highest_database));
     }},
    {"mode", read_mode},
    {"read", read_read},
    {"sentinel_user",
     [](Reader, Text value, RedisParameters& redis) { redis.options.sentinel_user = value; }},
    {"sentinel_password_file",
     [](Reader reader, Text value, RedisParameters& redis) {
       redis.options.sentinel_password = reader.first_line("sentinel_password_file", value);
     }},
    {"tls", [](Reader reader, Text value,
               RedisParameters& redis) { redis.has_tls = reader.is_on("tls", value); }},
};

// Those that need tls=on.
const Parameter<RedisParameters> tls_parameters[] = {
    {"ca", [](Reader reader, Text value,
              RedisParameters& redis) { redis.tls.ca = reader.full_path(value); }},
    {"cert", [](Reader reader, Text value,
                RedisParameters& redis) { redis.tls.certificate = reader.full_path(value); }},
    {"key", [](Reader reader, Text value,
               RedisParameters& redis) { redis.tls.key = reader.full_path(value); }},
    {"server_name",
     [](Reader, Text value, RedisParameters& redis) { redis.tls.server_name = value; }},
    {"verify", [](Reader reader, Text value,
                  RedisParameters& redis) { redis.tls.verify = reader.is_on("verify", value); }},
};

// Returns whether the address was given as a host name, which was resolved.
bool is_host_name(const ngx_url_t& url) {
  const auto host = url.host;
  return url.family != AF_UNIX && host.len != 0 && host.data[0] != '[' &&
         ngx_inet_addr(host.data, host.len) == INADDR_NONE;
}

void add_address(const Directive& directive, std::string_view address, RedisOptions& options) {
  ngx_pool_t* pool = directive.cf()->pool;
  ngx_url_t url{};
  url.url = ngx_view(copy_to_pool(pool, address));
  url.default_port = 6379;
  if (ngx_parse_url(pool, &url) != NGX_OK) {
    directive.refuse(": " + std::string(url.err != nullptr ? url.err : "invalid address") + " in " +
                     quoted(address) + "; write HOST:PORT or unix:PATH");
  }
  if (is_host_name(url)) {
    // The server is known by its name, to TLS too; where that leads may change.
    const ngx_str_t name =
        ngx_view(copy_to_pool(pool, std::string(view(url.host)) + ":" + std::to_string(url.port)));
    std::for_each(url.addrs, url.addrs + url.naddrs, [&](ngx_addr_t& one) { one.name = name; });
    options.hosts->add(view(url.host), url.port, url.addrs, url.naddrs);
  }
  options.addresses.insert(options.addresses.end(), url.addrs, url.addrs + url.naddrs);
  options.name += (options.name.empty() ? "" : " ") + std::string(address);
}

void check_mode(const Directive& directive, const RedisOptions& options) {
  if (options.mode == RedisMode::cluster && options.db != 0) {
    directive.refuse(": a cluster has one database only; leave out db=");
  }
  if (options.mode == RedisMode::standalone && options.read_replica) {
    directive.refuse(
        ": read=replica needs mode=cluster or mode=sentinel:NAME: the replicas of a standalone "
        "server are not discovered");
  }
  const bool names_sentinels = !options.sentinel_user.empty() || !options.sentinel_password.empty();
  if (names_sentinels && options.mode != RedisMode::sentinel) {
    directive.refuse(": sentinel_user= and sentinel_password_file= need mode=sentinel:NAME");
  }
  if (!options.sentinel_user.empty() && options.sentinel_password.empty()) {
    directive.refuse(" has sentinel_user= without sentinel_password_file=");
  }
}

void check(const Directive& directive, const RedisParameters& redis) {
  const RedisOptions& options = redis.options;
  check_mode(directive, options);
  if (options.addresses.empty()) {
    directive.refuse(" lacks an address; write HOST:PORT or unix:PATH");
  }
  if (redis.passwords > 1) {
    directive.refuse(" has two passwords: keep one of password= and password_file=");
  }
  if (!options.user.empty() && options.password.empty()) {
    directive.refuse(" has user= without password= or password_file=");
  }
  if (options.timeout == 0 || options.connect_timeout == 0) {
    directive.refuse(": timeout= and connect_timeout= must be greater than 0");
  }
}

RedisTls* make_tls(const Directive& directive, const RedisParameters& redis) {
  if (redis.tls.certificate.empty() != redis.tls.key.empty()) {
    directive.refuse(": cert= and key= belong together");
  }
  auto* tls =
      make_in_pool<RedisTls>(directive.cf()->pool, directive.cf(), redis.tls, directive.where());
  for (const ngx_addr_t& address : redis.options.addresses) {
    if (!tls->can_name(view(address.name))) {
      directive.refuse(
          ": a certificate cannot be verified for a Unix socket; give server_name=, or verify=off");
    }
  }
  return tls;
}

// `a=b`, and not an address such as [::1]:6379.
bool looks_like_parameter(std::string_view argument) {
  return argument.find('=') != std::string_view::npos &&
         argument.find(':') == std::string_view::npos;
}

}  // namespace

char* read_redis(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& main = *static_cast<MainConf*>(conf);
    const Directive directive(cf);
    if (main.has_redis) {
      directive.refuse(" is duplicate; give several addresses to one");
    }
    main.has_redis = true;
    main.redis_where = directive.where();
    main.redis.hosts = make_in_pool<RedisHosts>(cf->pool);

    directive.refuse_duplicates();
    RedisParameters redis{main.redis};
    std::string_view needs_tls;
    for (const auto argument : directive.arguments()) {
      if (directive.read(parameters, argument, redis)) {
        continue;
      }
      if (directive.read(tls_parameters, argument, redis)) {
        needs_tls = argument;
      } else if (looks_like_parameter(argument)) {
        directive.refuse_parameter(
            argument, list_parameters(parameters) + " " + list_parameters(tls_parameters));
      } else {
        add_address(directive, argument, redis.options);
      }
    }
    check(directive, redis);
    if (redis.has_tls) {
      redis.options.tls = make_tls(directive, redis);
    } else if (!needs_tls.empty()) {
      directive.refuse(" has " + std::string(needs_tls) + " without tls=on");
    }
  });
}

}  // namespace personalize
