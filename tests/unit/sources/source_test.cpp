// personalize_source: parameters, key templates, hash fields.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <cstring>
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#include "base/numbers/units.h"
#include "personalize/sources/sources.h"

namespace {

using namespace personalize;

const Where here{"nginx.conf", 7};

class FixedFacts final : public Facts {
 public:
  Value get(AttributeId id) noexcept override { return values[id]; }
  std::map<AttributeId, Value> values;
};

std::string message_of(const std::vector<std::string_view>& parameters) {
  AttributeTable attributes;
  try {
    parse_source("profile", parameters, {}, attributes, here);
  } catch (const ConfigError& e) {
    assert_int_equal(e.where().line, 7);
    return e.what();
  }
  return "no error";
}

void assert_error(const std::vector<std::string_view>& parameters, const std::string& part) {
  const auto message = message_of(parameters);
  if (message.find(part) == std::string::npos) {
    print_error("message: %s\n", message.c_str());
  }
  assert_true(message.find(part) != std::string::npos);
}

void parses_all_parameters(void**) {
  AttributeTable attributes;
  const auto source = parse_source("weather",
                                   {"key=weather:${geo.country}", "type=hash", "ttl=15m",
                                    "stale=1h30m", "negative=500ms", "max=1m"},
                                   {}, attributes, here);
  assert_string_equal(source.name.c_str(), "weather");
  assert_int_equal(source.where.line, 7);
  assert_int_equal(source.type, SourceType::hash);
  assert_int_equal(source.times.ttl_ms, 900000);
  assert_int_equal(source.times.stale_ms, 5400000);
  assert_int_equal(source.times.negative_ms, 500);
  assert_int_equal(source.max, 1048576);
}

void defaults_are_those_of_the_cache(void**) {
  AttributeTable attributes;
  const CacheTimes defaults{1000, 2000, 3000};
  const auto source = parse_source("p", {"key=p"}, defaults, attributes, here);
  assert_int_equal(source.type, SourceType::json);
  assert_int_equal(source.max, 65536);
  assert_int_equal(source.times.ttl_ms, 1000);
  assert_int_equal(source.times.stale_ms, 2000);
  assert_int_equal(source.times.negative_ms, 3000);
}

void ttl_0_asks_on_every_request(void**) {
  AttributeTable attributes;
  const auto plain = parse_source("p", {"key=p", "ttl=0"}, {}, attributes, here);
  assert_int_equal(plain.times.ttl_ms, 0);
  assert_int_equal(plain.times.stale_ms, 0);
  assert_int_equal(plain.times.negative_ms, 0);
  const auto stale = parse_source("p", {"key=p", "ttl=0", "stale=1m"}, {}, attributes, here);
  assert_int_equal(stale.times.stale_ms, 60000);
  assert_int_equal(stale.times.negative_ms, 0);
}

void errors_say_what_is_wrong(void**) {
  assert_error({}, "key= is missing");
  assert_error({"key="}, "the key is empty");
  assert_error({"key=a", "key=b"}, "key= is duplicate");
  assert_error({"key=a", "colour=red"}, "unknown parameter \"colour=red\"");
  assert_error({"key=a", "fresh"}, "unknown parameter \"fresh\"");
  assert_error({"key=a", "type=set"},
               "type=set is unknown; it must be one of json, hash, list, string, zset");
  assert_error({"key=a", "ttl=soon"}, "ttl=soon is not a time");
  assert_error({"key=a", "stale="}, "stale= is not a time");
  assert_error({"key=a", "negative=-1"}, "negative=-1 is not a time");
  assert_error({"key=a", "max=0"}, "max=0 is not a size");
  assert_error({"key=a", "max=17m"}, "max=17m is not a size");
  assert_error({"key=a", "max=1g"}, "max=1g is not a size");
  assert_error({"key=a${visitor.id"}, "lacks its closing");
  assert_error({"key=a${visitor.name}"}, "unknown attribute \"visitor.name\"");
  assert_error({"key=a${}"}, "unknown attribute");
  assert_error({"key=a$cookie_vid"}, "written in braces");
}

void times_are_nginx_times(void**) {
  const std::pair<const char*, std::int64_t> right[] = {
      {"0", 0},           {"5", 5000},         {"500ms", 500},   {"60s", 60000},
      {"10m", 600000},    {"1h", 3600000},     {"1d", 86400000}, {"1w", 604800000},
      {"1M", 2592000000}, {"1y", 31536000000}, {"1m30", 90000},  {"1d2h3m4s5ms", 93784005},
      {"0s", 0},
  };
  for (const auto& [text, ms] : right) {
    const auto time = parse_time(text);
    assert_true(time.has_value());
    assert_int_equal(*time, ms);
  }
  for (const auto* text : {"", "s", "-1", "1x", "1s1m", "1m1m", "1 m", "5 5", "101y", "1.5s", "ms",
                           "99999999999999999999", "9223372036854775807y", "5m5h", "10ms5"}) {
    if (parse_time(text)) {
      print_error("accepted: %s\n", text);
    }
    assert_false(parse_time(text).has_value());
  }
}

void sizes_are_nginx_sizes(void**) {
  assert_int_equal(*parse_size("1"), 1);
  assert_int_equal(*parse_size("64k"), 65536);
  assert_int_equal(*parse_size("2K"), 2048);
  assert_int_equal(*parse_size("1m"), 1048576);
  assert_int_equal(*parse_size("4095M"), 4095U * 1048576U);
  for (const auto* text : {"", "k", "-1", "1kk", "1 k", "4096m", "1g", "99999999999999999999"}) {
    assert_false(parse_size(text).has_value());
  }
}

void key_is_put_together(void**) {
  AttributeTable attributes;
  const KeyTemplate key("w:{${geo.country}}:${geo.latitude}:${device.type}$5$", attributes, here);
  assert_true(key.head() == "w:{");
  FixedFacts facts;
  facts.values[attributes.intern("geo.country", here)] = Value::string("PL");
  facts.values[attributes.intern("geo.latitude", here)] = Value::number(51.75);
  facts.values[attributes.intern("device.type", here)] = Value::boolean(true);
  std::pmr::string text("before ");
  assert_true(key.expand(facts, text));
  assert_string_equal(text.c_str(), "before w:{PL}:51.75:true$5$");
  assert_true(key.uses(attributes, Root::geo, Field::geo_country));
  assert_false(key.uses(attributes, Root::geo, Field::geo_city));
  assert_true(key.needs(attributes).none());
}

void named_fields(void**) {
  AttributeTable attributes;
  attributes.declare_source("profile", here);
  const auto source =
      parse_source("profile", {"key=p", "type=hash", "fields=name,tier"}, {}, attributes, here);
  assert_true(source.has_fields);
  assert_int_equal(source.fields.size(), 2);
  attributes.intern("profile.tier", here);
  attributes.intern("profile", here);
  check_named_fields(source, 0, attributes);
  Source whole = source;
  collect_hash_fields(whole, 0, attributes);
  assert_true(whole.fields == source.fields);
  attributes.intern("profile.teir", here);
  try {
    check_named_fields(source, 0, attributes);
    fail_msg("a misspelt field was taken");
  } catch (const ConfigError& e) {
    assert_non_null(std::strstr(
        e.what(), "\"profile.teir\" does not exist: source \"profile\" has the fields name, tier"));
  }
  assert_error({"key=p", "fields=a,b.c"}, "write \"b\" for \"b.c\"");
  assert_error({"key=p", "fields=a,,b"}, "has an empty name");
  assert_error({"key=p", "fields=a,a"}, "or one twice");
  assert_error({"key=p", "type=list", "fields=a"}, "is for type=json and type=hash");
}

void merges(void**) {
  assert_false(read_merge("c", {"key=p"}, here).has_value());
  const auto parts = read_merge("c", {"merge=crm,web"}, here);
  assert_true(parts == std::vector<std::string>({"crm", "web"}));
  for (const auto& parameters :
       {std::vector<std::string_view>{"merge=crm"}, std::vector<std::string_view>{"merge=crm,crm"},
        std::vector<std::string_view>{"merge="},
        std::vector<std::string_view>{"merge=a,b", "ttl=1s"}}) {
    try {
      read_merge("c", parameters, here);
      fail_msg("a merge was taken");
    } catch (const ConfigError& e) {
      assert_non_null(std::strstr(e.what(), "merge=crm,web"));
    }
  }
}

void filters_in_keys(void**) {
  AttributeTable attributes;
  const KeyTemplate key(
      "p:${cookie.gender | default 'a}|b'}:${var.n|divided_by 10|plus var.m}:${var.list | first}",
      attributes, here);
  FixedFacts facts;
  DocumentBuilder list(std::pmr::get_default_resource());
  list.begin_array();
  list.string("shoes");
  list.end();
  facts.values[attributes.intern("var.n", here)] = Value::string("57");
  facts.values[attributes.intern("var.m", here)] = Value::number(1);
  facts.values[attributes.intern("var.list", here)] = Value::document(list.finish());
  std::pmr::string text;
  assert_true(key.expand(facts, text));
  assert_string_equal(text.c_str(), "p:a}|b:6:shoes");
  facts.values[attributes.intern("cookie.gender", here)] = Value::string("f");
  facts.values[attributes.intern("var.n", here)] = Value();
  assert_false(key.expand(facts, text));
  assert_int_equal(key.attributes().size(), 4);
  assert_error({"key=p:${cookie.a | nonsense}"}, "unknown filter \"nonsense\"");
  assert_error({"key=p:${cookie.a | money}"}, "outside of pages the filters are default");
  assert_error({"key=p:${cookie.a | plus}"}, "filter plus is written");
  assert_error({"key=p:${cookie.a | plus nothing.x}"}, "unknown attribute \"nothing.x\"");
  assert_error({"key=p:${cookie.a | default '}"}, "lacks its closing");
}

void numbers_are_written_as_javascript_does(void**) {
  AttributeTable attributes;
  const KeyTemplate key("${var.n}", attributes, here);
  assert_true(key.head().empty());
  const std::pair<double, const char*> numbers[] = {
      {0, "0"},
      {-0.0, "0"},
      {-7, "-7"},
      {5000000, "5000000"},
      {9007199254740991.0, "9007199254740991"},
      {10000000000000000.0, "10000000000000000"},
      {1e21, "1e+21"},
      {0.1, "0.1"},
      {-2.5, "-2.5"},
  };
  for (const auto& [n, text] : numbers) {
    FixedFacts facts;
    facts.values[0] = Value::number(n);
    std::pmr::string is;
    assert_true(key.expand(facts, is));
    assert_string_equal(is.c_str(), text);
  }
}

// Another number would be another person's key.
void numbers_that_no_double_holds_are_written_as_they_are(void**) {
  AttributeTable attributes;
  const KeyTemplate key("orders:${var.n}", attributes, here);
  FixedFacts facts;
  std::pmr::string is;
  facts.values[0] = Value::number(9007199254740992.0, "9007199254740993");
  assert_true(key.expand(facts, is));
  assert_string_equal(is.c_str(), "orders:9007199254740993");
  const std::string too_long(2000, '7');
  facts.values[0] = Value::number(1e300, too_long);
  assert_false(key.expand(facts, is));
}

void key_without_its_attribute_is_none(void**) {
  AttributeTable attributes;
  const KeyTemplate key("p:${visitor.id}", attributes, here);
  DocumentBuilder list(std::pmr::get_default_resource());
  list.begin_array();
  list.end();
  const std::string longest(1022, 'x');
  const std::string too_long(1023, 'x');
  const std::string far_too_long(100000, 'x');
  for (const auto& value :
       {Value(), Value::null(), Value::string(""), Value::document(list.finish()),
        Value::string(too_long), Value::string(far_too_long)}) {
    FixedFacts facts;
    facts.values[0] = value;
    std::pmr::string text("kept");
    assert_false(key.expand(facts, text));
    assert_string_equal(text.c_str(), "kept");
  }
  FixedFacts facts;
  facts.values[0] = Value::string(longest);
  std::pmr::string text;
  assert_true(key.expand(facts, text));
  assert_int_equal(text.size(), 1024);
}

void key_is_binary_safe(void**) {
  AttributeTable attributes;
  const KeyTemplate key("p:${cookie.vid}", attributes, here);
  FixedFacts facts;
  facts.values[0] = Value::string(std::string_view("a\0\r\n${visitor.id}", 17));
  std::pmr::string text;
  assert_true(key.expand(facts, text));
  assert_true(text == std::string_view("p:a\0\r\n${visitor.id}", 19));
}

void key_may_need_another_source(void**) {
  AttributeTable attributes;
  attributes.declare_source("profile", here);
  attributes.declare_source("store", here);
  const KeyTemplate key("items:${store.id}:${profile.top}", attributes, here);
  assert_true(key.needs(attributes) == SourceSet(3));
}

void hash_fields_are_collected(void**) {
  AttributeTable attributes;
  const auto profile = attributes.declare_source("profile", here);
  attributes.declare_source("other", here);
  auto source = parse_source("profile", {"key=p", "type=hash"}, {}, attributes, here);
  const auto id_without = source.id;
  attributes.intern("profile.tier", here);
  attributes.intern("other.x", here);
  attributes.intern("geo.city", here);
  attributes.intern("profile.address.city", here);
  attributes.intern("profile.address.zip", here);
  collect_hash_fields(source, profile, attributes);
  assert_true(source.fields == (std::vector<std::string>{"address", "tier"}));
  assert_int_not_equal(source.id, id_without);

  auto json = parse_source("profile", {"key=p"}, {}, attributes, here);
  collect_hash_fields(json, profile, attributes);
  assert_true(json.fields.empty());
}

void whole_hash_is_refused(void**) {
  AttributeTable attributes;
  const auto profile = attributes.declare_source("profile", here);
  auto source = parse_source("profile", {"key=p", "type=hash"}, {}, attributes, here);
  attributes.intern("profile", {"site.conf", 3});
  try {
    collect_hash_fields(source, profile, attributes);
    fail();
  } catch (const ConfigError& e) {
    assert_int_equal(e.where().line, 3);
    assert_non_null(std::strstr(e.what(), "profile.FIELD"));
  }
}

void id_tells_ways_of_reading_apart(void**) {
  AttributeTable attributes;
  const auto id = [&](const std::vector<std::string_view>& parameters) {
    return parse_source("p", parameters, {}, attributes, here).id;
  };
  assert_int_equal(id({"key=a"}), id({"key=b", "ttl=1s"}));
  assert_int_not_equal(id({"key=a"}), id({"key=a", "type=string"}));
  assert_int_not_equal(id({"key=a"}), id({"key=a", "max=1k"}));
}

void condition_is_a_segment(void**) {
  AttributeTable attributes;
  attributes.declare_segment("gold", here);
  const auto segment = attributes.declare_segment("vip", here);
  const auto plain = parse_source("p", {"key=a", "if=segment.vip"}, {}, attributes, here);
  assert_int_equal(plain.condition->segment, segment);
  assert_true(plain.condition->holds(true));
  assert_false(plain.condition->holds(false));
  const auto negated = parse_source("p", {"key=a", "if=!segment.vip"}, {}, attributes, here);
  assert_int_equal(negated.condition->segment, segment);
  assert_false(negated.condition->holds(true));
  assert_true(negated.condition->holds(false));
  // It says whether to ask, not what: documents are shared with sources that read the same.
  assert_int_equal(plain.id, parse_source("p", {"key=a"}, {}, attributes, here).id);
  assert_false(parse_source("p", {"key=a"}, {}, attributes, here).condition.has_value());

  for (const auto* wrong : {"if=", "if=!", "if=vip", "if=segment.", "if=segment",
                            "if=!!segment.vip", "if=segment.nobody", "if=cookie.vip"}) {
    try {
      parse_source("p", {"key=a", wrong}, {}, attributes, here);
      fail_msg("%s is taken", wrong);
    } catch (const ConfigError&) {
    }
  }
}

void key_may_name_segments(void**) {
  AttributeTable attributes;
  attributes.declare_segment("gold", here);
  attributes.declare_segment("vip", here);
  const KeyTemplate key("a:${segment.vip}:${cookie.x}", attributes, here);
  const auto decided = key.decided(attributes);
  assert_int_equal(decided.size(), 1);
  assert_string_equal(attributes[decided[0]].spelling.c_str(), "segment.vip");
  assert_true(key.needs(attributes).none());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(parses_all_parameters),
    cmocka_unit_test(defaults_are_those_of_the_cache),
    cmocka_unit_test(ttl_0_asks_on_every_request),
    cmocka_unit_test(errors_say_what_is_wrong),
    cmocka_unit_test(times_are_nginx_times),
    cmocka_unit_test(sizes_are_nginx_sizes),
    cmocka_unit_test(key_is_put_together),
    cmocka_unit_test(filters_in_keys),
    cmocka_unit_test(named_fields),
    cmocka_unit_test(merges),
    cmocka_unit_test(numbers_are_written_as_javascript_does),
    cmocka_unit_test(numbers_that_no_double_holds_are_written_as_they_are),
    cmocka_unit_test(key_without_its_attribute_is_none),
    cmocka_unit_test(key_is_binary_safe),
    cmocka_unit_test(key_may_need_another_source),
    cmocka_unit_test(hash_fields_are_collected),
    cmocka_unit_test(whole_hash_is_refused),
    cmocka_unit_test(id_tells_ways_of_reading_apart),
    cmocka_unit_test(condition_is_a_segment),
    cmocka_unit_test(key_may_name_segments),
};
const Suite suite(__FILE__, tests);

}  // namespace
