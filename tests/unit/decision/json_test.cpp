// `json FILE`: a GrowthBook condition as a segment, and what is wrong with one.
#include "fixture.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

// A file that is there as long as this object.
class File {
 public:
  explicit File(std::string_view text) {
    const int fd = mkstemp(path_.data());
    assert_true(fd >= 0);
    close(fd);
    std::ofstream(path_) << text;
  }
  ~File() { std::remove(path_.c_str()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string line() const { return "json " + path_ + ";"; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "personalize-json-XXXXXX";
};

bool holds(std::string_view condition, std::string_view profile) {
  return fixture::holds(File(condition).line(), profile);
}

void test_condition_as_a_segment(void** /*state*/) {
  const char* condition = R"({
    "profile.clv": {"$gte": 50000},
    "$or": [{"profile.tier": "gold"}, {"profile.tags": {"$elemMatch": {"$eq": "vip"}}}]
  })";
  assert_true(holds(condition, R"({"clv": 50000, "tags": ["vip"]})"));
  assert_false(holds(condition, R"({"clv": 49999, "tier": "gold"})"));
  assert_false(holds(condition, R"({"clv": 50000})"));
  assert_true(holds("{}", "{}"));
}

// Missing is null there, other than in `when`.
void test_missing_is_null(void** /*state*/) {
  assert_true(holds(R"({"profile.x": null})", "{}"));
  assert_true(holds(R"({"profile.x": {"$lt": 1}})", "{}"));
  assert_false(fixture::holds("when profile.x < 1;", "{}"));
}

// Where a browser would round: numbers that a double cannot hold are compared to the last digit.
void test_exact_numbers(void** /*state*/) {
  const auto equal = [](const std::string& condition, const std::string& value) {
    return holds("{\"profile.x\": " + condition + "}", "{\"x\": " + value + "}");
  };
  const std::string odd = "9007199254740993";
  const std::string even = "9007199254740992";
  assert_true(equal(odd, odd));
  assert_false(equal(odd, even));
  assert_false(equal(even, odd));
  assert_true(equal(even, even));
  assert_true(equal(odd, '"' + odd + '"'));
  assert_false(equal(odd, '"' + even + '"'));
  assert_true(equal('"' + odd + '"', odd));
  assert_false(equal('"' + even + '"', odd));
  assert_true(equal("{\"$in\": [1, " + odd + "]}", odd));
  assert_false(equal("{\"$in\": [1, " + even + "]}", odd));
  assert_true(equal("{\"$gt\": " + even + "}", odd));
  assert_false(equal("{\"$lt\": " + odd + "}", odd));
  assert_true(equal("[" + odd + "]", "[" + odd + "]"));
  assert_false(equal("[" + even + "]", "[" + odd + "]"));
  assert_true(equal("18446744073709551615", "18446744073709551615"));
  assert_false(equal("18446744073709551615", "18446744073709551614"));
}

void test_json_inside_blocks(void** /*state*/) {
  const File file(R"({"profile.tier": "gold"})");
  const std::string lines = "any { when profile.vip; " + file.line() + " }";
  assert_true(fixture::holds(lines, R"({"tier": "gold"})"));
  assert_true(fixture::holds(lines, R"({"vip": 1})"));
  assert_false(fixture::holds(lines, "{}"));
}

void test_segment_in_json(void** /*state*/) {
  const File file(R"({"segment.vip": true})");
  fixture::Server server(
      {fixture::declare("imported", file.line()), fixture::declare("vip", "when profile.clv > 1;")},
      {});
  assert_int_equal(server.program->segment_needs(0).to_ulong(), 1);
  server.facts.set("profile", R"({"clv": 2})");
  personalize::Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  assert_true(decision.segment(0));
}

void test_element_of_a_list(void** /*state*/) {
  assert_true(holds(R"({"profile.n": {"$elemMatch": {"$lt": 1}}})", R"({"n": [0]})"));
  assert_false(holds(R"({"profile.n": {"$elemMatch": {"$lt": 1}}})", R"({"n": [null]})"));
  assert_true(holds(R"({"profile.o": {"$elemMatch": {"a.b": 1, "$not": {"c": 2}}}})",
                    R"({"o": [{"a": {"b": 1}, "c": 2}, {"a": {"b": 1}}]})"));
}

struct Mistake {
  const char* json;
  const char* message;  // part of it
};

void test_mistakes(void** /*state*/) {
  const Mistake mistakes[] = {
      {"{\"profile.x\": 1,}", "is not JSON"},
      {"{\"profile.x\": 1, \"profile.x\": 2}", "is not JSON"},
      {"", "is not JSON"},
      {"[1]", "a condition must be an object"},
      {"{\"country\": \"PL\"}", "unknown attribute \"country\""},
      {"{\"profile.x\": {\"$gtt\": 1}}", "unknown operator \"$gtt\"; the operators are $eq"},
      {"{\"profile.x\": {\"$in\": \"PL\"}}", "\"$in\" takes a list"},
      {"{\"profile.x\": {\"$all\": 1}}", "\"$all\" takes a list"},
      {"{\"profile.x\": {\"$regex\": \"a(\"}}", "bad regular expression \"a(\""},
      {"{\"profile.x\": {\"$regex\": 5}}", "takes a regular expression as a string"},
      {"{\"profile.x\": {\"$type\": \"text\"}}", "\"$type\" takes one of"},
      {"{\"profile.x\": {\"$elemMatch\": 5}}", "\"$elemMatch\" takes a condition"},
      {"{\"profile.x\": {\"$inGroup\": \"vips\"}}", "list the values with $in"},
      {"{\"$or\": {\"profile.x\": 1}}", "\"$or\" takes a list of conditions"},
      {"{\"$and\": [5]}", "a condition must be an object"},
  };
  for (const auto& mistake : mistakes) {
    const std::string error = fixture::error_of(File(mistake.json).line());
    if (error.find(mistake.message) == std::string::npos) {
      fail_msg("%s: \"%s\" lacks \"%s\"", mistake.json, error.c_str(), mistake.message);
    }
    assert_non_null(std::strstr(error.c_str(), "/personalize-json-"));
  }
}

void test_nesting_is_limited(void** /*state*/) {
  const auto nested = [](int depth) {
    std::string json;
    for (int i = 0; i < depth; ++i) {
      json += "{\"$not\":";
    }
    return json + "{}" + std::string(static_cast<std::size_t>(depth), '}');
  };
  assert_string_equal(fixture::error_of(File(nested(60)).line()).c_str(), "");
  assert_non_null(std::strstr(fixture::error_of(File(nested(64)).line()).c_str(), "nests deeper"));
  assert_non_null(std::strstr(fixture::error_of(File(nested(5000)).line()).c_str(), "not JSON"));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_condition_as_a_segment),
    cmocka_unit_test(test_missing_is_null),
    cmocka_unit_test(test_exact_numbers),
    cmocka_unit_test(test_json_inside_blocks),
    cmocka_unit_test(test_segment_in_json),
    cmocka_unit_test(test_element_of_a_list),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_nesting_is_limited),
};
const Suite suite(__FILE__, tests);

}  // namespace
