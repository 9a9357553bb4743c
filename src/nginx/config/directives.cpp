// The directives of http, server and location: read into the declarations of configuration.h.
#include <algorithm>
#include <cstddef>

#include "nginx/config/configuration.h"
#include "nginx/endpoints/endpoint.h"
#include "nginx/endpoints/explain.h"
#include "nginx/endpoints/status.h"
#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/connection/tls.h"

namespace personalize {

namespace {

using Arguments = std::vector<std::string_view>;

// The words after the directive's name.
Arguments arguments(const ngx_conf_t* cf) {
  const auto* words = static_cast<const ngx_str_t*>(cf->args->elts);
  Arguments result;
  for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) {
    result.push_back(view(words[i]));
  }
  return result;
}

std::string directive(const ngx_conf_t* cf) {
  return std::string(view(static_cast<const ngx_str_t*>(cf->args->elts)[0]));
}

[[noreturn]] void refuse(const ngx_conf_t* cf, const std::string& message) {
  throw ConfigError(current_place(cf), message);
}

[[noreturn]] void refuse_parameter(const ngx_conf_t* cf, std::string_view parameter,
                                   const char* known) {
  refuse(cf, directive(cf) + " does not know the parameter \"" + std::string(parameter) +
                 "\": it takes " + known);
}

// `name=value` → value, where the parameter has that name.
bool take(std::string_view parameter, std::string_view name, std::string_view& value) {
  if (parameter.size() <= name.size() || parameter.substr(0, name.size()) != name ||
      parameter[name.size()] != '=') {
    return false;
  }
  value = parameter.substr(name.size() + 1);
  return true;
}

std::int64_t milliseconds(const ngx_conf_t* cf, std::string_view name, std::string_view value) {
  ngx_str_t text = ngx_view(value);
  const ngx_int_t ms = ngx_parse_time(&text, 0);
  if (ms == NGX_ERROR) {
    refuse(cf, directive(cf) + ": " + std::string(name) + "=" + std::string(value) +
                   " is not a time; write for example 50ms, 10s or 5m");
  }
  return ms;
}

// NGINX counts seconds where no unit is given; for what lasts milliseconds that is mostly a slip.
void warn_of_seconds(ngx_conf_t* cf, const std::string& name, std::string_view value) {
  const bool plain = value.find_first_not_of("0123456789") == std::string_view::npos;
  if (plain && value.find_first_not_of('0') != std::string_view::npos) {
    log_config_error(cf, current_place(cf),
                     name + std::string(value) + " are seconds: write " + std::string(value) +
                         "ms or " + std::string(value) + "s",
                     NGX_LOG_WARN);
  }
}

ngx_msec_t short_time(ngx_conf_t* cf, const std::string& name, std::string_view value) {
  const auto ms = static_cast<ngx_msec_t>(milliseconds(cf, name, value));
  warn_of_seconds(cf, directive(cf) + ": " + name + "=", value);
  return ms;
}

ngx_uint_t whole_number(const ngx_conf_t* cf, std::string_view name, std::string_view value,
                        ngx_int_t most) {
  const auto text = ngx_view(value);
  const ngx_int_t n = ngx_atoi(text.data, text.len);
  if (n == NGX_ERROR || n > most) {
    refuse(cf, directive(cf) + ": " + std::string(name) + "=" + std::string(value) +
                   " is not a number from 0 to " + std::to_string(most));
  }
  return static_cast<ngx_uint_t>(n);
}

std::string full_path(ngx_conf_t* cf, std::string_view path) {
  ngx_str_t name = ngx_view(copy_to_pool(cf->pool, std::string(path) + '\0'));
  --name.len;
  if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
    throw std::bad_alloc();
  }
  return std::string(view(name));
}

