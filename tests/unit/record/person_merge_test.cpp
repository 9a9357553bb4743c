// What a person takes over of a visitor.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <algorithm>
#include <cstring>
#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/record/person_merge.h"
#include "words_reply.h"

namespace {

using namespace personalize;

std::string text(const std::pmr::vector<Command>& commands) {
  std::string lines;
  for (const Command& command : commands) {
    for (const auto word : command) {
      lines += std::string(word) + " ";
    }
    lines.back() = '\n';
  }
  return lines;
}

class Merging {
 public:
  Merging() {
    merge_.session = &options_;
    merge_.visitor = "v";
    merge_.person = "{person:0}";
    merge_.now_s = 1000;
    merge_.keep_answers_s = 60;
    merge_.item = "now";
    options_.half_life_s = 100;
  }

  PersonMerge& merge() { return merge_; }

  std::string asks() { return text(PersonMergeCommands(merge_, &memory_).ask_visitor()); }

  // Returns what is written when Redis has these words at the visitor's key.
  std::string takes(const std::string& key, const std::vector<std::string>& words,
                    const PersonMergeCommands::Known& known = {}) {
    PersonMergeCommands commands(merge_, &memory_);
    const auto questions = commands.ask_visitor();
    const auto found = std::find_if(questions.begin(), questions.end(),
                                    [&](const Command& question) { return question[1] == key; });
    assert_true(found != questions.end());
    const WordsReply reply(words);
    return text(
        commands.take(static_cast<std::size_t>(found - questions.begin()), reply.get(), known));
  }

