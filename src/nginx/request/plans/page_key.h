// What identifies the bytes of a page that is in a file, and the slots that are looked for in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "nginx/platform/ngx.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

// The key of a page's plans. Two keys are the same exactly if their bytes are: nothing of a file is
// hashed.
//
// A file is told by device, inode and size, and by when it was changed. Its inode's time of change
// is set by the system alone: a file that is replaced, rewritten, touched or given an old time has
// another one. Times count in the ticks of the system's clock, or on some file systems in seconds,
// so that a file that changed just now could change once more and not show it: see is_settled().
//
// Of an entry of NGINX's cache the body never changes, but its header does, when it is revalidated.
// There the time counts at which the file was made, where the file system keeps it.
struct PageKey {
  std::uint64_t device;
  std::uint64_t inode;
  std::uint64_t file_size;
  std::uint64_t begin, end;  // of the page's bytes in the file
  std::int64_t changed_s, modified_s, made_s;
  std::uint32_t changed_ns, modified_ns, made_ns;
  std::uint32_t token_limit, content_limit;
  std::uint8_t is_cache_entry;
  std::uint8_t ignores_meta;  // the response's head says what the charset is
  std::uint8_t is_gzip;       // the page is what the file's bytes are inflated to
  std::uint8_t format;        // plan_format
  SlotMatcher::Digest slots;

  std::string_view bytes() const noexcept {
    return {reinterpret_cast<const char*>(this), sizeof(*this)};
  }
  std::uint64_t size() const noexcept { return end - begin; }
};
static_assert(std::has_unique_object_representations_v<PageKey>, "padding would be compared");

// Sets what identifies the file. Returns false if it cannot be told, or the page is not within it.
bool identify_file(ngx_fd_t fd, PageKey& key) noexcept;

// Returns whether the file is still the one that the key tells.
bool is_unchanged(ngx_fd_t fd, const PageKey& key) noexcept;

// Returns whether the file has not changed for so long that another change would be noticed.
bool is_settled(const PageKey& key) noexcept;

}  // namespace personalize
