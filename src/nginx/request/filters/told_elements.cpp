#include "nginx/request/filters/told_elements.h"

#include <algorithm>

namespace personalize {

ToldElements::ToldElements(const Site& site, std::pmr::memory_resource* memory)
    : site_(site), memory_(memory), entries_(memory), known_(memory) {}

// What stands at several elements alike is told of once.
ToldElements::Entry& ToldElements::entry(const ToldContent& content) {
  std::pmr::string json(memory_);
  write(content, json);
  std::pmr::string key(reinterpret_cast<const char*>(&content.slot), sizeof(SlotId), memory_);
  key += json;
  const auto [found, is_new] = known_.try_emplace(std::move(key), entries_.size());
  if (is_new) {
    entries_.emplace_back(memory_);
    entries_.back().slot = content.slot;
    entries_.back().json = std::move(json);
  }
  return entries_[found->second];
}

void ToldElements::write(const ToldContent& content, std::pmr::string& out) const {
  JsonText json(out);
  json.key("campaign").string(content.campaign).key("html").string(content.html);
  if (!content.original.empty()) {
    json.key("was").string(content.original.substr(1));
  }
  if (content.element == nullptr) {
    return;
  }
  json.key("data").begin_object();
  const auto& names = site_.elements.names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto value = content.element->data.value(i, content.element->is_utf8);
    json.key(names[i]).value(value ? Value::string(*value) : Value::null());
  }
  json.end_object();
}

void ToldElements::write(const std::vector<std::string>& places, JsonText& json) const {
  json.begin_object();
  for (SlotId slot = 0; slot < places.size(); ++slot) {
    const bool is_told = std::any_of(entries_.begin(), entries_.end(),
                                     [slot](const Entry& one) { return one.slot == slot; });
    if (is_told) {
      json.key(site_.program->slots()[slot]).begin_object().key("places").raw(places[slot]);
      write(slot, json.key("at"));
      json.end_object();
    }
  }
  json.end_object();
}

void ToldElements::write(SlotId slot, JsonText& json) const {
  json.begin_array();
  for (const Entry& one : entries_) {
    if (one.slot != slot) {
      continue;
    }
    json.begin_object().raw(one.json);
    if (one.times != 0) {
      json.key("times").value(Value::number(one.times));
    }
    if (!one.late.empty()) {
      json.key("late").begin_array();
      for (const std::uint32_t place : one.late) {
        json.value(Value::number(place));
      }
      json.end_array();
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace personalize
