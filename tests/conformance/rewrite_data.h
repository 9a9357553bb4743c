// Where the conformance data is, for the rewriter's runners.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <json/json.h>

namespace conformance {

inline std::filesystem::path folder() {
  const char* given = std::getenv("CONFORMANCE_DATA");
  if (given != nullptr) return given;
  return std::filesystem::path(__FILE__).parent_path() / "../../../shared/conformance";
}

inline std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// False, with a line that says so, when the file is not there.
inline bool read_json(const char* name, Json::Value& value) {
  std::filesystem::path path = folder() / name;
  if (!std::filesystem::exists(path)) {
    std::printf("skipped: %s is not there\n", path.c_str());
    return false;
  }
  std::ifstream in(path, std::ios::binary);
  in >> value;
  return true;
}

// The files of a folder with an ending, in order; none, with a line that says so, when it is
// absent.
inline std::vector<std::filesystem::path> files(const char* name, const char* ending) {
  std::vector<std::filesystem::path> found;
  std::filesystem::path path = folder() / name;
  if (!std::filesystem::is_directory(path)) {
    std::printf("skipped: %s is not there\n", path.c_str());
    return found;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ending) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace conformance
