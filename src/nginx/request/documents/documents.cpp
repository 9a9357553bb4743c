#include "nginx/request/documents/documents.h"

#include "nginx/request/documents/owner_facts.h"
#include "nginx/worker.h"

namespace personalize {

Documents::Documents(ngx_http_request_t* r, const Site& site, RequestView& request,
                     Identity& identity, Facts& facts, Decision& decision, PersonReader& person,
                     std::pmr::memory_resource* memory)
    : r_(r),
      site_(site),
      request_(request),
      identity_(identity),
      facts_(facts),
      decision_(decision),
      person_(person),
      memory_(memory),
      held_(memory),
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
  return documents_[source].state == Lookup::idle && !site_.element_sources[source] &&
         !is_pending(site_.source_needs[source]);
}

// Returns nullptr if it is not a document of the element entered, or that was not asked for.
const ElementDocument* Documents::of_element(std::size_t source) const noexcept {
  return entered_ != nullptr && site_.element_sources[source]
             ? entered_->document(static_cast<std::uint32_t>(source))
             : nullptr;
}

Lookup Documents::state(std::size_t source) const noexcept {
  const ElementDocument* document = of_element(source);
  return document == nullptr ? documents_[source].state : document->state;
}

const Value& Documents::value(std::size_t source) const noexcept {
  const ElementDocument* document = of_element(source);
  return document == nullptr ? documents_[source].value : document->value;
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
  if (source == site_.person && !identity_.person().is_known()) {
    return;
  }
  try {
    if (!is_for_visitor(definition)) {
      return;
    }
    std::pmr::string key(memory_);
    if (!make_key(source, key)) {
      document.state = Lookup::missing;
      return;
    }
    document.state = Lookup::pending;
    const Lookups::Found found = worker().lookups.find(definition, key, document, held_, memory_);
    if (found.outcome != Lookup::pending) {
      document.state = found.outcome;
      document.value = Value::document(found.bytes);
      tell_person(document);
    }
  } catch (const std::bad_alloc&) {
    document.state = Lookup::error;
  }
}

// Returns whether the source's if= lets it be looked up.
bool Documents::is_for_visitor(const Source& source) noexcept {
  return !source.condition || source.condition->holds(decision_.segment(source.condition->segment));
}

// Returns false if there is nothing to ask for. Nothing can be stored under an id that was issued
// just now.
bool Documents::make_key(std::uint32_t source, std::pmr::string& key) {
  const Source& definition = site_.sources[source];
  const Visitor& subject = definition.is_owned ? identity_.owner() : identity_.visitor();
  const bool is_of_new_visitor =
      subject.is_new && definition.key.uses(site_.attributes, Root::visitor, Field::visitor_id);
  return !is_of_new_visitor && expand_key(source, key);
}

bool Documents::expand_key(std::size_t source, std::pmr::string& key) {
  if (source == site_.person && !identity_.person().is_known()) {
    return false;
  }
  OwnerFacts of_owner(facts_, site_.attributes, identity_);
  Facts& facts = site_.sources[source].is_owned ? static_cast<Facts&>(of_owner) : facts_;
  return site_.expand_key(source, facts, request_.now_ms() / 1000, key);
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
  tell_person(document);
  ask_for_those_that_need(document.source);
  if (listener_ != nullptr) {
    listener_->on_document();
  }
}

void Documents::tell_person(const Document& document) noexcept {
  const bool is_known = document.state == Lookup::fetched || document.state == Lookup::missing;
  if (document.source == site_.person && is_known) {
    person_.on_person(document.value);
  }
}

