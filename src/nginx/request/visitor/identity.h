// Who sends a request: the visitor, whether they may be recognized, and their device.
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>

#include "nginx/config/configuration.h"
#include "personalize/signals/person.h"
#include "personalize/signals/signals.h"

namespace personalize {

class Identity {
 public:
  // Whether a visitor who comes without an id is given one.
  enum class Issue : bool { no, yes };

  // All must outlive this. Visitors are recognized as visitor_rule() of `server` says: of the
  // location in which something is decided by the id first, or where the head of the response
  // leaves. `request` is where they are looked for.
  Identity(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
           std::pmr::memory_resource* memory, Issue issue);

  // Takes the visitor from here instead of from the cookie or variable. The id counts as verified
  // if the server's ids are signed.
  void assume(std::string_view id) noexcept;

  // Returns whether the visitor agrees to be recognized, by the rule of the request's location,
  // which an internal redirect may change. Asking again is cheap.
  bool has_consent() noexcept;

  // Returns the visitor; without consent, one without an id. Reads the cookie when first asked, and
  // issues an id to a new visitor only then.
  const Visitor& visitor() noexcept;

  // Returns who is behind the visitor; nobody without consent, of a bot, or as long as it is not
  // known: access rules may find it out. What it was once stays.
  const Person& person() noexcept;
  // Says that it is known now, if ever.
  void settle_person() noexcept;
  // Takes the person from here instead of from the variable; "" for nobody.
  void assume_person(std::string_view id) noexcept;

  // Returns whose it is what is kept: the person's, as if their key were the id, and proven; or
  // else the visitor's.
  const Visitor& owner() noexcept;

  // Returns the cookie that is to give the browser a new id; nullptr if there is nothing to give.
  const VisitorCookie* issuing_cookie() noexcept;

  // Notes that something was decided by the id, or that it was revealed.
  void note_use() noexcept { is_used_ = true; }
  bool is_used() const noexcept { return is_used_; }

  // Called when the response's head leaves. From now on a new id that it does not give does not
  // count: the browser will never send it. Returns whether there was such an id. Only the first
  // call counts.
  bool settle(bool is_given) noexcept;

  // Returns the outcome of reading the visitor's cookie; nothing if it was not read.
  std::optional<VisitorCookieState> cookie_state() const noexcept { return cookie_state_; }
  bool is_issued() const noexcept { return issued_by_ != nullptr; }

  // What regular expressions may still cost: of consent, and of everything else that is decided.
  RegexBudget& regex_budget() noexcept { return regex_budget_; }

  bool is_bot() noexcept { return signals_.device() == Device::bot; }
  Signals& signals() noexcept { return signals_; }

 private:
  void identify() noexcept;
  void take_person(std::string_view id) noexcept;

  ngx_http_request_t* r_;
  const ServerConf& server_;
  RequestView& request_;
  std::pmr::memory_resource* memory_;
  Issue issue_;

  Visitor visitor_;
  bool is_identified_ = false;
  const VisitorRule* rule_ = nullptr;  // by which it was done
  Person person_;
  Visitor owner_;
  bool is_person_settled_ = false;
  bool is_used_ = false;
  bool is_settled_ = false;
  const VisitorCookie* issued_by_ = nullptr;
  std::optional<VisitorCookieState> cookie_state_;
  Signals signals_;

  RegexBudget regex_budget_;
  std::optional<bool> consent_;
  const Consent* consent_rule_ = nullptr;  // the rule that `consent_` comes from
};

}  // namespace personalize
