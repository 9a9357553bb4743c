#include "claims/campaign_claim.h"

#include <string>

#include "base/text/json_string.h"
#include "base/values/json/json.h"
#include "personalize/base/document.h"
#include "personalize/claims/claim_keys.h"
#include "personalize/claims/draw.h"

namespace personalize {

namespace {

std::string_view name_of(const ClaimTicket::Prize& prize) noexcept {
  return prize.code.empty() ? prize.text : prize.code;
}

}  // namespace

CampaignClaim::CampaignClaim(const ClaimTicket& ticket, std::string_view visitor,
                             std::pmr::memory_resource* memory)
    : Claim(memory),
      ticket_(ticket),
      pool_(memory),
      prizes_(ticket.prizes.begin(), ticket.prizes.end(), memory),
      visitor_(visitor),
      memory_(memory),
      key_(campaign_claim_key(ticket.campaign, visitor, memory)),
      stock_key_(memory),
      json_(memory),
      keep_(memory),
      taken_(memory) {
  if (!ticket.pool.empty()) {
    pool_ = "pool=";
    pool_ += ticket.pool;
    prizes_.push_back({pool_, {}, std::nullopt});
  }
  if (ticket.keep_s > 0) {
    keep_ = std::to_string(ticket.keep_s);
  }
  look();
}

void CampaignClaim::look() {
  step_ = Step::look;
  command_ = {"LINDEX", key_, "-1"};
}

void CampaignClaim::take(const RedisReply* reply) {
  switch (step_) {
    case Step::look:
      take_look(reply);
      break;
    case Step::count:
      take_count(reply);
      break;
    case Step::uncount:
      if (reply == nullptr) {
        fail(reply);
      } else {
        pass_over();
      }
      break;
    case Step::code:
      take_reply_of_pool(reply);
      break;
    case Step::record:
      take_record(reply);
      break;
    case Step::keep:
    case Step::put_back:
      end(Outcome::given);  // whatever became of it
      break;
    case Step::remove:
      take_remove(reply);
      break;
    case Step::withdraw:
      if (is_counted_) {
        release(Step::release);
      } else {
        look();
      }
      break;
    case Step::release:
      if (has_lost_) {
        look();
      } else {
        end(Outcome::failed);
      }
      break;
  }
}

void CampaignClaim::take_look(const RedisReply* reply) {
  if (reply != nullptr && reply->kind == RedisReply::Kind::nil && !has_lost_) {
    if (has_tried_all_) {
      end(Outcome::gone);
    } else {
      try_prizes();
    }
    return;
  }
  DocumentBuilder builder(memory_);
  if (reply == nullptr || reply->kind != RedisReply::Kind::string ||
      add_json(reply->text, builder) == JsonOutcome::invalid) {
    fail(reply);
    return;
  }
  const Value record = Value::document(builder.finish());
  const auto text_of = [&](std::string_view name) {
    const Value value = record.find(name);
    return value.kind() == Kind::string ? value.as_string() : std::string_view();
  };
  code_ = text_of("code");
  text_ = text_of("text");
  if (taken_.empty() || taken_ == code_) {
    end(Outcome::given);
  } else {
    return_code();
  }
}

// The visitor has another one. Whoever of this visitor's claims still has the code in hand will see
// that, too: the claim that was first stays at the end of the list.
void CampaignClaim::return_code() {
  stock_key_ = code_claim_key(pool_of(prize()), ticket_.campaign, visitor_, memory_);
  step_ = Step::remove;
  command_ = {"LREM", stock_key_, "1", taken_};
}

void CampaignClaim::take_remove(const RedisReply* reply) {
  if (reply != nullptr && reply->kind == RedisReply::Kind::integer && reply->integer == 1) {
    step_ = Step::put_back;
    command_ = {"RPUSH", pool_of(prize()), taken_};
  } else {
    end(Outcome::given);
  }
}

// Asks for the next prize of which there may be one.
void CampaignClaim::try_prizes() {
  is_counted_ = false;
  while (next_ < prizes_.size() && prize().stock == 0U) {
    ++next_;
  }
  if (next_ == prizes_.size()) {
    has_tried_all_ = true;
    look();  // another claim of the visitor's may have got the last one
    return;
  }
  if (!prize().stock) {
    take_code();
    return;
  }
  stock_key_ = stock_key(ticket_.campaign, name_of(prize()), memory_);
  step_ = Step::count;
  command_ = {"INCR", stock_key_};
}

void CampaignClaim::pass_over() {
  ++next_;
  try_prizes();
}

void CampaignClaim::take_count(const RedisReply* reply) {
  if (reply == nullptr || reply->kind != RedisReply::Kind::integer) {
    fail(reply);
  } else if (reply->integer > *prize().stock) {
    release(Step::uncount);
  } else {
    is_counted_ = true;
    take_code();
  }
}

void CampaignClaim::release(Step step) {
  is_counted_ = false;
  step_ = step;
  command_ = {"DECR", stock_key_};
}

void CampaignClaim::take_code() {
  if (const auto pool = pool_of(prize()); !pool.empty()) {
    of_pool_.emplace(pool, ticket_.campaign, visitor_, ticket_.keep_s, memory_);
    step_ = Step::code;
    command_ = of_pool_->command();
    return;
  }
  code_ = prize().code;
  record();
}

void CampaignClaim::take_reply_of_pool(const RedisReply* reply) {
  of_pool_->take(reply);
  command_ = of_pool_->command();
  switch (of_pool_->outcome()) {
    case Outcome::pending:
      break;
    case Outcome::given:
      code_ = taken_ = of_pool_->code();
      record();
      break;
    case Outcome::gone:
      if (is_counted_) {
        release(Step::uncount);
      } else {
        pass_over();
      }
      break;
    case Outcome::failed:
      error_ = of_pool_->error();
      if (is_counted_ && reply != nullptr) {
        release(Step::release);
      } else {
        end(Outcome::failed);
      }
      break;
  }
}

void CampaignClaim::record() {
  text_ = prize().text;
  json_ = "{\"code\":";
  append_json_string(code_, json_);
  json_ += ",\"text\":";
  append_json_string(text_, json_);
  json_ += ",\"prize\":";
  append_json_string(name_of(prize()), json_);
  json_ += '}';
  step_ = Step::record;
  command_ = {"LPUSH", key_, json_};
}

void CampaignClaim::take_record(const RedisReply* reply) {
  if (reply == nullptr) {
    fail(reply);  // it may be the visitor's
  } else if (reply->kind != RedisReply::Kind::integer) {
    fail(reply);
    if (is_counted_) {
      outcome_ = Outcome::pending;
      release(Step::release);
    }
  } else if (reply->integer == 1) {
    is_new_ = true;
    if (keep_.empty()) {
      end(Outcome::given);
    } else {
      step_ = Step::keep;
      command_ = {"EXPIRE", key_, keep_};
    }
  } else {
    has_lost_ = true;
    step_ = Step::withdraw;
    command_ = {"LREM", key_, "1", json_};
  }
}

}  // namespace personalize
