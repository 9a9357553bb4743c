// A claim that waits for Redis.
#pragma once

#include <memory>
#include <memory_resource>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "personalize/claims/claim.h"
#include "personalize/redis/command.h"
#include "personalize/signals/claim_ticket.h"

namespace personalize {

// Return what a content handler is to return, after sending the answer that there is nothing left,
// and that Redis has not answered.
ngx_int_t send_gone(ngx_http_request_t* r) noexcept;
ngx_int_t send_unavailable(ngx_http_request_t* r) noexcept;

// Lives as long as the request. Each command waits for as long as personalize_redis waits for a
// reply.
class PendingClaim final : public RedisCommandHandler {
 public:
  // `visitor` and `memory` must outlive it. Throws what `memory` throws.
  PendingClaim(ngx_http_request_t* r, ClaimTicket ticket, std::string_view visitor,
               std::pmr::memory_resource& memory);
  ~PendingClaim();
  PendingClaim(const PendingClaim&) = delete;
  PendingClaim& operator=(const PendingClaim&) = delete;

  // Sends the first command. Returns what the request is to be finalized with.
  ngx_int_t begin();

  void on_reply(const RedisReply& reply) noexcept override { go_on(&reply); }
  void on_failure(RedisFailure) noexcept override { go_on(nullptr); }

 private:
  void go_on(const RedisReply* reply) noexcept;
  // Throws what the memory throws.
  void send();
  ngx_int_t finish() noexcept;
  ngx_int_t send_claim();
  void note_of_person();
  void write_event();
  void log_failure() noexcept;

  ngx_http_request_t* r_;
  std::pmr::memory_resource& memory_;
  ClaimTicket ticket_;
  std::string_view visitor_;
  std::unique_ptr<Claim> claim_;
  bool is_waiting_ = false;
};

}  // namespace personalize
