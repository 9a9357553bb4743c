// The elements that are open, the innermost last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <type_traits>

#include "rewrite/name.h"
#include "rewrite/tag.h"

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
class ElementStack {
 public:
  explicit ElementStack(std::pmr::memory_resource* memory) : memory_(memory) { grow(64); }
  ~ElementStack() { memory_->deallocate(begin_, capacity() * sizeof(OpenElement)); }
  ElementStack(const ElementStack&) = delete;
  ElementStack& operator=(const ElementStack&) = delete;

  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ == limit_; }  // a push would allocate
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  std::size_t capacity() const { return static_cast<std::size_t>(limit_ - begin_); }
  OpenElement& operator[](std::size_t index) { return begin_[index]; }
  const OpenElement& operator[](std::size_t index) const { return begin_[index]; }
  OpenElement& back() { return end_[-1]; }
  const OpenElement& back() const { return end_[-1]; }

  void push_back(const OpenElement& element) {
    if (full()) grow(capacity() * 2);
    *end_++ = element;
  }
  // Room for one more, which is not full(): the caller writes it. (A copy of an element that has
  // just been written field by field would have to wait for those stores.)
  OpenElement& add() { return *end_++; }
  void pop_back() { --end_; }
  void insert(std::size_t index, const OpenElement& element) {
    push_back(element);
    std::memmove(begin_ + index + 1, begin_ + index, (size() - 1 - index) * sizeof(OpenElement));
    begin_[index] = element;
  }
  void erase(std::size_t index) {
    std::memmove(begin_ + index, begin_ + index + 1, (size() - 1 - index) * sizeof(OpenElement));
    --end_;
  }

 private:
  static_assert(std::is_trivially_copyable_v<OpenElement>);

  void grow(std::size_t capacity) {
    auto* memory = static_cast<OpenElement*>(memory_->allocate(capacity * sizeof(OpenElement)));
    std::size_t used = size();
    if (begin_ != nullptr) {
      std::memcpy(memory, begin_, used * sizeof(OpenElement));
      memory_->deallocate(begin_, this->capacity() * sizeof(OpenElement));
    }
    begin_ = memory;
    end_ = memory + used;
    limit_ = memory + capacity;
  }

  std::pmr::memory_resource* memory_;
  OpenElement* begin_ = nullptr;
  OpenElement* end_ = nullptr;
  OpenElement* limit_ = nullptr;
};

}  // namespace personalize::rewrite
