// What the rules of a chain see of an item. Most of it is the same whoever asks, and is made once
// for an item that is kept (KeptDocuments); conditions about the visitor are left to ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"
#include "personalize/base/value.h"
#include "personalize/decision/decision.h"
#include "personalize/recommend/chain.h"
#include "personalize/sources/kept_documents.h"

namespace personalize {

struct ItemView {
  static constexpr std::size_t most_boosts = 64;

  Value item;  // an object; of a document that is kept with its `item_id`
  // When it can be bought no longer, in seconds.
  double until_s = std::numeric_limits<double>::infinity();
  // Of Chain::boosts those that are about the item alone and hold, by bits.
  std::uint64_t boosts = 0;
  const Value* values = nullptr;  // Chain::values
  // Of the texts among these, which mostly need not be read to tell that two differ; 0 for others.
  const std::uint32_t* hashes = nullptr;
  bool is_complete = false;   // it has a name and an address
  bool is_available = false;  // unless it is past until_s
  bool is_met = false;        // Chain::item_conditions hold
  bool has_id = false;        // as `item_id`
};

// Adds the item, an object, to a list or as a document, with the id as its `item_id`.
void copy_with_id(const Value& item, std::string_view id, DocumentBuilder& builder);

// Makes views of items for one chain and one request, and answers what conditions ask of them. All
// functions throw what the memory throws, unless they are noexcept.
class ItemViews final : private Facts {
 public:
  // All must outlive this.
  ItemViews(const Chain& chain, const AttributeTable& attributes, Facts& request,
            std::pmr::memory_resource* memory);

  // Returns the view of an object. It is in the memory.
  const ItemView& view(const Value& item, Decision& decision);
  // Returns the view of a document whose id that is; nullptr if it is no object. It is kept with
  // the document if there is room; it lives as long as the memory and the document.
  const ItemView* view(KeptDocuments& documents, KeptDocument& document, std::string_view id,
                       Decision& decision);

  // Returns whether Chain::conditions hold for the item and the visitor.
  bool hold(const ItemView& view, Decision& decision);
  // Returns the product of the boosts that hold, times `weight`.
  double boosted(double weight, const ItemView& view, Decision& decision);

 private:
  // Values of the request are asked for once, not for each item.
  struct Asked {
    AttributeId id = ~AttributeId{0};
    Value value;
  };
  static constexpr std::size_t asked_count = 8;

  Value get(AttributeId id) noexcept override;
  // What rules compare with, of the request or a number.
  struct Other {
    Value value;
    std::uint32_t hash = 0;  // as ItemView::hashes
  };
  const Other& other(std::uint32_t number);
  bool holds(const Chain::Rule& rule, Decision& decision);
  std::size_t size_of_view() const noexcept;
  ItemView* fill(void* room, const Value& item, Decision& decision);

  const Chain& chain_;
  const AttributeTable& attributes_;
  Facts& request_;
  std::pmr::memory_resource* memory_;
  const ItemView* view_ = nullptr;  // about which is asked
  std::pmr::vector<Value> fields_;  // room for Chain::fields
  std::pmr::vector<Other> others_;  // Chain::others, once one is asked for
  Asked asked_[asked_count];        // by id, modulo
};

}  // namespace personalize
