// The documents that one request asks for, and what has come of them.
#pragma once

#include <memory_resource>
#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/request/documents/lookups.h"
#include "nginx/request/documents/recommendations.h"
#include "nginx/request/visitor/identity.h"
#include "personalize/decision/decision.h"

namespace personalize {

// Wants to know when documents come after they were asked for.
class DocumentListener {
 public:
  // Called from the event loop: one has come, or it is known that it will not.
  virtual void on_document() noexcept = 0;

 protected:
  ~DocumentListener() = default;
};

class Documents final : private ListListener {
 public:
  // All must outlive this. Keys and conditions of sources are made of `facts` and `decision`, which
  // forgets what it decided whenever a document comes. Throws what `memory`, the pool's of `r`,
  // throws.
  Documents(ngx_http_request_t* r, const Site& site, RequestView& request, Identity& identity,
            Facts& facts, Decision& decision, std::pmr::memory_resource* memory);
  ~Documents();
  Documents(const Documents&) = delete;
  Documents& operator=(const Documents&) = delete;

  void set_listener(DocumentListener& listener) noexcept { listener_ = &listener; }

  // Asks for those of `needs` that were not asked for yet, and later for those whose keys need
  // other documents. Asks for nothing without consent.
  void start(const SourceSet& needs) noexcept;

  // Notes that the fields of personalize_page are known from now on.
  void page_is_known() noexcept { is_page_known_ = true; }

  // Returns whether something of `needs` can still come.
  bool is_pending(const SourceSet& needs) const noexcept;
  // Returns whether everything of `needs` was asked for and nothing is pending.
  bool is_complete(const SourceSet& needs) const noexcept;
  // Waits no longer: what has not come counts as timed out. It still gets into the cache.
  void give_up() noexcept;

  // By the source's number in the site. Values live as long as the request.
  std::size_t size() const noexcept { return documents_.size(); }
  Lookup state(std::size_t source) const noexcept { return documents_[source].state; }
  const Value& value(std::size_t source) const noexcept { return documents_[source].value; }

  // Returns the list of a chain of recommendations, by its source (Recommendations::list).
  Value list(std::uint32_t source) noexcept { return recommendations_.list(source); }
  // Has lists judge all of their candidates (Recommendations::keep_outcomes).
  void keep_outcomes() noexcept { recommendations_.keep_outcomes(); }
  // Notes that the items of these lists stand in the page. Throws bad_alloc.
  void note_shown(const SourceSet& lists);
  const Recommendations& recommendations() const noexcept { return recommendations_; }

 private:
  struct Document final : public LookupWaiter {
    Documents* owner = nullptr;
    std::uint32_t source = 0;
    Lookup state = Lookup::idle;
    Value value;

    void on_document(Lookup outcome, std::string_view bytes) noexcept override {
      owner->take(*this, outcome, bytes);
    }
  };

  bool is_askable(std::uint32_t source) const noexcept;
  void ask(std::uint32_t source) noexcept;
  void ask_for_those_that_need(std::uint32_t source) noexcept;
  void make_list(const Chain& chain) noexcept;

  // ListListener
  void on_list(std::uint32_t source) noexcept override;
  void take(Document& document, Lookup outcome, std::string_view bytes) noexcept;

  ngx_http_request_t* r_;
  const Site& site_;
  RequestView& request_;
  Identity& identity_;
  Facts& facts_;
  Decision& decision_;
  std::pmr::memory_resource* memory_;
  DocumentListener* listener_ = nullptr;

  std::pmr::vector<Document> documents_;  // by source
  Recommendations recommendations_;
  SourceSet needs_;  // what start() was last given
  bool is_page_known_ = false;
};

}  // namespace personalize
