// The elements of one page that slots know, and the documents that are theirs: of sources whose
// keys depend on an element (Site::element_sources).
//
// Elements come in the order in which the page has them, many at a time, long before the page is at
// them. Documents makes their keys; here is what was asked for, each key once for all elements.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nginx/config/site/site.h"
#include "nginx/request/documents/lookups.h"
#include "personalize/base/element_data.h"

namespace personalize {

class ElementListener;

// A document of one or more elements.
struct ElementDocument final : public LookupWaiter {
  ElementListener* owner = nullptr;
  Lookup state = Lookup::missing;
  Value value;
  // Elements that have another key made of it.
  std::pmr::vector<std::uint32_t> dependents;

  explicit ElementDocument(std::pmr::memory_resource* memory) : dependents(memory) {}
  void on_document(Lookup outcome, std::string_view bytes) noexcept override;
};

class ElementListener {
 public:
  virtual void on_element_document(ElementDocument& document, Lookup outcome,
                                   std::string_view bytes) noexcept = 0;

 protected:
  ~ElementListener() = default;
};

// One element, at which one slot is.
struct PageElement {
  struct Need {
    std::uint32_t source;
    ElementDocument* document;  // nullptr: not asked for yet
  };

  PageElement(ElementData values, bool utf8, std::pmr::memory_resource* memory)
      : data(values), is_utf8(utf8), needs(memory) {}

  ElementData data;
  bool is_utf8;  // the page, where it stands
  std::pmr::vector<Need> needs;

  // Returns whether it has a document of that source that is not asked for, or on its way.
  bool is_pending(std::uint32_t source) const noexcept;
  // Returns whether it has any such document.
  bool is_pending() const noexcept;
  // Returns nullptr if it has none of that source, or that was not asked for.
  const ElementDocument* document(std::uint32_t source) const noexcept;
};

class Elements {
 public:
  // Documents that are on their way at the same time: look-ups of other requests need room on the
  // connection, too. The others follow as these come.
  static constexpr std::uint32_t most_pending = 400;

  // All must outlive it. Throws what `memory`, the request's, throws, as its functions do unless
  // they are noexcept.
  Elements(ElementListener& listener, std::pmr::memory_resource* memory);
  ~Elements();
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;

  // Adds an element, with documents of these sources.
  PageElement& add(const ElementData& data, bool is_utf8,
                   const std::vector<std::uint32_t>& sources);
  // Returns the element with this data, which add() was given; nullptr if there is none.
  PageElement* find(std::string_view data) noexcept;

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(elements_.size()); }
  PageElement& operator[](std::uint32_t i) noexcept { return *elements_[i]; }

  // Returns the document at a key of the source, and sets `is_new` if nobody has asked for it.
  ElementDocument& document(std::uint32_t source, std::string_view key, bool& is_new);
  // Returns a document of which nothing is known, with that state, for a key that there is not.
  ElementDocument& none(Lookup state) noexcept {
    return state == Lookup::timeout ? late_ : missing_;
  }

  // Note that a document is on its way, and that it is not any more.
  void begin() noexcept { ++pending_; }
  void end() noexcept { --pending_; }
  bool is_full() const noexcept { return pending_ >= most_pending; }

  // Waits no longer: what has not come, or was not asked for, counts as timed out.
  void give_up() noexcept;

  // Calls visit(source, state) for each document that was asked for.
  template <class Visit>
  void each_document(Visit visit) const {
    for (const auto& [key, document] : documents_) {
      std::uint32_t source = 0;
      std::memcpy(&source, key.data(), sizeof(source));
      visit(source, document.state);
    }
  }

 private:
  ElementListener& listener_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<PageElement*> elements_;  // in `memory_`
  std::pmr::unordered_map<const char*, PageElement*> by_data_;
  std::pmr::unordered_map<std::pmr::string, ElementDocument> documents_;  // by source and key
  std::pmr::string key_;                                                  // room for one
  ElementDocument missing_;
  ElementDocument late_;
  std::uint32_t pending_ = 0;
};

}  // namespace personalize
