// The commands that keep what a visitor has told.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <memory_resource>
#include <string>

#include "personalize/record/answer_commands.h"

namespace {

using namespace personalize;

void commands(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const Where here = {"nginx.conf", 1};
  const AnswerForms all(
      {{here,
        "about",
        {{here, {"field", "size", "in", "36"}, {}}, {here, {"field", "pets", "has", "cat"}, {}}}}});
  const auto lines = [&](std::string_view body) {
    std::string text;
    for (const auto& command : answer_commands("ann", *all.read(body, &memory), 60, &memory)) {
      for (const auto word : command) {
        text += std::string(word) + " ";
      }
      text += "\n";
    }
    return text;
  };
  assert_string_equal(lines("").c_str(), "");
  assert_string_equal(lines("size=36&pets=").c_str(),
                      "HSET pz:answers:ann size 36 \nHDEL pz:answers:ann pets \n"
                      "EXPIRE pz:answers:ann 60 \n");
}

const CMUnitTest tests[] = {cmocka_unit_test(commands)};
const Suite suite(__FILE__, tests);

}  // namespace
