// The tests of one file. A room's files are linked into one program, which runs them by name.
//
//   const CMUnitTest tests[] = {
//       cmocka_unit_test(empty_text_has_no_words),
//   };
//   const Suite suite(__FILE__, tests);
#pragma once

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" {
#include <cmocka.h>
}
#undef skip  // The engine has functions of that name.

class Suite {
 public:
  // `file` and `tests` outlive the suite. `set_up` and `tear_down` run once, before the first and
  // after the last test.
  template <std::size_t count>
  Suite(const char* file, const CMUnitTest (&tests)[count], CMFixtureFunction set_up = nullptr,
        CMFixtureFunction tear_down = nullptr)
      : file_(file), tests_(tests), count_(count), set_up_(set_up), tear_down_(tear_down) {
    add();
  }

  // Returns the file's name without folder and extension, such as "date_test".
  std::string_view name() const;

  // Returns the number of tests that failed.
  int run() const;

 private:
  // Makes the suite known to main().
  void add();

  const char* file_;
  const CMUnitTest* tests_;
  std::size_t count_;
  CMFixtureFunction set_up_;
  CMFixtureFunction tear_down_;
};
