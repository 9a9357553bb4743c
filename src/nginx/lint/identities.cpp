#include "nginx/lint/identities.h"

#include <algorithm>
#include <set>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

bool is_unsigned(const VisitorRule& visitor, const ClientVariables& clients) {
  return visitor.cookie != nullptr ? !visitor.cookie->is_signed()
                                   : clients.has(ascii::lowered(visitor.variable_name));
}

void warn_of_visitor(ngx_conf_t* cf, const VisitorRule& visitor, const ClientVariables& clients) {
  if (visitor.cookie == nullptr && clients.has(ascii::lowered(visitor.variable_name))) {
    warn(cf, visitor.where,
         "personalize_visitor trusts $" + visitor.variable_name +
             ", which everybody can send: sign ids, with \"cookie=NAME secret_file=FILE\", or use "
             "a variable that the request cannot set");
  }
  if (visitor.cookie == nullptr) {
    return;
  }
  const VisitorOptions& options = visitor.cookie->options();
  if (options.cookie == "gbuuid" && options.issue && options.http_only) {
    warn(cf, visitor.where,
         "personalize_visitor: GrowthBook's browser script cannot read cookie gbuuid, and makes up "
         "another id: write httponly=off");
  }
  if (options.same_site == "None" && !options.secure.value_or(false)) {
    warn(cf, visitor.where,
         "personalize_visitor: browsers drop a cookie with samesite=none that is not secure: write "
         "secure=on");
  }
}

void warn_of_person(ngx_conf_t* cf, const PersonRule& person, const ClientVariables& clients) {
  if (clients.has(ascii::lowered(person.variable_name))) {
    warn(cf, person.where,
         "personalize_person trusts $" + person.variable_name +
             ", which everybody can send, and shows everybody what is kept of anybody: use a "
             "variable that the request cannot set, such as one of auth_request_set");
  }
}

// Returns the first source whose key has the visitor's id; nullptr if there is none.
const Source* find_source_of_visitor(const Site& site) {
  const auto found = std::find_if(site.sources.begin(), site.sources.end(), [&](const Source& one) {
    return one.key.uses(site.attributes, Root::visitor, Field::visitor_id);
  });
  return found == site.sources.end() ? nullptr : &*found;
}

// Sources are the same for all servers and locations, so that an id which one takes without a
// signature finds the documents of those who had to prove theirs.
void warn_of_mixed_signatures(ngx_conf_t* cf, const MainConf& main,
                              const std::vector<const ServerConf*>& servers,
                              const ClientVariables& clients) {
  const auto& rules = main.visitors;
  const auto proves = std::find_if(rules.begin(), rules.end(),
                                   [](const VisitorRule* rule) { return rule->is_signed(); });
  if (proves == rules.end()) {
    return;
  }
  std::set<const VisitorRule*> warned;
  const auto look_at = [&](const VisitorRule* rule, const ServerConf& server) {
    if (rule == nullptr || !is_unsigned(*rule, clients)) {
      return;
    }
    const Source* source = find_source_of_visitor(*server.site);
    if (source != nullptr && warned.insert(rule).second) {
      warn(cf, rule->where,
           "ids are not signed here and are signed in " + (*proves)->where.text() +
               ", but the documents of source " + quoted(source->name) +
               " are the same: a client that invents an id here is shown another visitor's. Sign "
               "ids everywhere");
    }
  };
  for (const ServerConf* server : servers) {
    look_at(server->visitor, *server);
  }
  for (const auto& [location, server] : main.locations) {
    if (location->is_active()) {
      look_at(location->visitor, *server);
    }
  }
}

// Pages whose visitors are others than those of the endpoint would report in the name of these.
void warn_of_strange_endpoints(ngx_conf_t* cf, const MainConf& main) {
  std::set<const VisitorRule*> warned;
  for (const auto& [location, server] : main.locations) {
    const VisitorRule* rule = location->visitor;
    const auto& endpoints = server->endpoints;
    const bool has_own =
        endpoints.empty() || std::any_of(endpoints.begin(), endpoints.end(), [&](const auto& one) {
          return are_alike(one.location->visitor, rule);
        });
    if (location->is_active() && rule != nullptr && !has_own && warned.insert(rule).second) {
      warn(
          cf, rule->where,
          "personalize_visitor: what pages with these visitors report is taken for that of others, "
          "since no personalize_endpoint of the server recognizes them: put a location with one "
          "inside this location");
    }
  }
}

