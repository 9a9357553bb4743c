#include "personalize/record/status_page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/embedded_file.h"

namespace personalize {

extern const EmbeddedFile status_page_files[];
extern const std::size_t status_page_count;

namespace {

std::string_view file(std::string_view name) {
  const auto* end = status_page_files + status_page_count;
  const auto* found = std::find_if(status_page_files, end,
                                   [name](const EmbeddedFile& one) { return one.name == name; });
  return found == end ? std::string_view() : found->body;
}

// Returns the page's script: its files, in the order in which they need each other.
const std::string& script() {
  static const std::string joined = [] {
    std::string all;
    for (const std::string_view name : {"elements.js", "samples.js", "panels.js", "page.js"}) {
      all.append(file(name));
    }
    return all;
  }();
  return joined;
}

// Returns the source expression that allows this inline script or style, and no other.
std::string hash_of(std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "'none'";
  }
  std::array<unsigned char, std::size_t{2} * EVP_MAX_MD_SIZE> text;
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return "'sha256-" + std::string(text.begin(), text.begin() + length) + "'";
}

// Appends JSON so that it can stand in <script>: nothing in it can look like a tag. In JSON, "<"
// can only be in strings.
void append_data(std::string_view json, std::pmr::string& out) {
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
}

}  // namespace

void write_status_page(std::string_view json, std::string_view tables, std::pmr::string& out) {
  std::string_view page = file("page.html");
  // What stands in the page's template as {{NAME}}.
  const auto pass_to = [&](std::string_view name) {
    const auto at = page.find(name);
    out.append(page.substr(0, at));
    page.remove_prefix(std::min(page.size(), at + name.size()));
  };
  out.reserve(page.size() + json.size() + tables.size() + file("page.css").size() +
              script().size() + 4096);
  pass_to("{{style}}");
  out.append(file("page.css"));
  pass_to("{{tables}}");
  out.append(tables);
  pass_to("{{data}}");
  append_data(json, out);
  pass_to("{{script}}");
  out.append(script());
  out.append(page);
}

const std::string& status_page_policy() {
  static const std::string policy = "default-src 'none'; script-src " + hash_of(script()) +
                                    "; style-src " + hash_of(file("page.css")) +
                                    "; connect-src 'self'; img-src data:; base-uri 'none'; "
                                    "form-action 'none'; frame-ancestors 'none'";
  return policy;
}

}  // namespace personalize
