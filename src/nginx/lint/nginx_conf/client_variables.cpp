#include "nginx/lint/nginx_conf/client_variables.h"

#include <algorithm>
#include <cctype>

#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::string_view prefixes[] = {"cookie_", "arg_", "http_"};

constexpr std::string_view names[] = {
    "args",           "content_length", "content_type", "document_uri", "host",
    "query_string",   "request",        "request_body", "request_uri",  "request_filename",
    "request_method", "uid_got",        "uri",
};

bool is_sent(std::string_view variable) {
  return is_one_of(variable, names) || begins_with_one_of(variable, prefixes);
}

// Returns whether a line of a map captures the variable from what the map is of: $1, or $id of
// "~^(?<id>.+)$".
bool is_captured(std::string_view pattern, const std::string& variable) {
  const bool is_number = std::all_of(variable.begin(), variable.end(),
                                     [](unsigned char c) { return std::isdigit(c) != 0; });
  return pattern.substr(0, 1) == "~" &&
         ((is_number && !variable.empty()) ||
          pattern.find("<" + variable + ">") != std::string_view::npos);
}

}  // namespace

ClientVariables::ClientVariables(const std::vector<TextDirective>& configuration) {
  read(configuration, false);
  // Until none is added, since one may be made of another.
  for (std::size_t before = found_.size() + 1; before != found_.size();) {
    before = found_.size();
    add_settings();
    add_maps();
  }
}

bool ClientVariables::has(const std::string& variable) const {
  return is_sent(variable) || found_.count(variable) != 0;
}

bool ClientVariables::makes(std::string_view text) const {
  const auto variables = variables_in(text);
  return !variables.empty() && std::all_of(variables.begin(), variables.end(),
                                           [&](const std::string& one) { return has(one); });
}

void ClientVariables::read(const std::vector<TextDirective>& block, bool is_conditional) {
  for (const auto& directive : block) {
    const std::string_view name = directive.words.front();
    const bool defines = (name == "set" || name == "map") && directive.words.size() == 3;
    const auto variables =
        defines ? variables_in(directive.words[name == "set" ? 1 : 2]) : std::vector<std::string>();
    if (variables.size() == 1 && name == "set") {
      settings_[variables.front()].push_back({std::string(directive.words[2]), is_conditional});
    } else if (variables.size() == 1) {
      maps_[variables.front()] = &directive;
    } else {
      read(directive.block, is_conditional || name == "if");
    }
  }
}

void ClientVariables::add_settings() {
  for (const auto& [variable, settings] : settings_) {
    if (is_set_by_client(settings)) {
      found_.insert(variable);
    }
  }
}

void ClientVariables::add_maps() {
  for (const auto& [variable, map] : maps_) {
    if (settings_.count(variable) == 0 && is_mapped_by_client(*map)) {
      found_.insert(variable);
    }
  }
}

bool ClientVariables::is_set_by_client(const std::vector<Setting>& settings) const {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const Setting& one) { return makes(one.value); }) &&
         std::all_of(settings.begin(), settings.end(), [&](const Setting& one) {
           return !one.is_conditional && (variables_in(one.value).empty() || makes(one.value));
         });
}

bool ClientVariables::is_mapped_by_client(const TextDirective& map) const {
  return makes(map.words[1]) &&
         std::any_of(map.block.begin(), map.block.end(), [&](const TextDirective& line) {
           const auto variables = variables_in(line.words.back());
           return line.words.size() == 2 && !variables.empty() &&
                  std::all_of(variables.begin(), variables.end(), [&](const std::string& one) {
                    return has(one) || is_captured(line.words.front(), one);
                  });
         });
}

}  // namespace personalize
