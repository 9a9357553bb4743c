#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "base/numbers/number.h"
#include "base/text/text.h"
#include "report/command_line/commands.h"
#include "report/command_line/console.h"
#include "report/command_line/options.h"
#include "report/command_line/stopping.h"
#include "report/exporting/delivery.h"
#include "report/exporting/event_writer.h"
#include "report/exporting/stream_group.h"

namespace personalize::report {

namespace {

constexpr std::string_view usage =
    "Usage: personalize-report export [OPTION]... [FILE]...\n\n"
    "Hands events on, as JSON lines or CSV. From a stream, each event is handed on at least once:\n"
    "what has not arrived is sent again, also after this program was killed. Events have an \"id\" "
    "by\n"
    "which a second one is told.\n\n";

struct Settings {
  Inputs inputs;
  StreamGroup::Names names{"", "export", ""};
  ExportFormat format = ExportFormat::json;
  bool has_header = false;
  bool follows = false;
  std::string file;
  std::string command;
  std::vector<std::string> kinds;
  std::size_t batch = 1000;
};

void complain(const std::string& problem) {
  std::fprintf(stderr, "personalize-report: %s\n", problem.c_str());
}

// Times to wait before trying again: from a tenth of a second to five.
class Backoff {
 public:
  void reset() noexcept { pause_ = first; }
  void wait() {
    report::wait(pause_);
    pause_ = std::min(2 * pause_, longest);
  }

 private:
  static constexpr std::chrono::milliseconds first{100};
  static constexpr std::chrono::milliseconds longest{5000};
  std::chrono::milliseconds pause_ = first;
};

std::unique_ptr<Delivery> make_delivery(const Settings& settings) {
  if (!settings.command.empty()) {
    return deliver_to_command(settings.command);
  }
  return settings.file.empty() ? deliver_to_output() : deliver_to_file(settings.file);
}

class Export {
 public:
  explicit Export(const Settings& settings)
      : settings_(settings), delivery_(make_delivery(settings)) {}

  // Returns the program's exit status.
  int read_files() {
    class Sink : public EventSink {
     public:
      explicit Sink(Export& own) : own_(own) {}
      void take(const Event& event) override {
        own_.add(event);
        if (++count_ % own_.settings_.batch == 0) {
          own_.deliver_or_throw();
        }
      }

     private:
      Export& own_;
      std::uint64_t count_ = 0;
    } sink(*this);
    ConsoleProgress progress;
    const bool shows = isatty(STDERR_FILENO) != 0 && isatty(STDOUT_FILENO) == 0;
    read_events(settings_.inputs, sink, complaints_, shows ? &progress : nullptr);
    deliver_or_throw();
    progress.finish();
    complaints_.finish();
    return exit_done;
  }

  int read_stream() {
    Backoff backoff;
    while (!is_stopped()) {
      try {
        RedisConnection redis(settings_.inputs.redis);
        StreamGroup group(redis, settings_.names);
        tell_what_is_missed(group);
        backoff.reset();
        if (!run(group)) {
          return exit_failed;
        }
        break;
      } catch (const ReadError& error) {
        if (!settings_.follows) {
          throw;
        }
        complain(std::string(error.what()) + "; trying again");
        backoff.wait();
      }
    }
    complaints_.finish();
    return exit_done;
  }

 private:
  static constexpr std::chrono::milliseconds block{1000};

  // Returns false if what was read cannot be delivered.
  bool run(StreamGroup& group) {
    Backoff backoff;
    const auto wait = settings_.follows ? block : std::chrono::milliseconds::zero();
    while (!is_stopped()) {
      const auto reply = group.read(settings_.batch, wait);
      std::vector<std::string> ids;
      StreamGroup::for_each(*reply, [&](std::string_view id, const redisReply* pairs) {
        ids.emplace_back(id);
        if (pairs == nullptr) {
          return;
        }
        if (const char* problem = read_event_entry(*pairs, event_)) {
          complaints_.damaged(settings_.names.stream + "/" + ids.back(), problem);
        } else {
          add(event_);
        }
      });
      if (ids.empty() && !settings_.follows) {
        return true;
      }
      for (std::string problem; !deliver(problem);) {
        complain(problem + (settings_.follows && delivery_->may_recover() ? "; trying again" : ""));
        if (!settings_.follows || !delivery_->may_recover()) {
          return false;
        }
        backoff.wait();
        if (is_stopped()) {
          return false;
        }
      }
      backoff.reset();
      group.acknowledge(ids);
    }
    return true;
  }

  void add(const Event& event) {
    const auto& kinds = settings_.kinds;
    if (kinds.empty() ||
        std::find(kinds.begin(), kinds.end(), event[Field::event]) != kinds.end()) {
      append_event(event, settings_.format, lines_);
    }
  }

