#include "personalize/record/session_starts.h"

#include <algorithm>

namespace personalize {

std::uint32_t SessionStarts::note(std::uint64_t visitor, std::int64_t now_s,
                                  std::int64_t timeout_s) noexcept {
  const auto now = static_cast<std::uint32_t>(std::max<std::int64_t>(now_s, 1));
  const auto tag = static_cast<std::uint32_t>(visitor >> 32U);
  auto& set = entries_[visitor % sets];
  auto entry = std::find_if(set.begin(), set.end(),
                            [&](const Entry& one) { return one.used_s != 0 && one.tag == tag; });
  if (entry == set.end()) {
    entry = std::min_element(set.begin(), set.end(),
                             [](const Entry& a, const Entry& b) { return a.used_s < b.used_s; });
    *entry = {tag, now, now};
  } else if (now >= entry->used_s + timeout_s) {
    *entry = {tag, now, now};
  } else {
    entry->used_s = std::max(entry->used_s, now);
  }
  return entry->began_s;
}

}  // namespace personalize
