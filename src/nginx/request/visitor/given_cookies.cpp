#include "nginx/request/visitor/given_cookies.h"

#include "nginx/worker.h"

namespace personalize {

bool GivenCookies::give(bool is_shown, bool is_chosen) noexcept {
  ResponseCookies cookies(r_, facts_.server());
  Identity& identity = facts_.identity();
  // Whatever decides by an id gives the id: the next request would be decided by another one.
  const bool gives_id = is_shown || (is_chosen && identity.is_used());
  const VisitorCookie* id = gives_id ? identity.issuing_cookie() : nullptr;
  if (id != nullptr) {
    cookies.give_id(*id, identity.visitor().id);
  }
  if (is_shown) {
    give_to_page(cookies);
  }
  if ((is_shown || is_chosen) && facts_.may_keep() && facts_.sticky() != nullptr &&
      !identity.is_bot()) {
    cookies.give_variants(*facts_.sticky());
  }
  return id != nullptr;
}

// All but the id.
void GivenCookies::give_to_page(ResponseCookies& cookies) noexcept {
  if (!facts_.identity().has_consent()) {
    cookies.forget_visitor(facts_.request());
  }
  if (facts_.may_keep()) {
    cookies.forget_shadows(facts_.request());
    // All experiments that need no document, or whose documents are there already.
    for (const ExperimentId id : facts_.site().sticky) {
      facts_.decision().variant(id);
    }
    give_state(cookies);
  }
  if (facts_.preview().is_void) {
    cookies.end_preview();
  }
}

// A person's state stays in Redis: the browser has no more than what it notes itself. It begins
// with an empty one when somebody comes, and with none when somebody goes.
void GivenCookies::give_state(ResponseCookies& cookies) noexcept {
  const SignIn& sign_in = facts_.sign_in();
  if (sign_in.is_changing()) {
    if (can_sign_in() && cookies.give_sign_in(sign_in.mark())) {
      has_given_sign_in_ = true;
      if (sign_in.is_of_others()) {
        if (find_cookie(facts_.request(), state_cookie)) {
          cookies.forget_state();
        }
      } else if (facts_.browser_state().is_known()) {
        VisitorState none = facts_.browser_state();
        none.forget_campaigns();
        cookies.give_state(none);
      }
    }
  } else if (sign_in.state() == SignIn::State::nobody) {
    const VisitorState& state = facts_.state();
    if (state.is_known() && state.is_outdated() && !state.is_empty()) {
      cookies.give_state(state);
    }
  }
}

// What the browser gathered stays there until Redis can take it over.
bool GivenCookies::can_sign_in() const noexcept {
  const bool takes_over = facts_.sign_in().state() == SignIn::State::signing_in;
  return !facts_.is_person_lost() && (!takes_over || worker().persons.takes_writes());
}

}  // namespace personalize