// Of the file that a parameter such as password_file= names.
std::string first_line(ngx_conf_t* cf, const std::string& parameter, std::string_view path) {
  const std::string name = full_path(cf, path);
  std::string line;
  std::FILE* file = std::fopen(name.c_str(), "re");
  if (file == nullptr) {
    refuse(cf,
           directive(cf) + ": cannot read " + parameter + " " + name + ": " + std::strerror(errno));
  }
  for (int c; (c = std::fgetc(file)) != EOF && c != '\n' && c != '\r';) {
    line.push_back(static_cast<char>(c));
  }
  std::fclose(file);
  if (line.empty()) {
    refuse(cf, directive(cf) + ": " + parameter + " " + name + " is empty");
  }
  return line;
}

MainConf& main_of(ngx_conf_t* cf) {
  return *static_cast<MainConf*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_personalize_module));
}

ServerConf& server_of(ngx_conf_t* cf) {
  return *static_cast<ServerConf*>(
      ngx_http_conf_get_module_srv_conf(cf, ngx_http_personalize_module));
}

// Beyond this, a worker would only spend file descriptors.
constexpr ngx_int_t most_connections = 64;

// Whether the address was given as a name that was looked up.
bool is_host_name(const ngx_url_t& url) {
  const auto host = url.host;
  return url.family != AF_UNIX && host.len != 0 && host.data[0] != '[' &&
         ngx_inet_addr(host.data, host.len) == INADDR_NONE;
}

ngx_str_t name_and_port(ngx_conf_t* cf, const ngx_url_t& url) {
  return ngx_view(
      copy_to_pool(cf->pool, std::string(view(url.host)) + ":" + std::to_string(url.port)));
}

// personalize_redis ADDRESS… [timeout= connect_timeout= user= password= password_file= db= mode=]
void add_redis_address(ngx_conf_t* cf, RedisOptions& options, std::string_view address) {
  ngx_url_t url{};
  url.url = ngx_view(copy_to_pool(cf->pool, address));
  url.default_port = 6379;
  if (ngx_parse_url(cf->pool, &url) != NGX_OK) {
    refuse(cf, directive(cf) + ": " + (url.err != nullptr ? url.err : "invalid address") +
                   " in \"" + std::string(address) + "\"; write HOST:PORT or unix:PATH");
  }
  if (is_host_name(url)) {
    // By its name a server is known, to TLS too; where that leads may change.
    const ngx_str_t name = name_and_port(cf, url);
    std::for_each(url.addrs, url.addrs + url.naddrs, [&](ngx_addr_t& one) { one.name = name; });
    if (options.hosts == nullptr) {
      options.hosts = make_in_pool<RedisHosts>(cf->pool);
    }
    options.hosts->add(view(url.host), url.port, url.addrs, url.naddrs);
  }
  options.addresses.insert(options.addresses.end(), url.addrs, url.addrs + url.naddrs);
  options.name += (options.name.empty() ? "" : " ") + std::string(address);
}

struct TlsParameters {
  bool on = false;
  std::string_view given;  // the last of those that need tls=on
  RedisTlsOptions options;
};

bool is_on(const ngx_conf_t* cf, std::string_view name, std::string_view value) {
  if (value != "on" && value != "off") {
    refuse(cf, directive(cf) + ": " + std::string(name) + "=" + std::string(value) +
                   " is neither " + std::string(name) + "=on nor " + std::string(name) + "=off");
  }
  return value == "on";
}

// tls= ca= cert= key= server_name= verify=
bool take_tls(ngx_conf_t* cf, std::string_view argument, TlsParameters& tls) {
  std::string_view value;
  if (take(argument, "tls", value)) {
    tls.on = is_on(cf, "tls", value);
    return true;
  }
  if (take(argument, "ca", value)) {
    tls.options.ca = full_path(cf, value);
  } else if (take(argument, "cert", value)) {
    tls.options.certificate = full_path(cf, value);
  } else if (take(argument, "key", value)) {
    tls.options.key = full_path(cf, value);
  } else if (take(argument, "server_name", value)) {
    tls.options.server_name = value;
  } else if (take(argument, "verify", value)) {
    tls.options.verify = is_on(cf, "verify", value);
  } else {
    return false;
  }
  tls.given = argument;
  return true;
}

