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
      documents_(site.sources.size(), memory) {
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
  // Twice: the key of a source may be made of a document that the first pass found in the cache.
  for (int round = 0; round < 2; ++round) {
    decision_.reset();
    for (std::uint32_t i = 0; i < documents_.size(); ++i) {
      if (needs[i] && is_askable(i) && (round == 1 || site_.source_needs[i].none())) {
        ask(i);
      }
    }
  }
  needs_ = needs;
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
  decision_.reset();

  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    if (needs_[i] && site_.source_needs[i][document.source] && is_askable(i)) {
      ask(i);
    }
  }
  if (listener_ != nullptr) {
    listener_->on_document();
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

void Documents::give_up() noexcept {
  for (auto& document : documents_) {
    if (document.state == Lookup::pending) {
      Lookups::leave(document);
      document.state = Lookup::timeout;
    }
  }
}

}  // namespace personalize
