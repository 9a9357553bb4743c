// The commands that read a source, and how their replies become documents.
#include <charconv>
#include <cmath>

#include "base/text/copy.h"
#include "base/values/json/json.h"
#include "personalize/sources/sources.h"

namespace personalize {

namespace {

// Returns what a reply of another kind than expected means.
Lookup explain(const RedisReply& reply) {
  switch (reply.kind) {
    case RedisReply::Kind::nil:
      return Lookup::missing;
    case RedisReply::Kind::too_large:
      return Lookup::too_large;
    default:
      return reply.error_code() == "WRONGTYPE" ? Lookup::wrong_type : Lookup::error;
  }
}

// GETRANGE answers "" even if there is no such key.
ReadReply read_string(const Source& source, const RedisReply& reply, DocumentBuilder& out) {
  if (reply.kind != RedisReply::Kind::string) {
    return {explain(reply)};
  }
  if (reply.text.empty()) {
    return {Lookup::missing};
  }
  if (reply.text.size() > source.max) {
    return {Lookup::too_large};
  }
  if (source.type == SourceType::json) {
    const JsonOutcome outcome = add_json(reply.text, out);
    return {outcome == JsonOutcome::invalid ? Lookup::invalid : Lookup::fetched,
            outcome == JsonOutcome::mended};
  }
  out.string(reply.text);
  return {Lookup::fetched};
}

// Checks the elements of a list or the values of a hash before any is decoded. Returns fetched if
// they are strings (or nil) of at most the source's limit in all.
Lookup check_elements(const Source& source, const RedisReply& reply) {
  std::uint64_t bytes = 0;
  bool any = false;
  for (std::uint32_t i = 0; i < reply.count; ++i) {
    const auto& element = reply.elements[i];
    if (element.kind == RedisReply::Kind::nil) {
      continue;
    }
    if (element.kind != RedisReply::Kind::string) {
      return explain(element);
    }
    any = true;
    bytes += element.text.size();
  }
  if (!any) {
    return Lookup::missing;
  }
  return bytes > source.max ? Lookup::too_large : Lookup::fetched;
}

// Returns whether it was mended.
bool add_text(const Source& source, std::string_view text, DocumentBuilder& out) {
  const bool may_be_json =
      source.decodes && !text.empty() && (text.front() == '{' || text.front() == '[');
  const JsonOutcome outcome = may_be_json ? add_json(text, out) : JsonOutcome::invalid;
  if (outcome == JsonOutcome::invalid) {
    out.string(text);
  }
  return outcome == JsonOutcome::mended;
}

ReadReply read_hash(const Source& source, const RedisReply& reply, DocumentBuilder& out) {
  if (reply.kind != RedisReply::Kind::array) {
    return {explain(reply)};
  }
  if (reply.count != source.fields.size()) {
    return {Lookup::error};
  }
  const auto lookup = check_elements(source, reply);
  if (lookup != Lookup::fetched) {
    return {lookup};
  }
  bool is_mended = false;
  out.begin_object();
  for (std::uint32_t i = 0; i < reply.count; ++i) {
    if (reply.elements[i].kind == RedisReply::Kind::string) {
      out.key(source.fields[i]);
      is_mended = add_text(source, reply.elements[i].text, out) || is_mended;
    }
  }
  out.end();
  return {Lookup::fetched, is_mended};
}

// Names and values alternate.
ReadReply read_fields(const Source& source, const RedisReply& reply, DocumentBuilder& out) {
  if (reply.kind != RedisReply::Kind::array) {
    return {explain(reply)};
  }
  const auto lookup = reply.count % 2 == 0 ? check_elements(source, reply) : Lookup::error;
  if (lookup != Lookup::fetched) {
    return {lookup};
  }
  out.begin_object();
  for (std::uint32_t i = 0; i < reply.count; i += 2) {
    out.key(reply.elements[i].text);
    out.string(reply.elements[i + 1].text);
  }
  out.end();
  return {Lookup::fetched};
}

ReadReply read_list(const Source& source, const RedisReply& reply, DocumentBuilder& out) {
  if (reply.kind != RedisReply::Kind::array) {
    return {explain(reply)};
  }
  if (reply.count > list_length) {
    return {Lookup::error};
  }
  const auto lookup = check_elements(source, reply);
  if (lookup != Lookup::fetched) {
    return {lookup};
  }
  bool is_mended = false;
  out.begin_array();
  for (std::uint32_t i = 0; i < reply.count; ++i) {
    is_mended = add_text(source, reply.elements[i].text, out) || is_mended;
  }
  out.end();
  return {Lookup::fetched, is_mended};
}

// Calls add(member, score) for each member of a sorted set. Members and scores alternate.
template <class Add>
Lookup read_scores(const Source& source, const RedisReply& reply, std::uint32_t most, Add add) {
  if (reply.kind != RedisReply::Kind::array) {
    return explain(reply);
  }
  if (reply.count > 2 * most || reply.count % 2 != 0) {
    return Lookup::error;
  }
  const auto lookup = check_elements(source, reply);
  for (std::uint32_t i = 0; lookup == Lookup::fetched && i < reply.count; i += 2) {
    const std::string_view text = reply.elements[i + 1].text;
    double score = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), score);
    if (read.ec == std::errc() && std::isfinite(score)) {
      add(reply.elements[i].text, score);
    }
  }
  return lookup;
}

