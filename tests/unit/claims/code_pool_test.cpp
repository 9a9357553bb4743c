// `code pool=…` of campaigns.
#include "personalize/claims/code_pool.h"

#include <string>
#include <vector>

#include "suite.h"

using namespace personalize;

namespace {

CodePool read(const std::vector<std::string>& words) {
  AttributeTable attributes;
  attributes.declare_source("profile", {});
  Statement statement;
  statement.words = {"code"};
  statement.words.insert(statement.words.end(), words.begin(), words.end());
  return read_code_pool(statement, attributes);
}

bool is_refused(const std::vector<std::string>& words) {
  try {
    read(words);
    return false;
  } catch (const ConfigError&) {
    return true;
  }
}

void keys(void**) {
  assert_string_equal(read({"pool=codes:summer"}).name.c_str(), "codes:summer");
  assert_string_equal(read({"pool=codes:{eu}:a=b"}).name.c_str(), "codes:{eu}:a=b");
  // Not the same for everybody.
  for (const char* key : {"pool=codes:${geo.country}", "pool=${profile.tier}",
                          "pool={${page.item_category}}:x", "pool=a:${geo.city}"}) {
    assert_string_equal(read({key}).name.c_str(), "");
  }
}

void times(void**) {
  assert_true(read({"pool=a"}).keep_s == 0);
  assert_true(read({"pool=a", "keep=365d"}).keep_s == 365 * 86400);
  assert_true(read({"keep=1m", "pool=a"}).keep_s == 60);
}

void what_visitors_choose_is_no_key(void**) {
  for (const char* key :
       {"pool=a:${visitor.id}", "pool=a:${cookie.shop}", "pool=a:${request.arg.pool}",
        "pool=a:${var.arg_pool}", "pool=a:${request.header.x-pool}", "pool=a:${request.path}",
        "pool=a:${device.type}"}) {
    assert_true(is_refused({key}));
  }
}

void mistakes(void**) {
  assert_true(is_refused({}));
  for (const char* word :
       {"pool=", "pool", "keep=1d", "other=1", "SUMMER", "pool=a}b", "pool={}a"}) {
    assert_true(is_refused({word}));
  }
  assert_true(is_refused({"pool=a", "pool=b"}));
  assert_true(is_refused({"pool=a", "keep=0"}));
  assert_true(is_refused({"pool=a", "keep=soon"}));
  assert_true(is_refused({"pool=a", "keep=1d", "keep=2d"}));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(keys),
    cmocka_unit_test(times),
    cmocka_unit_test(what_visitors_choose_is_no_key),
    cmocka_unit_test(mistakes),
};
const Suite suite(__FILE__, tests);

}  // namespace
