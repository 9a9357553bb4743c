// What Redis is asked for, and what its replies mean.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/sources/sources.h"

namespace {

using namespace personalize;

Source source_of(SourceType type, std::uint32_t max = 20) {
  Source source;
  source.type = type;
  source.max = max;
  source.fields = {"items", "tier"};
  return source;
}

RedisReply reply_of(RedisReply::Kind kind, std::string_view text = {}) {
  RedisReply reply;
  reply.kind = kind;
  reply.text = text;
  return reply;
}

RedisReply string_reply(std::string_view text) {
  return reply_of(RedisReply::Kind::string, text);
}

RedisReply array_reply(const std::vector<RedisReply>& elements) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::array;
  reply.count = static_cast<std::uint32_t>(elements.size());
  reply.elements = elements.data();
  return reply;
}

// A reply that has been read, with its document.
class Read {
 public:
  Read(const Source& source, const RedisReply& reply) : builder_(std::pmr::get_default_resource()) {
    const auto read = read_reply(source, reply, builder_);
    lookup = read.outcome;
    is_mended = read.is_mended;
    document = Value::document(builder_.finish());
  }

 private:
  DocumentBuilder builder_;

 public:
  Lookup lookup;
  bool is_mended;
  Value document;
};

void assert_command(const Source& source, const std::vector<std::string>& expected) {
  std::pmr::monotonic_buffer_resource memory;
  const auto command = redis_command(source, "the key", &memory);
  assert_int_equal(command.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    assert_true(command[i] == expected[i]);
  }
}

void commands_are_bounded(void**) {
  assert_command(source_of(SourceType::json, 65536), {"GETRANGE", "the key", "0", "65536"});
  assert_command(source_of(SourceType::string, 1), {"GETRANGE", "the key", "0", "1"});
  assert_command(source_of(SourceType::hash), {"HMGET", "the key", "items", "tier"});
  assert_command(source_of(SourceType::list), {"LRANGE", "the key", "0", "99"});
  Source none = source_of(SourceType::hash);
  none.fields.clear();
  assert_command(none, {});
}

void json_reply(void**) {
  const auto json = source_of(SourceType::json);
  const Read good(json, string_reply(R"({"a":1})"));
  assert_int_equal(good.lookup, Lookup::fetched);
  assert_true(good.document.find("a").as_number() == 1);
  assert_int_equal(Read(json, string_reply("")).lookup, Lookup::missing);
  assert_int_equal(Read(json, string_reply("{")).lookup, Lookup::invalid);
  assert_int_equal(Read(json, string_reply("[1,2,3,4,5,6,7,8,9]")).lookup, Lookup::fetched);
  assert_int_equal(Read(json, string_reply("[1,2,3,4,5,6,7,8,90]")).lookup, Lookup::fetched);
  assert_int_equal(Read(json, string_reply("[1,2,3,4,5,6,7,8,901]")).lookup, Lookup::too_large);
}

void what_is_not_quite_json_is_said(void**) {
  const auto half = string_reply(R"({"a":"\ud83d","b":1})");
  const auto whole = string_reply(R"({"a":"x"})");
  const auto is_mended = [](SourceType type, const RedisReply& reply) {
    const Read read(source_of(type, 1000), reply);
    assert_int_equal(read.lookup, Lookup::fetched);
    return read.is_mended;
  };
  assert_true(is_mended(SourceType::json, half));
  assert_false(is_mended(SourceType::json, whole));
  assert_true(is_mended(SourceType::hash, array_reply({half, whole})));
  assert_true(is_mended(SourceType::list, array_reply({half, whole})));
  assert_false(is_mended(SourceType::list, array_reply({whole, string_reply("\xff")})));
  assert_false(is_mended(SourceType::string, half));
}

void string_of_any_bytes(void**) {
  const Read read(source_of(SourceType::string), string_reply(std::string_view("{\0\xff", 3)));
  assert_int_equal(read.lookup, Lookup::fetched);
  assert_true(read.document.as_string() == std::string_view("{\0\xff", 3));
}