void set_up_tls(ngx_conf_t* cf, const TlsParameters& tls, RedisOptions& options) {
  if (!tls.on) {
    if (!tls.given.empty()) {
      refuse(cf, "personalize_redis has " + std::string(tls.given) + " without tls=on");
    }
    return;
  }
  if (tls.options.certificate.empty() != tls.options.key.empty()) {
    refuse(cf, "personalize_redis: cert= and key= belong together");
  }
  options.tls = make_in_pool<RedisTls>(cf->pool, cf, tls.options, current_place(cf));
  for (const ngx_addr_t& address : options.addresses) {
    if (!options.tls->can_name(view(address.name))) {
      refuse(cf,
             "personalize_redis: a certificate names no Unix socket; give server_name=, or "
             "verify=off");
    }
  }
}

// standalone, cluster or sentinel:NAME
void read_redis_mode(ngx_conf_t* cf, RedisOptions& options, std::string_view mode) {
  constexpr std::string_view sentinel = "sentinel:";
  if (mode == "standalone") {
    options.mode = RedisMode::standalone;
  } else if (mode == "cluster") {
    options.mode = RedisMode::cluster;
  } else if (mode.size() > sentinel.size() && mode.substr(0, sentinel.size()) == sentinel) {
    options.mode = RedisMode::sentinel;
    options.master = mode.substr(sentinel.size());
  } else {
    refuse(cf, "personalize_redis: mode=" + std::string(mode) +
                   " is not known; it is mode=standalone, mode=cluster or mode=sentinel:NAME, with "
                   "the name of the master");
  }
}

// Those for sentinels alone.
bool take_sentinel(ngx_conf_t* cf, std::string_view argument, RedisOptions& options) {
  std::string_view value;
  if (take(argument, "sentinel_user", value)) {
    options.sentinel_user = value;
  } else if (take(argument, "sentinel_password_file", value)) {
    options.sentinel_password = first_line(cf, "sentinel_password_file", value);
  } else {
    return false;
  }
  return true;
}

void check_redis_mode(ngx_conf_t* cf, const RedisOptions& options) {
  if (options.mode == RedisMode::cluster && options.db != 0) {
    refuse(cf, "personalize_redis: a cluster has one database only; leave out db=");
  }
  if (options.mode == RedisMode::standalone && options.read_replica) {
    refuse(cf,
           "personalize_redis: read=replica needs mode=cluster or mode=sentinel:NAME: a server "
           "that stands alone is not asked who its replicas are");
  }
  const bool names_sentinels = !options.sentinel_user.empty() || !options.sentinel_password.empty();
  if (names_sentinels && options.mode != RedisMode::sentinel) {
    refuse(cf,
           "personalize_redis: sentinel_user= and sentinel_password_file= need "
           "mode=sentinel:NAME");
  }
  if (!options.sentinel_user.empty() && options.sentinel_password.empty()) {
    refuse(cf, "personalize_redis has sentinel_user= without sentinel_password_file=");
  }
}

