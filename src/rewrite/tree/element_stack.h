// The elements that are open, the innermost last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <type_traits>

#include "rewrite/tokenizer/name.h"
#include "rewrite/tokenizer/tag.h"

namespace personalize::rewrite {

struct OpenElement : ElementKind {
  std::uint32_t serial;  // grows with each element that is opened
  NameKey name;
  std::uint32_t children;  // elements put into it so far
  std::uint32_t marks;     // for the observer; that of the element below when opened

  bool is(Tag html_tag) const { return tag == html_tag && space == Namespace::html; }
  bool has(std::uint32_t traits) const {
    return space == Namespace::html && has_trait(tag, traits);
  }
};

// A vector whose pushes and pops are a few instructions: they happen for every tag of a page. Its
// memory is not given back before it ends.
template <class T>
class Stack {
 public:
  Stack(std::size_t capacity, std::pmr::memory_resource* memory) : memory_(memory) {
    grow(capacity);
  }
  ~Stack() { memory_->deallocate(begin_, capacity() * sizeof(T)); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ == limit_; }  // a push would allocate
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  std::size_t capacity() const { return static_cast<std::size_t>(limit_ - begin_); }
  T& operator[](std::size_t index) { return begin_[index]; }
  const T& operator[](std::size_t index) const { return begin_[index]; }
  T& back() { return end_[-1]; }
  const T& back() const { return end_[-1]; }
  const T* begin() const { return begin_; }
  const T* end() const { return end_; }

  void push_back(const T& value) {
    if (full()) {
      grow(capacity() * 2);
    }
    *end_++ = value;
  }
  // Adds one, if it is not full(): the caller writes it. A copy of what has just been written field
  // by field would have to wait for those stores.
  T& add() { return *end_++; }
  void pop_back() { --end_; }
  void insert(std::size_t index, const T& value) {
    push_back(value);
    std::memmove(begin_ + index + 1, begin_ + index, (size() - 1 - index) * sizeof(T));
    begin_[index] = value;
  }
  void erase(std::size_t index) {
    std::memmove(begin_ + index, begin_ + index + 1, (size() - 1 - index) * sizeof(T));
    --end_;
  }

 private:
  static_assert(std::is_trivially_copyable_v<T>);

  void grow(std::size_t capacity) {
    auto* memory = static_cast<T*>(memory_->allocate(capacity * sizeof(T)));
    std::size_t used = size();
    if (begin_ != nullptr) {
      std::memcpy(memory, begin_, used * sizeof(T));
      memory_->deallocate(begin_, this->capacity() * sizeof(T));
    }
    begin_ = memory;
    end_ = memory + used;
    limit_ = memory + capacity;
  }

  std::pmr::memory_resource* memory_;
  T* begin_ = nullptr;
  T* end_ = nullptr;
  T* limit_ = nullptr;
};

using ElementStack = Stack<OpenElement>;

}  // namespace personalize::rewrite
