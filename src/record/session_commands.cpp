#include "personalize/record/session_commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/numbers/number.h"
#include "base/text/copy.h"
#include "personalize/record/item_clicks.h"
#include "personalize/sources/answers.h"
#include "personalize/sources/kept_offers.h"

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
    case SessionPart::browsed:
      return "pz:browsed:";
    case SessionPart::prices:
      return "pz:prices:";
    case SessionPart::purchases:
      return "pz:purchases:";
    case SessionPart::attention:
      return "pz:attention:";
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

constexpr std::uint32_t prices_kept = ranking_length / 2;  // the lowest, and as many of the highest

// What session_start() asks for, in the order of the reply; page_stages follow.
constexpr std::array<std::string_view, 3> fields_of_visit = {"last", "last_item", "cart_value"};

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
  return copy_text(s, memory_);
}

std::string_view SessionCommands::key(SessionPart part) {
  std::pmr::string key(key_head(part), memory_);
  key += view_.visitor;
  key += key_tail(part);
  if (part >= SessionPart::counts) {
    const auto count = (static_cast<std::size_t>(part) - fixed_session_parts) / 2;
    key += ':';
    key += page_fields[options_.names.counts[count]];
  }
  add_period(part, options_, view_.now_s, key);
  return text(key);
}

std::string_view SessionCommands::own_key(std::string_view head) {
  std::pmr::string key(head, memory_);
  key += view_.visitor;
  return text(key);
}

const std::pmr::vector<Command>& SessionCommands::forget() {
  commands_.clear();
  for (std::size_t part = 0; part < options_.names.parts(); ++part) {
    add({"DEL", key(static_cast<SessionPart>(part))});
  }
  add({"DEL", order_key()});
  add({"DEL", own_key(kept_offers_head)});
  add({"DEL", own_key(item_clicks_head)});
  add({"DEL", own_key(answers_head)});
  return commands_;
}

const std::pmr::vector<Command>& SessionCommands::offers(
    const std::pmr::vector<std::string_view>& offers) {
  return push(own_key(kept_offers_head), offers, list_length, keep_offers_s);
}

const std::pmr::vector<Command>& SessionCommands::item_clicks(
    const std::pmr::vector<std::string_view>& clicks) {
  return push(own_key(item_clicks_head), clicks, item_clicks_kept, keep_item_clicks_s);
}

const std::pmr::vector<Command>& SessionCommands::push(
    std::string_view key, const std::pmr::vector<std::string_view>& records, std::uint32_t most,
    std::int64_t seconds) {
  commands_.clear();
  if (records.empty()) {
    return commands_;
  }
  Command push({"LPUSH", key}, memory_);
  push.insert(push.end(), records.begin(), records.end());
  commands_.push_back(std::move(push));
  add({"LTRIM", key, "0", number(std::int64_t{most} - 1)});
  add_expiry(key, seconds);
  return commands_;
}

std::string_view SessionCommands::number(std::int64_t n) {
  return copy_digits(n, memory_);
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
  }
  Command fields({"HSET", session}, memory_);
  add_fields(fields, {{"last_page_type", page.type},
                      {"last_item", page.item},
                      {"cart_value", page.cart_value},
                      {"cart_items", page.cart_items}});
  add_expiry(session, options_.timeout_s);

  if (!page.item.empty()) {
    add_items(SessionPart::seen, ItemList({page.item}, memory_), options_.history, options_.keep_s);
  }
  if (options_.keeps_browsed && !page.category.empty()) {
    add_items(SessionPart::browsed, ItemList({page.category}, memory_), categories_of_session,
              options_.timeout_s);
  }
  add_price();
  if (options_.keeps_attention) {
    add_expiry(key(SessionPart::attention), options_.timeout_s);
  }
  add_affinity(SessionPart::categories, page.category);
  add_affinity(SessionPart::brands, page.brand);
  for (std::size_t i = 0; i < options_.names.counts.size(); ++i) {
    add_affinity(count_part(i, false), page.counts[i]);
  }
  return commands_;
}

