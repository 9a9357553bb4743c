#include <unistd.h>

#include <cstdio>

#include "report/command_line/commands.h"
#include "report/command_line/console.h"
#include "report/command_line/options.h"

namespace personalize::report {

namespace {

constexpr std::string_view usage =
    "Usage: personalize-report [report] [OPTION]... [FILE]...\n"
    "       personalize-report COMMAND --help\n\n"
    "Reads events as JSON lines from files (also .gz; `-` is standard input), from Redis streams,\n"
    "or both, and prints what they say about experiments and campaigns.\n\n";

class Counter : public EventSink {
 public:
  void take(const Event& event) override { ++counts_[static_cast<std::size_t>(event.kind())]; }
  void print() const {
    for (std::size_t i = 0; i < event_kind_count; ++i) {
      if (counts_[i] > 0) {
        std::printf("%-10s %llu\n", kind_name(static_cast<EventKind>(i)).data(),
                    static_cast<unsigned long long>(counts_[i]));
      }
    }
  }

 private:
  std::array<std::uint64_t, event_kind_count> counts_{};
};

}  // namespace

int run_report(const std::vector<std::string>& words) {
  Inputs inputs;
  bool wants_help = false;
  auto options = input_options(inputs);
  options.push_back({"--help", "", "prints this", [&](std::string_view) { wants_help = true; }});
  inputs.files = read_options(words, options);
  if (wants_help) {
    std::fputs((std::string(usage) + help_of(options)).c_str(), stdout);
    return exit_done;
  }
  if (inputs.files.empty() && inputs.streams.empty()) {
    throw UsageError("no input: name a file, `-` for standard input, or --redis and --stream");
  }
  Counter counter;
  ConsoleComplaints complaints;
  ConsoleProgress progress;
  read_events(inputs, counter, complaints, isatty(STDERR_FILENO) != 0 ? &progress : nullptr);
  progress.finish();
  complaints.finish();
  counter.print();
  return exit_done;
}

}  // namespace personalize::report