  // Returns whether the lines so far have arrived.
  bool deliver(std::string& problem) {
    if (lines_.empty()) {
      return true;
    }
    // A command gets a header with each batch, everything else gets one once.
    const bool has_header = settings_.has_header && (!settings_.command.empty() || !is_begun_);
    std::string header;
    if (has_header) {
      append_csv_header(header);
    }
    if (!delivery_->deliver(header.empty() ? lines_ : header + lines_, problem)) {
      return false;
    }
    is_begun_ = true;
    lines_.clear();
    return true;
  }

  void deliver_or_throw() {
    std::string problem;
    if (!deliver(problem)) {
      throw ReadError(problem);
    }
  }

  void tell_what_is_missed(StreamGroup& group) {
    const auto missed = group.missed();
    if (missed > told_missed_) {
      complain(settings_.names.stream + ": " + std::to_string(missed) +
               " events were dropped from the stream before group " +
               quoted(settings_.names.group) +
               " had read them; a larger maxlen of personalize_events keeps more");
      told_missed_ = missed;
    }
  }

  const Settings& settings_;
  std::unique_ptr<Delivery> delivery_;
  ConsoleComplaints complaints_;
  Event event_;
  std::string lines_;
  bool is_begun_ = false;
  std::uint64_t told_missed_ = 0;
};

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "personalize-report";
}

std::vector<Option> options_of(Settings& settings, bool& wants_help) {
  auto options = input_options(settings.inputs);
  const auto text = [](std::string& to) { return [&to](std::string_view word) { to = word; }; };
  options.push_back({"--follow", "", "goes on with new events until it is stopped",
                     [&](std::string_view) { settings.follows = true; }});
  options.push_back({"--group", "NAME",
                     "the stream's consumer group, \"export\" by default: each\n"
                     "gets all events",
                     text(settings.names.group)});
  options.push_back({"--consumer", "NAME",
                     "this one of the group, by default the host's name: each\n"
                     "gets a part of the events",
                     text(settings.names.consumer)});
  options.push_back({"--format", "json|csv", "JSON lines, the default, or CSV with all fields",
                     [&](std::string_view word) {
                       if (word != "json" && word != "csv") {
                         throw UsageError("invalid format " + quoted(word) +
                                          ", json or csv expected");
                       }
                       settings.format = word == "csv" ? ExportFormat::csv : ExportFormat::json;
                     }});
  options.push_back({"--header", "", "CSV: the names of the columns come first",
                     [&](std::string_view) { settings.has_header = true; }});
  options.push_back(
      {"--output", "FILE", "appends to the file in place of standard output", text(settings.file)});
  options.push_back({"--pipe-to", "COMMAND",
                     "runs the shell's command for each batch, which it gets\n"
                     "on its standard input; if it fails it gets the same again",
                     text(settings.command)});
  options.push_back({"--batch", "NUMBER", "events of a batch at most, 1000 by default",
                     [&](std::string_view word) {
                       constexpr std::size_t most = 100000;
                       const auto number = read_integer<std::size_t>(word);
                       if (!number || *number == 0 || *number > most) {
                         throw UsageError("invalid number " + quoted(word) + " of --batch");
                       }
                       settings.batch = *number;
                     }});
  options.push_back({"--events", "NAMES", "only these, separated by commas: exposure,conversion",
                     [&](std::string_view word) { settings.kinds = split_list(word); }});
  options.push_back({"--help", "", "prints this", [&](std::string_view) { wants_help = true; }});
  return options;
}

void check(Settings& settings) {
  auto& inputs = settings.inputs;
  if (inputs.streams.empty() == inputs.files.empty() || inputs.streams.size() > 1) {
    throw UsageError("export reads one stream, or files");
  }
  if (!settings.file.empty() && !settings.command.empty()) {
    throw UsageError("--output and --pipe-to exclude each other");
  }
  if (settings.has_header && settings.format != ExportFormat::csv) {
    throw UsageError("--header is for --format csv");
  }
  if (settings.follows && inputs.streams.empty()) {
    throw UsageError("--follow reads a stream: give --redis and --stream");
  }
  for (const auto& kind : settings.kinds) {
    if (!is_event_kind(kind)) {
      throw UsageError("unknown event " + quoted(kind) + " of --events");
    }
  }
  if (!inputs.streams.empty()) {
    settings.names.stream = inputs.streams.front();
    if (inputs.redis.host.empty()) {
      throw UsageError("--stream needs --redis ADDRESS");
    }
  }
  if (settings.names.consumer.empty()) {
    settings.names.consumer = host_name();
  }
}

}  // namespace

int run_export(const std::vector<std::string>& words) {
  Settings settings;
  bool wants_help = false;
  const auto options = options_of(settings, wants_help);
  settings.inputs.files = read_options(words, options);
  if (wants_help) {
    std::fputs((std::string(usage) + help_of(options)).c_str(), stdout);
    return exit_done;
  }
  check(settings);
  stop_by_signals();
  Export run(settings);
  return settings.names.stream.empty() ? run.read_files() : run.read_stream();
}

}  // namespace personalize::report
