// Escapers of scripts, JSON and CSS: what they write is read back as the value, and has no
// character that ends its place.
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/numbers/number.h"
#include "base/text/utf8.h"
#include "base/values/json/json.h"
#include "personalize/base/document.h"
#include "render/escaping/escape.h"
#include "render/escaping/script_values.h"
#include "render/escaping/style_values.h"

using namespace personalize;

namespace {

void check(bool ok) {
  if (!ok) std::abort();
}

void check_characters(std::string_view text, std::string_view forbidden) {
  for (char c : text) {
    check(static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F);
    check(forbidden.find(c) == std::string_view::npos);
  }
}

// The value as UTF-8.
std::string mended(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const auto code = take_code_point(value);
    append_utf8(code == 0 ? replacement_code_point : code, text);
  }
  return text;
}

std::string unescaped_style(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    if (text.front() != '\\') {
      plain += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto blank = text.find(' ');
    check(blank != std::string_view::npos && blank >= 2 && blank <= 7);
    append_utf8(
        static_cast<std::uint32_t>(std::stoul(std::string(text.substr(1, blank - 1)), nullptr, 16)),
        plain);
    text.remove_prefix(blank + 1);
  }
  return plain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view value(reinterpret_cast<const char*>(data), size);

  std::pmr::string string;
  escape_script_string(value, string);
  check_characters(string, "\"'`<>&${}");
  DocumentBuilder builder(std::pmr::get_default_resource());
  check(decode_json("\"" + std::string(string) + "\"", builder));
  check(Value::document(builder.finish()).as_string() == mended(value));

  std::pmr::string style;
  escape_style_string(value, style);
  check_characters(style, "\"'<>&(){}");
  check(unescaped_style(style) == mended(value));

  std::pmr::string plain;
  if (append_plain_style(value, plain)) check_characters(plain, "\"'<>&(){};:/*\\@!");
  std::pmr::string address;
  escape_style_address(value, address);
  check_characters(address, "\"'<>&(){}\\ ");
  std::pmr::string candidates;
  escape_candidates(value, candidates);
  check_characters(candidates, "\"'<>(){}\\");

  // Any JSON comes back from what is written of it.
  DocumentBuilder document(std::pmr::get_default_resource());
  if (decode_json(value, document)) {
    std::pmr::string once, twice;
    append_json(Value::document(document.finish()), once);
    check_characters(once, "'`<>&$");
    DocumentBuilder again(std::pmr::get_default_resource());
    check(decode_json(once, again));
    append_json(Value::document(again.finish()), twice);
    check(once == twice);
  }
  return 0;
}
