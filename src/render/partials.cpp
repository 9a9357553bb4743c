#include "render/partials.h"

#include <filesystem>

#include "base/files.h"
#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::size_t max_file_size = std::size_t{1024} * 1024;

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// Throws ConfigError for names of what is not below the folders of partials.
void check_name(std::string_view name, const Where& where) {
  bool stays = !ascii::starts_with(name, "/") && name.find('\0') == std::string_view::npos;
  for (auto rest = name; !rest.empty();) {
    const bool leads_up = ascii::take_until(rest, '/') == "..";
    stays = stays && !leads_up;
  }
  if (!stays) {
    throw ConfigError(where, "partial " + quoted(name) +
                                 " is outside of the folder of the template and that of the "
                                 "configuration: write its name from one of these on");
  }
}

}  // namespace

std::string resolve(const std::string& directory, std::string_view path) {
  if (ascii::starts_with(path, "/") || directory.empty()) {
    return std::string(path);
  }
  return directory + (directory.back() == '/' ? "" : "/") + std::string(path);
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string read_template(const std::string& path, const Where& where) {
  std::string text = read_file(path, max_file_size, where);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (ascii::starts_with(text, byte_order_mark)) {
    text.erase(0, byte_order_mark.size());
  }
  return text;
}

Template::PartialReader partials_of(const std::string& folder, const std::string& directory) {
  return [folder, directory](std::string_view name, const Where& where) {
    check_name(name, where);
    const auto file = name.substr(name.rfind('/') + 1);
    const bool has_extension = file.find('.') != std::string_view::npos;
    const auto full_name = std::string(name) + (has_extension ? "" : ".html");
    const auto beside = resolve(folder, full_name);
    const auto elsewhere = resolve(directory, full_name);
    if (!exists(beside) && !exists(elsewhere)) {
      throw ConfigError(where, "no partial " + quoted(name) + ": there is no " + beside +
                                   (beside == elsewhere ? "" : " and no " + elsewhere));
    }
    return read_template(exists(beside) ? beside : elsewhere, where);
  };
}

}  // namespace personalize
