#include "nginx/platform/locations.h"

#include <algorithm>
#include <string_view>

namespace personalize {

namespace {

struct Found {
  const ngx_http_core_loc_conf_t* location = nullptr;
  bool is_final = false;  // by "=": nothing else is looked at
};

// As ngx_http_core_find_static_location().
Found find_static(const ngx_http_location_tree_node_t* node, std::string_view path) {
  Found found;
  while (node != nullptr) {
    const std::size_t size = std::min<std::size_t>(path.size(), node->len);
    const auto name = std::string_view(reinterpret_cast<const char*>(node->name), size);
    const int order = path.substr(0, size).compare(name);
    if (order != 0) {
      node = order < 0 ? node->left : node->right;
    } else if (path.size() > node->len) {
      if (node->inclusive != nullptr) {
        found.location = node->inclusive;
        path.remove_prefix(size);
        node = node->tree;
      } else {
        node = node->right;
      }
    } else if (path.size() == node->len) {
      return node->exact != nullptr ? Found{node->exact, true} : Found{node->inclusive, false};
    } else {
      node = node->left;
    }
  }
  return found;
}

bool matches(const ngx_http_core_loc_conf_t& location, const std::string& path) {
#if (NGX_PCRE)
  ngx_str_t text = {path.size(), reinterpret_cast<u_char*>(const_cast<char*>(path.data()))};
  return ngx_regex_exec(location.regex->regex, &text, nullptr, 0) >= 0;
#else
  return false;
#endif
}

// As ngx_http_core_find_location(): among the locations within `outer`.
Found find_within(const ngx_http_core_loc_conf_t& outer, const std::string& path) {
  Found found = find_static(outer.static_locations, path);
  if (found.is_final) {
    return found;
  }
  bool tries_regex = true;
  if (found.location != nullptr) {
    tries_regex = found.location->noregex == 0;
    const Found nested = find_within(*found.location, path);
    found = nested.location != nullptr ? nested : found;
    if (found.is_final) {
      return found;
    }
  }
#if (NGX_PCRE)
  for (auto** regex = outer.regex_locations; tries_regex && regex != nullptr && *regex != nullptr;
       ++regex) {
    if (matches(**regex, path)) {
      const Found nested = find_within(**regex, path);
      return {nested.location != nullptr ? nested.location : *regex, true};
    }
  }
#endif
  return found;
}

}  // namespace

const ngx_http_core_loc_conf_t& find_location(const ngx_http_core_loc_conf_t& server,
                                              const std::string& path) {
  const Found found = find_within(server, path);
  return found.location != nullptr ? *found.location : server;
}

}  // namespace personalize
