// The commands of personalize-report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace personalize::report {

// What the program exits with; docs/reference/report.md says the same.
enum ExitStatus : int { exit_done = 0, exit_failed = 1, exit_usage = 2 };

struct Command {
  std::string_view name;
  std::string_view summary;
  // Gets the words after the command. May throw UsageError and ReadError.
  int (*run)(const std::vector<std::string>& words);
};

// Returns all of them; the first is the one that is meant if none is named.
const std::vector<Command>& commands();
// Returns them as a table for people.
std::string help_of_commands();

// Reads events and prints what they say about experiments and campaigns.
int run_report(const std::vector<std::string>& words);
// Hands events on to other programs.
int run_export(const std::vector<std::string>& words);
// Gives experiments that allocate themselves their shares.
int run_bandit(const std::vector<std::string>& words);

}  // namespace personalize::report