void Documents::ask_for_those_that_need(std::uint32_t source) noexcept {
  decision_.reset();
  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    if (needs_[i] && site_.source_needs[i][source] && is_askable(i)) {
      ask(i);
      const Lookup state = documents_[i].state;
      if (state != Lookup::idle && state != Lookup::pending) {
        ask_for_those_that_need(i);  // it was in the cache
      }
    }
  }
  ask_for_elements_again();
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
  if (elements_) {
    elements_->give_up();
    asked_elements_ = elements_->size();
  }
  recommendations_.give_up();
  for (const Chain& chain : site_.chains) {
    if (needs_[chain.source] && is_askable(chain.source)) {
      ask(chain.source);
      recommendations_.give_up();
    }
  }
}

// --- Elements ---

Elements& Documents::elements() {
  if (!elements_) {
    ElementListener& listener = *this;
    elements_.emplace(listener, memory_);
  }
  return *elements_;
}

void Documents::expect(SlotId slot, std::string_view data, bool is_utf8) noexcept {
  try {
    elements().add(ElementData(data), is_utf8, site_.element_documents[slot]);
    ask_for_elements();
  } catch (const std::bad_alloc&) {
    // Nothing is known of it.
  }
}

void Documents::imagine(std::string_view data) {
  entered_ = &elements().add(ElementData(data), true, site_.all_element_documents);
  ask_for_elements();
}

// Asks for those that were not asked for yet, as many at a time as there may be.
void Documents::ask_for_elements() noexcept {
  while (elements_ && asked_elements_ < elements_->size() && !elements_->is_full()) {
    ask_for(asked_elements_++);
  }
}

// Asks for what waited for a document of the page.
void Documents::ask_for_elements_again() noexcept {
  for (std::uint32_t i = 0; elements_ && i < asked_elements_; ++i) {
    ask_for(i);
  }
}

// Makes the keys of an element that can be made.
void Documents::ask_for(std::uint32_t number) noexcept {
  PageElement& element = (*elements_)[number];
  const PageElement* before = entered_;
  entered_ = &element;
  for (auto& need : element.needs) {
    try {
      if (need.document != nullptr || !is_askable(number, element, need.source)) {
        continue;
      }
      std::pmr::string key(memory_);
      const bool has_key = identity_.has_consent() && is_for_visitor(site_.sources[need.source]) &&
                           make_key(need.source, key);
      need.document = has_key ? &ask_for(need.source, key) : &elements_->none(Lookup::missing);
    } catch (const std::bad_alloc&) {
      need.document = &elements_->none(Lookup::missing);
    }
  }
  entered_ = before;
}

// Returns whether all is known that the key is made of. If that is another document of the element,
// it is asked for once that has come.
bool Documents::is_askable(std::uint32_t number, PageElement& element, std::uint32_t source) {
  const SourceSet& needs = site_.source_needs[source];
  if (is_pending(needs)) {
    return false;
  }
  for (auto& other : element.needs) {
    if (!needs[other.source] || !element.is_pending(other.source)) {
      continue;
    }
    if (other.document != nullptr) {
      other.document->dependents.push_back(number);
    }
    return false;
  }
  return true;
}

ElementDocument& Documents::ask_for(std::uint32_t source, std::string_view key) {
  bool is_new = false;
  ElementDocument& document = elements_->document(source, key, is_new);
  if (!is_new) {
    return document;
  }
  document.state = Lookup::pending;
  const Lookups::Found found =
      worker().lookups.find(site_.sources[source], key, document, held_, memory_);
  if (found.outcome == Lookup::pending) {
    elements_->begin();
  } else {
    document.state = found.outcome;
    document.value = Value::document(found.bytes);
  }
  return document;
}

void Documents::on_element_document(ElementDocument& document, Lookup outcome,
                                    std::string_view bytes) noexcept {
  elements_->end();
  document.state = outcome;
  try {
    document.value = bytes.empty() ? Value() : Value::document(copy_to_pool(r_->pool, bytes));
  } catch (const std::bad_alloc&) {
    document.state = Lookup::error;
  }
  for (const std::uint32_t element : document.dependents) {
    ask_for(element);
  }
  ask_for_elements();
  if (listener_ != nullptr) {
    listener_->on_document();
  }
}

}  // namespace personalize
