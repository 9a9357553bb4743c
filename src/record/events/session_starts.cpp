#include "personalize/record/session_starts.h"

#include <algorithm>

namespace personalize {

std::uint32_t SessionStarts::note(std::uint64_t visitor, std::int64_t now_s,
                                  std::int64_t timeout_s) noexcept {
  const std::uint32_t now = Table::used_at(now_s);
  Entry* entry = table_.find(visitor);
  if (entry == nullptr) {
    entry = &table_.place(visitor);
    *entry = {Table::tag_of(visitor), now, now};
  } else if (now >= entry->used_s + timeout_s) {
    *entry = {Table::tag_of(visitor), now, now};
  } else {
    entry->used_s = std::max(entry->used_s, now);
  }
  return entry->began_s;
}

}  // namespace personalize
