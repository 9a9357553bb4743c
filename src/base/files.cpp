#include "base/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/text/text.h"

namespace personalize {

namespace {

std::string size_text(std::size_t bytes) {
  constexpr std::size_t megabyte = std::size_t{1024} * 1024;
  if (bytes == megabyte) {
    return "a megabyte";
  }
  return bytes % megabyte == 0 ? std::to_string(bytes / megabyte) + " MB"
                               : std::to_string(bytes) + " bytes";
}

}  // namespace

std::string read_file(const std::string& path, std::size_t max_size, const Where& where) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                       std::fclose);
  if (!file) {
    throw ConfigError(where, "cannot open " + quoted(path) + ": " + std::strerror(errno));
  }
  std::string text;
  char buffer[65536];
  while (const std::size_t n = std::fread(buffer, 1, sizeof(buffer), file.get())) {
    text.append(buffer, n);
    if (text.size() > max_size) {
      throw ConfigError(where, quoted(path) + " is longer than " + size_text(max_size));
    }
  }
  if (std::ferror(file.get()) != 0) {
    throw ConfigError(where, "cannot read " + quoted(path) + ": " + std::strerror(errno));
  }
  return text;
}

}  // namespace personalize
