#include "nginx/config/directives/server_directives.h"

#include "nginx/config/configuration.h"
#include "nginx/config/reading/blocks.h"
#include "nginx/config/reading/directive.h"
#include "nginx/config/reading/secret.h"

namespace personalize {

namespace {

ServerConf& server(void* conf) {
  return *static_cast<ServerConf*>(conf);
}

// personalize_person $variable [merge=session,caps,offers,answers | off] | off
char* read_person(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    const auto& words = directive.arguments();
    if (server(conf).person != nullptr) {
      directive.refuse(" is duplicate");
    }
    auto* person = make_in_pool<PersonRule>(cf->pool);
    person->where = directive.where();
    person->on = words != Arguments{"off"};
    if (person->on) {
      if (words[0].size() < 2 || words[0].front() != '$') {
        directive.refuse(
            ": write the variable that says who is signed in, as in "
            "\"personalize_person $user_id\", or off");
      }
      person->variable_name = words[0].substr(1);
      person->variable = directive.variable_index(words[0]);
      std::string_view merges;
      if (words.size() > 1 && !take_value(words[1], "merge", merges)) {
        directive.refuse_parameter(words[1], "merge=");
      }
      if (words.size() > 1 && !read_merges(merges, person->merges)) {
        directive.refuse(": invalid value " + quoted(words[1]) +
                         "; write some of session, caps, offers and answers with commas between "
                         "them, or merge=off");
      }
    }
    server(conf).person = person;
  });
}

// personalize_session [timeout= history= half_life= keep=] | off
char* read_session_rule(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    if (server(conf).session != nullptr) {
      directive.refuse(" is duplicate");
    }
    auto* session = make_in_pool<SessionRule>(cf->pool);
    session->where = directive.where();
    session->on = directive.arguments() != Arguments{"off"};
    if (session->on) {
      session->options = parse_session(directive.arguments(), directive.where());
    }
    server(conf).session = session;
  });
}

// personalize_bots [TEXT…] [except=WORD…]
char* read_bots(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    if (server(conf).bots != nullptr) {
      directive.refuse(" is duplicate");
    }
    server(conf).bots =
        make_in_pool<BotRules>(cf->pool, parse_bots(directive.arguments(), directive.where()));
  });
}

// personalize_preview secret_file=PATH
char* read_preview(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    if (server(conf).preview != nullptr) {
      directive.refuse(" is duplicate");
    }
    const auto word = directive.arguments()[0];
    std::string_view path;
    if (!take_value(word, "secret_file", path)) {
      directive.refuse_parameter(word, "secret_file=PATH");
    }
    server(conf).preview = make_in_pool<PreviewSecret>(
        cf->pool, read_secret(directive, path, "secret_file", "force what any browser is shown"));
    server(conf).preview_where = directive.where();
  });
}

// Names stand in lists between commas and spaces: in variables, cookies and data-pz-conversion.
void check_name(const Directive& directive, std::string_view name) {
  if (name.empty() || name.find_first_of(",=; \"'") != std::string_view::npos) {
    directive.refuse(": " + quoted(name) +
                     " cannot be a name: it must be a word without commas, equals signs, "
                     "semicolons, quotes and spaces");
  }
}

// NAME { … }
char* read_declaration(ngx_conf_t* cf, Block block, std::vector<Declaration>& declarations) {
  char* read = NGX_CONF_OK;
  char* result = guarded(cf, [&] {
    const Directive directive(cf);
    Declaration declaration{directive.where(), std::string(directive.arguments()[0]), {}};
    check_name(directive, declaration.name);
    read = read_block(cf, block, declaration.statements);
    if (read == NGX_CONF_OK && block == Block::segment && declaration.statements.empty()) {
      throw ConfigError(declaration.where,
                        "segment " + quoted(declaration.name) +
                            " has no condition and would hold for everybody: write for example "
                            "\"when cookie.seen;\" into it");
    }
    declarations.push_back(std::move(declaration));
  });
  return result == NGX_CONF_OK ? read : result;
}

char* read_segment(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::segment, server(conf).segments);
}

// NAME { … }, whose lines are no directives.
char* read_declared_lines(ngx_conf_t* cf, std::vector<Declaration>& declarations) {
  char* read = NGX_CONF_OK;
  char* result = guarded(cf, [&] {
    const Directive directive(cf);
    Declaration declaration{directive.where(), std::string(directive.arguments()[0]), {}};
    check_name(directive, declaration.name);
    read = read_lines(cf, declaration.statements);
    declarations.push_back(std::move(declaration));
  });
  return result == NGX_CONF_OK ? read : result;
}

// personalize_value NAME { VALUE when …; default VALUE; }
char* read_value(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declared_lines(cf, server(conf).values);
}

char* read_campaign(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::campaign, server(conf).campaigns);
}

char* read_group(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::group, server(conf).groups);
}

char* read_experiment(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::experiment, server(conf).experiments.experiments);
}

char* read_holdout(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::holdout, server(conf).experiments.holdouts);
}

// The widgets are those of all servers.
char* read_widget(ngx_conf_t* cf, ngx_command_t*, void*) {
  return read_declaration(cf, Block::widget, main_conf(cf).widgets);
}

char* read_recommendation(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declaration(cf, Block::recommendation, server(conf).chains);
}

// personalize_collect NAME { field …; keep TIME; }
char* read_form(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return read_declared_lines(cf, server(conf).forms);
}

// personalize_features FILE [NAME=ATTRIBUTE]… [sticky=cookie] [override=off] [key_file=FILE]
char* read_features_file(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    const auto& words = directive.arguments();
    std::vector<std::string> parameters;
    std::string key;
    for (auto word = words.begin() + 1; word != words.end(); ++word) {
      std::string_view file;
      if (take_value(*word, "key_file", file)) {
        key = directive.first_line("key_file", file);
      } else {
        parameters.emplace_back(*word);
      }
    }
    server(conf).experiments.features.push_back(
        read_features(directive.full_path(words[0]), parameters, key, directive.where()));
  });
}

}  // namespace

std::vector<ngx_command_t> server_directives() {
  const auto row = [](ngx_str_t name, ngx_uint_t arguments, auto read) -> ngx_command_t {
    return {name, http_server | arguments, read, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr};
  };
  constexpr ngx_uint_t named_block = NGX_CONF_BLOCK | NGX_CONF_TAKE1;
  return {
      row(ngx_string("personalize_person"), NGX_CONF_TAKE12, read_person),
      row(ngx_string("personalize_session"), NGX_CONF_ANY, read_session_rule),
      row(ngx_string("personalize_bots"), NGX_CONF_1MORE, read_bots),
      row(ngx_string("personalize_preview"), NGX_CONF_TAKE1, read_preview),
      row(ngx_string("personalize_segment"), named_block, read_segment),
      row(ngx_string("personalize_value"), named_block, read_value),
      row(ngx_string("personalize_campaign"), named_block, read_campaign),
      row(ngx_string("personalize_group"), named_block, read_group),
      row(ngx_string("personalize_experiment"), named_block, read_experiment),
      row(ngx_string("personalize_holdout"), named_block, read_holdout),
      row(ngx_string("personalize_collect"), named_block, read_form),
      row(ngx_string("personalize_recommend"), named_block, read_recommendation),
      row(ngx_string("personalize_features"), NGX_CONF_1MORE, read_features_file),
      {ngx_string("personalize_widget"), http_only | named_block, read_widget,
       NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
  };
}

}  // namespace personalize
