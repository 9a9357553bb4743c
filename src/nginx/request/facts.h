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
#include "nginx/request/visitor/sign_in.h"
#include "nginx/request/visitor/sticky_variants.h"
#include "personalize/decision/decision.h"
#include "personalize/decision/forcing.h"
#include "personalize/signals/visitor_state.h"
#include "personalize/sources/person.h"
#include "personalize/sources/session.h"

namespace personalize {

class RequestFacts final : public Facts, private StickyGate, private PersonReader {
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
  // Returns whether anything may be kept of the visitor: they agree, and this is no preview.
  bool may_keep() noexcept { return !forcing_ && identity_.has_consent(); }
  // Says that it is known from now on who is here, if ever. Call it before Documents::start().
  void settle_person() noexcept;

  // Returns whose it is what the browser keeps.
  const SignIn& sign_in() const noexcept { return sign_in_; }
  // Returns whether Redis could not say what is kept of the person, as far as it was asked: then
  // the browser's own memory stands in for it, and stays what it is.
  bool is_person_lost() const noexcept;
  bool is_person_too_large() const noexcept;
  // Returns what the browser had noted itself.
  const VisitorState& browser_state() const noexcept { return browser_state_; }
  // Returns fields of what is kept of the person that nobody needs any more.
  const std::pmr::vector<std::string_view>& outdated_fields() const noexcept {
    return person_memory_.outdated;
  }

  // Returns the state; the person's, where one is known; empty without consent, or if no campaign
  // depends on it.
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

  // PersonReader
  void on_person(const Value& document) noexcept override;

  void read_state() noexcept;
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
  VisitorState browser_state_;
  SignIn sign_in_;
  std::string_view read_for_;  // the id of the person; "" for nobody
  PersonMemory person_memory_;
  std::optional<StickyVariants> sticky_;
  Decision decision_;
  Documents documents_;
  std::pmr::vector<Value> values_;  // of signals, by AttributeId
  std::pmr::vector<bool> is_read_;  // by AttributeId: the value is there
  PageValues page_;
  std::optional<SessionStart> session_start_;
};

}  // namespace personalize
