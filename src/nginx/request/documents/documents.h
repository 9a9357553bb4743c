// The documents that one request asks for, and what has come of them.
#pragma once

#include <memory_resource>
#include <optional>
#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/request/documents/elements.h"
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

// Takes what is kept of a person.
class PersonReader {
 public:
  // Called when the document has come, or it is known that there is none: `outcome` is fetched or
  // missing. Before anything is decided anew.
  virtual void on_person(const Value& document) noexcept = 0;

 protected:
  ~PersonReader() = default;
};

class Documents final : private ListListener, private ElementListener {
 public:
  // All must outlive this. `person` takes the document of Site::person. Keys and conditions of
  // sources are made of `facts` and `decision`, which forgets what it decided whenever a document
  // comes. Throws what `memory`, the pool's of `r`, throws.
  Documents(ngx_http_request_t* r, const Site& site, RequestView& request, Identity& identity,
            Facts& facts, Decision& decision, PersonReader& person,
            std::pmr::memory_resource* memory);
  ~Documents();
  Documents(const Documents&) = delete;
  Documents& operator=(const Documents&) = delete;

  void set_listener(DocumentListener& listener) noexcept { listener_ = &listener; }

  // Asks for those of `needs` that were not asked for yet, and later for those whose keys need
  // other documents. Asks for nothing without consent.
  void start(const SourceSet& needs) noexcept;

  // Notes that the fields of personalize_page are known from now on.
  void page_is_known() noexcept { is_page_known_ = true; }

  // Appends the key at which a source is looked up. Returns false if it cannot be made. Throws
  // bad_alloc.
  bool expand_key(std::size_t source, std::pmr::string& key);

  // Returns whether something of `needs` can still come.
  bool is_pending(const SourceSet& needs) const noexcept;
  // Returns whether everything of `needs` was asked for and nothing is pending.
  bool is_complete(const SourceSet& needs) const noexcept;
  // Waits no longer: what has not come counts as timed out. It still gets into the cache.
  void give_up() noexcept;

  // By the source's number in the site. Values live as long as the request.
  std::size_t size() const noexcept { return documents_.size(); }
  // Of a source that depends on an element, both are those of the element entered.
  Lookup state(std::size_t source) const noexcept;
  const Value& value(std::size_t source) const noexcept;

  // Notes an element of a slot that is decided by element, and asks for the documents that are its
  // own as soon as their keys can be made. `data` lives as long as the request.
  void expect(SlotId slot, std::string_view data, bool is_utf8) noexcept;
  // Does the same for an element that no page has, with the documents of all slots, and enters it.
  // Throws bad_alloc.
  void imagine(std::string_view data);
  // Returns the element with this data that was expected; nullptr if there is none.
  const PageElement* element(std::string_view data) noexcept {
    return elements_ ? elements_->find(data) : nullptr;
  }
  // Values are those of this element from now on; with nullptr, of none.
  void enter(const PageElement* element) noexcept { entered_ = element; }
  const PageElement* entered() const noexcept { return entered_; }
  // Calls visit(source, state) for each document of an element that was asked for.
  template <class Visit>
  void each_of_elements(Visit visit) const {
    if (elements_) {
      elements_->each_document(visit);
    }
  }

  // Returns the list of a chain of recommendations, by its source (Recommendations::list).
  Value list(std::uint32_t source) noexcept { return recommendations_.list(source); }
  // Has lists judge all of their candidates (Recommendations::keep_outcomes).
  void keep_outcomes() noexcept { recommendations_.keep_outcomes(); }
  // Notes that the items of these lists stand in the page. Throws bad_alloc.
  void note_shown(const SourceSet& lists);
  const Recommendations& recommendations() const noexcept { return recommendations_; }
  KeptTexts& kept_texts() noexcept { return recommendations_; }

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
  bool is_for_visitor(const Source& source) noexcept;
  bool make_key(std::uint32_t source, std::pmr::string& key);
  void ask_for_those_that_need(std::uint32_t source) noexcept;
  void make_list(const Chain& chain) noexcept;

  // ListListener
  void on_list(std::uint32_t source) noexcept override;
  void take(Document& document, Lookup outcome, std::string_view bytes) noexcept;
  void tell_person(const Document& document) noexcept;

  const ElementDocument* of_element(std::size_t source) const noexcept;
  Elements& elements();
  void ask_for_elements() noexcept;
  void ask_for_elements_again() noexcept;
  void ask_for(std::uint32_t element) noexcept;
  bool is_askable(std::uint32_t number, PageElement& element, std::uint32_t source);
  ElementDocument& ask_for(std::uint32_t source, std::string_view key);
  // ElementListener
  void on_element_document(ElementDocument& document, Lookup outcome,
                           std::string_view bytes) noexcept override;

  ngx_http_request_t* r_;
  const Site& site_;
  RequestView& request_;
  Identity& identity_;
  Facts& facts_;
  Decision& decision_;
  PersonReader& person_;
  std::pmr::memory_resource* memory_;
  DocumentListener* listener_ = nullptr;

  HeldDocuments held_;
  std::pmr::vector<Document> documents_;  // by source
  Recommendations recommendations_;
  std::optional<Elements> elements_;  // once there are any
  const PageElement* entered_ = nullptr;
  std::uint32_t asked_elements_ = 0;  // those before this one were asked for, as far as they could
  SourceSet needs_;                   // what start() was last given
  bool is_page_known_ = false;
};

}  // namespace personalize
