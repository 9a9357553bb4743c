// JSON that is not quite what RFC 8259 asks for, or has numbers that a double cannot hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"

namespace personalize {

// Levels of arrays and objects that are kept.
constexpr std::size_t json_levels = 32;

// Reads a text twice: to find out whether it can be used, and to add it to a document. What cannot
// be kept is replaced:
//
//   "Ann \ud83d"     half of a surrogate pair  → "Ann \ufffd"
//   "Andr\xe9"       not UTF-8                 → "Andr\ufffd"
//   NaN, Infinity    as Python writes          → null
//   the 33rd level of brackets                 → null
//
// A byte order mark is passed over. Anything else that is not JSON is refused as a whole. Does not
// recurse, however deep the text nests.
class JsonReader {
 public:
  explicit JsonReader(std::string_view json) : text_(json) {}

  // Returns whether the text can be used.
  bool check() { return read(nullptr); }
  // Adds the value of a text for which check() is true. Throws what the builder's memory throws.
  void add_to(DocumentBuilder& out) { read(&out); }

  // Returns whether something was replaced or passed over.
  bool is_mended() const { return is_mended_; }

 private:
  bool read(DocumentBuilder* out);
  bool read_key();
  bool read_scalar();
  bool read_number();
  bool read_string();
  bool read_escape();
  void read_code_point();
  bool read_utf16_unit(std::uint32_t& unit);
  void begin(bool is_object);
  void end();
  void replace_with_null();
  bool take(char c);
  bool take(std::string_view word);
  void skip_space();

  // Returns whether what is being read goes into a document.
  bool is_kept() const { return out_ != nullptr && open_.size() <= json_levels; }

  std::string_view text_;
  std::string_view rest_;
  DocumentBuilder* out_ = nullptr;
  std::vector<bool> open_;  // for each open bracket, whether it is that of an object
  std::string string_;      // the last string
  bool is_mended_ = false;
};

}  // namespace personalize