const std::pmr::vector<Command>& SessionCommands::attention(const Attention& told) {
  commands_.clear();
  const auto attention = key(SessionPart::attention);
  if (told.visible_seconds != 0) {
    add({"HINCRBY", attention, "visible_seconds", number(told.visible_seconds)});
  }
  if (told.scroll != 0) {
    add({"HINCRBY", attention, "scroll", number(told.scroll)});
  }
  if (!commands_.empty()) {
    add_expiry(attention, options_.timeout_s);
  }
  return commands_;
}

void SessionCommands::add_items(SessionPart part, const ItemList& items, std::uint32_t most,
                                std::int64_t seconds) {
  const auto list = key(part);
  Command push({"LPUSH", list}, memory_);
  for (const auto item : items) {
    add({"LREM", list, "0", item});
    push.push_back(item);
  }
  commands_.push_back(std::move(push));
  add({"LTRIM", list, "0", number(std::int64_t{most} - 1)});
  add_expiry(list, seconds);
}

void SessionCommands::add_purchased(const ItemList& items) {
  add_items(SessionPart::purchased, items, list_length, options_.keep_purchases_s);
  remove_from_cart(items);
}

void SessionCommands::remove_from_cart(const ItemList& items) {
  const auto cart = key(SessionPart::cart);
  for (const auto item : items) {
    add({"LREM", cart, "0", item});
  }
}

const std::pmr::vector<Command>& SessionCommands::items(ItemChange change, const ItemList& items) {
  commands_.clear();
  if (items.empty() && change != ItemChange::cart_holds) {
    return commands_;
  }
  switch (change) {
    case ItemChange::purchased:
      add_purchased(items);
      break;
    case ItemChange::dismissed:
      add_items(SessionPart::dismissed, items, list_length, options_.keep_s);
      break;
    case ItemChange::put_into_cart:
      add_items(SessionPart::cart, items, list_length, options_.keep_s);
      break;
    case ItemChange::taken_from_cart:
      remove_from_cart(items);
      break;
    case ItemChange::cart_holds:
      add({"LTRIM", key(SessionPart::cart), "1", "0"});  // empties it
      if (!items.empty()) {
        add_items(SessionPart::cart, items, list_length, options_.keep_s);
      }
      break;
  }
  return commands_;
}

// Adds the command, of which key and name are there, with those that have a value; nothing if none
// has.
void SessionCommands::add_fields(
    Command& command, std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  for (const auto& [name, value] : fields) {
    if (!value.empty()) {
      command.insert(command.end(), {name, value});
    }
  }
  if (command.size() > 2) {
    commands_.push_back(std::move(command));
  }
}

void SessionCommands::add_price() {
  const SessionPage& page = view_.page;
  const auto price = read_price(page.price);
  if (!options_.keeps_prices || page.item.empty() || !price) {
    return;
  }
  const auto prices = key(SessionPart::prices);
  NumberBuffer digits;
  add({"ZADD", prices, text(number_text(*price, digits)), page.item});
  // Those in the middle are neither the lowest nor the highest.
  add({"ZREMRANGEBYRANK", prices, number(prices_kept), number(-1 - std::int64_t{prices_kept})});
  add_expiry(prices, options_.timeout_s);
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
  add_expiry(ranking, AffinityPeriod::kept_s(options_));
}

const std::pmr::vector<Command>& SessionCommands::session_start() {
  commands_.clear();
  const SessionStart& start = view_.start;
  Command fields({"HSET", key(SessionPart::current)}, memory_);
  for (std::size_t i = 0; i < options_.names.args.size(); ++i) {
    if (!start.args[i].empty()) {
      std::pmr::string name(arg_prefix, memory_);
      name += options_.names.args[i];
      fields.insert(fields.end(), {text(name), start.args[i]});
    }
  }
  add_fields(fields, {{"landing_path", start.landing_path},
                      {"referer_host", start.referer_host},
                      {"utm_source", start.utm_source},
                      {"utm_medium", start.utm_medium},
                      {"utm_campaign", start.utm_campaign}});
  if (!commands_.empty()) {
    // The session may have expired since page_view().
    add_expiry(key(SessionPart::current), options_.timeout_s);
  }
  const auto visits = key(SessionPart::visits);
  add({"HINCRBY", visits, "visits", "1"});
  add_expiry(visits, options_.keep_s);
  Command ask({"HMGET", visits}, memory_);
  ask.insert(ask.end(), fields_of_visit.begin(), fields_of_visit.end());
  ask.insert(ask.end(), stage_fields.begin(), stage_fields.end());
  commands_.push_back(std::move(ask));
  return commands_;
}

