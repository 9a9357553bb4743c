#include "render/escaping/address.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/percent.h"
#include "base/text/utf8.h"

namespace personalize {

namespace {

constexpr std::uint32_t greatest_code_point = 0x10FFFF;

bool is_slash(std::optional<std::uint32_t> c) {
  const std::uint32_t code_point = c.value_or(0);
  return code_point == '/' || code_point == '\\';
}

// Takes digits off `rest`, and returns the number that they are; nothing if there are none.
std::optional<std::uint32_t> take_number(std::string_view& rest, bool hexadecimal) {
  const auto is_digit = [&](char c) {
    return hexadecimal ? ascii::is_hex_digit(c) : ascii::is_digit(c);
  };
  std::optional<std::uint32_t> number;
  for (; !rest.empty() && is_digit(rest.front()); rest.remove_prefix(1)) {
    number = std::min(number.value_or(0) * (hexadecimal ? 16 : 10) +
                          static_cast<std::uint32_t>(hex_value(rest.front())),
                      greatest_code_point + 1);
  }
  return number;
}

struct NamedReference {
  std::string_view name;
  char character;
};

// The ones that HTML, XML and templates write, with their `&`.
constexpr NamedReference named_references[] = {
    {"&amp", '&'}, {"&lt", '<'}, {"&gt", '>'}, {"&quot", '"'}, {"&apos", '\''}};

// Takes a reference off `rest`, which begins with '&'; nothing, and `rest` is as it was, if there
// is none that is decoded here.
std::optional<std::uint32_t> take_reference(std::string_view& rest) {
  auto after = rest.substr(1);
  std::optional<std::uint32_t> code;
  if (ascii::starts_with(after, "#")) {
    after.remove_prefix(1);
    const bool hexadecimal = !after.empty() && ascii::lower(after.front()) == 'x';
    after.remove_prefix(hexadecimal ? 1 : 0);
    code = take_number(after, hexadecimal);
    if (code && (*code == 0 || *code > greatest_code_point)) {
      code = replacement_code_point;
    }
  } else {
    for (const auto& reference : named_references) {
      if (ascii::starts_with(rest, reference.name)) {
        code = static_cast<unsigned char>(reference.character);
        after = rest.substr(reference.name.size());
      }
    }
  }
  if (!code) {
    return std::nullopt;
  }
  after.remove_prefix(ascii::starts_with(after, ";") ? 1 : 0);
  rest = after;
  return code;
}

}  // namespace

std::uint32_t AddressReader::take() {
  if (rest_.front() == '&') {
    if (const auto code = take_reference(rest_)) {
      return *code;
    }
  }
  const auto byte = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  return byte;
}

std::optional<std::uint32_t> AddressReader::next() {
  while (!rest_.empty()) {
    const auto c = take();
    const bool is_dropped = c == '\t' || c == '\n' || c == '\r' || (!has_begun_ && c <= ' ');
    if (!is_dropped) {
      has_begun_ = true;
      return c;
    }
  }
  return std::nullopt;
}

std::string decode_address(std::string_view text) {
  std::string decoded;
  AddressReader reader(text);
  while (const auto c = reader.next()) {
    append_utf8(*c < 0x80 ? *c : replacement_code_point, decoded);
  }
  return decoded;
}

std::optional<std::uint32_t> decode_reference(std::string_view reference) {
  const auto code = take_reference(reference);
  return reference.empty() ? code : std::nullopt;
}

bool is_safe_address(std::string_view text) {
  constexpr std::string_view schemes[] = {"http", "https", "mailto", "tel"};
  constexpr std::size_t longest = 6;
  if (text.empty() || text.front() == '/') {
    return true;
  }
  char scheme[longest];
  std::size_t size = 0;
  bool fits = true;
  AddressReader reader(text);
  while (const auto c = reader.next()) {
    if (*c == '/' || *c == '\\' || *c == '?' || *c == '#') {
      return true;
    }
    if (*c == ':') {
      return fits && std::find(std::begin(schemes), std::end(schemes),
                               std::string_view(scheme, size)) != std::end(schemes);
    }
    fits = fits && size < longest && *c < 0x80;
    if (fits) {
      scheme[size++] = ascii::lower(static_cast<char>(*c));
    }
  }
  return true;
}

bool has_query(std::string_view text) {
  AddressReader reader(text);
  while (const auto c = reader.next()) {
    if (*c == '?' || *c == '#') {
      return true;
    }
  }
  return false;
}

bool is_root(std::string_view text) {
  AddressReader reader(text);
  return is_slash(reader.next()) && !reader.next();
}

bool begins_with_host(std::string_view text) {
  AddressReader reader(text);
  return is_slash(reader.next()) && is_slash(reader.next());
}

bool names_host(std::string_view address) {
  const auto begins_with = [&](std::string_view prefix) {
    return ascii::equal_ignoring_case(address.substr(0, prefix.size()), prefix);
  };
  return begins_with("//") || begins_with("http://") || begins_with("https://");
}

bool has_fixed_host(std::string_view address) {
  if (names_host(address)) {
    const auto rest = address.substr(address.find("//") + 2);
    const auto host = rest.substr(0, rest.find_first_of("/?#"));
    return !host.empty() && host.find_first_of("{\\@") == std::string_view::npos;
  }
  const auto begin = address.substr(0, 2);  // "/{{x}}" can name another host, as in "//x"
  const auto path = address.substr(0, address.find_first_of("/?#"));
  return !address.empty() && begin.find_first_of("{\\") == std::string_view::npos &&
         path.find(':') == std::string_view::npos;
}

}  // namespace personalize
