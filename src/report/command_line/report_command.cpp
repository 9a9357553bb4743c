#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/text.h"
#include "report/analysis/calendar.h"
#include "report/analysis/findings.h"
#include "report/analysis/settings.h"
#include "report/analysis/store.h"
#include "report/command_line/commands.h"
#include "report/command_line/console.h"
#include "report/command_line/options.h"
#include "report/output/writers.h"

namespace personalize::report {

namespace {

constexpr std::string_view usage =
    "Usage: personalize-report [report] [OPTION]... [FILE]...\n"
    "       personalize-report COMMAND --help\n\n"
    "Reads events as JSON lines from files (also .gz; `-` is standard input), from Redis streams,\n"
    "or both, and prints what they say about experiments and campaigns.\n\n";

using Words = std::vector<std::string>;

// Reads "NAME:REST" into its two parts.
std::pair<std::string, std::string_view> read_named(std::string_view text, const char* expected) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw UsageError("invalid value " + quoted(text) + ", " + expected + " expected");
  }
  return {std::string(text.substr(0, colon)), text.substr(colon + 1)};
}

// Reads "purchase.value".
QuantityName read_quantity(std::string_view text) {
  const auto point = text.rfind('.');
  const auto kind = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  QuantityName name;
  name.metric = text.substr(0, point);
  if (kind == "value") {
    name.kind = QuantityName::Kind::value;
  } else if (kind == "count") {
    name.kind = QuantityName::Kind::count;
  } else if (kind == "rate") {
    name.kind = QuantityName::Kind::rate;
  } else {
    throw UsageError("invalid part " + quoted(text) +
                     " of --ratio, METRIC.value, METRIC.count or METRIC.rate expected");
  }
  return name;
}

RatioSetting read_ratio(std::string_view text) {
  const auto equals = text.find('=');
  const auto slash = text.find('/', equals == std::string_view::npos ? 0 : equals);
  if (equals == std::string_view::npos || equals == 0 || slash == std::string_view::npos) {
    throw UsageError("invalid value " + quoted(text) +
                     " of --ratio, NAME=METRIC.value/METRIC.count expected");
  }
  return {std::string(text.substr(0, equals)),
          read_quantity(text.substr(equals + 1, slash - equals - 1)),
          read_quantity(text.substr(slash + 1))};
}

std::vector<std::pair<std::string, double>> read_weights(std::string_view text) {
  std::vector<std::pair<std::string, double>> weights;
  for (const auto& part : split_list(text)) {
    const auto equals = part.rfind('=');
    const auto weight = equals == std::string::npos || equals == 0
                            ? std::nullopt
                            : read_decimal(std::string_view(part).substr(equals + 1));
    if (!weight || !std::isfinite(*weight) || *weight < 0) {
      throw UsageError("invalid weight " + quoted(part) + ", VARIANT=NUMBER expected");
    }
    weights.emplace_back(part.substr(0, equals), *weight);
  }
  return weights;
}

// A percentage between two, as a share.
double read_percentage(std::string_view text, const char* option, double above, double below) {
  if (!text.empty() && text.back() == '%') {
    text.remove_suffix(1);
  }
  const auto number = read_decimal(text);
  if (!number || !(*number > above && *number < below)) {
    throw UsageError("invalid value " + quoted(text) + " of " + option + ", a percentage expected");
  }
  return *number / 100;
}

std::int64_t read_span(std::string_view text, const char* option) {
  const auto seconds = parse_duration(text);
  if (!seconds || *seconds <= 0 || *seconds > 1e10) {
    throw UsageError("invalid time " + quoted(text) + " of " + option + ", such as 14d expected");
  }
  return static_cast<std::int64_t>(*seconds * 1000);
}

void append(Words& list, std::string_view text) {
  for (auto& part : split_list(text)) {
    list.push_back(std::move(part));
  }
}

using Writer = std::string (*)(const Findings&, const Settings&);

