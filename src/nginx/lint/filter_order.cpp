// A filter that is later in NGINX's list of modules runs earlier. NGINX places a dynamic module
// before the first module of its own order list that is there already; that of ngx_brotli names
// postpone, as ours does, but not ours. So the order of load_module decides:
//
//   load_module ours; load_module brotli;   gzip, ours, brotli, postpone: brotli runs first, and
//                                           what comes to us is compressed
//   load_module brotli; load_module ours;   gzip, brotli, ours, postpone: pages come to us as text
#include "nginx/lint/filter_order.h"

#include <algorithm>

#include "base/text/text.h"
#include "nginx/config/configuration.h"

namespace personalize {

namespace {

// Returns whether the module compresses, by the names that other modules have:
// ngx_http_brotli_filter_module, ngx_http_zstd_filter_module.
bool is_compressor(std::string_view module) {
  constexpr std::string_view words[] = {"brotli", "zstd", "deflate", "compress", "gzip"};
  const auto holds = [&](std::string_view word) {
    return module.find(word) != std::string_view::npos;
  };
  return holds("filter") && std::any_of(std::begin(words), std::end(words), holds);
}

// Returns the load_module of the module's file; nullptr if there is none of that name.
const TextDirective* find_load(const std::vector<TextDirective>& text, std::string_view module) {
  const auto found = std::find_if(text.begin(), text.end(), [&](const TextDirective& directive) {
    return directive.words.front() == "load_module" && directive.words.size() == 2 &&
           directive.words[1].find(module) != std::string::npos;
  });
  return found == text.end() ? nullptr : &*found;
}

}  // namespace

void warn_of_early_compressors(ngx_conf_t* cf, const std::vector<TextDirective>& text) {
  constexpr std::string_view own = "ngx_http_personalize_module";
  bool runs_later = false;
  for (ngx_module_t** module = cf->cycle->modules; *module != nullptr; ++module) {
    const char* name = (*module)->name;
    if (*module == &ngx_http_personalize_module) {
      runs_later = true;
    } else if (runs_later && name != nullptr && is_compressor(name)) {
      const TextDirective* load = find_load(text, name);
      warn(cf, load != nullptr ? load->where() : current_place(cf),
           std::string(name) +
               " compresses pages before they can be personalized: write its load_module before "
               "that of " +
               std::string(own));
    }
  }
}

}  // namespace personalize
