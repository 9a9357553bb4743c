// Events from JSON lines and files.
#include "personalize/report/reading.h"

#include <unistd.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <cstdio>
#include <string>
#include <vector>

namespace {

namespace report = personalize::report;
using report::Event;
using report::EventKind;
using report::Field;

void assert_text(std::string_view is, std::string_view should) {
  assert_string_equal(std::string(is).c_str(), std::string(should).c_str());
}

void a_line_becomes_an_event(void**) {
  Event event;
  std::string scratch;
  const std::string line =
      R"( {"id":"0a-1","event":"conversion", "time" : 1790000000123,"visitor":"ab","metric":"purchase",)"
      R"("value":12.50,"order":"a\"b\\","items":"\u0141\u00f3d\u017a \ud83d\ude00\n","new_field":[1,{"a":"]}"}],)"
      R"("attributes":{"geo.country":"PL","segments":["a","}"]},"holdout":1,"session":null})";
  assert_null(report::read_event_line(line, event, scratch));
  assert_int_equal(event.kind(), EventKind::conversion);
  assert_true(event.time() == 1790000000123);
  assert_true(event.value() == 12.5);
  assert_text(event[Field::id], "0a-1");
  assert_text(event[Field::value], "12.50");
  assert_text(event[Field::order], "a\"b\\");
  assert_text(event[Field::items], "Łódź 😀\n");
  assert_text(event[Field::attributes], R"({"geo.country":"PL","segments":["a","}"]})");
  assert_text(event[Field::holdout], "1");
  assert_text(event[Field::session], "");
  assert_text(event[Field::campaign], "");
}

void every_name_is_that_of_its_field(void**) {
  for (std::size_t i = 0; i < report::field_count; ++i) {
    const auto field = static_cast<Field>(i);
    assert_true(report::field_of(report::field_name(field)) == field);
  }
  assert_false(report::field_of("").has_value());
  assert_false(report::field_of("visitors").has_value());
}

void damaged_lines_are_told_from_events(void**) {
  const char* const lines[] = {
      "",
      "[]",
      "12",
      "{",
      R"({"event":"view","time":1)",
      R"({"event":"view","time":1,})",
      R"({"event":"view" "time":1})",
      R"({"event":"view","time":1}x)",
      R"({"event":"view","time":1}{"event":"view","time":1})",
      R"({"event":"view","time":1,"attributes":{"a":[1})",
      R"({"event":"view","time":1,"path":"\q"})",
      R"({"event":"view","time":1,"path":"\u12"})",
      R"({"event":"view","time":1,"path":"\)",
      "{\"event\":\"view\",\"time\":1,\"path\":\"\xff\"}",
      R"({"time":1})",
      R"({"event":"view"})",
      R"({"event":"view","time":"soon"})",
      R"({"event":"view","time":-1})",
      R"({"event":"view","time":1e999})",
      R"({"event":"view","time":99999999999999999999})",
      R"({"event":"conversion","time":1,"value":"x"})",
      R"({"event":"conversion","time":1,"value":1e999})",
      R"({"event":"conversion","time":1,"value":nan})",
      R"({"event":"conversion","time":1,"value":-1e16})",
  };
  for (const char* line : lines) {
    Event event;
    std::string scratch;
    if (report::read_event_line(line, event, scratch) == nullptr) {
      fail_msg("taken for an event: %s", line);
    }
  }
}

// What a line says is at worst not understood, wherever it is cut off.
void a_line_can_end_anywhere(void**) {
  const std::string line =
      R"({"event":"view","time":1,"path":"a\"\u0041\\","attributes":{"a":["b\"]"]}})";
  for (std::size_t size = 0; size <= line.size(); ++size) {
    const std::vector<char> cut(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(size));
    Event event;
    std::string scratch;
    const char* problem = report::read_event_line({cut.data(), cut.size()}, event, scratch);
    assert_true((problem == nullptr) == (size == line.size()));
  }
}

class Collected : public report::EventSink, public report::Complaints {
 public:
  void take(const Event& event) override { paths.emplace_back(event[Field::path]); }
  void damaged(const std::string& where, const std::string& problem) override {
    complaints.push_back(where.substr(where.rfind('/') + 1) + " " + problem);
  }
  std::vector<std::string> paths;
  std::vector<std::string> complaints;
};