class ReportCommand {
 public:
  int run(const Words& words) {
    inputs_.files = read_options(words, options());
    if (wants_help_) {
      std::fputs((std::string(usage) + help_of_commands() + "\nOptions of report:\n" +
                  help_of(options()) + "\n" + exit_text)
                     .c_str(),
                 stdout);
      return exit_done;
    }
    if (inputs_.files.empty() && inputs_.streams.empty()) {
      throw UsageError("no input: name a file, `-` for standard input, or --redis and --stream");
    }
    if (!inputs_.streams.empty() && inputs_.redis.host.empty()) {
      throw UsageError("--stream needs --redis");
    }
    set_times();
    if (!settings_.metrics.empty()) {
      // What is only a guardrail is one of the metrics, too.
      settings_.metrics.insert(settings_.metrics.end(), settings_.guardrails.begin(),
                               settings_.guardrails.end());
    }

    EventStore store(settings_);
    ConsoleComplaints complaints;
    ConsoleProgress progress;
    const bool is_shown = !is_quiet_ && isatty(STDERR_FILENO) != 0;
    read_events(inputs_, store, complaints, is_shown ? &progress : nullptr);
    progress.finish();
    complaints.finish();
    Findings findings = analyze(store, settings_);
    findings.damaged = complaints.count();
    write(writer_(findings, settings_));
    return exit_done;
  }

 private:
  static constexpr const char* exit_text =
      "Exits with 0 if the report was written, 1 if events could not be read or the report could "
      "not\n"
      "be written, 2 if the command line is wrong. Damaged lines are named, counted and passed "
      "over.\n";

  std::vector<Option> options() {
    auto options = input_options(inputs_);
    const auto list = [](Words& words) {
      return [&words](std::string_view text) { append(words, text); };
    };
    const auto text = [](std::string& word) {
      return [&word](std::string_view value) { word = value; };
    };
    const auto flag = [](bool& is_set, bool value) {
      return [&is_set, value](std::string_view) { is_set = value; };
    };
    const std::vector<Option> own = {
        {"--format", "FORMAT", "text (the default), json or html",
         [this](std::string_view value) { set_format(value); }},
        {"--output", "FILE", "writes there instead of to standard output", text(output_)},
        {"--experiment", "NAME,...", "only these experiments", list(settings_.experiments)},
        {"--campaign", "NAME,...", "only these campaigns", list(settings_.campaigns)},
        {"--metric", "NAME,...", "only these conversions; all that were seen by default",
         list(settings_.metrics)},
        {"--ratio", "NAME=A/B",
         "a ratio of sums, such as basket=purchase.value/purchase.count;\n"
         "METRIC.rate is the number of visitors who have any",
         [this](std::string_view value) { settings_.ratios.push_back(read_ratio(value)); }},
        {"--guardrail", "NAME,...", "metrics that must not get worse", list(settings_.guardrails)},
        {"--lower-is-better", "NAME,...", "metrics that should fall, such as refund",
         list(settings_.lower_is_better)},
        {"--control", "[EXPERIMENT:]NAME",
         "what is compared with; by default the variant control (holdout\n"
         "of campaigns), or else the first one declared",
         [this](std::string_view value) { set_control(value); }},
        {"--split", "EXPERIMENT:A=50,B=50", "how visitors were drawn, if the events do not say it",
         [this](std::string_view value) {
           const auto [name, weights] = read_named(value, "EXPERIMENT:VARIANT=WEIGHT,...");
           settings_.splits[name] = read_weights(weights);
         }},
        {"--since", "TIME",
         "exposures, impressions, clicks and answers from then on: a date,\n"
         "date and time, or 14d for so long ago",
         text(since_)},
        {"--until", "TIME", "only events before", text(until_)},
        {"--timezone", "NAME", "of dates and days, such as Europe/Warsaw; UTC by default",
         text(settings_.timezone)},
        {"--window", "TIME", "conversions so long after the first exposure, such as 14d",
         [this](std::string_view value) { settings_.window = read_span(value, "--window"); }},
        {"--assist", "TIME",
         "conversions so long after a click or impression count as assisted; 7d",
         [this](std::string_view value) { settings_.assist = read_span(value, "--assist"); }},
        {"--edge-only", "", "ignores conversions that a browser claims",
         flag(settings_.edge_only, true)},
        {"--by", "ATTRIBUTE,...",
         "cuts by what was known at the first exposure: geo.country, segments", list(settings_.by)},
        {"--winsorize", "PERCENT",
         "cuts values at this percentile of the visitors who have any,\n"
         "such as 99.9",
         [this](std::string_view value) {
           settings_.winsorize = read_percentage(value, "--winsorize", 50, 100);
         }},
        {"--covariate", "ATTRIBUTE",
         "a number known at the first exposure that reduces variance (CUPED),\n"
         "instead of the same metric before",
         text(settings_.covariate)},
        {"--no-cuped", "", "does not reduce variance", flag(settings_.uses_cuped, false)},
        {"--correction", "NAME", "for several metrics and variants: holm (the default), bh or none",
         [this](std::string_view value) { set_correction(value); }},
        {"--confidence", "PERCENT", "of intervals, 95 by default",
         [this](std::string_view value) {
           settings_.confidence = read_percentage(value, "--confidence", 50, 100);
         }},
        {"--quiet", "", "shows no progress", flag(is_quiet_, true)},
        {"--help", "", "prints this", flag(wants_help_, true)},
    };
    options.insert(options.end(), own.begin(), own.end());
    return options;
  }