void hash_reply(void**) {
  const auto hash = source_of(SourceType::hash);
  const auto nil = reply_of(RedisReply::Kind::nil);
  const Read both(hash, array_reply({string_reply("[1,{\"id\":2}]"), string_reply("07")}));
  assert_int_equal(both.lookup, Lookup::fetched);
  assert_true(both.document.find("tier").as_string() == "07");
  assert_true(both.document.find("items").at(1).find("id").as_number() == 2);

  const Read one(hash, array_reply({nil, string_reply("[gold]")}));
  assert_int_equal(one.lookup, Lookup::fetched);
  assert_true(one.document.find("items").is_missing());
  assert_true(one.document.find("tier").as_string() == "[gold]");

  assert_int_equal(Read(hash, array_reply({nil, nil})).lookup, Lookup::missing);
  assert_int_equal(Read(hash, array_reply({nil, string_reply("")})).lookup, Lookup::fetched);
  assert_int_equal(Read(hash, array_reply({nil})).lookup, Lookup::error);
  assert_int_equal(Read(hash, array_reply({nil, array_reply({})})).lookup, Lookup::error);
  assert_int_equal(Read(hash, array_reply({nil, reply_of(RedisReply::Kind::too_large)})).lookup,
                   Lookup::too_large);
  const std::string ten(10, 'x');
  const std::string eleven(11, 'x');
  assert_int_equal(Read(hash, array_reply({string_reply(ten), string_reply(ten)})).lookup,
                   Lookup::fetched);
  assert_int_equal(Read(hash, array_reply({string_reply(ten), string_reply(eleven)})).lookup,
                   Lookup::too_large);
}

void all_fields_of_a_hash(void**) {
  auto hash = source_of(SourceType::fields);
  hash.decodes = false;
  std::pmr::monotonic_buffer_resource memory;
  const auto command = redis_command(hash, "k", &memory);
  assert_true(command.size() == 2 && command[0] == "HGETALL" && command[1] == "k");
  const Read two(hash, array_reply({string_reply("b"), string_reply("[1]"), string_reply("a"),
                                    string_reply("")}));
  assert_int_equal(two.lookup, Lookup::fetched);
  assert_int_equal(two.document.size(), 2);
  assert_true(two.document.find("b").as_string() == "[1]");
  assert_true(two.document.find("a").as_string().empty());
  assert_int_equal(Read(hash, array_reply({})).lookup, Lookup::missing);
  assert_int_equal(Read(hash, array_reply({string_reply("a")})).lookup, Lookup::error);
  assert_int_equal(
      Read(hash, array_reply({string_reply("a"), string_reply(std::string(20, 'x'))})).lookup,
      Lookup::too_large);
}

void list_reply(void**) {
  const auto list = source_of(SourceType::list, 1000);
  const Read good(list, array_reply({string_reply("sku-1"), string_reply("{\"id\":2}")}));
  assert_int_equal(good.lookup, Lookup::fetched);
  assert_int_equal(good.document.size(), 2);
  assert_true(good.document.at(0).as_string() == "sku-1");
  assert_true(good.document.at(1).find("id").as_number() == 2);
  assert_int_equal(Read(list, array_reply({})).lookup, Lookup::missing);
  const std::vector<RedisReply> hundred(100, string_reply("1"));
  const std::vector<RedisReply> more(101, string_reply("1"));
  assert_int_equal(Read(list, array_reply(hundred)).lookup, Lookup::fetched);
  assert_int_equal(Read(list, array_reply(more)).lookup, Lookup::error);
  assert_int_equal(Read(source_of(SourceType::list, 99), array_reply(hundred)).lookup,
                   Lookup::too_large);
}

void ranking_reply(void**) {
  const auto ranking = source_of(SourceType::ranking, 300);
  const auto read = [&](const std::vector<std::string_view>& words) {
    std::vector<RedisReply> elements;
    for (const auto word : words) {
      elements.push_back(string_reply(word));
    }
    return Read(ranking, array_reply(elements));
  };
  const Read good = read({"shoes", "1.5e+20", "{hats", "3", "-", "-0.5"});
  assert_int_equal(good.lookup, Lookup::fetched);
  assert_true(good.document.find("shoes").as_number() == 1.5e20);
  assert_true(good.document.find("{hats").as_number() == 3);
  assert_true(good.document.find("-").as_number() == -0.5);
  const Read odd = read({"a", "inf", "b", "nan", "c", "", "d", "x"});
  assert_int_equal(odd.lookup, Lookup::fetched);
  assert_int_equal(odd.document.size(), 0);
  assert_int_equal(read({}).lookup, Lookup::missing);
  assert_int_equal(read({"a"}).lookup, Lookup::error);
  assert_int_equal(read(std::vector<std::string_view>(100, "1")).lookup, Lookup::fetched);
  assert_int_equal(read(std::vector<std::string_view>(102, "1")).lookup, Lookup::error);
  assert_int_equal(read({std::string(300, 'x'), "1"}).lookup, Lookup::too_large);
  assert_command(ranking, {"ZREVRANGE", "the key", "0", "49", "WITHSCORES"});
}