char* read_redis(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    MainConf& main = main_of(cf);
    if (main.has_redis) {
      refuse(cf, "personalize_redis stands twice; give several addresses to one");
    }
    main.has_redis = true;
    RedisOptions& options = main.redis;
    TlsParameters tls;
    int passwords = 0;

    for (const auto argument : arguments(cf)) {
      std::string_view value;
      if (take(argument, "timeout", value)) {
        options.timeout = short_time(cf, "timeout", value);
      } else if (take(argument, "connect_timeout", value)) {
        options.connect_timeout = short_time(cf, "connect_timeout", value);
      } else if (take(argument, "user", value)) {
        options.user = value;
      } else if (take(argument, "password", value)) {
        options.password = value;
        ++passwords;
      } else if (take(argument, "password_file", value)) {
        options.password = first_line(cf, "password_file", value);
        ++passwords;
      } else if (take(argument, "db", value)) {
        options.db = static_cast<int>(whole_number(cf, "db", value, 1 << 20));
      } else if (take(argument, "connections", value)) {
        options.connections =
            static_cast<std::uint32_t>(whole_number(cf, "connections", value, most_connections));
        if (options.connections == 0) {
          refuse(cf, "personalize_redis: connections=0 could ask for nothing; write connections=1");
        }
      } else if (take(argument, "mode", value)) {
        read_redis_mode(cf, options, value);
      } else if (take(argument, "read", value)) {
        if (value != "master" && value != "replica") {
          refuse(cf, "personalize_redis: read=" + std::string(value) +
                         " is neither read=master nor read=replica");
        }
        options.read_replica = value == "replica";
      } else if (take_tls(cf, argument, tls) || take_sentinel(cf, argument, options)) {
        continue;
      } else if (argument.find('=') != std::string_view::npos &&
                 argument.find(':') == std::string_view::npos) {
        refuse_parameter(
            cf, argument,
            "timeout= connect_timeout= connections= user= password= password_file= db= mode= read= "
            "sentinel_user= sentinel_password_file= tls= ca= cert= key= server_name= verify=");
      } else {
        add_redis_address(cf, options, argument);
      }
    }
    check_redis_mode(cf, options);
    if (options.addresses.empty()) {
      refuse(cf, "personalize_redis lacks an address; write HOST:PORT or unix:PATH");
    }
    if (passwords > 1) {
      refuse(cf, "personalize_redis has two passwords: keep one of password= and password_file=");
    }
    if (!options.user.empty() && options.password.empty()) {
      refuse(cf, "personalize_redis has user= without password= or password_file=");
    }
    if (options.timeout == 0 || options.connect_timeout == 0) {
      refuse(cf,
             "personalize_redis: a timeout of 0 would never get an answer; write for example "
             "timeout=50ms");
    }
    set_up_tls(cf, tls, options);
  });
}

// personalize_cache zone=NAME:SIZE [ttl=] [stale=] [negative=] [invalidation=]
char* read_cache(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    MainConf& main = main_of(cf);
    if (main.has_cache) {
      refuse(cf, "personalize_cache stands twice");
    }
    main.has_cache = true;

    std::string_view zone;
    for (const auto argument : arguments(cf)) {
      std::string_view value;
      if (take(argument, "zone", value)) {
        zone = value;
      } else if (take(argument, "ttl", value)) {
        main.cache_times.ttl_ms = milliseconds(cf, "ttl", value);
      } else if (take(argument, "stale", value)) {
        main.cache_times.stale_ms = milliseconds(cf, "stale", value);
      } else if (take(argument, "negative", value)) {
        main.cache_times.negative_ms = milliseconds(cf, "negative", value);
      } else if (take(argument, "invalidation", value)) {
        if (value != "on" && value != "off") {
          refuse(cf, "personalize_cache: invalidation=" + std::string(value) +
                         " is neither invalidation=on nor invalidation=off");
        }
        main.invalidation = value == "on";
      } else {
        refuse_parameter(cf, argument, "zone=NAME:SIZE ttl= stale= negative= invalidation=");
      }
    }
    const auto colon = zone.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      refuse(cf,
             "personalize_cache lacks a zone; write zone=NAME:SIZE, for example "
             "zone=personalize:64m");
    }
    ngx_str_t size_text = ngx_view(zone.substr(colon + 1));
    const ssize_t size = ngx_parse_size(&size_text);
    if (size == NGX_ERROR || size < static_cast<ssize_t>(8 * ngx_pagesize)) {
      refuse(cf, "personalize_cache: the zone's size \"" + std::string(zone.substr(colon + 1)) +
                     "\" is not a size of at least " + std::to_string(8 * ngx_pagesize / 1024) +
                     "k");
    }
    main.cache = make_in_pool<SharedCache>(cf->pool);
    main.cache->add_zone(cf, zone.substr(0, colon), static_cast<std::size_t>(size));
  });
}

// personalize_geoip FILE
char* read_geoip(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf,
                 [&] { main_of(cf).geo.open(full_path(cf, arguments(cf)[0]), current_place(cf)); });
}

