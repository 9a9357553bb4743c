// personalize-report: what the events of the module say.
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "report/command_line/commands.h"
#include "report/command_line/options.h"

namespace {

namespace report = personalize::report;

int run(const std::vector<std::string>& words) {
  if (!words.empty()) {
    for (const auto& command : report::commands()) {
      if (command.name == words.front()) {
        return command.run({words.begin() + 1, words.end()});
      }
    }
  }
  return report::commands().front().run(words);
}

}  // namespace

int main(int count, char** words) {
  try {
    return run({words + 1, words + count});
  } catch (const report::UsageError& error) {
    std::fprintf(stderr, "personalize-report: %s\nTry personalize-report --help.\n", error.what());
    return report::exit_usage;
  } catch (const std::bad_alloc&) {
    std::fputs("personalize-report: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "personalize-report: %s\n", error.what());
  }
  return report::exit_failed;
}
