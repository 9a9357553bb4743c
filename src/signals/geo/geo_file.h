// A MaxMind DB file, read into memory that processes share.
#pragma once

#include <maxminddb.h>
#include <pthread.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace personalize {

// Finds a database in `bytes`, which the result refers to. The search tree and the records are then
// read by libmaxminddb, which checks each access against their sizes. Returns nullptr, or what is
// wrong. libmaxminddb itself only opens files by mapping them, and truncating a mapped file takes
// the process down.
const char* find_database(std::string_view bytes, MMDB_s& database) noexcept;

// The file's contents are in one of two slots. update() reads a changed file into the other one and
// then switches, for all processes that were forked from the one that made this. What the earlier
// contents were is valid until the update after the next one begins, for which their slot is used;
// it never ceases to be readable memory.
class GeoFile {
 public:
  enum class Update : std::uint8_t {
    none,
    reading,  // call again soon
    loaded,
    refused,  // problem() says why; the contents stay as they were
  };

  // A file is taken up when it has not changed for this time.
  static constexpr std::int64_t settled_ms = 2000;

  explicit GeoFile(std::string path) : path_(std::move(path)) {}
  ~GeoFile();
  GeoFile(const GeoFile&) = delete;
  GeoFile& operator=(const GeoFile&) = delete;

  // Reads the file for the first time. Returns false if it cannot be read (errno says why), or is
  // not a database: then problem() says why, and is "" otherwise.
  bool load();

  const std::string& path() const noexcept { return path_; }
  const char* problem() const noexcept { return problem_; }

  // Checks whether the file has changed, or goes on reading it, for some milliseconds at most. One
  // process reads at a time; the others return `none`. `now_ms` is of any steady clock.
  Update update(std::int64_t now_ms) noexcept;

  // Returns the number of the current contents, and the contents of a number; nullptr if they are
  // gone.
  std::uint32_t version() const noexcept {
    return shared_->version.load(std::memory_order_acquire);
  }
  const MMDB_s* contents(std::uint32_t version) noexcept;

 private:
  // Tells whether a file is another one or was changed.
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;

    bool operator==(const Identity& other) const noexcept {
      return device == other.device && inode == other.inode && size == other.size &&
             changed_s == other.changed_s && changed_ns == other.changed_ns;
    }
  };

  struct Slot {
    std::atomic<std::uint32_t> version;  // 0: nothing, or being written
    std::size_t size;
    Identity identity;
  };

  struct Shared {
    pthread_mutex_t loading;  // held by the process that reads a new file
    std::atomic<std::uint32_t> version;
    std::array<Slot, 2> slots;
    Identity refused;  // is not read again; under the mutex
  };

  static Identity identity_of(const struct stat& file) noexcept;
  char* bytes(const Slot& slot) const noexcept;
  Slot& slot_of(std::uint32_t version) const noexcept { return shared_->slots[version % 2]; }

  bool map(std::size_t file_size) noexcept;
  bool lock() noexcept;
  bool read_piece() noexcept;
  Update finish(const char* problem) noexcept;

  std::string path_;
  const char* problem_ = "";
  std::size_t capacity_ = 0;  // of a slot
  std::size_t mapped_ = 0;
  Shared* shared_ = nullptr;  // followed by the slots' bytes

  // Of this process.
  std::array<MMDB_s, 2> databases_{};
  std::array<std::uint32_t, 2> found_{};  // versions of databases_
  Identity candidate_;                    // a changed file, and since when
  std::int64_t candidate_since_ms_ = 0;
  int file_ = -1;         // being read
  std::size_t read_ = 0;  // bytes
};

}  // namespace personalize