// personalize_locale TAG CURRENCY
char* read_locale(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    MainConf& main = main_of(cf);
    if (main.locale != nullptr) {
      refuse(cf, "personalize_locale stands twice");
    }
    const auto words = arguments(cf);
    main.locale = std::make_unique<Locale>(words[0], words[1], current_place(cf));
  });
}

// personalize_source NAME key=… …
char* read_source(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    const auto words = arguments(cf);
    main_of(cf).sources.push_back({current_place(cf), std::string(words[0]),
                                   std::vector<std::string>(words.begin() + 1, words.end())});
  });
}

// The keys of a secret_file=, with a warning where others can read it and so do `harm`.
std::vector<std::string> read_secret(ngx_conf_t* cf, const std::string& directive,
                                     std::string_view file, const std::string& harm) {
  const Where where = current_place(cf);
  const std::string path = full_path(cf, file);
  SecretFile secrets = read_secret_file(path, where);
  if (secrets.readable_by_others) {
    log_config_error(cf, where,
                     directive + ": everybody can read secret_file " + path +
                         ", and who reads it can " + harm + "; chmod 600 it",
                     NGX_LOG_WARN);
  }
  return std::move(secrets.keys);
}

// personalize_visitor $variable, or cookie=NAME …
char* read_visitor(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    ServerConf& server = server_of(cf);
    if (server.visitor != nullptr) {
      refuse(cf, "personalize_visitor stands twice");
    }
    server.visitor = make_in_pool<VisitorRule>(cf->pool);

    const auto words = arguments(cf);
    if (words[0].substr(0, 1) == "$") {
      if (words.size() > 1) {
        refuse(cf,
               "personalize_visitor takes either a variable alone or cookie=NAME with its "
               "parameters");
      }
      ngx_str_t name = ngx_view(words[0].substr(1));
      server.visitor->where = current_place(cf);
      server.visitor->variable_name = words[0].substr(1);
      server.visitor->variable = ngx_http_get_variable_index(cf, &name);
      if (server.visitor->variable == NGX_ERROR) {
        refuse(cf, "personalize_visitor cannot use \"" + std::string(words[0]) + "\"");
      }
      return;
    }

    const Where where = current_place(cf);
    const VisitorOptions options = parse_visitor(words, where);
    std::vector<std::string> keys;
    if (!options.secret_file.empty()) {
      keys = read_secret(cf, "personalize_visitor", options.secret_file, "be any visitor");
    }
    server.visitor->cookie = std::make_unique<VisitorCookie>(options, keys, where);
  });
}

// personalize_session [timeout= history= half_life= keep=], or off
char* read_session_rule(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    ServerConf& server = server_of(cf);
    if (server.session != nullptr) {
      refuse(cf, "personalize_session stands twice");
    }
    server.session = make_in_pool<SessionRule>(cf->pool);
    server.session->where = current_place(cf);
    const auto words = arguments(cf);
    server.session->on = words != Arguments{"off"};
    if (server.session->on) {
      server.session->options = parse_session(words, server.session->where);
    }
  });
}

// personalize_preview secret_file=PATH
char* read_preview(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    ServerConf& server = server_of(cf);
    if (server.preview != nullptr) {
      refuse(cf, "personalize_preview stands twice");
    }
    const auto word = arguments(cf)[0];
    std::string_view path;
    if (!take(word, "secret_file", path)) {
      refuse_parameter(cf, word, "secret_file=PATH");
    }
    server.preview = make_in_pool<PreviewSecret>(
        cf->pool, read_secret(cf, "personalize_preview", path, "force what any browser is shown"));
    server.preview_where = current_place(cf);
    main_of(cf).has_preview = true;
  });
}

// Names stand in lists between commas and spaces: variables, cookies, data-pz-conversion.
void check_name(const ngx_conf_t* cf, std::string_view name) {
  if (name.empty() || name.find_first_of(",=; \"'") != std::string_view::npos) {
    refuse(cf, directive(cf) + ": \"" + std::string(name) +
                   "\" cannot be a name: it must be a word without commas, equals signs, "
                   "semicolons, quotes and spaces");
  }
}

