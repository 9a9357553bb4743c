// The main program of a room's unit tests.
//
//   ROOM_test [FILE…]    runs the tests of these files, as in `base_test date_test`; by default of
//   all
#include "suite.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

// Suites add themselves before main() runs, in no certain order.
std::vector<const Suite*>& all() {
  static std::vector<const Suite*> suites;
  return suites;
}

// nullptr if there is none of that name.
const Suite* find(std::string_view name) {
  for (const Suite* suite : all()) {
    if (suite->name() == name) {
      return suite;
    }
  }
  return nullptr;
}

}  // namespace

void Suite::add() {
  all().push_back(this);
}

std::string_view Suite::name() const {
  std::string_view name = file_;
  name.remove_prefix(name.rfind('/') + 1);
  return name.substr(0, name.rfind('.'));
}

int Suite::run() const {
  // cmocka_run_group_tests_name() is a macro around this that takes arrays only.
  return _cmocka_run_group_tests(std::string(name()).c_str(), tests_, count_, set_up_, tear_down_);
}

int main(int count, char** words) {
  std::vector<const Suite*> chosen;
  for (int i = 1; i < count; ++i) {
    const Suite* suite = find(words[i]);
    if (suite == nullptr) {
      std::fprintf(stderr, "unknown test file \"%s\"\n", words[i]);
      return EXIT_FAILURE;
    }
    chosen.push_back(suite);
  }
  bool failed = false;
  for (const Suite* suite : chosen.empty() ? all() : chosen) {
    failed |= suite->run() != 0;
  }
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
