// JSON that is written piece by piece, for scripts, apps and other servers.
//
// It is ASCII without < > &, so that it can stand in a script element of any page as it is.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

// Sets commas by itself. What is written has to be whole: as many ends as begins.
class JsonText {
 public:
  // Appends to `out`, which must outlive this. All functions throw what its memory throws.
  explicit JsonText(std::pmr::string& out) noexcept : out_(out) {}

  JsonText& begin_object() { return open('{'); }
  JsonText& end_object() { return close('}'); }
  JsonText& begin_array() { return open('['); }
  JsonText& end_array() { return close(']'); }
  // Begins a member, whose value follows.
  JsonText& key(std::string_view name);
  JsonText& string(std::string_view text);
  // Adds a value that is JSON already.
  JsonText& raw(std::string_view json);
  // Writes any value; null for a missing one and for numbers that are not finite.
  JsonText& value(const Value& value);
  // Does the same, but leaves out what an address would run or hide: members that are named as
  // addresses are (`link`, `url`, `image` …) and are none that leads somewhere.
  JsonText& data(const Value& value);

  // Returns whether a member of that name may have this value in data().
  static bool is_allowed(std::string_view name, const Value& value);

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  void separate();
  void write_data(const Value& value, int depth);

  std::pmr::string& out_;
};

}  // namespace personalize
