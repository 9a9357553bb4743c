#include "personalize/redis/command.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "suite.h"

namespace {

using personalize::CommandCopy;

std::string joined(const CommandCopy& copy) {
  std::string all;
  for (std::size_t i = 0; i < copy.count(); ++i) all += std::string(copy.words()[i]) + '|';
  return all;
}

void the_words_may_go(void**) {
  std::string key = "profile:ada";
  const std::array<std::string_view, 4> words{"GETRANGE", key, "", std::string_view("\0\r\n", 3)};
  const CommandCopy copy(words.data(), words.size(), *std::pmr::new_delete_resource());
  key.assign(key.size(), 'x');
  assert_true(joined(copy) == std::string("GETRANGE|profile:ada||\0\r\n|", 26));
}

void it_may_be_moved(void**) {
  const std::string_view words[] = {"GET", "a"};
  CommandCopy one(words, 2, *std::pmr::new_delete_resource());
  const CommandCopy other = std::move(one);
  assert_string_equal(joined(other).c_str(), "GET|a|");
}

void no_words(void**) {
  const CommandCopy copy(nullptr, 0, *std::pmr::new_delete_resource());
  assert_int_equal(copy.count(), 0);
}

void without_memory(void**) {
  const std::string_view words[] = {"GET", "a"};
  bool thrown = false;
  try {
    const CommandCopy copy(words, 2, *std::pmr::null_memory_resource());
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  assert_true(thrown);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(the_words_may_go),
    cmocka_unit_test(it_may_be_moved),
    cmocka_unit_test(no_words),
    cmocka_unit_test(without_memory),
};
const Suite suite(__FILE__, tests);

}  // namespace
