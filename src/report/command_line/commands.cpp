#include "report/command_line/commands.h"

namespace personalize::report {

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"report", "prints what the events say about experiments and campaigns", run_report},
      {"export", "hands events on as JSON lines or CSV, also to databases", run_export},
      {"bandit", "gives experiments with \"allocate bandit\" their shares", run_bandit},
  };
  return all;
}

std::string help_of_commands() {
  constexpr std::size_t width = 34;
  std::string help = "Commands:\n";
  for (const auto& command : commands()) {
    std::string line = "  " + std::string(command.name);
    line.resize(width, ' ');
    help += line + std::string(command.summary) + "\n";
  }
  return help;
}

}  // namespace personalize::report
