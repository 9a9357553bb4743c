// What a visitor has claimed of a campaign: the first prize of a ticket of which there is one, or a
// code of a pool, which counts as the only prize.
//
//   LINDEX CLAIM -1        what the visitor has, as JSON; nothing: the first claim
//   INCR STOCK             of a prize with a stock: counts one; if that is more than the stock,
//   DECR STOCK             it is not there, and the next prize gets its turn
//   …                      the code, if it comes from a pool (CodeClaim)
//   LPUSH CLAIM JSON       1: it is the visitor's, and
//   EXPIRE CLAIM           if it is not kept for ever. More: another claim of the visitor's was
//                          first, and
//   LREM CLAIM 1 JSON, DECR STOCK, LINDEX CLAIM -1        everybody answers what that one was
//   LREM CLAIM_OF_POOL 1 CODE, RPUSH POOL CODE            if that is another code: gives this one
//                          back, if nobody else has
//
// So a visitor has one code of a campaign, whatever list each of its pages has named. What a worker
// has counted or taken when it dies stays counted and taken: rather one too few than one too many.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "claims/code_claim.h"
#include "personalize/claims/claim.h"

namespace personalize {

class CampaignClaim final : public Claim {
 public:
  CampaignClaim(const ClaimTicket& ticket, std::string_view visitor,
                std::pmr::memory_resource* memory);

  void take(const RedisReply* reply) override;

 private:
  enum class Step : std::uint8_t {
    look,
    count,
    uncount,
    code,
    record,
    keep,
    withdraw,
    release,
    remove,
    put_back,
  };

  const ClaimTicket::Prize& prize() const { return prizes_[next_]; }
  void look();
  void try_prizes();
  void pass_over();
  void take_code();
  void record();
  void release(Step step);
  void take_look(const RedisReply* reply);
  void take_count(const RedisReply* reply);
  void take_record(const RedisReply* reply);
  void return_code();
  void take_remove(const RedisReply* reply);
  void take_reply_of_pool(const RedisReply* reply);

  const ClaimTicket& ticket_;
  std::pmr::string pool_;  // "pool=KEY" of a ticket that gives no prizes
  std::pmr::vector<ClaimTicket::Prize> prizes_;
  std::string_view visitor_;
  std::pmr::memory_resource* memory_;
  std::pmr::string key_;
  std::pmr::string stock_key_;
  std::pmr::string json_;
  std::pmr::string keep_;
  std::pmr::string taken_;  // the code that came from a pool
  std::optional<CodeClaim> of_pool_;
  std::size_t next_ = 0;
  bool is_counted_ = false;  // one of the prize's stock
  bool has_tried_all_ = false;
  bool has_lost_ = false;  // another claim of the visitor's was first
  Step step_ = Step::look;
};

}  // namespace personalize
