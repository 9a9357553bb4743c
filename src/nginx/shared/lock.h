// Holds the mutex of a shared zone.
#pragma once

#include "nginx/ngx.h"

namespace personalize {

class SharedLock {
 public:
  // The zone's own: NGINX gives that back when a worker dies that holds it, and no other one.
  explicit SharedLock(ngx_slab_pool_t* pool) noexcept : mutex_(&pool->mutex) {
    ngx_shmtx_lock(mutex_);
  }
  ~SharedLock() { ngx_shmtx_unlock(mutex_); }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

 private:
  ngx_shmtx_t* mutex_;
};

}  // namespace personalize
