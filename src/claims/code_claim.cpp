#include "claims/code_claim.h"

#include "personalize/claims/claim_keys.h"

namespace personalize {

CodeClaim::CodeClaim(std::string_view pool, std::string_view campaign, std::string_view visitor,
                     std::int64_t keep_s, std::pmr::memory_resource* memory)
    : Claim(memory),
      pool_(pool),
      key_(code_claim_key(pool, campaign, visitor, memory)),
      keep_(memory) {
  if (keep_s > 0) {
    keep_ = std::to_string(keep_s);
  }
  look(Step::look);
}

void CodeClaim::look(Step step) {
  step_ = step;
  command_ = {"LINDEX", key_, "-1"};
}

void CodeClaim::take(const RedisReply* reply) {
  switch (step_) {
    case Step::look:
      if (reply != nullptr && reply->kind == RedisReply::Kind::nil) {
        step_ = Step::move;
        command_ = {"RPOPLPUSH", pool_, key_};
        return;
      }
      take_check(reply);
      return;
    case Step::move:
      take_move(reply);
      return;
    case Step::check:
      take_check(reply);
      return;
    case Step::remove:
      if (reply != nullptr && reply->kind == RedisReply::Kind::integer && reply->integer == 1) {
        step_ = Step::put_back;
        command_ = {"RPUSH", pool_, *moved_};
        return;
      }
      break;
    case Step::put_back:
    case Step::keep:
      break;
  }
  end(Outcome::given);  // whatever became of the rest
}

void CodeClaim::take_move(const RedisReply* reply) {
  const bool is_code = reply != nullptr && reply->kind == RedisReply::Kind::string;
  const bool is_empty = reply != nullptr && reply->kind == RedisReply::Kind::nil;
  if (!is_code && !is_empty) {
    fail(reply);
    return;
  }
  if (is_code) {
    moved_.emplace(reply->text, key_.get_allocator());
  }
  look(Step::check);
}

void CodeClaim::take_check(const RedisReply* reply) {
  // Also if there was one a moment ago: another claim of the visitor's has given it back, which has
  // seen that the campaign had given them another code.
  if (reply != nullptr && reply->kind == RedisReply::Kind::nil) {
    end(Outcome::gone);
    return;
  }
  if (reply == nullptr || reply->kind != RedisReply::Kind::string) {
    fail(reply);
    return;
  }
  code_ = reply->text;
  if (moved_ && *moved_ != code_) {
    step_ = Step::remove;
    command_ = {"LREM", key_, "1", *moved_};
    return;
  }
  is_new_ = moved_.has_value();
  if (is_new_ && !keep_.empty()) {
    step_ = Step::keep;
    command_ = {"EXPIRE", key_, keep_};
  } else {
    end(Outcome::given);
  }
}

}  // namespace personalize
