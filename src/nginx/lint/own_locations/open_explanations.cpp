#include "nginx/lint/own_locations/open_explanations.h"

#include <algorithm>
#include <cstdint>

#include "nginx/platform/config_errors.h"

namespace personalize {

namespace {

using Block = std::vector<TextDirective>;

// The blocks around a location and the location itself, from the outside in.
using Levels = std::vector<const Block*>;

bool has(const Block& block, std::string_view name) {
  return std::any_of(block.begin(), block.end(),
                     [&](const TextDirective& one) { return one.words.front() == name; });
}

// Returns the value that holds in the innermost block, as directives inherit; "" if there is none.
std::string_view value_of(const Levels& levels, std::string_view name) {
  std::string_view value;
  for (const Block* block : levels) {
    for (const auto& directive : *block) {
      if (directive.words.front() == name && directive.words.size() > 1) {
        value = directive.words[1];
      }
    }
  }
  return value;
}

enum class Verdict : std::uint8_t { none, allow, deny };

// Returns whether a rule for `addresses` is for all of a family: "all", 192.0.2.0/0, ::/0.
bool covers(std::string_view addresses, bool is_ipv6) {
  const auto slash = addresses.find('/');
  const bool is_whole = slash != std::string_view::npos && slash + 1 < addresses.size() &&
                        addresses.find_first_not_of('0', slash + 1) == std::string_view::npos;
  return addresses == "all" ||
         (is_whole && (addresses.find(':') != std::string_view::npos) == is_ipv6);
}

// Returns what becomes of an address of the family that no rule names. A level with rules of its
// own has these alone, and the first that fits counts.
Verdict verdict(const Levels& levels, bool is_ipv6) {
  const auto level = std::find_if(levels.rbegin(), levels.rend(), [](const Block* block) {
    return has(*block, "allow") || has(*block, "deny");
  });
  if (level == levels.rend()) {
    return Verdict::none;
  }
  for (const auto& directive : **level) {
    const std::string_view name = directive.words.front();
    if ((name == "allow" || name == "deny") && directive.words.size() == 2 &&
        covers(directive.words[1], is_ipv6)) {
      return name == "allow" ? Verdict::allow : Verdict::deny;
    }
  }
  return Verdict::none;
}

bool is_switched_on(std::string_view value) {
  return !value.empty() && value != "off";
}

// NGINX asks for no password without a file of users, or where the variables of auth_basic make
// "off".
bool asks_for_password(const Levels& levels, const ClientVariables& clients) {
  const std::string_view realm = value_of(levels, "auth_basic");
  return is_switched_on(realm) && !value_of(levels, "auth_basic_user_file").empty() &&
         !(realm.front() == '$' && clients.makes(realm));
}

// What NGINX asks of a client that has no password and an address that no rule names: with
// `satisfy all` nothing may refuse it, with `satisfy any` it is enough if something allows it.
bool is_restricted(const Levels& levels, const ClientVariables& clients) {
  const bool authenticates =
      asks_for_password(levels, clients) || is_switched_on(value_of(levels, "auth_request"));
  const bool any = value_of(levels, "satisfy") == "any";
  const auto refuses = [&](bool is_ipv6) {
    const Verdict of_address = verdict(levels, is_ipv6);
    const bool is_let_in = any && of_address == Verdict::allow;
    return !is_let_in && (authenticates || of_address == Verdict::deny);
  };
  return has(*levels.back(), "internal") || (refuses(false) && refuses(true));
}

void walk(ngx_conf_t* cf, Levels& levels, const ClientVariables& clients) {
  for (const auto& directive : *levels.back()) {
    if (directive.words.front() == "personalize_explain" && !is_restricted(levels, clients)) {
      warn(cf, directive.where(),
           "personalize_explain shows everybody what is known of any visitor: write for example "
           "\"allow 127.0.0.1; deny all;\" into its location");
    }
    if (!directive.block.empty()) {
      levels.push_back(&directive.block);
      walk(cf, levels, clients);
      levels.pop_back();
    }
  }
}

}  // namespace

void warn_of_open_explanations(ngx_conf_t* cf, const std::vector<TextDirective>& text,
                               const ClientVariables& clients) {
  Levels levels{&text};
  walk(cf, levels, clients);
}

}  // namespace personalize