 private:
  std::pmr::monotonic_buffer_resource memory_;
  SessionOptions options_;
  PersonMerge merge_;
};

void only_what_is_named_is_asked_for(void**) {
  Merging merging;
  merging.merge().what = {false, true, false, false};
  assert_string_equal(merging.asks().c_str(), "");
  merging.merge().what = {false, false, true, true};
  assert_string_equal(merging.asks().c_str(), "LRANGE pz:offers:v 0 99\nHGETALL pz:answers:v\n");
  merging.merge().keep_answers_s = 0;
  assert_string_equal(merging.asks().c_str(), "LRANGE pz:offers:v 0 99\n");
  merging.merge().what = {};
  const auto all = merging.asks();
  for (const auto* key :
       {"pz:session:v", "pz:visits:v", "pz:seen:v", "pz:purchased:v", "pz:dismissed:v", "pz:cart:v",
        "pz:browsed:v", "pz:prices:v", "pz:purchases:v", "pz:attention:v", "pz:orders:v",
        "pz:clicked:v", "pz:affinity:v:category:0", "pz:affinity:v:brand:-1"}) {
    assert_non_null(std::strstr(all.c_str(), key));
  }
}

void nothing_comes_of_nothing(void**) {
  Merging merging;
  assert_string_equal(merging.takes("pz:session:v", {}).c_str(), "");
}

void the_earlier_session_goes_on(void**) {
  Merging merging;
  const std::vector<std::string> session = {"started",    "900",    "views",     "3",
                                            "utm_source", "letter", "last_item", "lamp"};
  assert_string_equal(merging.takes("pz:session:v", session, {1000, 0}).c_str(),
                      "HSET pz:session:{person:0} started 900\n"
                      "HINCRBY pz:session:{person:0} views 3\n"
                      "HSET pz:session:{person:0} utm_source letter\n"
                      "HSETNX pz:session:{person:0} last_item lamp\n"
                      "EXPIRE pz:session:{person:0} 1800\nDEL pz:session:v\n");
  assert_string_equal(merging.takes("pz:session:v", session, {800, 0}).c_str(),
                      "HINCRBY pz:session:{person:0} views 3\n"
                      "HSETNX pz:session:{person:0} last_item lamp\n"
                      "EXPIRE pz:session:{person:0} 1800\nDEL pz:session:v\n");
}

void a_visit_under_way_counts_once(void**) {
  Merging merging;
  assert_string_equal(
      merging.takes("pz:visits:v", {"visits", "4", "last", "900", "previous", "5", "at_cart", "1"})
          .c_str(),
      "HINCRBY pz:visits:{person:0} visits 3\nHSETNX pz:visits:{person:0} previous 5\n"
      "HSETNX pz:visits:{person:0} at_cart 1\n"
      "EXPIRE pz:visits:{person:0} 7776000\nDEL pz:visits:v\n");
  assert_string_equal(merging.takes("pz:visits:v", {"visits", "1"}).c_str(),
                      "EXPIRE pz:visits:{person:0} 7776000\nDEL pz:visits:v\n");
  // The earlier one of the first visits is the person's.
  for (const std::int64_t known : {0, 10}) {
    assert_string_equal(merging.takes("pz:visits:v", {"first", "9"}, {0, 0, known}).c_str(),
                        "HSET pz:visits:{person:0} first 9\n"
                        "EXPIRE pz:visits:{person:0} 7776000\nDEL pz:visits:v\n");
  }
  for (const char* first : {"9", "x", "-1", "0"}) {
    assert_string_equal(merging.takes("pz:visits:v", {"first", first}, {0, 0, 9}).c_str(),
                        "EXPIRE pz:visits:{person:0} 7776000\nDEL pz:visits:v\n");
  }
}

void lists_keep_their_order(void**) {
  Merging merging;
  assert_string_equal(
      merging.takes("pz:seen:v", {"desk", "lamp"}).c_str(),
      "LREM pz:seen:{person:0} 0 lamp\nLPUSH pz:seen:{person:0} lamp\n"
      "LREM pz:seen:{person:0} 0 desk\nLPUSH pz:seen:{person:0} desk\n"
      "LREM pz:seen:{person:0} 0 now\nLPUSH pz:seen:{person:0} now\n"
      "LTRIM pz:seen:{person:0} 0 19\nEXPIRE pz:seen:{person:0} 7776000\nDEL pz:seen:v\n");
}

void scores_are_added_and_prices_are_not(void**) {
  Merging merging;
  assert_string_equal(merging.takes("pz:affinity:v:category:0", {"shoes", "2.5"}).c_str(),
                      "ZINCRBY pz:affinity:{person:0}:category:0 2.5 shoes\n"
                      "ZREMRANGEBYRANK pz:affinity:{person:0}:category:0 0 -51\n"
                      "EXPIRE pz:affinity:{person:0}:category:0 6400\n"
                      "DEL pz:affinity:v:category:0\n");
  assert_string_equal(merging.takes("pz:prices:v", {"lamp", "19"}).c_str(),
                      "ZADD pz:prices:{person:0} NX 19 lamp\nEXPIRE pz:prices:{person:0} 1800\n"
                      "DEL pz:prices:v\n");
}

void attention_is_added(void**) {
  Merging merging;
  assert_string_equal(
      merging.takes("pz:attention:v", {"visible_seconds", "75", "scroll", "-1"}).c_str(),
      "HINCRBY pz:attention:{person:0} visible_seconds 75\n"
      "HINCRBY pz:attention:{person:0} scroll 0\n"
      "EXPIRE pz:attention:{person:0} 1800\nDEL pz:attention:v\n");
}

void purchases_are_added(void**) {
  Merging merging;
  const std::vector<std::string> purchases = {"purchases",     "2",  "purchase_value", "10.5",
                                              "last_purchase", "500"};
  assert_string_equal(merging.takes("pz:purchases:v", purchases, {0, 400}).c_str(),
                      "HINCRBY pz:purchases:{person:0} purchases 2\n"
                      "HINCRBYFLOAT pz:purchases:{person:0} purchase_value 10.5\n"
                      "HSET pz:purchases:{person:0} last_purchase 500\n"
                      "EXPIRE pz:purchases:{person:0} 63072000\nDEL pz:purchases:v\n");
  assert_null(std::strstr(merging.takes("pz:purchases:v", purchases, {0, 600}).c_str(), "HSET"));
  assert_non_null(std::strstr(merging.takes("pz:orders:v", {"1001", "500"}).c_str(),
                              "ZADD pz:orders:{person:0} NX 500 1001\n"));
}

void what_the_person_has_told_stays(void**) {
  Merging merging;
  assert_string_equal(merging.takes("pz:answers:v", {"size", "37"}).c_str(),
                      "HSETNX pz:answers:{person:0} size 37\nEXPIRE pz:answers:{person:0} 60\n"
                      "DEL pz:answers:v\n");
  // The latest first: the visitor's come after the person's.
  assert_string_equal(merging.takes("pz:clicked:v", {"b", "a"}).c_str(),
                      "LPUSH pz:clicked:{person:0} a b\nLTRIM pz:clicked:{person:0} 0 99\n"
                      "EXPIRE pz:clicked:{person:0} 2592000\nDEL pz:clicked:v\n");
  assert_string_equal(merging.takes("pz:offers:v", {"a", "b"}).c_str(),
                      "RPUSH pz:offers:{person:0} a b\nLTRIM pz:offers:{person:0} 0 99\n"
                      "EXPIRE pz:offers:{person:0} 7776000\nDEL pz:offers:v\n");
}

const CMUnitTest tests[] = {cmocka_unit_test(only_what_is_named_is_asked_for),
                            cmocka_unit_test(nothing_comes_of_nothing),
                            cmocka_unit_test(the_earlier_session_goes_on),
                            cmocka_unit_test(a_visit_under_way_counts_once),
                            cmocka_unit_test(lists_keep_their_order),
                            cmocka_unit_test(scores_are_added_and_prices_are_not),
                            cmocka_unit_test(attention_is_added),
                            cmocka_unit_test(purchases_are_added),
                            cmocka_unit_test(what_the_person_has_told_stays)};
const Suite suite(__FILE__, tests);

}  // namespace
