// One record a visitor, found by the visitor's hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace personalize::report {

// Records have a member `visitor`, the key. They stand in the order of arrival, and never move:
// a table of millions does not need twice its memory while it grows.
template <class Record>
class VisitorTable {
 public:
  struct Found {
    Record& record;
    bool is_new;
  };

  // Returns the visitor's record; a new one has nothing but its key.
  Found insert(std::uint64_t visitor) {
    if ((size_ + 1) * 4 > index_.size() * 3) {
      grow();
    }
    std::size_t place = place_of(visitor);
    for (; index_[place] != 0; place = (place + 1) & (index_.size() - 1)) {
      Record& record = (*this)[index_[place] - 1];
      if (record.visitor == visitor) {
        return {record, false};
      }
    }
    if (size_ % chunk_size == 0) {
      chunks_.push_back(std::make_unique<Record[]>(chunk_size));
    }
    index_[place] = static_cast<std::uint32_t>(++size_);
    Record& record = (*this)[size_ - 1];
    record.visitor = visitor;
    return {record, true};
  }

  // Returns the number of the visitor's record, or size() if there is none.
  std::size_t find(std::uint64_t visitor) const {
    if (index_.empty()) {
      return size_;
    }
    for (std::size_t place = place_of(visitor); index_[place] != 0;
         place = (place + 1) & (index_.size() - 1)) {
      if ((*this)[index_[place] - 1].visitor == visitor) {
        return index_[place] - 1;
      }
    }
    return size_;
  }

  Record& operator[](std::size_t i) { return chunks_[i / chunk_size][i % chunk_size]; }
  const Record& operator[](std::size_t i) const { return chunks_[i / chunk_size][i % chunk_size]; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t chunk_size = 4096;

  std::size_t place_of(std::uint64_t visitor) const {
    // Hashes are even, but a part of them may be all that there is.
    return (visitor * 0x9e3779b97f4a7c15U >> 32) & (index_.size() - 1);
  }

  void grow() {
    index_.assign(index_.empty() ? 1024 : 2 * index_.size(), 0);
    for (std::size_t i = 0; i < size_; ++i) {
      std::size_t place = place_of((*this)[i].visitor);
      while (index_[place] != 0) {
        place = (place + 1) & (index_.size() - 1);
      }
      index_[place] = static_cast<std::uint32_t>(i + 1);
    }
  }

  std::vector<std::unique_ptr<Record[]>> chunks_;
  std::vector<std::uint32_t> index_;  // 1 + the record's number; 0 for none
  std::size_t size_ = 0;
};

}  // namespace personalize::report
