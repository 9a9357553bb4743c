#include "nginx/request/documents/elements.h"

#include <algorithm>
#include <new>
#include <tuple>
#include <utility>

namespace personalize {

void ElementDocument::on_document(Lookup outcome, std::string_view bytes) noexcept {
  owner->on_element_document(*this, outcome, bytes);
}

const ElementDocument* PageElement::document(std::uint32_t source) const noexcept {
  const auto found = std::find_if(needs.begin(), needs.end(),
                                  [&](const Need& need) { return need.source == source; });
  return found == needs.end() ? nullptr : found->document;
}

bool PageElement::is_pending(std::uint32_t source) const noexcept {
  return std::any_of(needs.begin(), needs.end(), [&](const Need& need) {
    return need.source == source &&
           (need.document == nullptr || need.document->state == Lookup::pending);
  });
}

bool PageElement::is_pending() const noexcept {
  return std::any_of(needs.begin(), needs.end(), [](const Need& need) {
    return need.document == nullptr || need.document->state == Lookup::pending;
  });
}

Elements::Elements(ElementListener& listener, std::pmr::memory_resource* memory)
    : listener_(listener),
      memory_(memory),
      elements_(memory),
      by_data_(memory),
      documents_(memory),
      key_(memory),
      missing_(memory),
      late_(memory) {
  late_.state = Lookup::timeout;
}

Elements::~Elements() {
  for (auto& [key, document] : documents_) {
    Lookups::leave(document);
  }
}

PageElement& Elements::add(const ElementData& data, bool is_utf8,
                           const std::vector<std::uint32_t>& sources) {
  std::pmr::polymorphic_allocator<PageElement> allocator(memory_);
  auto* element = new (allocator.allocate(1)) PageElement(data, is_utf8, memory_);
  element->needs.reserve(sources.size());
  for (const std::uint32_t source : sources) {
    element->needs.push_back({source, nullptr});
  }
  by_data_[data.bytes().data()] = element;
  elements_.push_back(element);
  return *element;
}

PageElement* Elements::find(std::string_view data) noexcept {
  const auto found = by_data_.find(data.data());
  return data.empty() || found == by_data_.end() ? nullptr : found->second;
}

ElementDocument& Elements::document(std::uint32_t source, std::string_view key, bool& is_new) {
  key_.assign(reinterpret_cast<const char*>(&source), sizeof(source));
  key_ += key;
  const auto [entry, inserted] = documents_.try_emplace(key_, memory_);
  entry->second.owner = &listener_;
  is_new = inserted;
  return entry->second;
}

void Elements::give_up() noexcept {
  for (auto& [key, document] : documents_) {
    if (document.state == Lookup::pending) {
      Lookups::leave(document);
      document.state = Lookup::timeout;
    }
  }
  pending_ = 0;
  for (PageElement* element : elements_) {
    for (auto& need : element->needs) {
      need.document = need.document == nullptr ? &late_ : need.document;
    }
  }
}

}  // namespace personalize
