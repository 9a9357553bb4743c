#include "base/gzip.h"

#include <memory_resource>
#include <string>

#include "suite.h"

using namespace personalize;

namespace {

using State = GzipReader::State;

std::string packed(const std::string& text) {
  z_stream stream{};
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
                   Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Read {
  std::string text;
  State state;
};

// In pieces of `step` bytes, into `room` bytes at a time.
Read read(std::string_view whole, std::size_t step, std::size_t room) {
  GzipReader reader(std::pmr::new_delete_resource());
  Read result{"", State::open};
  std::string out(room, '\0');
  while (!whole.empty()) {
    auto in = whole.substr(0, step);
    whole.remove_prefix(in.size());
    std::size_t written;
    do {
      written = reader.read(in, out.data(), room);
      result.text.append(out, 0, written);
    } while (written == room);
    assert_true(in.empty());
  }
  result.state = reader.state();
  return result;
}

// The same however it is cut.
Read read(const std::string& whole) {
  const Read result = read(whole, whole.size() + 1, 1U << 20U);
  for (const std::size_t step : {1, 2, 3, 7, 18, 100}) {
    for (const std::size_t room : {1, 2, 64, 4096}) {
      const Read other = read(whole, step, room);
      assert_true(other.state == result.state);
      assert_true(other.text == result.text);
    }
  }
  return result;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    text += "row " + std::to_string(i * i) + "\n";
  }
  return text;
}

void what_is_whole(void**) {
  for (const std::string& text : {std::string(), std::string("a"), long_text()}) {
    const Read got = read(packed(text));
    assert_true(got.text == text);
    assert_true(got.state == State::whole);
  }
}

void several_members_are_one_text(void**) {
  const Read got = read(packed("one ") + packed("") + packed("two"));
  assert_true(got.text == "one two");
  assert_true(got.state == State::whole);
}

void what_stands_behind_is_ignored(void**) {
  for (const std::string& tail : {std::string(10, '\0'), std::string("tail"), std::string("\x1f"),
                                  std::string("\x1f\x8b"), std::string("\x1f\x8b\x08\xff")}) {
    const Read got = read(packed("text") + tail);
    assert_true(got.text == "text");
    assert_true(got.state == State::whole);
  }
}

void what_is_cut_off_stays_open(void**) {
  const std::string whole = packed(long_text());
  for (const std::size_t size : {std::size_t(1), std::size_t(9), std::size_t(10), whole.size() / 2,
                                 whole.size() - 8, whole.size() - 1}) {
    const Read got = read(whole.substr(0, size));
    assert_true(got.state == State::open);
    assert_true(got.text == long_text().substr(0, got.text.size()));
  }
  assert_true(read(packed("one") + whole.substr(0, whole.size() / 2)).state == State::open);
}

void what_is_damaged_is_broken(void**) {
  assert_true(read("<!doctype html><p>no gzip").state == State::broken);
  std::string whole = packed(long_text());
  whole[whole.size() - 6] = static_cast<char>(whole[whole.size() - 6] ^ 1);  // the checksum
  assert_true(read(whole).state == State::broken);
  whole = packed(long_text());
  whole[whole.size() / 2] = static_cast<char>(whole[whole.size() / 2] ^ 0x55);
  assert_true(read(whole).state == State::broken);
}

void nothing_is_nothing(void**) {
  GzipReader reader(std::pmr::null_memory_resource());
  assert_true(reader.state() == State::open);
  std::string_view in = "\x1f\x8b\x08";
  char out[8];
  assert_int_equal(reader.read(in, out, sizeof(out)), 0);  // there is no memory
  assert_true(reader.state() == State::broken);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_is_whole),
    cmocka_unit_test(several_members_are_one_text),
    cmocka_unit_test(what_stands_behind_is_ignored),
    cmocka_unit_test(what_is_cut_off_stays_open),
    cmocka_unit_test(what_is_damaged_is_broken),
    cmocka_unit_test(nothing_is_nothing),
};
const Suite suite(__FILE__, tests);

}  // namespace
