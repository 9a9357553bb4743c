// Persons: who is behind a visitor, where the application knows it. A visitor is a browser, and a
// person has several.
//
// What the module keeps of a person is kept under a key of its own, in the place of a visitor's id:
// "{person:" and 32 hexadecimal digits, the first half of the SHA-256 of the id, and "}". Ids may
// be long, or of any characters, and names and addresses are not to stand in keys. No visitor's id
// begins so, whoever makes it up, so that nobody can name a person's key. Redis Cluster keeps all
// keys with the same text in braces on one server.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>

#include "personalize/signals/view_ticket.h"

namespace personalize {

// Bytes of an id; OpenID Connect has up to 255.
constexpr std::size_t longest_person_id = 256;

// What the keys of persons begin with, and no visitor's id.
constexpr std::string_view person_key_head = "{person:";

struct Person {
  std::string_view id;   // as the application knows it; "" for nobody
  std::string_view key;  // under which something is kept

  bool is_known() const noexcept { return !id.empty(); }
};

// Takes the value of a variable as the id. Nobody if it is empty, too long, or has control
// characters, or OpenSSL cannot hash it. Views into `value` and `memory`, whose exceptions pass.
Person person_from_variable(std::string_view value, std::pmr::memory_resource* memory);

// merge=: what a person takes over of what a browser gathered before it was known whose it is.
struct PersonMerges {
  bool session = true, caps = true, offers = true, answers = true;

  bool any() const noexcept { return session || caps || offers || answers; }
};
// Reads the value of merge=: off, or names with commas between them. Returns false if it is
// neither.
bool read_merges(std::string_view value, PersonMerges& merges) noexcept;

// What a browser's cookie says of a person, in base64url: a keyed hash, so that nobody who finds
// the cookie can try out whose it is. Returns the mark of a person in a visitor's browser. "" if
// OpenSSL fails. Takes the text from `memory`, whose exceptions pass.
std::string_view person_mark(const TicketKey& key, std::string_view visitor,
                             std::string_view person, std::pmr::memory_resource* memory);

}  // namespace personalize
