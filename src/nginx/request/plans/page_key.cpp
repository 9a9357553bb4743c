#include "nginx/request/plans/page_key.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace personalize {

namespace {

// Some file systems keep times in units of two seconds.
constexpr std::int64_t settling_ms = 2100;
// A new entry that takes the inode of one that is gone. NGINX's cache is on a file system whose
// times count in the system's ticks, of at most 10 ms.
constexpr std::int64_t entry_settling_ms = 100;

}  // namespace

bool identify_file(ngx_fd_t fd, PageKey& key) noexcept {
  struct statx file {};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &file) != 0 ||
      !S_ISREG(file.stx_mode) || file.stx_size < key.end) {
    return false;
  }
  key.device = std::uint64_t{file.stx_dev_major} << 32 | file.stx_dev_minor;
  key.inode = file.stx_ino;
  key.file_size = file.stx_size;
  const bool is_told_by_making = key.is_cache_entry != 0 && (file.stx_mask & STATX_BTIME) != 0;
  if (is_told_by_making) {
    key.made_s = file.stx_btime.tv_sec;
    key.made_ns = file.stx_btime.tv_nsec;
  } else {
    key.changed_s = file.stx_ctime.tv_sec;
    key.changed_ns = file.stx_ctime.tv_nsec;
    key.modified_s = file.stx_mtime.tv_sec;
    key.modified_ns = file.stx_mtime.tv_nsec;
  }
  return true;
}

bool is_unchanged(ngx_fd_t fd, const PageKey& key) noexcept {
  PageKey now = key;
  return identify_file(fd, now) && now.bytes() == key.bytes();
}

bool is_settled(const PageKey& key) noexcept {
  const bool is_told_by_making = key.made_s != 0;
  const std::int64_t since_s = is_told_by_making ? key.made_s : key.changed_s;
  const std::uint32_t since_ns = is_told_by_making ? key.made_ns : key.changed_ns;
  const ngx_time_t* now = ngx_timeofday();
  const std::int64_t age_ms = (static_cast<std::int64_t>(now->sec) - since_s) * 1000 +
                              static_cast<std::int64_t>(now->msec) - since_ns / 1000000;
  return age_ms >= (is_told_by_making ? entry_settling_ms : settling_ms);
}

}  // namespace personalize