// A file that is gone when the test ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int file = mkstemp(path_);
    assert_true(file >= 0);
    assert_true(write(file, content.data(), content.size()) ==
                static_cast<ssize_t>(content.size()));
    close(file);
  }
  ~TemporaryFile() { unlink(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return path_; }
  std::string name() const { return path().substr(path().rfind('/') + 1); }

 private:
  char path_[32] = "/tmp/report-test-XXXXXX";
};

std::string event_line(const std::string& path) {
  return R"({"event":"view","time":1,"path":")" + path + "\"}";
}

std::string gzip_of(const std::string& text) {
  z_stream stream{};
  assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Collected read(const std::vector<std::string>& files) {
  Collected collected;
  report::Inputs inputs;
  inputs.files = files;
  report::read_events(inputs, collected, collected, nullptr);
  return collected;
}

void files_are_read_line_by_line(void**) {
  const TemporaryFile first(event_line("a") + "\nrubbish\n\n" + event_line("b") + "\r\n" +
                            event_line("c"));
  const TemporaryFile second(gzip_of(event_line("d") + "\n") + gzip_of(event_line("e") + "\n{"));
  const auto read_both = read({first.path(), second.path()});
  assert_true(read_both.paths == std::vector<std::string>({"a", "b", "c", "d", "e"}));
  assert_true(read_both.complaints ==
              std::vector<std::string>({first.name() + ":2 it is not a JSON object",
                                        second.name() + ":3 it is not valid JSON"}));
}

void lines_longer_than_the_buffer_are_passed_over(void**) {
  const std::string long_path(5 << 20, 'x');
  const std::string just_fits(1000000, 'y');
  const TemporaryFile file(event_line("a") + "\n" + event_line(long_path) + "\n" + event_line("b") +
                           "\n" + event_line(just_fits) + "\n" + event_line(long_path));
  const auto collected = read({file.path()});
  assert_true(collected.paths == std::vector<std::string>({"a", "b", just_fits}));
  assert_true(collected.complaints ==
              std::vector<std::string>({file.name() + ":2 it is not valid JSON",
                                        file.name() + ":5 it is not valid JSON"}));
}

void a_compressed_file_may_be_cut_off(void**) {
  std::string lines;
  for (int i = 0; i < 50000; ++i) {
    lines += event_line(std::to_string(i * 7919 % 50000)) + "\n";
  }
  const std::string packed = gzip_of(lines);
  const TemporaryFile cut(packed.substr(0, packed.size() / 2));
  const auto collected = read({cut.path()});
  assert_true(collected.paths.size() > 1000 && collected.paths.size() < 49000);
  assert_true(collected.complaints.back().find("the compressed file ends in the middle") !=
              std::string::npos);
}

void a_file_that_is_absent_is_named(void**) {
  try {
    read({"/nonexistent/events.log"});
    fail();
  } catch (const report::ReadError& error) {
    assert_string_equal(error.what(),
                        "/nonexistent/events.log: cannot be opened: No such file or directory");
  }
}

void addresses_of_redis(void**) {
  const auto text = [](std::string_view address) {
    try {
      const auto read = report::read_redis_address(address);
      return read.host + " " + std::to_string(read.port);
    } catch (const report::ReadError&) {
      return std::string("refused");
    }
  };
  assert_text(text("redis.example:6380"), "redis.example 6380");
  assert_text(text("10.0.0.1"), "10.0.0.1 6379");
  assert_text(text("[::1]:7000"), "::1 7000");
  assert_text(text("::1"), "::1 6379");
  assert_text(text("/run/redis.sock"), "/run/redis.sock 6379");
  assert_text(text("unix:/run/redis.sock"), "/run/redis.sock 6379");
  for (const char* wrong : {"", ":6379", "a:0", "a:65536", "a:b", "unix:"}) {
    assert_text(text(wrong), "refused");
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(a_line_becomes_an_event),
    cmocka_unit_test(every_name_is_that_of_its_field),
    cmocka_unit_test(damaged_lines_are_told_from_events),
    cmocka_unit_test(a_line_can_end_anywhere),
    cmocka_unit_test(files_are_read_line_by_line),
    cmocka_unit_test(lines_longer_than_the_buffer_are_passed_over),
    cmocka_unit_test(a_compressed_file_may_be_cut_off),
    cmocka_unit_test(a_file_that_is_absent_is_named),
    cmocka_unit_test(addresses_of_redis),
};
const Suite suite(__FILE__, tests);

}  // namespace
