// The first prize of a ticket of which there is one.
//
//   LINDEX CLAIM -1        the prize that the visitor has, as JSON; nothing: the first claim
//   INCR STOCK             counts one; if that is more than the stock,
//   DECR STOCK             it is not there, and the next prize gets its turn
//   …                      the code, if it comes from a pool (CodeClaim)
//   LPUSH CLAIM JSON       1: the prize is the visitor's. More: another claim of the visitor's was
//                          first, and
//   LREM CLAIM 1 JSON, DECR STOCK, LINDEX CLAIM -1        everybody answers what that one was
//
// What a worker has counted when it dies stays counted: rather one too few than one too many.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "claims/code_claim.h"
#include "personalize/claims/claim.h"

namespace personalize {

class PrizeClaim final : public Claim {
 public:
  PrizeClaim(const ClaimTicket& ticket, std::string_view visitor,
             std::pmr::memory_resource* memory);

  void take(const RedisReply* reply) override;

 private:
  enum class Step : std::uint8_t { look, count, uncount, code, record, withdraw, release };

  const ClaimTicket::Prize& prize() const { return ticket_.prizes[next_]; }
  void look();
  void try_prizes();
  void pass_over();
  void take_code();
  void record();
  void release(Step step);
  void take_look(const RedisReply* reply);
  void take_count(const RedisReply* reply);
  void take_record(const RedisReply* reply);
  void take_reply_of_pool(const RedisReply* reply);

  const ClaimTicket& ticket_;
  std::string_view visitor_;
  std::pmr::memory_resource* memory_;
  std::pmr::string key_;
  std::pmr::string stock_key_;
  std::pmr::string json_;
  std::optional<CodeClaim> of_pool_;
  std::size_t next_ = 0;
  bool is_counted_ = false;  // one of the prize's stock
  bool has_tried_all_ = false;
  bool has_lost_ = false;  // another claim of the visitor's was first
  Step step_ = Step::look;
};

}  // namespace personalize
