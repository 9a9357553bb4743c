#include "nginx/request/visitor/identity.h"

#include <new>

#include "nginx/worker.h"

namespace personalize {

Identity::Identity(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                   std::pmr::memory_resource* memory, Issue issue)
    : r_(r),
      server_(server),
      request_(request),
      memory_(memory),
      issue_(issue),
      signals_(request, visitor_, &main_conf(r).geo, worker().zones, memory, server.bots,
               &worker().devices) {}

void Identity::assume(std::string_view id) noexcept {
  const VisitorRule* rule = visitor_rule(r_, server_);
  rule_ = rule;
  is_identified_ = true;
  if (rule != nullptr) {
    visitor_ = visitor_from_variable(id);
    visitor_.verified = rule->is_signed();
  }
}

bool Identity::has_consent() noexcept {
  const Consent* rule = location_conf(r_).consent;
  if (!consent_ || rule != consent_rule_) {
    consent_rule_ = rule;
    consent_ = rule != nullptr ? rule->is_given(request_, signals_, regex_budget_, memory_)
                               : !asks_for_privacy(request_);
  }
  return *consent_;
}

const Visitor& Identity::visitor() noexcept {
  static const Visitor nobody;
  if (!has_consent()) {
    return nobody;
  }
  identify();
  return visitor_;
}

const Person& Identity::person() noexcept {
  static const Person nobody;
  if (!has_consent()) {
    return nobody;
  }
  if (!is_person_settled_ && server_.person != nullptr) {
    if (const auto id = request_.variable(static_cast<std::uint32_t>(server_.person->variable))) {
      take_person(*id);
    }
  }
  return person_;
}

void Identity::settle_person() noexcept {
  person();
  is_person_settled_ = true;
}

void Identity::assume_person(std::string_view id) noexcept {
  person_ = {};
  take_person(id);
  is_person_settled_ = true;
}

// Once somebody is known, that stays: what is written at last must be of whom it was decided for.
void Identity::take_person(std::string_view id) noexcept {
  if (id.empty() || is_bot()) {
    return;
  }
  try {
    person_ = person_from_variable(id, memory_);
    owner_ = {person_.key, false, true};
    is_person_settled_ = person_.is_known();
    if (!person_.is_known()) {
      worker().log(
          Counter::visitor_malformed, r_->connection->log,
          "nobody is signed in, since the value of personalize_person is no id, which has 1 "
          "to 256 bytes without control characters: ",
          request_.target());
    }
  } catch (const std::bad_alloc&) {
    person_ = {};
  }
}

const Visitor& Identity::owner() noexcept {
  return person().is_known() ? owner_ : visitor();
}

const VisitorCookie* Identity::issuing_cookie() noexcept {
  return visitor().id.empty() ? nullptr : issued_by_;
}

bool Identity::settle(bool is_given) noexcept {
  if (is_settled_) {
    return false;
  }
  is_settled_ = true;
  issue_ = Issue::no;
  if (is_given || issued_by_ == nullptr) {
    return false;
  }
  issued_by_ = nullptr;
  visitor_ = Visitor();
  return true;
}

void Identity::identify() noexcept {
  const VisitorRule* rule = visitor_rule(r_, server_);
  if (is_identified_ && (rule == rule_ || is_used_ || is_settled_)) {
    return;
  }
  is_identified_ = true;
  rule_ = rule;
  visitor_ = Visitor();
  issued_by_ = nullptr;
  cookie_state_.reset();
  if (rule == nullptr) {
    return;
  }
  if (rule->cookie == nullptr) {
    if (const auto value = request_.variable(static_cast<std::uint32_t>(rule->variable))) {
      visitor_ = visitor_from_variable(*value);
    }
    return;
  }
  cookie_state_ = rule->cookie->read(request_, memory_, visitor_);
  // Only at last: most visitors are known, and need not be told from bots.
  const bool may_issue = visitor_.is_new && issue_ == Issue::yes && rule->cookie->options().issue;
  if (may_issue && !is_bot() && rule->cookie->issue(memory_, visitor_)) {
    issued_by_ = rule->cookie.get();
  }
}

}  // namespace personalize