ReadReply read_ranking(const Source& source, const RedisReply& reply, DocumentBuilder& out) {
  out.begin_object();
  const auto lookup =
      read_scores(source, reply, ranking_length, [&](std::string_view member, double score) {
        out.key(member);
        out.number(score);
      });
  out.end();
  return {lookup};
}

ReadReply read_zset(const Source& source, const RedisReply& reply, DocumentBuilder& out) {
  out.begin_array();
  const auto lookup =
      read_scores(source, reply, list_length, [&](std::string_view member, double score) {
        out.begin_object();
        out.key("id");
        out.string(member);
        out.key("score");
        out.number(score);
        out.end();
      });
  out.end();
  return {lookup};
}

}  // namespace

std::pmr::vector<std::string_view> redis_command(const Source& source, std::string_view key,
                                                 std::pmr::memory_resource* memory) {
  std::pmr::vector<std::string_view> command(memory);
  switch (source.type) {
    case SourceType::json:
    case SourceType::string:
      command.assign({"GETRANGE", key, "0", copy_digits(source.max, memory)});
      break;
    case SourceType::hash:
      if (!source.fields.empty()) {
        command.reserve(2 + source.fields.size());
        command.assign({"HMGET", key});
        command.insert(command.end(), source.fields.begin(), source.fields.end());
      }
      break;
    case SourceType::list:
      command.assign({"LRANGE", key, "0", copy_digits(list_length - 1, memory)});
      break;
    case SourceType::zset:
      command.assign({"ZREVRANGE", key, "0", copy_digits(list_length - 1, memory), "WITHSCORES"});
      break;
    case SourceType::ranking:
      command.assign(
          {"ZREVRANGE", key, "0", copy_digits(ranking_length - 1, memory), "WITHSCORES"});
      break;
    case SourceType::fields:
      command.assign({"HGETALL", key});
      break;
    case SourceType::gathered:
      break;  // there is more than one
  }
  return command;
}

ReadReply read_reply(const Source& source, const RedisReply& reply, DocumentBuilder& out) noexcept {
  try {
    switch (source.type) {
      case SourceType::json:
      case SourceType::string:
        return read_string(source, reply, out);
      case SourceType::hash:
        return read_hash(source, reply, out);
      case SourceType::list:
        return read_list(source, reply, out);
      case SourceType::zset:
        return read_zset(source, reply, out);
      case SourceType::ranking:
        return read_ranking(source, reply, out);
      case SourceType::fields:
        return read_fields(source, reply, out);
      case SourceType::gathered:
        break;
    }
  } catch (...) {  // out of memory
  }
  return {};
}

}  // namespace personalize