// Returns whether a cookie, an argument or a header of that name tells who somebody is.
bool names_somebody(std::string_view name) {
  constexpr std::string_view words[] = {"id",      "uid",     "user",  "userid", "customer",
                                        "account", "member",  "email", "login",  "customerid",
                                        "session", "visitor", "person"};
  const std::string lower = ascii::lowered(name);
  for (std::size_t begin = 0; begin < lower.size();) {
    const auto end = std::min(lower.find_first_of("_-.", begin), lower.size());
    if (is_one_of(std::string_view(lower).substr(begin, end - begin), words)) {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

bool is_sent_by_client(const Attribute& attribute, const ClientVariables& clients) {
  return attribute.root == Root::cookie || attribute.field == Field::request_arg ||
         attribute.field == Field::request_header ||
         (attribute.root == Root::variable && clients.has(ascii::lowered(attribute.name)));
}

// A key without a head can be any one of Redis: what somebody writes into a review of a page could
// be the key of a session.
void warn_of_keys_without_head(ngx_conf_t* cf, const Site& site, const ClientVariables& clients,
                               std::set<std::string>& warned) {
  for (const Source& source : site.sources) {
    const auto attributes = source.key.attributes();
    if (attributes.empty() || !source.key.head().empty()) {
      continue;
    }
    const Attribute& first = site.attributes[attributes.front()];
    const bool is_of_page = first.root == Root::slot;
    const bool is_open = is_of_page || is_sent_by_client(first, clients);
    if (is_open && warned.insert(source.name).second) {
      warn(cf, source.where,
           "source " + quoted(source.name) + ": the key begins with ${" + first.spelling + "}, " +
               (is_of_page ? "which whoever writes a part of the page can choose"
                           : "which everybody can send") +
               ", so that it can be any key of Redis: begin it with a word of its own, as in "
               "\"key=" +
               source.name + ":${" + first.spelling + "}\"");
    }
  }
}

// The document of anybody is at a key that anybody can name.
void warn_of_open_keys(ngx_conf_t* cf, const Site& site, const ClientVariables& clients,
                       std::set<std::string>& warned) {
  for (const Source& source : site.sources) {
    for (const AttributeId id : source.key.attributes()) {
      const Attribute& attribute = site.attributes[id];
      const bool is_sent = is_sent_by_client(attribute, clients);
      if (is_sent && names_somebody(attribute.name) && warned.insert(source.name).second) {
        warn(cf, source.where,
             "source " + quoted(source.name) + ": everybody can send ${" + attribute.spelling +
                 "}, and is shown the document of whoever is named there: let the application sign "
                 "the id (personalize_visitor with secret_file=) and write ${visitor.id}, or name "
                 "who is signed in (personalize_person) and write ${person.id}");
      }
    }
  }
}

}  // namespace

void warn_of_identities(ngx_conf_t* cf, const MainConf& main,
                        const std::vector<const ServerConf*>& servers,
                        const ClientVariables& clients) {
  for (const VisitorRule* rule : main.visitors) {
    warn_of_visitor(cf, *rule, clients);
  }
  std::set<const PersonRule*> persons;
  for (const ServerConf* server : servers) {
    if (server->person != nullptr && persons.insert(server->person).second) {
      warn_of_person(cf, *server->person, clients);
    }
  }
  warn_of_mixed_signatures(cf, main, servers, clients);
  warn_of_strange_endpoints(cf, main);
  std::set<std::string> warned;
  for (const ServerConf* server : servers) {
    warn_of_open_keys(cf, *server->site, clients, warned);
    warn_of_keys_without_head(cf, *server->site, clients, warned);
  }
}

}  // namespace personalize