// personalize_segment NAME { … }, personalize_campaign NAME { … }
char* read_declaration(ngx_conf_t* cf, Block block, std::vector<Declaration>& declarations) {
  try {
    Declaration declaration;
    declaration.where = current_place(cf);
    declaration.name = std::string(arguments(cf)[0]);
    check_name(cf, declaration.name);
    char* result = read_block(cf, block, declaration.statements);
    if (result == NGX_CONF_OK && block == Block::segment && declaration.statements.empty()) {
      throw ConfigError(declaration.where,
                        "segment \"" + declaration.name +
                            "\" has no condition and would hold for everybody: write for example "
                            "\"when cookie.seen;\" into it");
    }
    declarations.push_back(std::move(declaration));
    return result;
  } catch (const std::exception& error) {
    log_config_error(cf, current_place(cf), error.what());
    return static_cast<char*>(NGX_CONF_ERROR);
  }
}

char* read_segment(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::segment, static_cast<ServerConf*>(conf)->segments);
}

char* read_campaign(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::campaign, static_cast<ServerConf*>(conf)->campaigns);
}

// personalize_experiment NAME { … }, personalize_holdout NAME { … }
char* read_experiment(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::experiment,
                          static_cast<ServerConf*>(conf)->experiments.experiments);
}

char* read_holdout(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::holdout, static_cast<ServerConf*>(conf)->experiments.holdouts);
}

// personalize_features FILE [NAME=ATTRIBUTE]… [sticky=cookie] [override=off] [key_file=FILE]
char* read_features_file(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    constexpr std::string_view key_file = "key_file=";
    const auto words = arguments(cf);
    std::vector<std::string> parameters;
    std::string key;
    for (auto word = words.begin() + 1; word != words.end(); ++word) {
      if (word->substr(0, key_file.size()) == key_file) {
        key = first_line(cf, "key_file", word->substr(key_file.size()));
      } else {
        parameters.emplace_back(*word);
      }
    }
    static_cast<ServerConf*>(conf)->experiments.features.push_back(
        read_features(full_path(cf, words[0]), parameters, key, current_place(cf)));
  });
}

// Positions are no elements and take nothing else; what looks like one and is none is a slip.
void check_position(const ngx_conf_t* cf, const Arguments& words) {
  const std::string_view place = words[1];
  if (place == "head-end" || place == "body-start" || place == "body-end") {
    if (words.size() > 2) {
      refuse(cf, "personalize_slot: " + std::string(place) + " takes no \"" +
                     std::string(words[2]) + "\": it is one place in the page");
    }
    return;
  }
  const bool looks_like_one = place.substr(0, 5) == "head-" || place.substr(0, 5) == "body-";
  if (looks_like_one && place.find_first_of(" .#:[>,") == std::string_view::npos) {
    refuse(cf, "personalize_slot: there is no place \"" + std::string(place) +
                   "\": places are head-end, body-start and body-end");
  }
}

// personalize_slot NAME SELECTOR [PLACEMENT] [all]
struct PlacementName {
  std::string_view name;
  Placement placement;
};
constexpr PlacementName placements[] = {
    {"inner", Placement::inner}, {"replace", Placement::replace}, {"before", Placement::before},
    {"after", Placement::after}, {"prepend", Placement::prepend}, {"append", Placement::append},
};

