// What ICU writes, as UTF-8.
#pragma once

#include <unicode/bytestream.h>
#include <unicode/unistr.h>

#include <string>

namespace personalize {

template <class String>
void append(const icu::UnicodeString& text, String& out) {
  class Sink final : public icu::ByteSink {
   public:
    explicit Sink(String& out) : out_(out) {}
    void Append(const char* bytes, std::int32_t n) override {
      out_.append(bytes, static_cast<std::size_t>(n));
    }

   private:
    String& out_;
  };
  Sink sink(out);
  text.toUTF8(sink);
}

inline std::string to_utf8(const icu::UnicodeString& text) {
  std::string out;
  append(text, out);
  return out;
}

}  // namespace personalize
