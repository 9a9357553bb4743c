#include "nginx/request/visitor/sign_in.h"

#include <string>

#include "base/text/copy.h"

namespace personalize {

namespace {

constexpr char present = '1';
constexpr char gone = '0';

std::string_view with_head(char head, std::string_view tail, std::pmr::memory_resource* memory) {
  std::pmr::string text(1, head, memory);
  text += tail;
  return copy_text(text, memory);
}

// Returns the server's own, whatever visitors a location has: the cookie is that of all of them.
const TicketKey& sealing_key(ngx_http_request_t* r, const ServerConf& server) noexcept {
  const VisitorRule* visitor = server.visitor;
  return visitor != nullptr && !visitor->ticket_keys.empty() ? visitor->ticket_keys.front()
                                                             : main_conf(r).view_tickets.key();
}

}  // namespace

SignIn::SignIn(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
               Identity& identity, std::pmr::memory_resource* memory) {
  if (server.person == nullptr) {
    return;
  }
  const auto cookie = find_cookie(request, person_cookie).value_or(std::string_view());
  const bool is_of_person = !cookie.empty() && cookie.front() == present;
  const Person& person = identity.person();
  if (!person.is_known()) {
    if (is_of_person) {
      state_ = State::signed_out;
      mark_ = with_head(gone, copy_digits(request.now_ms() / 60000, memory), memory);
    }
    return;
  }
  const TicketKey& key = sealing_key(r, server);
  mark_ = with_head(present, person_mark(key, {}, person.id, memory), memory);
  if (is_of_person) {
    state_ = cookie == mark_ ? State::signed_in : State::other;
    return;
  }
  state_ = State::signing_in;
  // A visitor without an id is told by the state.
  std::pmr::string since(identity.visitor().id, memory);
  if (since.empty()) {
    since += find_cookie(request, state_cookie).value_or(std::string_view());
  }
  since += '\n';
  since += cookie;
  occasion_ = person_mark(key, since, person.id, memory);
}

}  // namespace personalize
