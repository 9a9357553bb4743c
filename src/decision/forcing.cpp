#include "personalize/decision/forcing.h"

#include <algorithm>
#include <cmath>

#include "base/numbers/date.h"
#include "base/text/ascii.h"
#include "personalize/decision/program.h"
#include "personalize/signals/preview.h"

namespace personalize {

namespace {

std::optional<bool> read_choice(std::string_view text) {
  if (text == "on") {
    return true;
  }
  return text == "off" ? std::optional(false) : std::nullopt;
}

bool is_country(std::string_view text) {
  return text.size() == 2 && std::all_of(text.begin(), text.end(), ascii::is_upper);
}

}  // namespace

Forcing::Forcing(std::string_view items, const Program& program, std::pmr::memory_resource* memory)
    : items_(items.substr(0, max_preview_items)),
      segments_(memory),
      campaigns_(memory),
      variants_(memory) {
  std::size_t count = 0;
  for (auto rest = items_; !rest.empty() && count < max_items; ++count) {
    const auto item = take_preview_item(rest);
    if (!read(item, program) && unknown_.empty()) {
      unknown_ = item;
    }
  }
}

bool Forcing::read(std::string_view item, const Program& program) {
  const auto equals = item.rfind('=');
  if (equals == std::string_view::npos) {
    return false;
  }
  const auto value = item.substr(equals + 1);
  auto name = item.substr(0, equals);
  if (name == "time") {
    const auto seconds = read_instant(Value::string(value));
    constexpr double latest = 253402300800;  // the year 10000
    if (seconds && std::fabs(*seconds) < latest) {
      now_ms_ = static_cast<std::int64_t>(*seconds * 1000);
    }
    return seconds.has_value();
  }
  if (name == "country") {
    country_ = is_country(value) ? value : country_;
    return is_country(value);
  }
  const auto dot = name.find('.');
  const auto root = name.substr(0, dot);
  name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  if (root == "experiment") {
    const auto id = program.experiment(name);
    const bool is_known = id && program.has_variant(*id, value);
    if (is_known) {
      variants_.emplace_back(*id, value);
    }
    return is_known;
  }
  const auto choice = read_choice(value);
  if (!choice) {
    return false;
  }
  if (root == "segment") {
    const auto id = program.segment(name);
    if (id) {
      segments_.emplace_back(*id, *choice);
    }
    return id.has_value();
  }
  const CampaignId id = root == "campaign" ? program.campaign(name) : no_campaign;
  if (id != no_campaign) {
    campaigns_.emplace_back(id, *choice);
  }
  return id != no_campaign;
}

std::optional<bool> Forcing::find(const std::pmr::vector<Choice>& choices,
                                  std::uint32_t id) noexcept {
  std::optional<bool> found;
  for (const auto& [one, choice] : choices) {
    found = one == id ? std::optional(choice) : found;
  }
  return found;
}

std::string_view Forcing::variant(std::uint32_t id) const noexcept {
  std::string_view found;
  for (const auto& [one, variant] : variants_) {
    found = one == id ? variant : found;
  }
  return found;
}

}  // namespace personalize
