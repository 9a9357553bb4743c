#include "personalize/record/session_commands.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace personalize {

namespace {

std::string_view key_head(SessionPart part) {
  switch (part) {
    case SessionPart::current:
      return "pz:session:";
    case SessionPart::visits:
      return "pz:visits:";
    case SessionPart::seen:
      return "pz:seen:";
    case SessionPart::purchased:
      return "pz:purchased:";
    case SessionPart::dismissed:
      return "pz:dismissed:";
    case SessionPart::cart:
      return "pz:cart:";
    default:
      return "pz:affinity:";
  }
}

std::string_view key_tail(SessionPart part) {
  switch (part) {
    case SessionPart::categories:
    case SessionPart::older_categories:
      return ":category";
    case SessionPart::brands:
    case SessionPart::older_brands:
      return ":brand";
    default:
      return "";
  }
}

bool is_time(std::string_view s) {
  constexpr std::size_t most_digits = 12;
  return !s.empty() && s.size() <= most_digits &&
         std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

SessionCommands::SessionCommands(const SessionOptions& options, const PageView& view,
                                 std::pmr::memory_resource* memory)
    : options_(options), view_(view), memory_(memory), commands_(memory) {
  constexpr std::size_t usual = 20;
  commands_.reserve(usual);
}

std::string_view SessionCommands::text(std::string_view s) {
  auto* copy = static_cast<char*>(memory_->allocate(std::max<std::size_t>(s.size(), 1), 1));
  std::copy(s.begin(), s.end(), copy);
  return {copy, s.size()};
}

std::string_view SessionCommands::key(SessionPart part) {
  std::pmr::string key(key_head(part), memory_);
  key += view_.visitor;
  key += key_tail(part);
  add_period(part, options_, view_.now_s, key);
  return text(key);
}

const std::pmr::vector<Command>& SessionCommands::forget() {
  commands_.clear();
  for (std::size_t part = 0; part < session_parts; ++part) {
    add({"DEL", key(static_cast<SessionPart>(part))});
  }
  return commands_;
}

std::string_view SessionCommands::number(std::int64_t n) {
  char digits[24];
  const auto* end = std::to_chars(digits, std::end(digits), n).ptr;
  return text({digits, static_cast<std::size_t>(end - digits)});
}

void SessionCommands::add(std::initializer_list<std::string_view> words) {
  commands_.emplace_back(words);
}

void SessionCommands::add_expiry(std::string_view key, std::int64_t seconds) {
  add({"EXPIRE", key, number(seconds)});
}

const std::pmr::vector<Command>& SessionCommands::page_view() {
  const SessionPage& page = view_.page;
  commands_.clear();

  const auto session = key(SessionPart::current);
  add({"HSETNX", session, "started", number(view_.now_s)});
  add({"HINCRBY", session, "views", "1"});
  if (!page.item.empty()) {
    add({"HINCRBY", session, "item_views", "1"});
    add({"HSET", session, "last_item", page.item});
  }
  if (!page.cart_value.empty()) {
    add({"HSET", session, "cart_value", page.cart_value});
  }
  if (!page.cart_items.empty()) {
    add({"HSET", session, "cart_items", page.cart_items});
  }
  add_expiry(session, options_.timeout_s);

  if (!page.item.empty()) {
    add_items(SessionPart::seen, {page.item}, options_.history);
  }
  add_affinity(SessionPart::categories, page.category);
  add_affinity(SessionPart::brands, page.brand);
  return commands_;
}

void SessionCommands::add_items(SessionPart part, const ItemList& items, std::uint32_t most) {
  const auto list = key(part);
  Command push({"LPUSH", list}, memory_);
  for (const auto item : items) {
    add({"LREM", list, "0", item});
    push.push_back(item);
  }
  commands_.push_back(std::move(push));
  add({"LTRIM", list, "0", number(std::int64_t{most} - 1)});
  add_expiry(list, options_.keep_s);
}

const std::pmr::vector<Command>& SessionCommands::items(ItemChange change, const ItemList& items) {
  commands_.clear();
  const auto remove_from_cart = [&] {
    for (const auto item : items) {
      add({"LREM", key(SessionPart::cart), "0", item});
    }
  };
  if (items.empty()) {
    return commands_;
  }
  switch (change) {
    case ItemChange::purchased:
      add_items(SessionPart::purchased, items, list_length);
      remove_from_cart();
      break;
    case ItemChange::dismissed:
      add_items(SessionPart::dismissed, items, list_length);
      break;
    case ItemChange::put_into_cart:
      add_items(SessionPart::cart, items, list_length);
      break;
    case ItemChange::taken_from_cart:
      remove_from_cart();
      break;
    case ItemChange::cart_holds:
      add({"LTRIM", key(SessionPart::cart), "1", "0"});  // empties it
      add_items(SessionPart::cart, items, list_length);
      break;
  }
  return commands_;
}

void SessionCommands::add_affinity(SessionPart part, std::string_view name) {
  if (name.empty()) {
    return;
  }
  const auto ranking = key(part);
  const double weight = std::exp2(AffinityPeriod::of(options_, view_.now_s).half_lives);
  char digits[32];
  const auto* end = std::to_chars(digits, std::end(digits), weight).ptr;
  add({"ZINCRBY", ranking, text({digits, static_cast<std::size_t>(end - digits)}), name});
  add({"ZREMRANGEBYRANK", ranking, "0", number(-1 - std::int64_t{ranking_length})});
  // Readers add up two periods.
  const std::int64_t of_use = 2 * AffinityPeriod::length * options_.half_life_s;
  add_expiry(ranking, std::min(options_.keep_s, of_use));
}

const std::pmr::vector<Command>& SessionCommands::session_start() {
  commands_.clear();
  const SessionStart& start = view_.start;
  Command fields({"HSET", key(SessionPart::current)}, memory_);
  const auto set = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      fields.insert(fields.end(), {name, value});
    }
  };
  set("landing_path", start.landing_path);
  set("referer_host", start.referer_host);
  set("utm_source", start.utm_source);
  set("utm_medium", start.utm_medium);
  set("utm_campaign", start.utm_campaign);
  if (fields.size() > 2) {
    commands_.push_back(std::move(fields));
    // The session may have expired since page_view().
    add_expiry(key(SessionPart::current), options_.timeout_s);
  }
  const auto visits = key(SessionPart::visits);
  add({"HINCRBY", visits, "visits", "1"});
  add_expiry(visits, options_.keep_s);
  add({"HGET", visits, "last"});
  return commands_;
}

const std::pmr::vector<Command>& SessionCommands::visit(std::string_view last) {
  commands_.clear();
  const auto visits = key(SessionPart::visits);
  const auto now = number(view_.now_s);
  if (!is_time(last)) {
    add({"HSET", visits, "last", now});
  } else {
    add({"HSET", visits, "last", now, "previous", last});
  }
  add_expiry(visits, options_.keep_s);
  return commands_;
}

}  // namespace personalize
