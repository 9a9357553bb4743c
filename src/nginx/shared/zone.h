// Memory that all workers share and that outlasts reloads.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>

#include "nginx/platform/ngx.h"

namespace personalize {

// A zone of NGINX's shared memory whose pages are one area, and this configuration's handle of it.
// A zone of the same name and size keeps its contents over a reload; workers of the old
// configuration go on using it meanwhile.
class SharedZone {
 public:
  SharedZone(const SharedZone&) = delete;
  SharedZone& operator=(const SharedZone&) = delete;

  // Holds the zone's own mutex, the only one that NGINX releases if its holder dies.
  class Lock {
   public:
    explicit Lock(const SharedZone& zone) noexcept : mutex_(&zone.pool_->mutex) {
      ngx_shmtx_lock(mutex_);
    }
    ~Lock() { ngx_shmtx_unlock(mutex_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    ngx_shmtx_t* mutex_;
  };

 protected:
  SharedZone() = default;
  ~SharedZone() = default;

  // Returns a zone size that leaves room for `size` bytes of contents.
  static std::size_t zone_size(std::size_t size) noexcept;

  // Reserves a zone of `size` bytes while the configuration is read. This must not move afterwards.
  // Returns false if NGINX refuses, out of memory, or the name is taken: by another module, with
  // another size, or by another zone of ours.
  bool reserve(ngx_conf_t* cf, std::string_view name, std::size_t size) noexcept;

  // Called in the master process when the area is there: a fresh one, or one that was in use before
  // the reload. Returns false, having logged why, if NGINX is not to start with it.
  virtual bool prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept = 0;

  // Fills what keys and seeds are made of. Returns false, having logged that getrandom() failed for
  // `what`, as prepare() has to.
  static bool fill_random(ngx_shm_zone_t& zone, const char* what, void* bytes,
                          std::size_t size) noexcept;

  // Returns nullptr until prepare(); aligned to a page.
  void* area() const noexcept { return area_; }
  std::size_t area_size() const noexcept { return area_size_; }

 private:
  static ngx_int_t init_zone(ngx_shm_zone_t* zone, void* old) noexcept;

  ngx_slab_pool_t* pool_ = nullptr;
  void* area_ = nullptr;
  std::size_t area_size_ = 0;
};

// One object in shared memory: zero bytes at first, then what its users left in it.
template <class T>
class Shared final : public SharedZone {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  // Reserves the memory while the configuration is read. A `name` stands for one layout of T.
  // Throws bad_alloc.
  void add_zone(ngx_conf_t* cf, std::string_view name) {
    if (!reserve(cf, name, zone_size(sizeof(T)))) {
      throw std::bad_alloc();
    }
  }

  bool is_there() const noexcept { return area() != nullptr; }
  T* operator->() const noexcept { return static_cast<T*>(area()); }
  T& operator*() const noexcept { return *static_cast<T*>(area()); }

 private:
  bool prepare(bool is_fresh, ngx_shm_zone_t&) noexcept override {
    if (is_fresh) {
      std::memset(area(), 0, sizeof(T));
    }
    return true;
  }
};

}  // namespace personalize
