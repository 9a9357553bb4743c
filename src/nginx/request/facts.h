// Everything that is known and decided for one request: the value of every attribute.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/request/documents/documents.h"
#include "nginx/request/visitor/identity.h"
#include "nginx/request/visitor/preview_cookie.h"
#include "nginx/request/visitor/sticky_variants.h"
#include "personalize/decision/decision.h"
#include "personalize/decision/forcing.h"
#include "personalize/signals/visitor_state.h"
#include "personalize/sources/session.h"

namespace personalize {

class RequestFacts final : public Facts, private StickyGate {
 public:
  // Facts of the request that `request` describes, to `server`, whose site is compiled. `r` is the
  // request of NGINX on whose behalf it is decided; mostly both are the same. All must outlive
  // this. Throws what `memory`, the pool's of `r`, throws.
  RequestFacts(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
               std::pmr::memory_resource* memory, Identity::Issue issue);
  RequestFacts(const RequestFacts&) = delete;
  RequestFacts& operator=(const RequestFacts&) = delete;

  const ServerConf& server() const noexcept { return server_; }
  const Site& site() const noexcept { return *server_.site; }
  RequestView& request() noexcept { return request_; }
  std::pmr::memory_resource* memory() const noexcept { return memory_; }

  Identity& identity() noexcept { return identity_; }
  Documents& documents() noexcept { return documents_; }
  const Documents& documents() const noexcept { return documents_; }
  Decision& decision() noexcept { return decision_; }
  // Returns what the decision was made with.
  DecisionInputs inputs() noexcept;

  const PreviewCookie& preview() const noexcept { return preview_; }
  // Returns what a preview forces; nullptr if there is none.
  const Forcing* forcing() const noexcept { return forcing_ ? &*forcing_ : nullptr; }
  // Returns the state; empty without consent, or if no campaign depends on it.
  const VisitorState& state() const noexcept { return state_; }
  // Returns nullptr if the site has no experiment whose variants visitors keep.
  StickyVariants* sticky() noexcept { return sticky_ ? &*sticky_ : nullptr; }

  // Returns how values are written for the request.
  const Locale& locale() noexcept;

  // Says what the page is. What was decided without it is forgotten.
  void set_page(const PageValues& page) noexcept;
  const PageValues& page() const noexcept { return page_; }

  // Returns how the session begins, if it begins with this page. Throws bad_alloc.
  const SessionStart& session_start();

  // Facts
  Value get(AttributeId id) noexcept override;

 private:
  // StickyGate
  bool is_decidable(std::string_view experiment) noexcept override;
  bool may_remember() noexcept override { return identity_.has_consent(); }

  Value source_value(const Attribute& attribute) noexcept;
  Value campaign_value(const Attribute& attribute) noexcept;
  Value element_value(const Attribute& attribute) noexcept;
  Value session_value(const Attribute& attribute) noexcept;

  ngx_http_request_t* r_;
  const ServerConf& server_;
  RequestView& request_;
  std::pmr::memory_resource* memory_;
  Identity identity_;
  PreviewCookie preview_;
  std::optional<Forcing> forcing_;
  VisitorState state_;
  std::optional<StickyVariants> sticky_;
  Decision decision_;
  Documents documents_;
  std::pmr::vector<Value> values_;  // of signals, by AttributeId
  std::pmr::vector<bool> is_read_;  // by AttributeId: the value is there
  PageValues page_;
  std::optional<SessionStart> session_start_;
};

}  // namespace personalize
