#include "nginx/config/site/site.h"

#include <algorithm>

namespace personalize {

SourceSet Site::closure(SourceSet needs) const {
  // A source whose key needs a document adds that source, whose key may need another one.
  for (SourceSet before; before != needs;) {
    before = needs;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (needs[i]) {
        needs |= source_needs[i];
      }
    }
  }
  return needs;
}

const Chain* Site::chain(std::size_t source) const {
  const auto found = std::find_if(chains.begin(), chains.end(),
                                  [&](const Chain& chain) { return chain.source == source; });
  return found == chains.end() ? nullptr : &*found;
}

std::optional<SessionPart> Site::session_part(std::size_t source) const {
  const bool is_part = first_of_session && source >= *first_of_session;
  return is_part ? std::optional(static_cast<SessionPart>(source - *first_of_session))
                 : std::nullopt;
}

bool Site::expand_key(std::size_t source, Facts& facts, std::int64_t now_s,
                      std::pmr::string& key) const {
  if (!sources[source].key.expand(facts, key)) {
    return false;
  }
  if (const auto part = session_part(source); part && session != nullptr) {
    add_period(*part, *session, now_s, key);
  }
  return true;
}

SourceSet Site::before_page(SourceSet needs) const {
  needs.reset(page_need);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (needs[i] && closure(source_needs[i])[page_need]) {
      needs.reset(i);
    }
  }
  return needs;
}

}  // namespace personalize
