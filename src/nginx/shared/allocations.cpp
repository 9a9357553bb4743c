#include "nginx/shared/allocations.h"

#include <algorithm>

#include "personalize/base/fnv.h"

namespace personalize {

SharedAllocations::Entry* SharedAllocations::find(std::string_view name,
                                                  bool may_take) const noexcept {
  const std::uint64_t hash = fnv1a(name) | 1;
  for (Entry& entry : zone_->entries) {
    if (entry.hash == 0 && may_take) {
      entry.hash = hash;
    }
    if (entry.hash == hash || entry.hash == 0) {
      return entry.hash == hash ? &entry : nullptr;
    }
  }
  return nullptr;
}

std::string SharedAllocations::get(std::string_view name) const {
  std::string text;
  text.reserve(longest);
  const SharedZone::Lock lock(zone_);
  if (const Entry* entry = find(name, false)) {
    text.assign(entry->text.data(), std::min<std::size_t>(entry->size, longest));
  }
  return text;
}

void SharedAllocations::set(std::string_view name, std::string_view text) noexcept {
  if (text.size() > longest) {
    return;
  }
  const SharedZone::Lock lock(zone_);
  if (Entry* entry = find(name, !text.empty())) {
    std::copy(text.begin(), text.end(), entry->text.begin());
    entry->size = static_cast<std::uint32_t>(text.size());
  }
}

}  // namespace personalize
