// Statements are NGINX commands in contexts of their own, so that NGINX itself reports unknown,
// misplaced and unterminated ones, and `include` works. Here they are only collected; their meaning
// is checked by the engine (src/decision).
#include "nginx/config/reading/blocks.h"

#include <algorithm>

#include "nginx/platform/config_errors.h"
#include "nginx/platform/memory.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

namespace {

// Contexts; NGINX compares them only between commands of one module type.
constexpr ngx_uint_t in_group = 0x01000000;
constexpr ngx_uint_t in_segment = 0x02000000;
constexpr ngx_uint_t in_campaign = 0x04000000;
constexpr ngx_uint_t in_condition = 0x08000000;
constexpr ngx_uint_t in_experiment = 0x10000000;
constexpr ngx_uint_t in_holdout = 0x20000000;
constexpr ngx_uint_t in_widget = 0x40000000;
constexpr ngx_uint_t in_recommendation = 0x80000000;
constexpr ngx_uint_t with_conditions = in_group | in_segment | in_campaign | in_condition |
                                       in_experiment | in_holdout | in_recommendation;

constexpr ngx_uint_t block_module_type = 0x425a5000;  // "PZB"

// NGINX takes the first member of a context for the array of configurations; here there is none.
struct Context {
  void* no_configuration = nullptr;
  std::vector<Statement>* statements = nullptr;
};

char* parse(ngx_conf_t* cf, ngx_uint_t command_type, std::vector<Statement>& statements) {
  Context context;
  context.statements = &statements;

  const ngx_conf_t saved = *cf;
  cf->ctx = &context;
  cf->module_type = block_module_type;
  cf->cmd_type = command_type;
  char* result = ngx_conf_parse(cf, nullptr);
  *cf = saved;
  return result;
}

std::vector<std::string> words(const ngx_conf_t* cf) {
  const auto* args = static_cast<const ngx_str_t*>(cf->args->elts);
  std::vector<std::string> result;
  for (ngx_uint_t i = 0; i < cf->args->nelts; ++i) {
    result.emplace_back(view(args[i]));
  }
  return result;
}

char* read_statement(ngx_conf_t* cf, ngx_command_t*, void*) {
  return guarded(cf, [&] {
    static_cast<Context*>(cf->ctx)->statements->push_back({current_place(cf), words(cf), {}});
  });
}

// json FILE [groups=FILE]. Names of files are relative to the directory of nginx.conf.
char* read_file_statement(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  constexpr std::string_view groups = "groups=";
  auto* args = static_cast<ngx_str_t*>(cf->args->elts);
  if (ngx_conf_full_name(cf->cycle, &args[1], 1) != NGX_OK) {
    return static_cast<char*>(NGX_CONF_ERROR);
  }
  if (cf->args->nelts > 2 && view(args[2]).substr(0, groups.size()) == groups) {
    ngx_str_t name = {args[2].len - groups.size(), args[2].data + groups.size()};
    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
      return static_cast<char*>(NGX_CONF_ERROR);
    }
    try {
      args[2] = ngx_view(copy_to_pool(cf->pool, std::string(groups) + std::string(view(name))));
    } catch (const std::bad_alloc&) {
      return static_cast<char*>(NGX_CONF_ERROR);
    }
  }
  return read_statement(cf, command, conf);
}

ngx_uint_t context_of(Block block) {
  switch (block) {
    case Block::segment:
      return in_segment;
    case Block::campaign:
      return in_campaign;
    case Block::group:
      return in_group;
    case Block::experiment:
      return in_experiment;
    case Block::holdout:
      return in_holdout;
    case Block::widget:
      return in_widget;
    case Block::recommendation:
      return in_recommendation;
  }
  return 0;
}

char* read_condition_block(ngx_conf_t* cf, ngx_command_t*, void*) {
  try {
    Statement statement{current_place(cf), words(cf), {}};
    char* result = parse(cf, in_condition, statement.block);
    if (result == NGX_CONF_OK) {
      static_cast<Context*>(cf->ctx)->statements->push_back(std::move(statement));
    }
    return result;
  } catch (const std::exception&) {
    return static_cast<char*>(NGX_CONF_ERROR);
  }
}

}  // namespace

char* read_lines(ngx_conf_t* cf, std::vector<Statement>& statements) {
  const ngx_conf_t saved = *cf;
  cf->handler = [](ngx_conf_t* line, ngx_command_t*, void* conf) {
    return guarded(line, [&] {
      static_cast<std::vector<Statement>*>(conf)->push_back({current_place(line), words(line), {}});
    });
  };
  cf->handler_conf = reinterpret_cast<decltype(cf->handler_conf)>(&statements);
  char* result = ngx_conf_parse(cf, nullptr);
  *cf = saved;
  return result;
}

