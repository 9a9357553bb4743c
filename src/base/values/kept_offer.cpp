#include "base/values/kept_offer.h"

#include <cmath>

#include "base/text/json_string.h"
#include "base/values/exact_number.h"

namespace personalize {

namespace {

constexpr std::size_t longest = 512;

bool is_text(const Value& value, std::string_view text) noexcept {
  return value.kind() == Kind::string && value.as_string() == text;
}

// Returns false if the value is none that is kept.
bool append_value(const Value& value, std::pmr::string& out) {
  NumberBuffer buffer;
  switch (value.kind()) {
    case Kind::string:
      append_json_string(value.as_string(), out);
      return true;
    case Kind::number:
      if (!std::isfinite(value.as_number())) {
        return false;
      }
      out += number_text(value, buffer);
      return true;
    case Kind::boolean:
      out += value.as_boolean() ? "true" : "false";
      return true;
    default:
      return false;
  }
}

}  // namespace

Value find_kept_offer(const Value& offers, std::string_view campaign,
                      std::string_view per) noexcept {
  if (offers.kind() != Kind::array) {
    return {};
  }
  for (std::uint32_t i = offers.size(); i > 0; --i) {
    const Value offer = offers.at(i - 1);
    if (is_text(offer.find("c"), campaign) && is_text(offer.find("p"), per)) {
      return offer;
    }
  }
  return {};
}

bool append_kept_offer(std::string_view campaign, std::string_view per, std::int64_t now_s,
                       const std::pmr::vector<KeptValue>& values, std::pmr::string& out) {
  const auto begin = out.size();
  const auto member = [&](std::string_view name) {
    out += out.size() == begin ? '{' : ',';
    append_json_string(name, out);
    out += ':';
  };
  member("c");
  append_json_string(campaign, out);
  member("p");
  append_json_string(per, out);
  NumberBuffer buffer;
  member("t");
  out += number_text(static_cast<double>(now_s), buffer);
  member("v");
  out += '{';
  bool is_first = true;
  for (const auto& [name, value] : values) {
    const auto before = out.size();
    out += is_first ? "" : ",";
    append_json_string(name, out);
    out += ':';
    if (append_value(value, out)) {
      is_first = false;
    } else {
      out.resize(before);
    }
  }
  out += "}}";
  if (out.size() - begin <= longest) {
    return true;
  }
  out.resize(begin);
  return false;
}

}  // namespace personalize
