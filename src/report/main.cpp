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

// The first is the one that is meant if none is named.
constexpr report::Command commands[] = {
    {"report", "prints what the events say about experiments and campaigns", report::run_report},
    {"export", "hands events on as JSON lines or CSV, also to databases", report::run_export},
    {"bandit", "gives experiments with \"allocate bandit\" their shares", report::run_bandit},
};

int run(const std::vector<std::string>& words) {
  if (!words.empty()) {
    for (const auto& command : commands) {
      if (command.name == words.front()) {
        return command.run({words.begin() + 1, words.end()});
      }
    }
  }
  return commands[0].run(words);
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