char* read_slot(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& location = *static_cast<LocationConf*>(conf);
    const auto words = arguments(cf);
    SlotDeclaration slot;
    slot.where = current_place(cf);
    slot.name = words[0];
    slot.selector = words[1];
    check_position(cf, words);
    std::string_view placement;
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto* found = std::find_if(std::begin(placements), std::end(placements),
                                       [&](const PlacementName& p) { return p.name == words[i]; });
      if (found != std::end(placements)) {
        if (!placement.empty()) {
          refuse(cf, "personalize_slot has both " + std::string(placement) + " and " +
                         std::string(words[i]) +
                         ": keep one, and write a second line for another place");
        }
        placement = words[i];
        slot.placement = found->placement;
      } else if (words[i] == "all") {
        slot.all = true;
      } else {
        refuse_parameter(cf, words[i],
                         "inner, replace, before, after, prepend or append, and all; "
                         "a selector with spaces is quoted whole");
      }
    }
    if (location.slots == nullptr) {
      location.slots = make_in_pool<std::vector<SlotDeclaration>>(cf->pool);
    }
    location.slots->push_back(std::move(slot));
  });
}

// personalize_wait TIME
char* read_wait(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  char* result = ngx_conf_set_msec_slot(cf, command, conf);
  if (result != NGX_CONF_OK) {
    return result;
  }
  return guarded(cf, [&] { warn_of_seconds(cf, "personalize_wait: ", arguments(cf)[0]); });
}

// personalize_page FIELD=VALUE…
char* read_page(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& location = *static_cast<LocationConf*>(conf);
    if (location.page != NGX_CONF_UNSET_PTR) {
      refuse(cf, "personalize_page stands twice in this location: write all fields into one");
    }
    location.page = make_in_pool<PageFields>(cf->pool, cf, arguments(cf), current_place(cf));
    main_of(cf).has_page = true;
  });
}

// personalize_consent [gpc=refuse|ignore] { … }
char* read_consent(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  char* read = NGX_CONF_OK;
  char* result = guarded(cf, [&] {
    auto& location = *static_cast<LocationConf*>(conf);
    if (location.consent != NGX_CONF_UNSET_PTR) {
      refuse(cf, "personalize_consent stands twice: write all conditions into one");
    }
    const Where where = current_place(cf);
    const auto parameters = arguments(cf);
    std::vector<Statement> conditions;
    read = read_block(cf, Block::segment, conditions);
    if (read != NGX_CONF_OK) {
      return;
    }
    location.consent = make_in_pool<Consent>(cf->pool, parameters, conditions, where);
    main_of(cf).consents.push_back(location.consent);
  });
  return result == NGX_CONF_OK ? read : result;
}

// personalize_limits [token=SIZE] [content=SIZE] [held=SIZE]
char* read_limits(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& location = *static_cast<LocationConf*>(conf);
    struct Limit {
      std::string_view name;
      std::size_t& size;
    };
    const Limit limits[] = {{"token", location.token_limit},
                            {"content", location.content_limit},
                            {"held", location.held_limit}};
    for (const auto argument : arguments(cf)) {
      std::string_view value;
      const auto* limit = std::find_if(std::begin(limits), std::end(limits), [&](const Limit& l) {
        return take(argument, l.name, value);
      });
      if (limit == std::end(limits)) {
        refuse_parameter(cf, argument, "token= content= held=");
      }
      ngx_str_t text = ngx_view(value);
      const ssize_t size = ngx_parse_size(&text);
      constexpr ssize_t least = 1024;
      constexpr ssize_t most = ssize_t{64} * 1024 * 1024;
      if (size == NGX_ERROR || size < least || size > most) {
        refuse(cf, "personalize_limits: " + std::string(argument) +
                       " is not a size from 1k to 64m; write for example " +
                       std::string(limit->name) + "=64k");
      }
      if (limit->size != NGX_CONF_UNSET_SIZE) {
        refuse(cf, "personalize_limits: " + std::string(limit->name) + "= stands twice");
      }
      limit->size = static_cast<std::size_t>(size);
    }
  });
}

void set_handler(ngx_conf_t* cf, ngx_http_handler_pt handler) {
  auto* core = static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  if (core->handler != nullptr) {
    refuse(cf, directive(cf) + " needs a location of its own: something else answers in this one");
  }
  core->handler = handler;
}

