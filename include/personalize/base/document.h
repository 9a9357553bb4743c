// Documents in a flat form, kept in shared memory and read in place.
//
// Format, all integers 32 bits little-endian, offsets from the document's first byte:
//   header   magic "PZD2", size of the document, root cell
//   cell     kind (1 byte, Kind), 3 bytes zero, then 8 bytes:
//            number: an IEEE 754 double    boolean: 0 or 1, 0    string: offset, length
//            number that a double cannot hold (kind 7): offset and length of its text, which
//                    follows the eight bytes of the nearest double
//            array: offset of `count` cells, count object: offset of `count` members, count
//   member   key offset, key length, cell; sorted by key bytes, no key twice
// What a container refers to lies before its cells or members, in the order in which the builder
// writes it. The design is that of FlexBuffers (untyped, offsets, sorted keys), with cells of one
// width, so that every read is one bounds check.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// The first four bytes, "PZD2". They change with the format.
constexpr std::uint32_t document_magic = 0x32445a50;

// Builds a document from the inside out. Strings are copied. Throws what `memory` throws.
//
//   DocumentBuilder b(arena);
//   b.begin_object(); b.key("tier"); b.string("gold"); b.end(); b.finish();
//
// Of members with the same key the last one counts, as in JavaScript.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::pmr::memory_resource* memory);

  void null();
  void boolean(bool b);
  void number(double n);
  void number(double nearest, std::string_view text);  // that a double cannot hold
  void string(std::string_view s);
  void begin_array();
  void begin_object();
  void key(std::string_view name);  // before each value inside an object
  void end();                       // of the innermost array or object
  void copy(const Value& value);    // a whole value; null below 64 levels

  // Returns the document's bytes, which belong to the builder; "" if it would exceed 4 GB. The
  // builder can be used again after clear().
  std::string_view finish();
  void clear();

 private:
  struct Cell {
    std::uint8_t kind = 0;
    std::uint32_t a = 0, b = 0;
  };
  struct Member {
    std::uint32_t key_offset = 0, key_length = 0;
    std::uint32_t order = 0;  // in which members were added, to distinguish equal keys
    Cell cell;
  };
  using Members = std::pmr::vector<Member>;
  struct Open {
    bool object = false;
    std::size_t first = 0;  // index in members_
  };

  void put(const Cell& cell);
  void put(Kind kind, std::uint32_t a, std::uint32_t b);
  void copy(const Value& value, unsigned depth, std::size_t limit);
  Members::iterator sort_members(Members::iterator first, Members::iterator last);
  std::uint32_t append(std::string_view bytes);
  static void write(char* to, const Cell& cell);

  std::pmr::string bytes_;
  Members members_;  // of all open arrays and objects, innermost last
  std::pmr::vector<Open> open_;
  std::uint32_t key_offset_ = 0, key_length_ = 0;
  Cell root_;
};

}  // namespace personalize
