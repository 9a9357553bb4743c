#include "personalize/record/person_merge.h"

#include <algorithm>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "base/text/text.h"
#include "personalize/record/item_clicks.h"
#include "personalize/sources/answers.h"
#include "personalize/sources/kept_offers.h"

namespace personalize {

namespace {

const SessionOptions& usual_session() {
  static const SessionOptions usual;
  return usual;
}

// How a session began, beside its arguments.
constexpr std::string_view start_fields[] = {"started",    "landing_path", "referer_host",
                                             "utm_source", "utm_medium",   "utm_campaign"};

bool tells_start(std::string_view field) {
  return is_one_of(field, start_fields) || ascii::starts_with(field, arg_prefix);
}

std::int64_t positive(std::string_view text) {
  return std::max<std::int64_t>(read_integer<std::int64_t>(text).value_or(0), 0);
}

bool is_counter(std::string_view field) {
  return field == "views" || field == "item_views";
}

// What is kept of a list, and for how long.
struct Bounds {
  std::uint32_t most;
  std::int64_t seconds;
};

Bounds bounds_of(SessionPart part, const SessionOptions& options) {
  switch (part) {
    case SessionPart::seen:
      return {options.history, options.keep_s};
    case SessionPart::browsed:
      return {categories_of_session, options.timeout_s};
    case SessionPart::purchased:
      return {list_length, options.keep_purchases_s};
    default:
      return {list_length, options.keep_s};
  }
}

bool is_list(SessionPart part) {
  return part == SessionPart::seen || part == SessionPart::purchased ||
         part == SessionPart::dismissed || part == SessionPart::cart ||
         part == SessionPart::browsed;
}

bool is_hash(SessionPart part) {
  return part == SessionPart::current || part == SessionPart::visits ||
         part == SessionPart::purchases || part == SessionPart::attention;
}

// Calls visit(first, second) for what alternates in a reply.
template <class Visit>
void for_each_pair(const RedisReply& reply, Visit visit) {
  for (std::uint32_t i = 0; i + 1 < reply.count; i += 2) {
    visit(reply.elements[i].string(), reply.elements[i + 1].string());
  }
}

}  // namespace

PersonMergeCommands::PersonMergeCommands(const PersonMerge& merge,
                                         std::pmr::memory_resource* memory)
    : merge_(merge),
      memory_(memory),
      options_(merge.session == nullptr ? usual_session() : *merge.session),
      of_visitor_{merge.visitor, merge.now_s, {}, {}},
      of_person_{merge.person, merge.now_s, {}, {}} {}

std::string_view PersonMergeCommands::number(std::int64_t n) {
  return copy_digits(n, memory_);
}

void PersonMergeCommands::add(List& out, std::initializer_list<std::string_view> words) {
  out.emplace_back(words);
}

std::pmr::vector<Command> PersonMergeCommands::ask_person() {
  List out(memory_);
  SessionCommands commands(options_, of_person_, memory_);
  add(out, {"HGET", commands.key(SessionPart::current), "started"});
  add(out, {"HGET", commands.key(SessionPart::purchases), "last_purchase"});
  add(out, {"HGET", commands.key(SessionPart::visits), "first"});
  return out;
}

std::pmr::vector<PersonMergeCommands::Question> PersonMergeCommands::questions() const {
  std::pmr::vector<Question> all(memory_);
  if (merge_.what.session && merge_.session != nullptr) {
    for (std::size_t part = 0; part < options_.names.parts(); ++part) {
      all.push_back({Question::Kind::part, static_cast<SessionPart>(part)});
    }
    all.push_back({Question::Kind::orders});
    all.push_back({Question::Kind::clicks});
  }
  if (merge_.what.offers) {
    all.push_back({Question::Kind::offers});
  }
  if (merge_.what.answers && merge_.keep_answers_s != 0) {
    all.push_back({Question::Kind::answers});
  }
  return all;
}

std::string_view PersonMergeCommands::head(Question::Kind kind) const noexcept {
  switch (kind) {
    case Question::Kind::orders:
      return orders_head;
    case Question::Kind::clicks:
      return item_clicks_head;
    case Question::Kind::offers:
      return kept_offers_head;
    default:
      return answers_head;
  }
}

std::string_view PersonMergeCommands::key_of(SessionCommands& commands,
                                             const Question& question) const {
  return question.kind == Question::Kind::part ? commands.key(question.part)
                                               : commands.own_key(head(question.kind));
}

std::pmr::vector<Command> PersonMergeCommands::ask_visitor() {
  List out(memory_);
  SessionCommands commands(options_, of_visitor_, memory_);
  for (const Question& question : questions()) {
    const auto key = key_of(commands, question);
    const bool is_part = question.kind == Question::Kind::part;
    if (question.kind == Question::Kind::answers || (is_part && is_hash(question.part))) {
      add(out, {"HGETALL", key});
    } else if (question.kind == Question::Kind::offers || question.kind == Question::Kind::clicks ||
               (is_part && is_list(question.part))) {
      add(out, {"LRANGE", key, "0", number(std::int64_t{list_length} - 1)});
    } else {
      add(out, {"ZRANGE", key, "0", "-1", "WITHSCORES"});
    }
  }
  return out;
}

std::pmr::vector<Command> PersonMergeCommands::take(std::size_t question, const RedisReply& reply,
                                                    const Known& known) {
  List out(memory_);
  const auto all = questions();
  if (question >= all.size() || reply.kind != RedisReply::Kind::array || reply.count == 0) {
    return out;
  }
  const Question& one = all[question];
  SessionCommands of_person(options_, of_person_, memory_);
  const auto key = key_of(of_person, one);
  switch (one.kind) {
    case Question::Kind::part:
      take_part(one.part, reply, known, out);
      break;
    case Question::Kind::orders:
      for_each_pair(reply, [&](std::string_view order, std::string_view time) {
        add(out, {"ZADD", key, "NX", time, order});
      });
      add(out, {"ZREMRANGEBYRANK", key, "0", number(-1 - std::int64_t{orders_kept})});
      add(out, {"EXPIRE", key, number(options_.keep_purchases_s)});
      break;
    case Question::Kind::clicks: {
      Command push({"LPUSH", key}, memory_);
      for (std::uint32_t i = reply.count; i > 0; --i) {
        push.push_back(reply.elements[i - 1].string());
      }
      out.push_back(std::move(push));
      add(out, {"LTRIM", key, "0", number(std::int64_t{item_clicks_kept} - 1)});
      add(out, {"EXPIRE", key, number(keep_item_clicks_s)});
      break;
    }
    case Question::Kind::offers: {
      Command push({"RPUSH", key}, memory_);
      for (std::uint32_t i = 0; i < reply.count; ++i) {
        push.push_back(reply.elements[i].string());
      }
      out.push_back(std::move(push));
      add(out, {"LTRIM", key, "0", number(std::int64_t{list_length} - 1)});
      add(out, {"EXPIRE", key, number(keep_offers_s)});
      break;
    }
    case Question::Kind::answers:
      for_each_pair(reply, [&](std::string_view field, std::string_view value) {
        set_missing(key, field, value, out);
      });
      add(out, {"EXPIRE", key, number(merge_.keep_answers_s)});
      break;
  }
  SessionCommands of_visitor(options_, of_visitor_, memory_);
  add(out, {"DEL", key_of(of_visitor, one)});
  return out;
}

void PersonMergeCommands::take_part(SessionPart part, const RedisReply& reply, const Known& known,
                                    List& out) {
  SessionCommands commands(options_, of_person_, memory_);
  const auto key = commands.key(part);
  if (part == SessionPart::current) {
    take_session(reply, known, key, out);
  } else if (part == SessionPart::visits) {
    take_visits(reply, known, key, out);
  } else if (part == SessionPart::purchases) {
    take_purchases(reply, known, key, out);
  } else if (part == SessionPart::attention) {
    take_attention(reply, key, out);
  } else if (is_list(part)) {
    take_list(part, reply, key, out);
  } else {
    take_scores(part, reply, key, out);
  }
}

void PersonMergeCommands::set_missing(std::string_view key, std::string_view name,
                                      std::string_view value, List& out) {
  add(out, {"HSETNX", key, name, value});
}

// The session that began first is the one that goes on.
void PersonMergeCommands::take_session(const RedisReply& reply, const Known& known,
                                       std::string_view key, List& out) {
  std::int64_t started = 0;
  for_each_pair(reply, [&](std::string_view field, std::string_view value) {
    started = field == "started" ? positive(value) : started;
  });
  // In the same second it was the visitor's: the person's began with the page that came last.
  const bool is_first = started != 0 && (known.started == 0 || started <= known.started);
  for_each_pair(reply, [&](std::string_view field, std::string_view value) {
    if (is_counter(field)) {
      add(out, {"HINCRBY", key, field, number(positive(value))});
    } else if (!tells_start(field)) {
      set_missing(key, field, value, out);
    } else if (is_first) {
      add(out, {"HSET", key, field, value});
    }
  });
  add(out, {"EXPIRE", key, number(options_.timeout_s)});
}

// The visit that is under way goes on as the person's, which was counted already.
void PersonMergeCommands::take_visits(const RedisReply& reply, const Known& known,
                                      std::string_view key, List& out) {
  for_each_pair(reply, [&](std::string_view field, std::string_view value) {
    if (field == "first") {
      if (const auto first = positive(value);
          first != 0 && (known.first_visit == 0 || first < known.first_visit)) {
        add(out, {"HSET", key, field, value});
      }
    } else if (field != "visits") {
      if (field != "last") {
        set_missing(key, field, value, out);
      }
    } else if (const auto before = positive(value); before > 1) {
      add(out, {"HINCRBY", key, field, number(before - 1)});
    }
  });
  add(out, {"EXPIRE", key, number(options_.keep_s)});
}

void PersonMergeCommands::take_purchases(const RedisReply& reply, const Known& known,
                                         std::string_view key, List& out) {
  for_each_pair(reply, [&](std::string_view field, std::string_view value) {
    if (field == "purchases") {
      add(out, {"HINCRBY", key, field, number(positive(value))});
    } else if (field == "purchase_value" && read_price(value)) {
      add(out, {"HINCRBYFLOAT", key, field, value});
    } else if (field == "last_purchase" && positive(value) > known.last_purchase) {
      add(out, {"HSET", key, field, value});
    }
  });
  add(out, {"EXPIRE", key, number(options_.keep_purchases_s)});
}

void PersonMergeCommands::take_attention(const RedisReply& reply, std::string_view key, List& out) {
  for_each_pair(reply, [&](std::string_view field, std::string_view value) {
    add(out, {"HINCRBY", key, field, number(positive(value))});
  });
  add(out, {"EXPIRE", key, number(options_.timeout_s)});
}

// What the visitor has came later than what is there, but for the page that is being looked at.
void PersonMergeCommands::take_list(SessionPart part, const RedisReply& reply, std::string_view key,
                                    List& out) {
  const auto put_first = [&](std::string_view item) {
    if (!item.empty()) {
      add(out, {"LREM", key, "0", item});
      add(out, {"LPUSH", key, item});
    }
  };
  for (std::uint32_t i = reply.count; i > 0; --i) {
    put_first(reply.elements[i - 1].string());
  }
  if (part == SessionPart::seen) {
    put_first(merge_.item);
  } else if (part == SessionPart::browsed) {
    put_first(merge_.category);
  }
  const Bounds bounds = bounds_of(part, options_);
  add(out, {"LTRIM", key, "0", number(std::int64_t{bounds.most} - 1)});
  add(out, {"EXPIRE", key, number(bounds.seconds)});
}

void PersonMergeCommands::take_scores(SessionPart part, const RedisReply& reply,
                                      std::string_view key, List& out) {
  const bool is_of_prices = part == SessionPart::prices;
  for_each_pair(reply, [&](std::string_view member, std::string_view score) {
    if (is_of_prices) {
      add(out, {"ZADD", key, "NX", score, member});
    } else {
      add(out, {"ZINCRBY", key, score, member});
    }
  });
  if (!is_of_prices) {
    add(out, {"ZREMRANGEBYRANK", key, "0", number(-1 - std::int64_t{ranking_length})});
  }
  add(out, {"EXPIRE", key,
            number(is_of_prices ? options_.timeout_s : AffinityPeriod::kept_s(options_))});
}

}  // namespace personalize
