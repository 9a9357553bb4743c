#include "decision/conditions/version.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/values/ecmascript.h"

namespace personalize::decision {

namespace {

constexpr std::size_t width = 5;
constexpr std::string_view padding = "     ";

// Calls put(piece) with each piece of the padded form in order, as long as it returns true.
template <class Put>
void padded_pieces(std::string_view version, Put&& put) {
  if (version.empty()) {
    version = "0";
  }
  if (version.front() == 'v') {
    version.remove_prefix(1);
  }
  version = version.substr(0, version.find('+'));

  std::size_t parts = 0;
  while (true) {
    const auto end = version.find_first_of("-.");
    const auto part = version.substr(0, end);
    const bool number = !part.empty() && std::all_of(part.begin(), part.end(), ascii::is_digit);
    if (parts > 0 && !put("-")) {
      return;
    }
    if (number && part.size() < width && !put(padding.substr(part.size()))) {
      return;
    }
    if (!put(part)) {
      return;
    }
    ++parts;
    if (end == std::string_view::npos) {
      break;
    }
    version.remove_prefix(end + 1);
  }
  // A release: '~' sorts after whatever begins a pre-release.
  if (parts == 3) {
    put("-~");
  }
}

}  // namespace

std::string pad_version(std::string_view version) {
  std::string padded;
  padded_pieces(version, [&](std::string_view piece) {
    padded += piece;
    return true;
  });
  return padded;
}

int compare_version(std::string_view version, std::string_view padded) noexcept {
  int order = 0;
  padded_pieces(version, [&](std::string_view piece) {
    const auto other = padded.substr(0, piece.size());
    order = ecmascript::compare_code_units(piece, other);
    padded.remove_prefix(other.size());
    return order == 0;
  });
  if (order != 0) {
    return order;
  }
  return padded.empty() ? 0 : -1;
}

}  // namespace personalize::decision