// personalize_endpoint
char* read_endpoint(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    std::string name(view(core->name));
    const bool is_prefix = !name.empty() && name.front() == '/' && name.back() == '/' &&
                           !core->exact_match && core->regex == nullptr;
    if (!is_prefix) {
      refuse(cf,
             "personalize_endpoint stands in a location like \"location /_pz/ { … }\": a prefix "
             "that begins and ends with a slash");
    }
    server_of(cf).endpoint = std::move(name);
    set_handler(cf, serve_endpoint);
  });
}

// personalize_status
char* read_status(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] { set_handler(cf, serve_status); });
}

// personalize_explain
char* read_explain(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    set_handler(cf, serve_explanation);
    // It tells of pages and is none, whatever the server around it says.
    static_cast<LocationConf*>(conf)->enable = 0;
    main_of(cf).explains.push_back(
        {current_place(cf), static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf});
  });
}

constexpr ngx_uint_t m = NGX_HTTP_MAIN_CONF;
constexpr ngx_uint_t s = NGX_HTTP_SRV_CONF;
constexpr ngx_uint_t l = NGX_HTTP_LOC_CONF;

}  // namespace

ngx_command_t personalize_commands[] = {
    {ngx_string("personalize"), m | s | l | NGX_HTTP_LIF_CONF | NGX_CONF_FLAG,
     ngx_conf_set_flag_slot, NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, enable), nullptr},
    {ngx_string("personalize_wait"), m | s | l | NGX_CONF_TAKE1, read_wait,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, wait), nullptr},
    {ngx_string("personalize_before_upstream"), m | s | l | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, before_upstream), nullptr},
    {ngx_string("personalize_types"), m | s | l | NGX_CONF_1MORE, ngx_http_types_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, types_keys), &ngx_http_html_default_types[0]},
    {ngx_string("personalize_limits"), m | s | l | NGX_CONF_1MORE, read_limits,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_slot"), m | s | l | NGX_CONF_2MORE, read_slot,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_consent"),
     m | s | l | NGX_CONF_BLOCK | NGX_CONF_NOARGS | NGX_CONF_TAKE1, read_consent,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_page"), l | NGX_CONF_1MORE, read_page, NGX_HTTP_LOC_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("personalize_redis"), m | NGX_CONF_1MORE, read_redis, NGX_HTTP_MAIN_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("personalize_cache"), m | NGX_CONF_1MORE, read_cache, NGX_HTTP_MAIN_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("personalize_geoip"), m | NGX_CONF_TAKE1, read_geoip, NGX_HTTP_MAIN_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("personalize_locale"), m | NGX_CONF_TAKE2, read_locale, NGX_HTTP_MAIN_CONF_OFFSET,
     0, nullptr},
    {ngx_string("personalize_source"), m | NGX_CONF_2MORE, read_source, NGX_HTTP_MAIN_CONF_OFFSET,
     0, nullptr},
    {ngx_string("personalize_visitor"), m | s | NGX_CONF_1MORE, read_visitor,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_session"), m | s | NGX_CONF_ANY, read_session_rule,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_preview"), m | s | NGX_CONF_TAKE1, read_preview,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_segment"), m | s | NGX_CONF_BLOCK | NGX_CONF_TAKE1, read_segment,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_campaign"), m | s | NGX_CONF_BLOCK | NGX_CONF_TAKE1, read_campaign,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_experiment"), m | s | NGX_CONF_BLOCK | NGX_CONF_TAKE1, read_experiment,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_holdout"), m | s | NGX_CONF_BLOCK | NGX_CONF_TAKE1, read_holdout,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_features"), m | s | NGX_CONF_1MORE, read_features_file,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_endpoint"), l | NGX_CONF_NOARGS, read_endpoint,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("personalize_explain"), l | NGX_CONF_NOARGS, read_explain, NGX_HTTP_LOC_CONF_OFFSET,
     0, nullptr},
    {ngx_string("personalize_status"), l | NGX_CONF_NOARGS, read_status, NGX_HTTP_LOC_CONF_OFFSET,
     0, nullptr},
    ngx_null_command,
};

}  // namespace personalize
