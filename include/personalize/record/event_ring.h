// Events that wait to be sent: a bounded queue of records, in one piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace personalize {

class EventRing {
 public:
  struct Entry {
    std::string_view record;  // lives until the entry is popped
    std::uint64_t tag = 0;    // what the caller has given
  };

  // Holds up to `size` bytes, of records and 16 bytes for each. Memory that is not used yet takes
  // none of the machine's. Throws bad_alloc.
  explicit EventRing(std::size_t size);

  // Adds a record at the end. Returns false if there is no room for it: pop() makes some, but none
  // for a record that an empty ring does not take.
  bool push(std::string_view record, std::uint64_t tag) noexcept;

  bool is_empty() const noexcept { return count_ == 0; }
  std::size_t count() const noexcept { return count_; }
  // Returns the oldest; there must be one.
  Entry front() const noexcept;
  void pop() noexcept;

 private:
  struct Head {
    std::uint64_t tag;
    std::size_t size;  // of the record, which follows
  };

  static std::size_t place_size(std::size_t record) noexcept;

  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
  std::size_t begin_ = 0;  // of the oldest
  std::size_t end_ = 0;    // of the newest
  std::size_t limit_ = 0;  // where the entries before the wrap end, if end_ is before begin_
  std::size_t count_ = 0;
};

}  // namespace personalize
