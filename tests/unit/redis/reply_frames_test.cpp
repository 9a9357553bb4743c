#include "redis/protocol/reply_frames.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "suite.h"

namespace {

using personalize::ReplyFrames;
using personalize::ReplyLimits;
using Kind = ReplyFrames::Piece::Kind;

struct Outcome {
  std::string passed;     // what came through
  std::string too_large;  // lengths of what did not
  unsigned replies = 0;
  std::string error;
};

// Runs `input` in cuts of `step` bytes.
Outcome run(std::string_view input, std::size_t step, const ReplyLimits& limits) {
  ReplyFrames frames(limits);
  Outcome outcome;
  while (!input.empty()) {
    std::string_view cut = input.substr(0, step);
    input.remove_prefix(cut.size());
    for (;;) {
      const ReplyFrames::Piece piece = frames.next(cut);
      if (piece.kind == Kind::more) break;
      if (piece.kind == Kind::broken) {
        outcome.error = frames.error();
        assert_true(frames.next(cut).kind == Kind::broken);
        return outcome;
      }
      outcome.passed += piece.bytes;
      if (piece.kind == Kind::too_large) outcome.too_large += std::to_string(piece.length) + " ";
      if (piece.ends_reply) ++outcome.replies;
    }
  }
  return outcome;
}

// The same in every cut; returns that outcome.
Outcome run_in_all_cuts(std::string_view input, const ReplyLimits& limits) {
  Outcome whole = run(input, input.size() + 1, limits);
  for (std::size_t step = 1; step < 8; ++step) {
    const Outcome cut = run(input, step, limits);
    assert_int_equal(cut.replies, whole.replies);
    assert_string_equal(cut.error.c_str(), whole.error.c_str());
    assert_string_equal(cut.too_large.c_str(), whole.too_large.c_str());
    // Of a line that turns out to be broken more may have passed when it came in smaller cuts.
    if (whole.error.empty()) assert_true(cut.passed == whole.passed);
  }
  return whole;
}

Outcome run_in_all_cuts(std::string_view input) {
  return run_in_all_cuts(input, ReplyLimits{});
}

void passes_every_byte_of_good_replies(void**) {
  const std::string_view good[] = {
      "+OK\r\n",
      "-ERR no\r\n",
      ":-9223372036854775808\r\n",
      "$-1\r\n",
      "$0\r\n\r\n",
      "$5\r\na\r\nb\r\r\n",
      "*-1\r\n",
      "*0\r\n",
      "*3\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n+x\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n",
  };
  std::string all;
  for (const std::string_view input : good) {
    const Outcome outcome = run_in_all_cuts(input);
    assert_string_equal(outcome.error.c_str(), "");
    assert_int_equal(outcome.replies, 1);
    assert_true(outcome.passed == input);
    all += input;
  }
  const Outcome outcome = run_in_all_cuts(all);
  assert_int_equal(outcome.replies, sizeof(good) / sizeof(good[0]));
  assert_true(outcome.passed == all);
}

void refuses_what_is_not_resp2(void**) {
  const std::string_view bad[] = {
      "HTTP/1.1 400 Bad Request\r\n",
      "\r\n",
      std::string_view("\0", 1),
      "%1\r\n+a\r\n+b\r\n",  // RESP3
      ">2\r\n+a\r\n+b\r\n",
      "~0\r\n",
      "_\r\n",
      "#t\r\n",
      ",1.5\r\n",
      "(1\r\n",
      "=7\r\ntxt:abc\r\n",
      "|0\r\n",
      "+a\nb\r\n",  // lines that end in something else
      "+a\rb\r\n",
      "+a\r\r\n",
      "$1\r\nab\r\n",  // longer than announced
      "$1\r\na\n\r",
      "$1\r\na\rx",
      "$\r\n",  // lengths
      "$-2\r\n",
      "$-0\r\n",
      "$+1\r\n",
      "$01\r\n",
      "$1 \r\n",
      "$1\n",
      "$9223372036854775808\r\n",
      "$99999999999999999999999999999999999",
      "*-2\r\n",
      "*x\r\n",
      "*\r\n",
      "*4294967297\r\n",
      "*9223372036854775807\r\n",
  };
  for (const std::string_view input : bad) {
    const Outcome outcome = run_in_all_cuts(input);
    assert_string_not_equal(outcome.error.c_str(), "");
    assert_int_equal(outcome.replies, 0);
  }
}

void refuses_at_the_header_what_would_be_too_much(void**) {
  assert_string_equal(run_in_all_cuts("*1000000000\r\n").error.c_str(),
                      "a reply beyond the limit of elements");
  assert_string_equal(run_in_all_cuts("$536870912\r\n").error.c_str(),
                      "a string too large even to read over");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "*1\r\n";
  const Outcome outcome = run_in_all_cuts(deep);
  assert_string_equal(outcome.error.c_str(), "a reply beyond the limit of depth");
  assert_int_equal(outcome.passed.size(), 28);  // seven headers

  std::string endless(100000, 'x');
  endless[0] = '+';
  assert_string_equal(run_in_all_cuts(endless).error.c_str(), "a line beyond the limit");
}

void elements_count_over_all_arrays_of_a_reply(void**) {
  ReplyLimits limits;
  limits.elements = 4;
  assert_string_equal(run_in_all_cuts("*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n", limits).error.c_str(), "");
  assert_string_equal(run_in_all_cuts("*2\r\n*1\r\n:1\r\n*2\r\n", limits).error.c_str(),
                      "a reply beyond the limit of elements");
  // And afresh for each reply.
  const Outcome outcome =
      run_in_all_cuts("*2\r\n:1\r\n:1\r\n*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n", limits);
  assert_int_equal(outcome.replies, 2);
}

void reads_over_a_string_that_is_too_large(void**) {
  ReplyLimits limits;
  limits.content = 10;
  limits.skip = 1000;
  const std::string large = "$900\r\n" + std::string(900, '\n') + "\r\n";

  Outcome outcome = run_in_all_cuts(large + "+OK\r\n", limits);
  assert_string_equal(outcome.too_large.c_str(), "900 ");
  assert_string_equal(outcome.passed.c_str(), "+OK\r\n");
  assert_int_equal(outcome.replies, 2);

  // The limit is of the whole reply; what fits after the large one still comes through.
  outcome =
      run_in_all_cuts("*4\r\n$6\r\nabcdef\r\n$5\r\nabcde\r\n$4\r\nabcd\r\n$1\r\na\r\n", limits);
  assert_string_equal(outcome.too_large.c_str(), "5 1 ");
  assert_string_equal(outcome.passed.c_str(), "*4\r\n$6\r\nabcdef\r\n$4\r\nabcd\r\n");
  assert_int_equal(outcome.replies, 1);

  outcome = run_in_all_cuts("$1001\r\n", limits);
  assert_string_equal(outcome.error.c_str(), "a string too large even to read over");
  outcome = run_in_all_cuts("$11\r\nabcdefghijkl\r\n", limits);
  assert_string_equal(outcome.error.c_str(), "a string that does not end in CR LF");
}

void reads_over_an_array_that_is_too_large(void**) {
  ReplyLimits limits;
  limits.elements = 4;
  limits.skip_elements = 10;
  limits.content = 10;
  limits.skip = 100;
  Outcome outcome = run_in_all_cuts("*5\r\n$3\r\nabc\r\n:1\r\n*2\r\n+a\r\n$-1\r\n*0\r\n$40\r\n" +
                                        std::string(40, '\n') + "\r\n+OK\r\n",
                                    limits);
  assert_string_equal(outcome.too_large.c_str(), "5 ");
  assert_string_equal(outcome.passed.c_str(), "+OK\r\n");
  assert_int_equal(outcome.replies, 2);
  // The limits of the next reply are those of any other.
  assert_string_equal(
      run_in_all_cuts("*5\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*2\r\n*3\r\n", limits).error.c_str(),
      "a reply beyond the limit of elements");
  // There is an end to patience.
  assert_string_equal(run_in_all_cuts("*11\r\n", limits).error.c_str(),
                      "a reply beyond the limit of elements");
  assert_string_equal(run_in_all_cuts("*9\r\n*2\r\n", limits).error.c_str(),
                      "a reply beyond the limit of elements");
  assert_string_equal(run_in_all_cuts("*5\r\n$101\r\n", limits).error.c_str(),
                      "a string too large even to read over");
  assert_string_equal(run_in_all_cuts("*5\r\n:1\r\n%1\r\n", limits).error.c_str(),
                      "an unknown type of reply");
}

void lines_count_as_content(void**) {
  ReplyLimits limits;
  limits.content = 10;
  assert_string_equal(run_in_all_cuts("*2\r\n+abc\r\n:1\r\n", limits).error.c_str(), "");
  assert_string_equal(run_in_all_cuts("*2\r\n+abc\r\n:123\r\n", limits).error.c_str(),
                      "a reply beyond the limit of bytes");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(passes_every_byte_of_good_replies),
    cmocka_unit_test(refuses_what_is_not_resp2),
    cmocka_unit_test(refuses_at_the_header_what_would_be_too_much),
    cmocka_unit_test(elements_count_over_all_arrays_of_a_reply),
    cmocka_unit_test(reads_over_a_string_that_is_too_large),
    cmocka_unit_test(reads_over_an_array_that_is_too_large),
    cmocka_unit_test(lines_count_as_content),
};
const Suite suite(__FILE__, tests);

}  // namespace