  void set_format(std::string_view name) {
    if (name == "text") {
      writer_ = text_report;
    } else if (name == "json") {
      writer_ = json_report;
    } else if (name == "html") {
      writer_ = html_report;
    } else {
      throw UsageError("unknown format " + quoted(name) + " (known: text, json, html)");
    }
  }

  void set_correction(std::string_view name) {
    if (name == "holm") {
      settings_.correction = Correction::holm;
    } else if (name == "bh") {
      settings_.correction = Correction::benjamini_hochberg;
    } else if (name == "none") {
      settings_.correction = Correction::none;
    } else {
      throw UsageError("unknown correction " + quoted(name) + " (known: holm, bh, none)");
    }
  }

  void set_control(std::string_view value) {
    if (value.find(':') == std::string_view::npos) {
      settings_.control = value;
      return;
    }
    const auto [name, control] = read_named(value, "EXPERIMENT:VARIANT");
    settings_.controls[name] = control;
  }

  // Only when all options are there it is known in which zone dates are.
  void set_times() {
    if (!set_timezone(settings_.timezone)) {
      throw UsageError("unknown time zone " + quoted(settings_.timezone));
    }
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    const auto read = [now](const std::string& text, const char* option) {
      const auto time = read_time(text, now);
      if (!time) {
        throw UsageError("invalid time " + quoted(text) + " of " + option +
                         ", such as 2026-11-29, \"2026-11-29 08:30\" or 14d expected");
      }
      return *time;
    };
    if (!since_.empty()) {
      settings_.since = read(since_, "--since");
    }
    if (!until_.empty()) {
      settings_.until = read(until_, "--until");
    }
    if (settings_.since >= settings_.until) {
      throw UsageError("--since is not before --until");
    }
  }

  void write(const std::string& text) const {
    std::FILE* file = output_.empty() ? stdout : std::fopen(output_.c_str(), "w");
    bool is_written = file != nullptr;
    if (is_written) {
      is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
      is_written = (output_.empty() ? std::fflush(file) : std::fclose(file)) == 0 && is_written;
    }
    if (!is_written) {
      throw ReadError((output_.empty() ? "standard output" : output_) +
                      ": cannot be written: " + std::strerror(errno));
    }
  }

  Inputs inputs_;
  Settings settings_;
  Writer writer_ = text_report;
  std::string output_;
  std::string since_;
  std::string until_;
  bool is_quiet_ = false;
  bool wants_help_ = false;
};

}  // namespace

int run_report(const std::vector<std::string>& words) {
  return ReportCommand().run(words);
}

}  // namespace personalize::report
