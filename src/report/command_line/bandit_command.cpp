#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include "base/numbers/units.h"
#include "base/text/text.h"
#include "report/allocation/declared.h"
#include "report/allocation/learn.h"
#include "report/command_line/commands.h"
#include "report/command_line/console.h"
#include "report/command_line/options.h"
#include "report/command_line/stopping.h"

namespace personalize::report {

namespace {

constexpr std::string_view usage =
    "Usage: personalize-report bandit --redis ADDRESS --stream KEY [OPTION]... [FILE]...\n\n"
    "Gives experiments with \"allocate bandit\" their shares, by what their variants have brought "
    "so\n"
    "far: most to the one that is best as far as is known. NGINX obeys within a second.\n\n";

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %%", 100 * share);
  return text;
}

class Allocator {
 public:
  int run(const std::vector<std::string>& words) {
    inputs_.files = read_options(words, options());
    if (wants_help_) {
      std::fputs((std::string(usage) + help_of(options())).c_str(), stdout);
      return exit_done;
    }
    if (inputs_.redis.host.empty()) {
      throw UsageError(
          "bandit needs --redis ADDRESS: there NGINX says which experiments there are");
    }
    if (inputs_.streams.empty() && inputs_.files.empty()) {
      throw UsageError("no events: give --stream KEY, or files");
    }
    stop_by_signals();
    if (!follows_) {
      return round(false) ? exit_done : exit_failed;
    }
    while (!is_stopped()) {
      try {
        round(true);
      } catch (const ReadError& error) {
        complain(error.what());
      }
      wait(std::chrono::seconds(1));
    }
    return exit_done;
  }

 private:
  std::vector<Option> options() {
    auto options = input_options(inputs_);
    options.push_back({"--follow", "",
                       "computes them again as often as \"every\" of the experiment says,\n"
                       "until it is stopped",
                       [this](std::string_view) { follows_ = true; }});
    options.push_back({"--experiment", "NAME", "only this one; can be given several times",
                       [this](std::string_view name) { only_.emplace_back(name); }});
    options.push_back({"--window", "TIME",
                       "conversions so long after the first exposure, such as 14d",
                       [this](std::string_view text) {
                         const auto seconds = parse_duration(text);
                         if (!seconds || *seconds <= 0) {
                           throw UsageError("invalid time " + quoted(text) + " of --window");
                         }
                         window_ = static_cast<std::int64_t>(*seconds * 1000);
                       }});
    options.push_back({"--edge-only", "", "without conversions that browsers claim",
                       [this](std::string_view) { edge_only_ = true; }});
    options.push_back({"--dry-run", "", "prints the shares, and writes nothing",
                       [this](std::string_view) { is_dry_ = true; }});
    options.push_back(
        {"--help", "", "prints this", [this](std::string_view) { wants_help_ = true; }});
    return options;
  }

  // Computes what is due. Returns false if an experiment that was asked for is not there.
  bool round(bool only_due) {
    RedisConnection redis(inputs_.redis);
    std::vector<std::string> problems;
    auto declared = read_declared(redis, problems);
    std::for_each(problems.begin(), problems.end(),
                  [this](const std::string& problem) { complain(problem); });
    choose(declared);
    bool has_all = true;
    for (const auto& name : only_) {
      if (std::none_of(declared.begin(), declared.end(),
                       [&](const auto& one) { return one.name == name; })) {
        complain("NGINX declares no experiment " + quoted(name) + " with \"allocate bandit\"");
        has_all = false;
      }
    }
    std::vector<Weights> present;
    std::vector<DeclaredExperiment> due;
    for (const auto& experiment : declared) {
      const Weights weights = read_weights(redis, experiment);
      const std::int64_t since = std::max(weights.time, looked_at(experiment.name));
      if (!only_due || now_ms() - since >= experiment.every_s * 1000) {
        due.push_back(experiment);
        present.push_back(weights);
      }
    }
    if (!due.empty()) {
      learn_all(redis, due, present);
    } else if (!only_due && only_.empty()) {
      complain("NGINX declares no experiments with \"allocate bandit\"");
    }
    return has_all;
  }

  void choose(std::vector<DeclaredExperiment>& declared) const {
    const auto is_other = [this](const DeclaredExperiment& one) {
      return !only_.empty() && std::find(only_.begin(), only_.end(), one.name) == only_.end();
    };
    declared.erase(std::remove_if(declared.begin(), declared.end(), is_other), declared.end());
  }

  void learn_all(RedisConnection& redis, const std::vector<DeclaredExperiment>& experiments,
                 const std::vector<Weights>& present) {
    Settings settings;
    settings.window = window_;
    settings.edge_only = edge_only_;
    for (const auto& experiment : experiments) {
      settings.experiments.push_back(experiment.name);
      settings.metrics.push_back(read_metric(experiment.metric).name);
    }
    EventStore store(settings);
    ConsoleComplaints complaints;
    read_events(inputs_, store, complaints, nullptr);
    complaints.finish();
    store.finish();
    for (std::size_t i = 0; i < experiments.size(); ++i) {
      const auto& experiment = experiments[i];
      looked_at(experiment.name) = now_ms();
      Weights next;
      next.version = present[i].version + 1;
      next.time = now_ms();
      const Learned learned = learn(experiment, store, settings, next.version);
      if (learned.shares) {
        next.shares = *learned.shares;
        if (!is_dry_) {
          write_weights(redis, experiment, next);
        }
      }
      tell(experiment, learned, next);
    }
  }

  static void tell(const DeclaredExperiment& experiment, const Learned& learned,
                   const Weights& next) {
    std::string line = experiment.name + ": ";
    line += learned.shares ? "version " + std::to_string(next.version)
                           : "too little is known, each variant needs " +
                                 std::to_string(least_visitors) + " visitors";
    for (std::size_t i = 0; i < experiment.variants.size(); ++i) {
      line += (i == 0 ? ": " : ", ") + experiment.variants[i] + " ";
      line += learned.shares ? percent(next.shares[i]) + " (" : "(";
      line += std::to_string(learned.visitors[i]) + ")";
    }
    std::puts(line.c_str());
    std::fflush(stdout);
  }

  // A message comes once until there is another one.
  void complain(const std::string& problem) {
    if (problem != complained_) {
      std::fprintf(stderr, "personalize-report: %s\n", problem.c_str());
      complained_ = problem;
    }
  }

  // When an experiment was looked at last, also in vain; in ms since 1970.
  std::int64_t& looked_at(const std::string& name) { return looked_at_[name]; }

  Inputs inputs_;
  bool wants_help_ = false;
  bool follows_ = false;
  bool edge_only_ = false;
  bool is_dry_ = false;
  std::int64_t window_ = 0;
  std::vector<std::string> only_;
  std::map<std::string, std::int64_t> looked_at_;
  std::string complained_;
};

}  // namespace

int run_bandit(const std::vector<std::string>& words) {
  return Allocator().run(words);
}

}  // namespace personalize::report
