#include "nginx/lint/identities.h"

#include <algorithm>
#include <set>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

bool is_signed(const VisitorRule& visitor) {
  return visitor.cookie != nullptr && visitor.cookie->is_signed();
}

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

// Sources are the same for all servers, so that an id which one server takes without a signature
// finds the documents of those who had to prove theirs.
void warn_of_mixed_signatures(ngx_conf_t* cf, const std::vector<const ServerConf*>& servers,
                              const ClientVariables& clients) {
  const auto proves = std::find_if(servers.begin(), servers.end(), [](const ServerConf* server) {
    return server->visitor != nullptr && is_signed(*server->visitor);
  });
  if (proves == servers.end()) {
    return;
  }
  std::set<const VisitorRule*> warned;
  for (const ServerConf* server : servers) {
    const VisitorRule* visitor = server->visitor;
    if (visitor == nullptr || !is_unsigned(*visitor, clients)) {
      continue;
    }
    const auto& sources = server->site->sources;
    const auto source = std::find_if(sources.begin(), sources.end(), [&](const Source& one) {
      return one.key.uses(server->site->attributes, Root::visitor, Field::visitor_id);
    });
    if (source != sources.end() && warned.insert(visitor).second) {
      warn(cf, visitor->where,
           "ids are not signed here and are signed in " + (*proves)->visitor->where.text() +
               ", but the documents of source " + quoted(source->name) +
               " are the same: a client that invents an id here is shown another visitor's. Sign "
               "ids in all servers");
    }
  }
}

}  // namespace

void warn_of_identities(ngx_conf_t* cf, const std::vector<const ServerConf*>& servers,
                        const ClientVariables& clients) {
  std::set<const VisitorRule*> seen;
  for (const ServerConf* server : servers) {
    if (server->visitor != nullptr && seen.insert(server->visitor).second) {
      warn_of_visitor(cf, *server->visitor, clients);
    }
  }
  warn_of_mixed_signatures(cf, servers, clients);
}

}  // namespace personalize