SessionCommands::LastVisit SessionCommands::read_last_visit(const RedisReply& reply) noexcept {
  LastVisit last;
  if (reply.kind != RedisReply::Kind::array ||
      reply.count != fields_of_visit.size() + stage_fields.size()) {
    return last;
  }
  last.began = reply.elements[0].string();
  last.item = reply.elements[1].string();
  last.cart_value = reply.elements[2].string();
  for (std::uint32_t stage = 0; stage < stage_fields.size(); ++stage) {
    if (reply.elements[fields_of_visit.size() + stage].kind == RedisReply::Kind::string) {
      last.stage = stage;
    }
  }
  return last;
}

const std::pmr::vector<Command>& SessionCommands::visit(const LastVisit& last) {
  commands_.clear();
  const auto visits = key(SessionPart::visits);
  // What was the last visit is the previous one from now on, and of this one nothing is known.
  if (!last.began.empty() || last.stage || !last.item.empty() || !last.cart_value.empty()) {
    Command forget({"HDEL", visits, "last_item", "cart_value", "previous_furthest",
                    "previous_last_item", "previous_cart_value"},
                   memory_);
    forget.insert(forget.end(), stage_fields.begin(), stage_fields.end());
    commands_.push_back(std::move(forget));
  }
  Command fields({"HSET", visits}, memory_);
  add_fields(fields,
             {{"last", number(view_.now_s)},
              {"previous", is_time(last.began) ? last.began : std::string_view()},
              {"previous_furthest", last.stage ? page_stages[*last.stage] : std::string_view()},
              {"previous_last_item", last.item},
              {"previous_cart_value", last.cart_value}});
  add({"HSETNX", visits, "first", is_time(last.began) ? last.began : number(view_.now_s)});
  add_expiry(visits, options_.keep_s);
  return commands_;
}

const std::pmr::vector<Command>& SessionCommands::trace() {
  const SessionPage& page = view_.page;
  commands_.clear();
  const auto visits = key(SessionPart::visits);
  const auto stage = find_page_stage(page.type);
  Command fields({"HSET", visits}, memory_);
  add_fields(fields, {{stage ? stage_fields[*stage] : std::string_view(), stage ? "1" : ""},
                      {"last_item", page.item},
                      {"cart_value", page.cart_value}});
  if (!commands_.empty()) {
    add_expiry(visits, options_.keep_s);
  }
  return commands_;
}

const std::pmr::vector<Command>& SessionCommands::order() {
  commands_.clear();
  const auto orders = order_key();
  add({"ZADD", orders, "NX", number(view_.now_s), view_.page.order});
  add({"ZREMRANGEBYRANK", orders, "0", number(-1 - std::int64_t{orders_kept})});
  add_expiry(orders, options_.keep_purchases_s);
  return commands_;
}

const std::pmr::vector<Command>& SessionCommands::purchase() {
  const SessionPage& page = view_.page;
  commands_.clear();
  const auto purchases = key(SessionPart::purchases);
  add({"HINCRBY", purchases, "purchases", "1"});
  // One that nobody pays would spoil the sum for ever.
  const auto value = read_price(page.order_value);
  if (value && *value < 1e12) {
    NumberBuffer digits;
    add({"HINCRBYFLOAT", purchases, "purchase_value", text(number_text(*value, digits))});
  }
  add({"HSET", purchases, "last_purchase", number(view_.now_s)});
  add_expiry(purchases, options_.keep_purchases_s);
  const auto items = item_ids(page.order_items, memory_);
  if (!items.empty()) {
    add_purchased(items);
  }
  // What was in the cart is bought.
  add({"HDEL", key(SessionPart::current), "cart_value", "cart_items"});
  const auto visits = key(SessionPart::visits);
  add({"HDEL", visits, "cart_value"});
  add({"HSET", visits, stage_fields.back(), "1"});
  add_expiry(visits, options_.keep_s);
  return commands_;
}

}  // namespace personalize
