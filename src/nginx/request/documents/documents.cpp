#include "nginx/request/documents/documents.h"

#include "nginx/worker.h"

namespace personalize {

Documents::Documents(ngx_http_request_t* r, const Site& site, RequestView& request,
                     Identity& identity, Facts& facts, Decision& decision,
                     std::pmr::memory_resource* memory)
    : r_(r),
      site_(site),
      request_(request),
      identity_(identity),
      facts_(facts),
      decision_(decision),
      memory_(memory),
      documents_(site.sources.size(), memory),
      recommendations_(site, facts, decision, static_cast<double>(request.now_ms()) / 1000, *this,
                       memory) {
  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    documents_[i].owner = this;
    documents_[i].source = i;
  }
}

Documents::~Documents() {
  for (auto& document : documents_) {
    Lookups::leave(document);
  }
}

void Documents::start(const SourceSet& needs) noexcept {
  identity_.visitor();
  needs_ = needs;
  // The key of a source may be made of a document that the round before found in the cache.
  bool has_more = true;
  for (std::uint8_t round = 1; has_more; ++round) {
    has_more = false;
    decision_.reset();
    for (std::uint32_t i = 0; i < documents_.size(); ++i) {
      if (needs[i] && site_.source_rounds[i] == round && is_askable(i)) {
        ask(i);
      }
      has_more = has_more || (needs[i] && site_.source_rounds[i] > round);
    }
  }
  decision_.reset();
}

// Returns whether it was not asked for yet and its key can be made.
bool Documents::is_askable(std::uint32_t source) const noexcept {
  return documents_[source].state == Lookup::idle && !is_pending(site_.source_needs[source]);
}

// Does nothing if the document is not for this visitor.
void Documents::ask(std::uint32_t source) noexcept {
  if (!identity_.has_consent()) {
    return;
  }
  if (const Chain* chain = site_.chain(source)) {
    make_list(*chain);
    return;
  }
  Document& document = documents_[source];
  const Source& definition = site_.sources[source];
  const bool is_of_session = site_.session_part(source).has_value();
  if (is_of_session && (site_.session == nullptr || identity_.is_bot())) {
    return;
  }
  try {
    if (definition.condition &&
        !definition.condition->holds(decision_.segment(definition.condition->segment))) {
      return;
    }
    // Nothing can be stored under an id that was issued just now.
    const bool is_of_new_visitor =
        identity_.visitor().is_new &&
        definition.key.uses(site_.attributes, Root::visitor, Field::visitor_id);
    std::pmr::string key(memory_);
    if (is_of_new_visitor || !site_.expand_key(source, facts_, request_.now_ms() / 1000, key)) {
      document.state = Lookup::missing;
      return;
    }
    document.state = Lookup::pending;
    std::string_view bytes;
    const Lookup outcome = worker().lookups.find(definition, key, document, memory_, bytes);
    if (outcome != Lookup::pending) {
      document.state = outcome;
      document.value = Value::document(bytes);
    }
  } catch (const std::bad_alloc&) {
    document.state = Lookup::error;
  }
}

void Documents::take(Document& document, Lookup outcome, std::string_view bytes) noexcept {
  if (document.state != Lookup::pending) {
    return;
  }
  document.state = outcome;
  try {
    document.value = bytes.empty() ? Value() : Value::document(copy_to_pool(r_->pool, bytes));
  } catch (const std::bad_alloc&) {
    document.state = Lookup::error;
  }
  ask_for_those_that_need(document.source);
  if (listener_ != nullptr) {
    listener_->on_document();
  }
}

void Documents::ask_for_those_that_need(std::uint32_t source) noexcept {
  decision_.reset();
  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    if (needs_[i] && site_.source_needs[i][source] && is_askable(i)) {
      ask(i);
    }
  }
}

void Documents::make_list(const Chain& chain) noexcept {
  Document& document = documents_[chain.source];
  document.state = Lookup::pending;
  try {
    if (recommendations_.start(chain)) {
      document.state = Lookup::fetched;
      ask_for_those_that_need(chain.source);
    }
  } catch (const std::bad_alloc&) {
    document.state = Lookup::error;
  }
}

void Documents::on_list(std::uint32_t source) noexcept {
  documents_[source].state = Lookup::fetched;
  ask_for_those_that_need(source);
  if (listener_ != nullptr) {
    listener_->on_document();
  }
}

void Documents::note_shown(const SourceSet& lists) {
  if (lists.none()) {
    return;
  }
  for (const Chain& chain : site_.chains) {
    if (lists[chain.source]) {
      recommendations_.note_shown(chain.source);
    }
  }
}

bool Documents::is_pending(const SourceSet& needs) const noexcept {
  if (needs[page_need] && !is_page_known_) {
    return true;
  }
  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    if (!needs[i]) {
      continue;
    }
    const Lookup state = documents_[i].state;
    // An idle one may wait for others, which its key is made of.
    if (state == Lookup::pending || (state == Lookup::idle && is_pending(site_.source_needs[i]))) {
      return true;
    }
  }
  return false;
}

bool Documents::is_complete(const SourceSet& needs) const noexcept {
  const SourceSet unasked = SourceSet(needs & ~needs_).reset(page_need);
  return unasked.none() && !is_pending(needs);
}

// A list is made of the steps and items that have come.
void Documents::give_up() noexcept {
  for (auto& document : documents_) {
    if (document.state == Lookup::pending && site_.chain(document.source) == nullptr) {
      Lookups::leave(document);
      document.state = Lookup::timeout;
    }
  }
  recommendations_.give_up();
  for (const Chain& chain : site_.chains) {
    if (needs_[chain.source] && is_askable(chain.source)) {
      ask(chain.source);
      recommendations_.give_up();
    }
  }
}

}  // namespace personalize
