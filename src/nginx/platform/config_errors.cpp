#include "nginx/platform/config_errors.h"

#include "nginx/platform/memory.h"

namespace personalize {

Where current_place(const ngx_conf_t* cf) {
  if (cf->conf_file == nullptr) {
    return {"command line", 0};
  }
  return {std::string(view(cf->conf_file->file.name)), static_cast<unsigned>(cf->conf_file->line)};
}

void log_config_error(ngx_conf_t* cf, const Where& where, const std::string& message,
                      ngx_uint_t level) {
  ngx_log_error(level, cf->log, 0, "%s in %s:%ui", message.c_str(), where.file.c_str(),
                static_cast<ngx_uint_t>(where.line));
}

}  // namespace personalize
