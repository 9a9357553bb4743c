// Small RAII pieces between NGINX's pools and strings and those of C++.
#pragma once

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "nginx/platform/ngx.h"

namespace personalize {

inline std::string_view view(const ngx_str_t& s) {
  return {reinterpret_cast<const char*>(s.data), s.len};
}

// NGINX takes char pointers that it does not write to as writable ones.
inline ngx_str_t ngx_view(std::string_view s) {
  return {s.size(), reinterpret_cast<u_char*>(const_cast<char*>(s.data()))};
}

// Memory of an NGINX pool: freed with the pool, and large blocks when they are given back.
class PoolMemory final : public std::pmr::memory_resource {
 public:
  explicit PoolMemory(ngx_pool_t* pool) noexcept : pool_(pool) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* p = alignment <= NGX_ALIGNMENT ? ngx_palloc(pool_, bytes)
                                         : ngx_pmemalign(pool_, bytes, alignment);
    if (p == nullptr) {
      throw std::bad_alloc();
    }
    return p;
  }

  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    if (bytes > pool_->max || alignment > NGX_ALIGNMENT) {
      ngx_pfree(pool_, p);
    }
  }

  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  ngx_pool_t* pool_;
};

template <class T>
void destroy_in_pool(void* object) {
  static_cast<T*>(object)->~T();
}

// Makes a T that is destroyed with the pool, by `destroy`. Throws what its constructor throws, or
// bad_alloc.
template <class T, void (*destroy)(void*) = destroy_in_pool<T>, class... Arguments>
T* make_in_pool(ngx_pool_t* pool, Arguments&&... arguments) {
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
  if (cleanup == nullptr) {
    throw std::bad_alloc();
  }
  T* object = new (cleanup->data) T(std::forward<Arguments>(arguments)...);
  // Only now: a constructor that threw leaves nothing to destroy.
  cleanup->handler = destroy;
  return object;
}

// Returns the T that make_in_pool() made last in this pool; nullptr if there is none.
template <class T>
T* find_in_pool(const ngx_pool_t* pool) noexcept {
  for (const ngx_pool_cleanup_t* c = pool->cleanup; c != nullptr; c = c->next) {
    if (c->handler == destroy_in_pool<T>) {
      return static_cast<T*>(c->data);
    }
  }
  return nullptr;
}

// Returns a copy in the pool. Throws bad_alloc.
inline std::string_view copy_to_pool(ngx_pool_t* pool, std::string_view s) {
  auto* data = static_cast<char*>(ngx_pnalloc(pool, s.size()));
  if (data == nullptr) {
    throw std::bad_alloc();
  }
  std::memcpy(data, s.data(), s.size());
  return {data, s.size()};
}

}  // namespace personalize
