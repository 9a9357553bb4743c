// What scripts are told of slots that are an attribute or know their element: what stands where, so
// that it can be found again by the element's own attributes.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nginx/request/documents/elements.h"
#include "personalize/base/slot.h"
#include "personalize/render/json_text.h"

namespace personalize {

// What stands at one element.
struct ToldContent {
  SlotId slot = no_slot;
  std::string_view campaign;
  std::string_view html;  // ` src="…"` of an attribute; of `class` what is to change
  // Of an attribute: what the page has there, as Splice::original keeps it.
  std::string_view original = {};
  const PageElement* element = nullptr;  // whose attributes the slot knows
};

class ToldElements {
 public:
  // Both must outlive this. Throws what `memory` throws, as add() and write() do.
  ToldElements(const Site& site, std::pmr::memory_resource* memory);

  // Of a late one the place's number follows.
  void add(const ToldContent& content) { ++entry(content).times; }
  void add_late(const ToldContent& content, std::uint32_t place) {
    entry(content).late.push_back(place);
  }

  bool empty() const noexcept { return entries_.empty(); }

  // Writes an object, by the slots' names. `places`: by SlotId, where selectors place it, as JSON.
  void write(const std::vector<std::string>& places, JsonText& json) const;

 private:
  struct Entry {
    explicit Entry(std::pmr::memory_resource* memory) : json(memory), late(memory) {}

    SlotId slot = no_slot;
    std::pmr::string json;  // the members of an object
    std::uint32_t times = 0;
    std::pmr::vector<std::uint32_t> late;
  };

  Entry& entry(const ToldContent& content);
  void write(const ToldContent& content, std::pmr::string& out) const;
  void write(SlotId slot, JsonText& json) const;

  const Site& site_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Entry> entries_;
  std::pmr::unordered_map<std::pmr::string, std::size_t> known_;  // by slot and `json`
};

}  // namespace personalize
