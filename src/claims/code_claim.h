// A code of a pool, for CampaignClaim. The pool is a list, and what was taken of it for a visitor
// is another one, so that no reply that is lost loses a code:
//
//   LINDEX CLAIM -1         the code that the visitor has; nothing: the first claim
//   RPOPLPUSH POOL CLAIM    takes a code, and keeps it for the visitor, in one step
//   LINDEX CLAIM -1         the first that was ever put there: the answer to whoever asks; nothing:
//                           the pool is empty, or another claim of the visitor's has taken it away
//   LREM CLAIM 1 CODE       if the visitor has claimed twice at once: takes away the second code,
//   RPUSH POOL CODE         and gives it back, if nobody else has
//
// The code at the end of the claim is only taken away once the visitor has another one of the
// campaign.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/claims/claim.h"

namespace personalize {

class CodeClaim final : public Claim {
 public:
  // `pool` must outlive it. `keep_s`: how long Redis keeps the claim; 0 for ever.
  CodeClaim(std::string_view pool, std::string_view campaign, std::string_view visitor,
            std::int64_t keep_s, std::pmr::memory_resource* memory);

  void take(const RedisReply* reply) override;

 private:
  enum class Step : std::uint8_t { look, move, check, remove, put_back, keep };

  void look(Step step);
  void take_move(const RedisReply* reply);
  void take_check(const RedisReply* reply);

  std::string_view pool_;
  std::pmr::string key_;
  std::pmr::string keep_;  // "" for ever
  std::optional<std::pmr::string> moved_;
  Step step_ = Step::look;
};

}  // namespace personalize