void zset_reply(void**) {
  const auto zset = source_of(SourceType::zset, 300);
  const Read good(zset, array_reply({string_reply("b"), string_reply("3"), string_reply("a"),
                                     string_reply("1.5"), string_reply("c"), string_reply("x")}));
  assert_int_equal(good.lookup, Lookup::fetched);
  assert_int_equal(good.document.size(), 2);
  assert_true(good.document.at(0).find("id").as_string() == "b");
  assert_true(good.document.at(0).find("score").as_number() == 3);
  assert_true(good.document.at(1).find("id").as_string() == "a");
  assert_int_equal(Read(zset, array_reply({})).lookup, Lookup::missing);
  assert_int_equal(Read(zset, array_reply({string_reply("b")})).lookup, Lookup::error);
  assert_command(zset, {"ZREVRANGE", "the key", "0", "99", "WITHSCORES"});
}

void text_that_is_not_decoded(void**) {
  for (const auto type : {SourceType::hash, SourceType::list}) {
    auto source = source_of(type);
    const auto decoded = source_id(source);
    source.decodes = false;
    assert_true(source_id(source) != decoded);
    const Read read(source, array_reply({string_reply("[1]"), string_reply("{}")}));
    const Value first =
        type == SourceType::list ? read.document.at(0) : read.document.find("items");
    assert_true(first.as_string() == "[1]");
  }
}

void other_replies(void**) {
  using Kind = RedisReply::Kind;
  const auto error = [](std::string_view text) { return reply_of(Kind::error, text); };
  for (const auto type : {SourceType::json, SourceType::hash, SourceType::list, SourceType::string,
                          SourceType::ranking, SourceType::zset}) {
    const auto source = source_of(type);
    const auto lookup = [&](const RedisReply& reply) { return Read(source, reply).lookup; };
    assert_int_equal(lookup(error("WRONGTYPE Operation against a key")), Lookup::wrong_type);
    assert_int_equal(lookup(error("LOADING Redis is loading")), Lookup::error);
    assert_int_equal(lookup(error("")), Lookup::error);
    assert_int_equal(lookup(reply_of(Kind::nil)), Lookup::missing);
    assert_int_equal(lookup(reply_of(Kind::too_large)), Lookup::too_large);
    assert_int_equal(lookup(reply_of(Kind::integer)), Lookup::error);
    assert_int_equal(lookup(reply_of(Kind::status, "OK")), Lookup::error);
  }
  assert_int_equal(Read(source_of(SourceType::json), array_reply({})).lookup, Lookup::error);
  assert_int_equal(Read(source_of(SourceType::list), string_reply("x")).lookup, Lookup::error);
}

void out_of_memory_is_an_error(void**) {
  char buffer[256];
  std::pmr::monotonic_buffer_resource small(buffer, sizeof(buffer),
                                            std::pmr::null_memory_resource());
  DocumentBuilder b(&small);
  const std::string text(1000, 'x');
  assert_int_equal(read_reply(source_of(SourceType::string, 2000), string_reply(text), b).outcome,
                   Lookup::error);
}

void names_are_those_of_the_variable(void**) {
  assert_true(to_string(Lookup::hit) == "hit");
  assert_true(to_string(Lookup::too_large) == "too_large");
  assert_true(to_string(Lookup::timeout) == "timeout");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(commands_are_bounded),
    cmocka_unit_test(json_reply),
    cmocka_unit_test(what_is_not_quite_json_is_said),
    cmocka_unit_test(string_of_any_bytes),
    cmocka_unit_test(hash_reply),
    cmocka_unit_test(all_fields_of_a_hash),
    cmocka_unit_test(list_reply),
    cmocka_unit_test(ranking_reply),
    cmocka_unit_test(zset_reply),
    cmocka_unit_test(text_that_is_not_decoded),
    cmocka_unit_test(other_replies),
    cmocka_unit_test(out_of_memory_is_an_error),
    cmocka_unit_test(names_are_those_of_the_variable),
};
const Suite suite(__FILE__, tests);

}  // namespace
