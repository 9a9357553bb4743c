// What is asked of Redis when a visitor claims something, one command after the other, and what
// becomes of the replies. Nothing here knows a socket.
//
// No command stands on what an earlier one has read: whatever other workers do in between, whatever
// reply is lost and wherever a process dies, no code is given to two visitors, no visitor is given
// two, and no more of a prize than its stock. What can happen is that a code, or one of a stock,
// stays unused.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/redis/reply.h"
#include "personalize/signals/claim_ticket.h"

namespace personalize {

class Claim {
 public:
  enum class Outcome : std::uint8_t {
    pending,
    given,
    gone,    // there is no code, or none of the prizes
    failed,  // Redis has not answered, or with an error; the visitor may try again
  };

  // `ticket` and `visitor` must outlive it. Throws what `memory` throws.
  static std::unique_ptr<Claim> make(const ClaimTicket& ticket, std::string_view visitor,
                                     std::pmr::memory_resource* memory);
  virtual ~Claim() = default;

  // Returns the command to send now; empty once the outcome is certain.
  const std::pmr::vector<std::string_view>& command() const noexcept { return command_; }
  // Takes the reply to it; nullptr if there is none, whether or not Redis has executed it. Throws
  // what the memory throws.
  virtual void take(const RedisReply* reply) = 0;

  Outcome outcome() const noexcept { return outcome_; }
  // Whether it is given now, not again.
  bool is_new() const noexcept { return is_new_; }
  std::string_view code() const noexcept { return code_; }
  std::string_view text() const noexcept { return text_; }
  // Returns what Redis has refused with; "" if it has not.
  std::string_view error() const noexcept { return error_; }

 protected:
  explicit Claim(std::pmr::memory_resource* memory)
      : command_(memory), code_(memory), text_(memory), error_(memory) {}

  void end(Outcome outcome) noexcept {
    command_.clear();
    outcome_ = outcome;
  }
  // Ends without an answer.
  void fail(const RedisReply* reply);

  std::pmr::vector<std::string_view> command_;
  Outcome outcome_ = Outcome::pending;
  bool is_new_ = false;
  std::pmr::string code_, text_, error_;
};

}  // namespace personalize
