// Whose it is what a browser keeps: its cookies are the same whoever is signed in.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>

#include "nginx/request/visitor/identity.h"

namespace personalize {

// The cookie pz_person of a browser in which somebody was signed in: "1" and the person's mark
// (person_mark), or "0" and the minute in which it was noticed that nobody is any more.
class SignIn {
 public:
  enum class State : std::uint8_t {
    nobody,      // it is the visitor's own
    signed_in,   // it is the person's, and no more than what this browser has noted since
    signing_in,  // it was gathered before it was known who is here
    other,       // it is another person's
    signed_out,  // it is a person's, and nobody is here any more
  };

  // Nobody is.
  SignIn() = default;
  // Reads the cookie of a visitor who has consented; nobody is where persons are not known. Takes
  // texts from `memory`, and throws what that throws.
  SignIn(ngx_http_request_t* r, const ServerConf& server, RequestView& request, Identity& identity,
         std::pmr::memory_resource* memory);

  State state() const noexcept { return state_; }
  // Returns whether what the state cookie has is not this visitor's or person's.
  bool is_of_others() const noexcept {
    return state_ == State::other || state_ == State::signed_out;
  }
  // Returns whether the browser is to be given mark(), and what is in its state cookie is to go.
  bool is_changing() const noexcept { return state_ > State::signed_in; }

  // Returns the new value of the cookie.
  std::string_view mark() const noexcept { return mark_; }
  // Returns by what it is known that what was gathered since the person before was here, or ever,
  // is taken over once: the same for all requests of a browser until it has the new cookie.
  std::string_view occasion() const noexcept { return occasion_; }

 private:
  State state_ = State::nobody;
  std::string_view mark_;
  std::string_view occasion_;
};

}  // namespace personalize
