#include "signals/geo/geo_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace personalize {

namespace {

// Read in one call of update().
constexpr std::size_t piece_size = std::size_t{4} * 1024 * 1024;

// A new file may be larger than the first one by half, and by this.
constexpr std::size_t spare_size = std::size_t{1024} * 1024;

// Where the metadata begins, near the end of a file:
// https://maxmind.github.io/MaxMind-DB/#database-metadata
constexpr std::string_view metadata_marker = "\xab\xcd\xefMaxMind.com";
constexpr std::size_t most_metadata = std::size_t{128} * 1024;

// Between the search tree and the records.
constexpr std::size_t separator_size = 16;

bool read_number(MMDB_s& metadata, const char* name, std::uint32_t& number) noexcept {
  MMDB_entry_s entry = {&metadata, 0};
  MMDB_entry_data_s data;
  const char* const path[] = {name, nullptr};
  if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) {
    return false;
  }
  if (data.type == MMDB_DATA_TYPE_UINT16) {
    number = data.uint16;
  } else if (data.type == MMDB_DATA_TYPE_UINT32) {
    number = data.uint32;
  } else {
    return false;
  }
  return true;
}

// IPv4 addresses are below the 96 zero bits with which they begin in a tree of IPv6.
void find_ipv4_start(MMDB_s& database) noexcept {
  constexpr std::uint16_t zero_bits = 96;
  std::uint32_t node = 0;
  std::uint16_t depth = 0;
  MMDB_search_node_s children;
  while (database.metadata.ip_version == 6 && depth < zero_bits &&
         node < database.metadata.node_count &&
         MMDB_read_node(&database, node, &children) == MMDB_SUCCESS) {
    node = static_cast<std::uint32_t>(children.left_record);
    ++depth;
  }
  database.ipv4_start_node.node_value = node;
  database.ipv4_start_node.netmask = depth;
}

std::size_t whole_pages(std::size_t size) noexcept {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

}  // namespace

const char* find_database(std::string_view bytes, MMDB_s& database) noexcept {
  const std::size_t first = bytes.size() - std::min(bytes.size(), most_metadata);
  const std::size_t marker = bytes.rfind(metadata_marker);
  if (marker == std::string_view::npos || marker < first) {
    return "it has no metadata, or is truncated";
  }
  const auto* content = reinterpret_cast<const std::uint8_t*>(bytes.data());
  database = {};
  database.filename = "";
  database.file_content = content;
  database.file_size = static_cast<ssize_t>(bytes.size());
  database.metadata_section = content + marker + metadata_marker.size();
  database.metadata_section_size =
      static_cast<std::uint32_t>(bytes.size() - marker - metadata_marker.size());

  // The metadata is a record itself.
  MMDB_s metadata = {};
  metadata.data_section = database.metadata_section;
  metadata.data_section_size = database.metadata_section_size;
  std::uint32_t node_count = 0;
  std::uint32_t record_size = 0;
  std::uint32_t ip_version = 0;
  std::uint32_t format = 0;
  if (!read_number(metadata, "node_count", node_count) ||
      !read_number(metadata, "record_size", record_size) ||
      !read_number(metadata, "ip_version", ip_version) ||
      !read_number(metadata, "binary_format_major_version", format)) {
    return "its metadata is damaged";
  }
  if (format != 2 || (record_size != 24 && record_size != 28 && record_size != 32) ||
      (ip_version != 4 && ip_version != 6)) {
    return "it is of another version of the format";
  }
  const std::uint64_t tree_size = std::uint64_t{node_count} * record_size / 4;
  if (node_count == 0 || tree_size + separator_size > marker) {
    return "it is truncated";
  }
  database.metadata.node_count = node_count;
  database.metadata.record_size = static_cast<std::uint16_t>(record_size);
  database.metadata.ip_version = static_cast<std::uint16_t>(ip_version);
  database.metadata.binary_format_major_version = static_cast<std::uint16_t>(format);
  database.full_record_byte_size = static_cast<std::uint16_t>(record_size / 4);
  database.depth = ip_version == 4 ? 32 : 128;
  database.data_section = content + tree_size + separator_size;
  // With the metadata, as libmaxminddb itself has it: the numbers in the tree, which it compares
  // with this, count from before the separator.
  database.data_section_size =
      static_cast<std::uint32_t>(bytes.size() - tree_size - separator_size);
  find_ipv4_start(database);
  return nullptr;
}

GeoFile::~GeoFile() {
  if (file_ != -1) {
    close(file_);
    pthread_mutex_unlock(&shared_->loading);
  }
  if (shared_ != nullptr) {
    munmap(shared_, mapped_);
  }
}

GeoFile::Identity GeoFile::identity_of(const struct stat& file) noexcept {
  return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

char* GeoFile::bytes(const Slot& slot) const noexcept {
  const auto index = static_cast<std::size_t>(&slot - shared_->slots.data());
  return reinterpret_cast<char*>(shared_) + whole_pages(sizeof(Shared)) + index * capacity_;
}

// Pages that nothing is written to take no memory.
bool GeoFile::map(std::size_t file_size) noexcept {
  capacity_ = whole_pages(file_size + file_size / 2 + spare_size);
  mapped_ = whole_pages(sizeof(Shared)) + 2 * capacity_;
  void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return false;
  }
  shared_ = new (memory) Shared{};
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&shared_->loading, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return true;
}

