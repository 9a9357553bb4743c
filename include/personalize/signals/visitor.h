// Who the visitor is: the id, its cookie, and the signature that makes the id trustworthy.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/config_error.h"
#include "personalize/signals/own_cookies.h"
#include "personalize/signals/request_view.h"

namespace personalize {

struct Visitor {
  // "" if none came and none was issued. Lives as long as the request.
  std::string_view id;
  // No valid id came with the request.
  bool is_new = true;
  // The id came with a signature of ours.
  bool verified = false;

  // Returns whether the visitor has been here before, by the id.
  bool is_known() const noexcept { return !id.empty() && !is_new; }
};

// Takes the value of a variable as the id. The operator vouches for it, so that any 1 to 128 bytes
// without control characters are valid, unless they begin as a person's key does; any other value
// gives no id.
Visitor visitor_from_variable(std::string_view value) noexcept;

// Keys that sign visitor ids and previews, as read from a secret_file.
struct SecretFile {
  std::vector<std::string> keys;    // the first one signs, all of them verify
  bool readable_by_others = false;  // worth a warning
};

// Reads one key a line, at least 32 bytes each; space around a key, empty lines and lines that
// begin with `#` are ignored. Throws ConfigError if the file cannot be read, holds no key, or one
// that is too short.
SecretFile read_secret_file(const std::string& path, const Where& where);

// personalize_visitor cookie=NAME [issue=on|off] [secret_file=PATH] [domain=D] [max_age=TIME]
//                     [samesite=lax|strict|none] [secure=on|off] [httponly=on|off]
//                     [id_marks=CHARACTERS]
//
// An id in a cookie consists of ASCII letters, digits and - . _ @ + = /. A signed id may also have
// these marks, an unsigned one only those that id_marks names: they mean something to shells and in
// patterns.
constexpr std::string_view signable_id_marks = "!#$%&'*^`|~";

struct VisitorOptions {
  std::string cookie;
  bool issue = false;
  std::string secret_file;                             // as written; "" for none
  std::string domain;                                  // "" for the host alone
  std::int64_t max_age_s = std::int64_t{365} * 86400;  // 0: until the browser is closed
  std::string same_site = "Lax";                       // as written in Set-Cookie
  std::string id_marks;                                // further marks in ids that are not signed
  std::optional<bool> secure;                          // nothing: if the request came by HTTPS
  bool http_only = true;                               // scripts of the page cannot read it
};

// Reads the directive's parameters. Throws ConfigError.
VisitorOptions parse_visitor(const std::vector<std::string_view>& parameters, const Where& where);

// The outcome of reading the cookie.
enum class VisitorCookieState : std::uint8_t {
  absent,
  valid,
  malformed,  // not an id, or it lacks a signature that it needs
  forged,     // signed by none of the keys
};

// A question of another server about a visitor, as its arguments say it: `signature` is
// HMAC-SHA256, in lower-case hex, over "personalize slots 1\nHOST\nEXPIRES\nVISITOR\nPATH", with a
// key that signs ids. HOST is the request's in lower case, without port; EXPIRES is in seconds
// since 1970, at most `longest_s` from now.
struct ServerAsking {
  static constexpr std::int64_t longest_s = 86400;

  std::string_view host, visitor, path, expires, signature;
};

// The visitor cookie of one server, compiled. Its value is the id, or with keys `ID.SIGNATURE`:
// HMAC-SHA256, in base64url without padding, over a fixed prefix and the id.
//
// For one thread at a time: signing works on contexts that were keyed in advance.
class VisitorCookie {
 public:
  // `keys` as of SecretFile; without any, ids are not signed. Throws ConfigError.
  VisitorCookie(const VisitorOptions& options, const std::vector<std::string>& keys,
                const Where& where);
  ~VisitorCookie();
  VisitorCookie(const VisitorCookie&) = delete;
  VisitorCookie& operator=(const VisitorCookie&) = delete;

  // Finds the visitor in the request's cookies. If there are several of that name (a browser sends
  // one for each domain and path), the first valid one counts. An id that is percent-encoded, as
  // PHP and JavaScript write cookies, is decoded in `memory`; a signed one only if its signature is
  // not that of the value as sent.
  VisitorCookieState read(RequestView& request, std::pmr::memory_resource* memory,
                          Visitor& visitor) const noexcept;

  // Makes a new visitor: 128 random bits, in 22 characters. Returns false if there is no randomness
  // or no memory.
  bool issue(std::pmr::memory_resource* memory, Visitor& visitor) const noexcept;

  // Appends the value of the Set-Cookie header that gives `id` to the browser. Returns false, and
  // leaves `out` as it was, if it cannot be signed.
  bool set_cookie(std::string_view id, bool secure, std::pmr::string& out) const noexcept;

  // Appends the value of the Set-Cookie header that has the browser forget the cookie of that
  // scope. Throws what the string's memory throws.
  void remove_cookie(const CookieScope& scope, std::pmr::string& out) const;

  // Returns whether another server, which knows one of the keys, asks in the visitor's place
  // (ServerAsking). Compares in constant time.
  bool is_asked_by_server(const ServerAsking& asking, std::int64_t now_s) const noexcept;

  const VisitorOptions& options() const { return options_; }
  bool is_signed() const;

 private:
  class Keys;

  VisitorCookieState check(std::string_view value, std::pmr::memory_resource* memory,
                           Visitor& visitor, int& checks) const;
  VisitorCookieState check_text(std::string_view value, Visitor& visitor,
                                int& checks) const noexcept;

  VisitorOptions options_;
  std::string attributes_;  // of Set-Cookie, but for Secure
  std::unique_ptr<Keys> keys_;
};

}  // namespace personalize