namespace {

char* refuse_field(ngx_conf_t* cf, ngx_command_t* command, void*) {
  return guarded(cf, [&] {
    const std::string name(view(command->name));
    throw ConfigError(current_place(cf), "unknown directive \"" + name +
                                             "\": a field of a widget is written \"set " + name +
                                             " …;\"");
  });
}

const ngx_command_t statement_commands[] = {
    {ngx_string("when"), with_conditions | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("unless"), with_conditions | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("any"), with_conditions | NGX_CONF_BLOCK | NGX_CONF_NOARGS, read_condition_block, 0,
     0, nullptr},
    {ngx_string("all"), with_conditions | NGX_CONF_BLOCK | NGX_CONF_NOARGS, read_condition_block, 0,
     0, nullptr},
    {ngx_string("element"), with_conditions | NGX_CONF_BLOCK | NGX_CONF_TAKE1, read_condition_block,
     0, 0, nullptr},
    {ngx_string("json"),
     in_segment | in_condition | in_experiment | in_holdout | NGX_CONF_TAKE1 | NGX_CONF_TAKE2,
     read_file_statement, 0, 0, nullptr},
    {ngx_string("variants"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("coverage"), in_experiment | in_holdout | NGX_CONF_TAKE1, read_statement, 0, 0,
     nullptr},
    {ngx_string("hash_by"), in_experiment | in_holdout | NGX_CONF_1MORE, read_statement, 0, 0,
     nullptr},
    {ngx_string("seed"), in_experiment | in_holdout | NGX_CONF_TAKE1, read_statement, 0, 0,
     nullptr},
    {ngx_string("hash_version"), in_experiment | in_holdout | NGX_CONF_TAKE1, read_statement, 0, 0,
     nullptr},
    {ngx_string("namespace"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("ranges"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("filter"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("force"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("prerequisite"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("sticky"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("allocate"), in_experiment | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("holdout"), in_experiment | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("schedule"), in_experiment | in_holdout | NGX_CONF_1MORE, read_statement, 0, 0,
     nullptr},
    {ngx_string("enabled"), in_experiment | in_holdout | NGX_CONF_TAKE1, read_statement, 0, 0,
     nullptr},
    {ngx_string("slot"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("priority"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("enabled"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("schedule"), in_campaign | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("schedule"), in_group | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("hours"), in_campaign | in_group | in_experiment | in_holdout | NGX_CONF_1MORE,
     read_statement, 0, 0, nullptr},
    {ngx_string("weekdays"), in_campaign | in_group | in_experiment | in_holdout | NGX_CONF_1MORE,
     read_statement, 0, 0, nullptr},
    {ngx_string("cap"), in_campaign | in_group | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("group"), in_campaign | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("stop"), in_campaign | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("keep"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("keep_per"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("keep_while"), in_campaign | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("holdout"), in_campaign | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("code"), in_campaign | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("like"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("fragment"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("content"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("trigger"), in_campaign | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("auto_hide"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("widget"), in_campaign | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("set"), in_campaign | NGX_CONF_TAKE2, read_statement, 0, 0, nullptr},
    {ngx_string("template"), in_widget | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("style"), in_widget | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("script"), in_widget | NGX_CONF_TAKE1, read_statement, 0, 0, nullptr},
    {ngx_string("field"), in_widget | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("try"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("items"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("exclude"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("boost"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("pin"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("per"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("limit"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
    {ngx_string("min"), in_recommendation | NGX_CONF_1MORE, read_statement, 0, 0, nullptr},
};

// The statements, and what fields of widgets are called, for those who forget `set`. Fields that
// are called as a statement of campaigns are that.
std::vector<ngx_command_t> make_block_commands() {
  std::vector<ngx_command_t> commands(std::begin(statement_commands), std::end(statement_commands));
  const auto is_taken = [&](std::string_view name) {
    return std::any_of(commands.begin(), commands.end(), [&](const ngx_command_t& command) {
      return view(command.name) == name && (command.type & in_campaign) != 0;
    });
  };
  for (const std::string_view field : field_names()) {
    if (!is_taken(field)) {
      commands.push_back(
          {ngx_view(field), in_campaign | NGX_CONF_ANY, refuse_field, 0, 0, nullptr});
    }
  }
  commands.push_back(ngx_null_command);
  return commands;
}

}  // namespace

// The commands are made when the first block is read, since the table of widgets is made when it is
// first asked for.
char* read_block(ngx_conf_t* cf, Block block, std::vector<Statement>& statements) {
  static std::vector<ngx_command_t> commands = make_block_commands();
  ngx_personalize_block_module.commands = commands.data();
  return parse(cf, context_of(block), statements);
}

}  // namespace personalize

static ngx_core_module_t personalize_block_context = {};

ngx_module_t ngx_personalize_block_module = {NGX_MODULE_V1,
                                             &personalize_block_context,
                                             nullptr,  // commands: see read_block()
                                             personalize::block_module_type,
                                             nullptr,  // init master
                                             nullptr,  // init module
                                             nullptr,  // init process
                                             nullptr,  // init thread
                                             nullptr,  // exit thread
                                             nullptr,  // exit process
                                             nullptr,  // exit master
                                             NGX_MODULE_V1_PADDING};