bool GeoFile::load() {
  problem_ = "";
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ == -1) {
    return false;
  }
  struct stat file = {};
  bool is_read = fstat(file_, &file) == 0;
  if (is_read && (!S_ISREG(file.st_mode) || file.st_size == 0)) {
    problem_ = "it is empty, or no file";
    is_read = false;
  }
  if (is_read) {
    is_read = map(static_cast<std::size_t>(file.st_size));
  }
  if (is_read) {
    candidate_ = identity_of(file);
    lock();
    read_ = 0;
    while (is_read && read_ < static_cast<std::size_t>(candidate_.size)) {
      is_read = read_piece();
    }
    if (!is_read && errno == 0) {
      problem_ = "it is being written";
    }
  }
  if (is_read) {
    return finish(nullptr) == Update::loaded;
  }
  const int error = errno;
  close(std::exchange(file_, -1));
  if (shared_ != nullptr) {
    pthread_mutex_unlock(&shared_->loading);
  }
  errno = error;
  return false;
}

GeoFile::Update GeoFile::update(std::int64_t now_ms) noexcept {
  if (file_ != -1) {
    if (!read_piece()) {
      return finish("it cannot be read, or is being written");
    }
    return read_ < static_cast<std::size_t>(candidate_.size) ? Update::reading : finish(nullptr);
  }
  struct stat file = {};
  if (stat(path_.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) {
    return Update::none;  // while it is being replaced
  }
  const Identity identity = identity_of(file);
  if (identity == slot_of(version()).identity || identity == shared_->refused) {
    candidate_ = {};
    return Update::none;
  }
  if (!(identity == candidate_)) {
    candidate_ = identity;
    candidate_since_ms_ = now_ms;
  }
  if (now_ms - candidate_since_ms_ < settled_ms || !lock()) {
    return Update::none;
  }
  // Another process may have read it meanwhile.
  if (identity == slot_of(version()).identity || identity == shared_->refused) {
    pthread_mutex_unlock(&shared_->loading);
    return Update::none;
  }
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ == -1) {
    return finish("it cannot be opened");
  }
  if (static_cast<std::size_t>(identity.size) > capacity_) {
    return finish("it has grown by more than half: reload the configuration");
  }
  slot_of(version() + 1).version.store(0, std::memory_order_relaxed);
  read_ = 0;
  return identity.size == 0 ? finish("it is empty") : Update::reading;
}

// Returns false while another process holds the lock. One that died with it leaves a slot that is
// not in use.
bool GeoFile::lock() noexcept {
  const int error = pthread_mutex_trylock(&shared_->loading);
  if (error == EOWNERDEAD) {
    pthread_mutex_consistent(&shared_->loading);
  }
  return error == 0 || error == EOWNERDEAD;
}

// Returns false if there is nothing to read; errno is 0 if the file ends too soon.
bool GeoFile::read_piece() noexcept {
  const auto left = static_cast<std::size_t>(candidate_.size) - read_;
  char* to = bytes(slot_of(version() + 1)) + read_;
  errno = 0;
  const ssize_t got = read(file_, to, std::min(left, piece_size));
  if (got <= 0) {
    return false;
  }
  read_ += static_cast<std::size_t>(got);
  return true;
}

// Ends reading. The file must be whole, and the one that was found changed.
GeoFile::Update GeoFile::finish(const char* problem) noexcept {
  const std::uint32_t next = version() + 1;
  Slot& slot = slot_of(next);
  if (file_ != -1) {
    struct stat file = {};
    if (problem == nullptr && (fstat(file_, &file) != 0 || !(identity_of(file) == candidate_))) {
      problem = "it is being written";
    }
    close(std::exchange(file_, -1));
  }
  MMDB_s database;
  if (problem == nullptr) {
    problem = find_database({bytes(slot), read_}, database);
  }
  if (problem == nullptr) {
    slot.size = read_;
    slot.identity = candidate_;
    slot.version.store(next, std::memory_order_release);
    shared_->version.store(next, std::memory_order_release);
  } else {
    shared_->refused = candidate_;
  }
  pthread_mutex_unlock(&shared_->loading);
  problem_ = problem == nullptr ? "" : problem;
  return problem == nullptr ? Update::loaded : Update::refused;
}

const MMDB_s* GeoFile::contents(std::uint32_t version) noexcept {
  const Slot& slot = slot_of(version);
  if (version == 0 || slot.version.load(std::memory_order_acquire) != version) {
    return nullptr;
  }
  MMDB_s& database = databases_[version % 2];
  if (found_[version % 2] != version) {
    if (find_database({bytes(slot), slot.size}, database) != nullptr) {
      return nullptr;
    }
    found_[version % 2] = version;
  }
  return &database;
}

}  // namespace personalize
