// A value that a condition compares or a template shows. It does not own what it points to.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace personalize {

enum class Kind : std::uint8_t { missing, null, boolean, number, string, array, object };

struct Record;

// 24 bytes, passed by value. Scalars are held in place. A string, and the text of a number that a
// double cannot hold, point to bytes owned by someone else (the request, an arena, a document),
// arrays and objects to the flat bytes of a document (document.h), an array also to other values,
// and an object to a record. A Value lives as long as those bytes.
//
// Every access into a document is checked: bytes from shared memory may be damaged, and reading
// them must then yield `missing`, never a fault. What an array or object contains lies before it in
// the document; anything else is refused, so that there are no cycles.
class Value {
 public:
  constexpr Value() noexcept : pointer_(nullptr), number_(0), length_(0), kind_(Kind::missing) {}

  static Value null() noexcept { return Value(Kind::null); }
  static Value boolean(bool b) noexcept {
    Value v(Kind::boolean);
    v.number_ = b ? 1 : 0;
    return v;
  }
  static Value number(double n) noexcept {
    Value v(Kind::number);
    v.number_ = n;
    return v;
  }
  // Makes a number that a double cannot hold, such as 9007199254740993, of the nearest double and
  // the number's text.
  static Value number(double nearest, std::string_view text) noexcept {
    Value v = number(nearest);
    v.pointer_ = text.data();
    v.length_ = static_cast<std::uint32_t>(text.size());
    return v;
  }
  static Value string(std::string_view s) noexcept {
    Value v(Kind::string);
    v.pointer_ = s.data();
    v.length_ = static_cast<std::uint32_t>(s.size());
    return v;
  }
  // Makes an array of `count` values that stand in memory one after the other and live as long as
  // it.
  static Value list(const Value* values, std::uint32_t count) noexcept {
    Value v(Kind::array);
    v.pointer_ = reinterpret_cast<const char*>(values);
    v.node_ = {0, count};
    v.is_list_ = true;
    return v;
  }
  // Makes an object of a record, which lives as long as it.
  static Value object(const Record& record) noexcept;
  // Returns the root of a document's flat bytes; missing if they are not a document.
  static Value document(std::string_view bytes) noexcept;

  Kind kind() const noexcept { return kind_; }
  bool is_missing() const noexcept { return kind_ == Kind::missing; }
  // Returns whether nothing is known: missing or null.
  bool is_absent() const noexcept { return kind_ <= Kind::null; }

  // Return the value. Only for a value of that kind.
  bool as_boolean() const noexcept { return number_ != 0; }
  double as_number() const noexcept { return number_; }
  // Returns the text of a number that a double cannot hold; "" for other values.
  std::string_view exact_text() const noexcept { return {pointer_, length_}; }
  std::string_view as_string() const noexcept { return {pointer_, length_}; }

  // Returns the number of elements of an array or members of an object; 0 for other kinds.
  std::uint32_t size() const noexcept {
    return kind_ == Kind::array || kind_ == Kind::object ? node_.count : 0;
  }
  // Returns element `i` of an array, or the value of member `i` of an object (sorted by key).
  Value at(std::uint32_t i) const noexcept;
  // Returns the key of member `i` of an object; "" for other kinds.
  std::string_view key_at(std::uint32_t i) const noexcept;
  // Returns whether both are one and the same array or object, at the same place in memory.
  bool is_same(const Value& other) const noexcept {
    return size() != 0 && kind_ == other.kind_ && pointer_ == other.pointer_ &&
           node_.offset == other.node_.offset && node_.count == other.node_.count;
  }
  // Returns the member called `key`; missing if there is none, or this is not an object.
  Value find(std::string_view key) const noexcept;
  // Returns the record that an object was made of; nullptr if it was made of none.
  const Record* record() const noexcept {
    return kind_ == Kind::object && is_list_ ? reinterpret_cast<const Record*>(pointer_) : nullptr;
  }

 private:
  friend class DocumentBuilder;

  explicit constexpr Value(Kind kind) noexcept
      : pointer_(nullptr), number_(0), length_(0), kind_(kind) {}

  struct Node {
    std::uint32_t offset;  // of the first cell or member
    std::uint32_t count;
  };

  static Value cell(const char* document, std::uint32_t end, std::uint64_t offset) noexcept;
  static Value exact_number(const char* document, std::uint32_t end, std::uint32_t offset,
                            std::uint32_t length) noexcept;
  std::string_view key(std::uint64_t member) const noexcept;
  std::uint64_t extent() const noexcept;

  // The bytes of a string or exact_text, a document's first byte, the first one of a list(), or a
  // Record.
  const char* pointer_;
  union {
    double number_;  // NOLINT(readability-identifier-naming): private members of Value
    Node node_;      // NOLINT(readability-identifier-naming)
  };
  std::uint32_t length_;  // of the string or exact_text
  Kind kind_;
  bool is_list_ = false;  // it is no part of a document, but a list() or a record
};

// The names that members of records have, sorted. They live as long as the process.
struct RecordNames {
  const std::string_view* names;
  std::uint32_t count;
  std::uint64_t of_list = 0;  // bits of the members that depend on the list the record is in

  // Returns the place of a name; `count` if it is none of them.
  std::uint32_t find(std::string_view name) const noexcept {
    std::uint32_t i = 0;
    while (i < count && names[i] != name) {
      ++i;
    }
    return i;
  }
};

// An object whose members are values in memory. Nothing has to be copied to make it, and whoever
// knows its names finds a member without searching.
struct Record {
  const RecordNames* names;
  const Value* values;  // one for each name; a missing one is no member
};

}  // namespace personalize
